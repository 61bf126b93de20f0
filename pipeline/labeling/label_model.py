"""Combine the votes of labeling functions into one distribution per sentence."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.records import STANCES

ABSTAIN = -1
LabelModelName = Literal["majority_vote", "dawid_skene"]
Votes = npt.NDArray[np.int8]


def combine_votes(votes: Votes, model: LabelModelName, iterations: int) -> npt.NDArray[np.float64]:
    """Probabilities of shape (n_sentences, 4) from votes of shape (n_sentences, n_functions).

    A vote is a column of `Stance` or `ABSTAIN`; a sentence without votes gets a row of zeros.
    Majority vote gives the share of votes; Dawid-Skene (1979; crowd-kit) weighs each function by
    the confusion matrix that expectation-maximisation finds for it.
    """
    if model == "majority_vote" or not (votes != ABSTAIN).any():
        counts = np.stack([(votes == column).sum(axis=1) for column in range(len(STANCES))], axis=1)
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    from crowdkit.aggregation import DawidSkene

    sentences, functions = np.nonzero(votes != ABSTAIN)
    answers = pd.DataFrame(
        {"task": sentences, "worker": functions, "label": votes[sentences, functions]}
    )
    fitted = DawidSkene(n_iter=iterations).fit(answers).probas_
    probabilities = np.zeros((len(votes), len(STANCES)))
    for column in fitted.columns:
        probabilities[fitted.index.to_numpy(), int(column)] = fitted[column].to_numpy()
    return probabilities
