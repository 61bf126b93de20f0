"""Labeling functions: small patterns that each apply one rule of the codebook or abstain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.labeling.functions import conciliatory, demanding, neutral, skeptical
from pipeline.labeling.functions.registry import LabelingFunction, labeling_function, registered
from pipeline.records import STANCES, SentenceInContext, Stance

__all__ = [
    "ABSTAIN",
    "FUNCTION_NAMES",
    "LABELING_FUNCTIONS",
    "FiredFunction",
    "LabelingFunction",
    "conciliatory",
    "demanding",
    "fired",
    "labeling_function",
    "neutral",
    "skeptical",
    "votes",
]

ABSTAIN = -1
"""The vote of a function that has nothing to say about a sentence."""

LABELING_FUNCTIONS: tuple[LabelingFunction, ...] = tuple(
    sorted(registered, key=lambda function: STANCES.index(function.stance))
)
"""Every labeling function, by stance and then in the order of its module."""

FUNCTION_NAMES = tuple(function.name for function in LABELING_FUNCTIONS)


@dataclass(frozen=True)
class FiredFunction:
    """A labeling function that voted, and the words on which it did."""

    name: str
    stance: Stance
    rule: str
    matched: str


def votes(sentences: Sequence[SentenceInContext]) -> np.ndarray:
    """Each function's vote on each sentence: int8 (n_sentences, n_functions).

    A vote is an index into `STANCES`, or `ABSTAIN`; columns follow `LABELING_FUNCTIONS`.
    """
    result = np.full((len(sentences), len(LABELING_FUNCTIONS)), ABSTAIN, dtype=np.int8)
    for column, function in enumerate(LABELING_FUNCTIONS):
        vote = STANCES.index(function.stance)
        for row, sentence in enumerate(sentences):
            if function(sentence) is not None:
                result[row, column] = vote
    return result


def fired(sentence: SentenceInContext) -> list[FiredFunction]:
    """The functions that vote on a sentence, with the words that decided each."""
    found = ((function, function(sentence)) for function in LABELING_FUNCTIONS)
    return [
        FiredFunction(function.name, function.stance, function.rule, match.group())
        for function, match in found
        if match is not None
    ]
