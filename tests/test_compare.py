"""Comparison: verdict, alignment, one-sided topics, bad input; meaning is stood in for by words."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.compare import check_accounts, compare
from pipeline.compare.alignment import align
from pipeline.compare.comparison import MAX_ACCOUNTS
from pipeline.compare.output import party_lines, render_markdown
from pipeline.compare.records import GUARDRAIL, Comparison
from pipeline.compare.wording import Wording, stem
from pipeline.errors import DataError
from pipeline.predict import ScoredDocument
from pipeline.profiles import party_profiles, profile
from pipeline.records import STANCES, Document, Prediction, Stance

LETTERS = {"c": 0, "d": 1, "s": 2, "n": 3}
SURE = 0.9

ONE = (
    ("n", "The President spoke by telephone with the Prime Minister today."),
    ("c", "He welcomed the release of the detained fishermen from prison."),
    ("c", "Both governments will open a fertiliser corridor across the mountains."),
    ("c", "Teams will repair the damaged electricity cable before winter arrives."),
    ("c", "He praised the vaccination campaign among refugee children."),
)
OTHER = (
    ("n", "The Prime Minister held a telephone conversation with the President."),
    ("d", "The detained fishermen must first pay fines for illegal trawling, prison or not."),
    ("d", "Customs duties on imported steel have to be abolished without delay."),
    ("s", "Nobody believes the smuggling figures published by patrol vessels."),
    ("d", "The fertiliser corridor across the mountains must be closed at once."),
)


def words_as_vectors(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of letters' trigram counts: texts with words in common are near."""
    vectors = np.zeros((len(texts), 4096), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            vectors[row, sum(ord(c) * 31**i for i, c in enumerate(word[:5])) % 4096] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def account(
    sentences: Sequence[tuple[str, str]], identity: str = "one", **metadata: object
) -> ScoredDocument:
    """A scored document of (letter of the stance, sentence), with holders if a third is given."""
    text, predictions = " ".join(sentence[1] for sentence in sentences), []
    for number, (letter, sentence, *holder) in enumerate(sentences):
        row = np.full(4, (1 - SURE) / 3)
        row[LETTERS[letter]] = SURE
        start = text.index(sentence)
        predictions.append(
            Prediction(
                id=f"{identity}:{number}",
                text=sentence,
                start=start,
                end=start + len(sentence),
                stance=STANCES[LETTERS[letter]],
                probabilities=tuple(row.tolist()),
                holder=holder[0] if holder else None,
            )
        )
    document = Document(**({"id": identity, "text": text, "source": f"{identity}.txt"} | metadata))
    whole = profile(identity, predictions, range(len(predictions)))
    return ScoredDocument(
        document=document,
        predictions=tuple(predictions),
        shares=whole.shares,
        index=whole.index,
        voice=document.issuer or "the author",
        parties=party_profiles(predictions, document.issuer or "the author"),
        n_abstained=0,
        mean_confidence=SURE,
    )


@pytest.fixture
def comparison() -> Comparison:
    return compare([account(ONE), account(OTHER, "other")], words_as_vectors)


def texts(found: Comparison, letter: str) -> list[str]:
    predictions = found.account(letter).predictions
    return [predictions[n].text for topic in found.only[letter] for n in topic.sentences]


def test_the_verdict_names_the_side_with_its_uncertainty(comparison: Comparison):
    (difference,) = comparison.differences
    assert difference.clear
    assert difference.value.low < difference.value.value < difference.value.high < 0
    assert comparison.verdict.startswith("B is less conciliatory than A: -1.")
    assert f"{difference.value.low:+.2f} to {difference.value.high:+.2f}" in comparison.verdict


def test_exchanging_the_accounts_turns_the_verdict(comparison: Comparison):
    turned = compare([account(OTHER, "other"), account(ONE)], words_as_vectors)
    assert turned.verdict.startswith("B is more conciliatory than A: +1.")
    assert turned.differences[0].value.value == pytest.approx(
        -comparison.differences[0].value.value
    )
    assert texts(turned, "B") == texts(comparison, "A")


def test_alike_accounts_have_no_clear_difference():
    reworded = tuple((letter, text.replace("He", "She")) for letter, text in ONE)
    found = compare([account(ONE), account(reworded, "other")], words_as_vectors)
    assert found.verdict.startswith("No clear difference: B against A +0.00")
    assert not found.differences[0].clear


def test_the_same_comparison_gives_the_same_figures(comparison: Comparison):
    again = compare([account(ONE), account(OTHER, "other")], words_as_vectors)
    assert again == comparison


def test_a_shared_point_with_another_stance_leads(comparison: Comparison):
    first = comparison.shared[0]
    assert first.stance_differs
    pairs = {(point.first_sentence, point.second_sentence) for point in comparison.shared}
    assert (2, 4) in pairs


def test_what_only_one_account_says_is_listed(comparison: Comparison):
    assert set(texts(comparison, "A")) == {ONE[3][1], ONE[4][1]}
    assert set(texts(comparison, "B")) == {OTHER[2][1], OTHER[3][1]}


def test_a_demand_weighs_more_than_a_neutral_remark():
    with_remark = (*OTHER, ("n", "Wheat harvests in coastal provinces were average again."))
    found = compare([account(ONE), account(with_remark, "other")], words_as_vectors)
    weights = [topic.weight for topic in found.only["B"]]
    assert weights == sorted(weights, reverse=True)
    assert texts(found, "B")[-1].startswith("Wheat")


@pytest.mark.parametrize(
    "stock",
    [
        "Both ministers spoke by phone on Thursday evening.",
        "He conveyed birthday greetings to his counterpart.",
        "The meeting lasted two hours.",
        "The atmosphere of the meeting was friendly and businesslike.",
        "It was agreed to remain in contact and to meet again next month.",
    ],
)
def test_a_stock_phrase_is_no_omission(stock: str):
    found = compare([account((*ONE, ("c", stock))), account(OTHER, "other")], words_as_vectors)
    assert stock not in texts(found, "A")


def test_a_short_demand_is_no_stock_phrase():
    found = compare(
        [account((*ONE, ("d", "This must stop."))), account(OTHER, "other")], words_as_vectors
    )
    assert "This must stop." in texts(found, "A")


def test_three_accounts_have_three_differences_and_wider_intervals(comparison: Comparison):
    third = (("n", "Reporters waited outside."), ("s", "Economists doubt the fertiliser corridor."))
    found = compare(
        [account(ONE), account(OTHER, "other"), account(third, "third")], words_as_vectors
    )
    assert [(d.first, d.second) for d in found.differences] == [("A", "B"), ("A", "C"), ("B", "C")]
    wide, narrow = found.differences[0].value, comparison.differences[0].value
    assert wide.high - wide.low > narrow.high - narrow.low
    assert "the widest difference among 3 accounts" in found.verdict
    assert set(found.only) == {"A", "B", "C"}


def test_parties_are_compared_across_accounts():
    first = [(letter, text, "Ostrana") for letter, text in ONE[1:]]
    second = [(letter, text, "OSTRANA") for letter, text in OTHER[1:]]
    found = compare([account(first), account(second, "other")], words_as_vectors)
    (difference,) = found.party_differences
    assert (difference.party, difference.first, difference.second) == ("Ostrana", "A", "B")
    assert difference.value.value < -1
    (line,) = party_lines(found)
    assert line.startswith("Ostrana in B against A: -1.")
    assert line in " ".join(render_markdown(found).replace("\\", "").split())


def test_the_guardrail_is_always_there(comparison: Comparison):
    assert comparison.guardrail == GUARDRAIL
    assert "nothing of the motive" in GUARDRAIL


def test_an_account_without_a_stance_is_named():
    silent = tuple(("n", text) for _, text in OTHER)
    found = compare([account(ONE), account(silent, "other")], words_as_vectors)
    assert found.verdict == (
        "No comparison of stance: B takes no stance in any sentence, so that one account alone "
        "has a stance."
    )
    assert found.differences == ()
    both = compare([account([("n", t) for _, t in ONE]), account(silent, "o")], words_as_vectors)
    assert both.verdict == "No comparison of stance: A and B take no stance in any sentence."


def test_different_events_are_warned_of():
    elsewhere = (
        ("c", "Astronomers thanked donors for a larger mirror."),
        ("d", "Museums should lend paintings abroad."),
    )
    found = compare([account(ONE), account(elsewhere, "other")], words_as_vectors)
    assert found.overlap == 0
    (warning,) = found.warnings
    assert "they may be about different events" in warning


def test_events_that_the_metadata_tell_apart_are_warned_of():
    found = compare(
        [account(ONE, event="call"), account(OTHER, "other", event="summit")], words_as_vectors
    )
    assert found.warnings[0] == "the accounts name different events: call, summit"


def documents(n: int) -> list[Document]:
    return [Document(id=f"d{i}", text=f"Text number {i}.", source=f"{i}.txt") for i in range(n)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (documents(0), "needs two accounts or more, found 0"),
        (documents(1), "needs two accounts or more, found 1"),
        (documents(50), f"50 accounts: at most {MAX_ACCOUNTS} can be set side by side"),
        ([*documents(2), documents(1)[0]], "0.txt and 0.txt hold the same text"),
    ],
)
def test_what_cannot_be_compared_is_refused(given: list[Document], expected: str):
    with pytest.raises(DataError, match=expected):
        check_accounts(given)


