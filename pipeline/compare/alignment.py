"""Which sentences of two accounts mean the same."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.compare.wording import Wording

Vectors = npt.NDArray[np.float32]
SentenceEncoder = Callable[[Sequence[str]], Vectors]
"""Turns texts into unit vectors of shape (n_texts, n_dimensions)."""

WORD_BONUS = 0.14
"""What a telling word in common adds to the cosine."""
MAX_WORDS = 3
MENTIONED = 0.24
"""From this similarity on, another account counts as speaking of the same."""
SHARED = 0.40
"""From this similarity on, two sentences count as the same point."""


def similarities(
    accounts: Sequence[Sequence[str]], wording: Wording, encode: SentenceEncoder
) -> dict[tuple[int, int], npt.NDArray[np.float64]]:
    """How far each sentence of one account means the same as each sentence of another.

    Under `(first, second)` lies an array of shape (sentences of first, sentences of second): the
    cosine plus a bonus for rare words in common. The mean of all vectors is taken out of each,
    since what all sentences have in common tells none of them apart (Mu and Viswanath 2018,
    All-but-the-top). The bounds above were chosen on the pairs of reports/compare.md.
    """
    sentences = [text for account in accounts for text in account]
    vectors = encode([wording.without_names(text) for text in sentences]).astype(float)
    vectors -= vectors.mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    common = np.minimum(_common_words(sentences, wording), MAX_WORDS)
    similar = np.clip(vectors @ vectors.T + WORD_BONUS * common, 0, 1)
    ends = np.cumsum([len(account) for account in accounts])
    blocks = [slice(end - len(account), end) for account, end in zip(accounts, ends, strict=True)]
    return {
        (first, second): similar[rows, columns]
        for first, rows in enumerate(blocks)
        for second, columns in enumerate(blocks)
    }


def align(similar: npt.NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """The best pairing of two accounts, each sentence at most once, with the similarities.

    The pairing has the greatest sum of similarities (Kuhn 1955, the Hungarian method); pairs below
    `SHARED` are dropped.
    """
    from scipy.optimize import linear_sum_assignment

    gains = np.where(similar >= SHARED, similar, 0.0)
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return [
        (int(row), int(column), float(gains[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if gains[row, column] > 0
    ]


def _common_words(sentences: Sequence[str], wording: Wording) -> npt.NDArray[np.float64]:
    """How many telling words each two sentences have in common, by how much each tells."""
    stems = [wording.stems(text) for text in sentences]
    columns = {s: n for n, s in enumerate(dict.fromkeys(s for row in stems for s in row))}
    holds = np.zeros((len(sentences), len(columns)))
    for row, found in enumerate(stems):
        holds[row, [columns[s] for s in found]] = 1
    rarity = wording.rarity(columns)
    return (holds * np.array([rarity[s] for s in columns])) @ holds.T
