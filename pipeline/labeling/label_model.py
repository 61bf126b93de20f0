"""Combine the votes of labeling functions into one distribution per sentence."""

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline.records import STANCES, Record, Stance
from pipeline.settings import Settings

ABSTAIN = -1
N_STANCES = len(STANCES)
TIE_ORDER = (Stance.DEMANDING, Stance.SKEPTICAL, Stance.CONCILIATORY, Stance.NEUTRAL)
"""Which stance wins between equal ones (codebook, rule 5)."""

LabelModelName = Literal["majority_vote", "dawid_skene"]
Votes = npt.NDArray[np.int8]
Probabilities = npt.NDArray[np.float64]
Distribution = tuple[float, float, float, float]


class LabelModelSettings(Settings):
    """How votes are combined."""

    label_model: LabelModelName
    iterations: Annotated[int, Field(ge=1)]
    assumed_precision: Annotated[float, Field(gt=0.25, lt=1)]


class VoteLikelihood(Record):
    """How often one function votes for its stance, given each true stance."""

    function: str
    stance: Stance
    given: Distribution


class LabelModel(Record):
    """A fitted label model; one file of JSON holds all of it."""

    kind: LabelModelName
    priors: Distribution
    likelihoods: tuple[VoteLikelihood, ...]
    """One per function that voted when the model was fitted; empty for a majority vote."""

    def predict(self, votes: Votes, functions: tuple[str, ...]) -> Probabilities:
        """Probabilities of shape (n_sentences, 4) from votes of shape (n_sentences, n_functions).

        `functions` names the columns; columns that the model does not know say nothing. A
        sentence without votes gets a row of zeros. A majority vote gives the shares of votes.
        """
        voted = (votes != ABSTAIN).any(axis=1)
        if self.kind == "majority_vote":
            counts = [(votes == column).sum(axis=1) for column in range(N_STANCES)]
            return np.stack(counts, axis=1) / np.maximum((votes != ABSTAIN).sum(axis=1), 1)[:, None]
        log_probabilities = np.tile(np.log(self.priors), (len(votes), 1))
        for likelihood in self.likelihoods:
            if likelihood.function not in functions:
                continue
            fired = votes[:, functions.index(likelihood.function)] != ABSTAIN
            given = np.array(likelihood.given)
            log_probabilities += np.where(fired[:, None], np.log(given), np.log1p(-given))
        log_probabilities -= log_probabilities.max(axis=1, keepdims=True)
        probabilities = np.exp(log_probabilities)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return np.where(voted[:, None], probabilities, 0.0)


MAJORITY_VOTE = LabelModel(kind="majority_vote", priors=(0.25,) * N_STANCES, likelihoods=())


def fit_label_model(
    votes: Votes, functions: tuple[str, ...], settings: LabelModelSettings
) -> LabelModel:
    """Fit a label model to votes of shape (n_sentences, n_functions), without any gold label.

    Dawid and Skene (1979; crowd-kit) ask how often a function gives each answer under each
    true stance. A function here gives one answer or abstains, so that without its abstentions
    every function is certain of its answer whatever the truth, nothing is learnt, and all
    sentences get the commonest stance. Abstention is therefore an answer of its own, and the
    first guess is that a function's votes are right in `assumed_precision` of the cases.
    """
    voted = votes[(votes != ABSTAIN).any(axis=1)]
    if settings.label_model == "majority_vote" or not len(voted):
        return MAJORITY_VOTE
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    active = np.flatnonzero((voted != ABSTAIN).any(axis=0))
    stances = voted[:, active].max(axis=0)
    answers = np.where(voted[:, active] == ABSTAIN, N_STANCES, voted[:, active])
    rows, columns = np.indices(answers.shape)
    table = pd.DataFrame(
        {"task": rows.ravel(), "worker": columns.ravel(), "label": answers.ravel()}
    )
    fires = (voted[:, active] != ABSTAIN).mean(axis=0)
    fitted = DawidSkene(n_iter=settings.iterations, initial_error_strategy="assign").fit(
        table,
        # crowd-kit knows the answers that occur; a column for another would end in NaN.
        initial_error=_first_guess(stances, fires, settings.assumed_precision)[np.unique(answers)],
    )
    priors = np.maximum(fitted.priors_.reindex(range(N_STANCES), fill_value=0), 1e-6)
    likelihoods = []
    for column, (function, stance) in enumerate(zip(active, stances, strict=True)):
        given = fitted.errors_.loc[(column, stance)].reindex(range(N_STANCES), fill_value=0)
        given = np.clip(given.to_numpy(), 1e-6, 1 - 1e-6)
        likelihoods.append(
            VoteLikelihood(
                function=functions[function], stance=STANCES[stance], given=tuple(given.tolist())
            )
        )
    return LabelModel(
        kind="dawid_skene",
        priors=tuple((priors / priors.sum()).tolist()),
        likelihoods=tuple(likelihoods),
    )


def decide(probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """The likeliest column of each row; between equal ones the first of `TIE_ORDER`."""
    order = np.array([STANCES.index(stance) for stance in TIE_ORDER])
    return order[probabilities[:, order].argmax(axis=1)]


def _first_guess(stances: Votes, fires: npt.NDArray[np.float64], precision: float) -> object:
    """Error matrices, as crowd-kit wants them, of functions that are right equally often.

    `fires` is the fraction of sentences on which each function votes. Where a function's
    votes are right with probability `precision` and stances are equally frequent, it votes
    under its own stance 4 * `fires` * `precision` of the time. The last column stands for
    "abstention is the truth", which these equal chances rule out after one step.
    """
    import pandas as pd

    rows, index = [], []
    for function, (stance, fraction) in enumerate(zip(stances, fires, strict=True)):
        given = np.full(N_STANCES + 1, N_STANCES * fraction * (1 - precision) / (N_STANCES - 1))
        given[stance] = N_STANCES * fraction * precision
        given = np.clip(given, 1e-6, 0.95)
        given[N_STANCES] = 0.5
        rows += [given, 1 - given]
        index += [(function, int(stance)), (function, N_STANCES)]
    names = pd.MultiIndex.from_tuples(index, names=["worker", "label"])
    return pd.DataFrame(rows, index=names, columns=range(N_STANCES + 1))