def test_accounts_of_one_sentence_each():
    found = compare([account([ONE[1]]), account([OTHER[1]], "other")], words_as_vectors)
    assert found.verdict.startswith("No clear difference")


def test_the_best_pairing_uses_each_sentence_once():
    similar = np.array([[0.9, 0.8], [0.85, 0.1], [0.2, 0.3]])
    assert align(similar) == [(0, 1, 0.8), (1, 0, 0.85)]


def test_pairs_that_are_not_alike_are_dropped():
    assert align(np.array([[0.3, 0.0], [0.0, 0.2]])) == []


def test_names_that_run_through_the_accounts_are_set_aside():
    wording = Wording([f"Ostrana {word} Ostranan ships." for word in ("boards", "frees", "sinks")])
    assert wording.is_name("Ostrana") and wording.is_name("Ostranan")
    assert not wording.is_name("ships")
    assert wording.without_names("President Lee frees Ostranan ships.") == "Lee frees ships."
    assert wording.without_names("Ostrana") == "Ostrana"


@pytest.mark.parametrize(
    ("one", "other"), [("sanctions", "sanction"), ("agreed", "agreement"), ("ships", "ship’s")]
)
def test_forms_of_one_word_fall_together(one: str, other: str):
    assert stem(one) == stem(other)


def test_a_topic_takes_the_stance_of_its_sentences_with_a_stance(comparison: Comparison):
    assert {topic.stance for topic in comparison.only["A"]} == {Stance.CONCILIATORY}
    assert {topic.stance for topic in comparison.only["B"]} == {Stance.DEMANDING, Stance.SKEPTICAL}
