"""Which sentences of two accounts mean the same."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.compare.wording import Wording

Vectors = npt.NDArray[np.float32]
SentenceEncoder = Callable[[Sequence[str]], Vectors]
"""Turns texts into unit vectors of shape (n_texts, n_dimensions)."""

CENTRING = 0.7
"""How much of the mean vector is taken out."""
WORD_BONUS = 0.06
"""What a telling word in common adds to the cosine."""
MAX_WORDS = 3
MENTIONED = 0.36
"""From this similarity on, another account counts as speaking of the same."""
SHARED = 0.42
"""From this similarity on, two sentences count as the same point."""


def similarities(
    accounts: Sequence[Sequence[str]], wording: Wording, encode: SentenceEncoder
) -> dict[tuple[int, int], npt.NDArray[np.float64]]:
    """How far each sentence of one account is mentioned by each sentence of another.

    Under `(first, second)` lies an array of shape (sentences of first, sentences of second):
    cosine of the whole sentence with the nearest passage of the other, plus a bonus for rare words
    in common. The mean of all vectors is taken out of each, since what all
    have in common tells nothing apart (Mu and Viswanath 2018, All-but-the-top); not the whole of
    it, since accounts of one event are about one thing.
    """
    passages = [
        (a, n, p)
        for a, account in enumerate(accounts)
        for n, text in enumerate(account)
        for p in wording.passages(text)
    ]
    vectors = encode([wording.without_names(text) for _, _, text in passages]).astype(float)
    starts = np.array(
        [i for i, (a, n, _) in enumerate(passages) if i == 0 or passages[i - 1][:2] != (a, n)]
    )
    vectors -= CENTRING * vectors[starts].mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    nearest = np.maximum.reduceat(vectors[starts] @ vectors.T, starts, axis=1)
    nearest += WORD_BONUS * np.minimum(
        _common_words([text for account in accounts for text in account], wording), MAX_WORDS
    )
    bounds = np.cumsum([0, *(len(account) for account in accounts)])
    return {
        (a, b): nearest[bounds[a] : bounds[a + 1], bounds[b] : bounds[b + 1]]
        for a in range(len(accounts))
        for b in range(len(accounts))
    }


def align(
    forward: npt.NDArray[np.float64], backward: npt.NDArray[np.float64]
) -> list[tuple[int, int, float]]:
    """The best pairing of two accounts, each sentence at most once, with the similarities.

    The pairing has the greatest sum of similarities (Kuhn 1955, the Hungarian method); pairs below
    `SHARED` are dropped.
    """
    from scipy.optimize import linear_sum_assignment

    either = np.maximum(forward, backward.T)
    gains = np.where(either >= SHARED, either, 0.0)
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return [
        (int(row), int(column), float(min(1.0, gains[row, column])))
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
