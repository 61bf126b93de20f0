"""Votes of labeling functions become one distribution per sentence."""

import numpy as np
import pytest

from pipeline.labeling.label_model import (
    ABSTAIN,
    LabelModel,
    LabelModelSettings,
    decide,
    fit_label_model,
)
from pipeline.records import STANCES, Stance

# crowd-kit uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")

NAMES = tuple(f"{stance}-{number}" for stance in STANCES for number in range(3))


def settings(label_model: str = "dawid_skene", iterations: int = 5) -> LabelModelSettings:
    return LabelModelSettings(label_model=label_model, iterations=iterations, assumed_precision=0.8)


@pytest.fixture
def truth():
    return np.random.default_rng(3).integers(0, 4, 800)


@pytest.fixture
def votes(truth):
    """Three functions per stance; each abstains or gives its stance, the last at random."""
    generator = np.random.default_rng(4)
    votes = np.full((len(truth), len(NAMES)), ABSTAIN, dtype=np.int8)
    for column in range(len(NAMES)):
        stance, number = divmod(column, 3)
        chance = np.where(truth == stance, 0.5, 0.03)
        fires = generator.random(len(truth)) < (0.15 if number == 2 else chance)
        votes[fires, column] = stance
    return votes


def test_majority_vote_gives_the_share_of_votes():
    votes = np.array([[0, 0, 1], [-1, -1, -1], [3, -1, -1]], dtype=np.int8)
    model = fit_label_model(votes, ("a", "b", "c"), settings("majority_vote"))
    expected = [[2 / 3, 1 / 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert model.predict(votes, ("a", "b", "c")) == pytest.approx(np.array(expected))


def test_functions_of_one_answer_each_still_tell_the_stances_apart(votes, truth):
    voted = (votes != ABSTAIN).any(axis=1)
    predicted = decide(fit_label_model(votes, NAMES, settings()).predict(votes, NAMES))
    assert set(predicted[voted]) == {0, 1, 2, 3}
    majority = decide(
        fit_label_model(votes, NAMES, settings("majority_vote")).predict(votes, NAMES)
    )
    assert (predicted == truth)[voted].mean() > (majority == truth)[voted].mean()


def test_a_function_that_fires_at_random_counts_for_less(votes):
    model = fit_label_model(votes, NAMES, settings())
    odds = {
        entry.function: entry.given[STANCES.index(entry.stance)] / sum(entry.given)
        for entry in model.likelihoods
    }
    assert max(odds[name] for name in NAMES[2::3]) < min(odds[name] for name in NAMES[0::3])


def test_rows_sum_to_one_where_a_function_votes_and_to_zero_elsewhere(votes):
    sums = fit_label_model(votes, NAMES, settings()).predict(votes, NAMES).sum(axis=1)
    assert sums == pytest.approx((votes != ABSTAIN).any(axis=1).astype(float))


def test_the_library_and_the_saved_parameters_agree(votes):
    from crowdkit.aggregation import DawidSkene

    model = fit_label_model(votes, NAMES, settings())
    again = LabelModel.model_validate_json(model.model_dump_json())
    assert again.predict(votes, NAMES) == pytest.approx(model.predict(votes, NAMES))
    priors = np.array(model.priors)
    errors = np.array([entry.given for entry in model.likelihoods])
    row = votes[np.flatnonzero((votes != ABSTAIN).any(axis=1))[0]]
    library = _posterior_of_library(DawidSkene, row, priors, errors)
    assert model.predict(row[None], NAMES)[0] == pytest.approx(library)


def _posterior_of_library(dawid_skene, row, priors, errors):
    """The E-step of crowd-kit for one sentence."""
    import pandas as pd

    fired = row != ABSTAIN
    data = pd.DataFrame({"task": 0, "worker": range(len(row)), "label": np.where(fired, 0, 1)})
    index = pd.MultiIndex.from_product([range(len(row)), [0, 1]], names=["worker", "label"])
    rows = np.stack([errors, 1 - errors], axis=1).reshape(-1, 4)
    table = pd.DataFrame(rows, index=index, columns=range(4))
    return dawid_skene._e_step(data, pd.Series(priors, index=range(4)), table).to_numpy()[0]


def test_a_model_from_other_functions_reads_the_ones_it_knows(votes):
    model = fit_label_model(votes, NAMES, settings())
    unknown = np.full((1, 1), 2, dtype=np.int8)
    assert model.predict(unknown, ("new",))[0] == pytest.approx(np.array(model.priors))


def test_without_any_vote_the_model_is_a_majority_vote():
    votes = np.full((3, 2), ABSTAIN, dtype=np.int8)
    model = fit_label_model(votes, ("a", "b"), settings())
    assert model.kind == "majority_vote"
    assert not model.predict(votes, ("a", "b")).any()


def test_equal_stances_are_settled_in_the_order_of_the_codebook():
    tied = np.array([[0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0], [0.5, 0, 0, 0.5]])
    decided = [STANCES[column] for column in decide(tied)]
    assert decided == [Stance.DEMANDING, Stance.SKEPTICAL, Stance.CONCILIATORY]


def test_fitting_twice_gives_the_same_model(votes):
    assert fit_label_model(votes, NAMES, settings()) == fit_label_model(votes, NAMES, settings())


@pytest.mark.parametrize("rows", [[[0]], [[0, 3], [0, -1]], [[1, -1], [-1, 1]], [[2, 2]]])
def test_a_handful_of_votes_gives_distributions_too(rows):
    votes = np.array(rows, dtype=np.int8)
    names = ("a", "b")[: votes.shape[1]]
    probabilities = fit_label_model(votes, names, settings()).predict(votes, names)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(votes)))
    assert set(decide(probabilities)) <= set(votes.ravel())
