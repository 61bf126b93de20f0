"""The roll-up: indices and intervals against values worked out by hand, parties, what decides."""

import numpy as np
import pytest
from scipy.stats import beta

from pipeline.profiles import N_DECIDING, Estimate, StanceShare, draw_index, party_profiles, profile
from pipeline.records import STANCES, Prediction, Stance

CONCILIATORY, DEMANDING, SKEPTICAL, NEUTRAL = np.eye(4)
SURE = 0.85


def prediction(number: int, row: np.ndarray, **changes: object) -> Prediction:
    """A sentence with those probabilities."""
    values = {
        "id": f"d:{number}",
        "text": "A sentence.",
        "start": 12 * number,
        "end": 12 * number + 11,
        "stance": STANCES[int(np.argmax(row))],
        "probabilities": tuple(float(value) for value in row),
    }
    return Prediction(**(values | changes))


def sure(stance: np.ndarray) -> np.ndarray:
    return SURE * stance + (1 - SURE) / 3 * (1 - stance)


def predictions(*rows: np.ndarray) -> list[Prediction]:
    return [prediction(number, row) for number, row in enumerate(rows)]


def stance_index(sentences: list[Prediction]) -> Estimate | None:
    return profile("all", sentences, range(len(sentences))).index


def stance_shares(sentences: list[Prediction]) -> dict[Stance, StanceShare]:
    return profile("all", sentences, range(len(sentences))).shares


def test_the_index_is_conciliatory_less_the_others_over_all_three():
    rows = [[0.6, 0.2, 0.1, 0.1], [0.1, 0.5, 0.2, 0.2], [0.8, 0.05, 0.05, 0.1]]
    found = stance_index(predictions(*map(np.array, rows)))
    assert found.value == pytest.approx((1.5 - 0.75 - 0.35) / (1.5 + 0.75 + 0.35))
    low, high = beta.interval(0.95, 1.75, 0.75 + 0.35 + 0.25)
    assert (found.low, found.high) == pytest.approx((2 * low - 1, 2 * high - 1), abs=0.03)


def test_sure_and_many_sentences_make_a_narrow_interval_and_few_a_wide_one():
    few = stance_index(predictions(*[CONCILIATORY] * 2))
    many = stance_index(predictions(*[CONCILIATORY] * 60))
    assert few.value == many.value == 1
    assert few.low < 0.3 < 0.9 < many.low


def test_doubt_about_each_sentence_widens_the_interval():
    doubtful = stance_index(predictions(*[np.array([0.6, 0.2, 0.2, 0])] * 30))
    certain = stance_index(predictions(*[CONCILIATORY] * 21, *[DEMANDING] * 9))
    assert doubtful.high - doubtful.low > 0.9 * (certain.high - certain.low)


def test_neutral_sentences_do_not_move_the_index():
    stances = [CONCILIATORY, DEMANDING, CONCILIATORY]
    alone = stance_index(predictions(*stances))
    among = stance_index(predictions(*stances, *[NEUTRAL] * 20))
    assert among.value == alone.value
    assert (among.low, among.high) == pytest.approx((alone.low, alone.high), abs=0.04)


def test_without_a_stance_there_is_no_index():
    assert stance_index(predictions(sure(NEUTRAL), sure(NEUTRAL))) is None
    assert profile("x", predictions(sure(NEUTRAL)), [0]).deciding == ()


def test_draws_follow_the_interval():
    chosen = predictions(sure(CONCILIATORY), sure(DEMANDING), sure(SKEPTICAL), sure(CONCILIATORY))
    draws = draw_index(chosen, np.random.default_rng(3))
    found = stance_index(chosen)
    assert np.quantile(draws, [0.025, 0.975]) == pytest.approx([found.low, found.high], abs=0.03)


def test_shares_sum_to_one_within_their_intervals():
    shares = stance_shares(predictions(sure(CONCILIATORY), sure(NEUTRAL), sure(NEUTRAL)))
    assert list(shares) == list(STANCES)
    assert sum(share.share for share in shares.values()) == pytest.approx(1)
    assert [share.sentences for share in shares.values()] == [1, 0, 0, 2]
    for share in shares.values():
        assert 0 <= share.low <= share.share <= share.high <= 1


def test_a_share_by_hand():
    share = stance_shares(predictions(DEMANDING, DEMANDING, NEUTRAL))[Stance.DEMANDING]
    low, high = beta.interval(0.95, 2.125, 1.875)
    assert share.share == pytest.approx(2 / 3)
    assert (share.low, share.high) == pytest.approx((low, high), abs=0.02)


def test_an_article_that_quotes_five_parties_gives_five_profiles_and_the_authors():
    holders = [None, "A", "B", "C", "D", "E", "A"]
    rows = [prediction(n, sure(DEMANDING), holder=h) for n, h in enumerate(holders)]
    found = {p.party: p.sentences for p in party_profiles(rows, "the author")}
    assert found == {"A": (1, 6), "the author": (0,), "B": (2,), "C": (3,), "D": (4,), "E": (5,)}
    assert next(iter(found)) == "A"


def test_what_nobody_else_holds_is_the_issuers():
    rows = [prediction(0, sure(DEMANDING)), prediction(1, sure(NEUTRAL), holder="Ostrana")]
    parties = {p.party for p in party_profiles(rows, "Ministry")}
    assert parties == {"Ministry", "Ostrana"}


def test_the_surest_sentences_with_a_stance_decide():
    rows = [sure(NEUTRAL), sure(DEMANDING), np.array([0.5, 0.3, 0.1, 0.1]), DEMANDING, SKEPTICAL]
    assert profile("x", predictions(*rows), range(5)).deciding == (3, 4, 1)[:N_DECIDING]


def test_an_abstained_sentence_decides_nothing_and_counts_by_its_probabilities():
    unsure = prediction(0, sure(DEMANDING), stance=None, abstained=True)
    found = profile("x", [unsure, prediction(1, sure(CONCILIATORY))], [0, 1])
    assert found.deciding == (1,)
    assert found.index.value == pytest.approx(0 - 0.05 / 1.9, abs=0.03)
