"""What one account speaks of and no other does."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.compare.alignment import MENTIONED
from pipeline.compare.records import Topic
from pipeline.compare.wording import Wording
from pipeline.profiles import takes_stance
from pipeline.records import STANCES, Prediction, Stance

BACKGROUND = 0.15
"""The same bound for a sentence without a stance, which is more often background than a point."""
SAME_TOPIC = 0.40
"""Sentences of one account at this mean similarity make one topic."""
LABEL_WORDS = 4
HOLDING = (Stance.DEMANDING, Stance.SKEPTICAL)


def one_sided_topics(
    letter: str,
    predictions: Sequence[Prediction],
    elsewhere: npt.NDArray[np.float64],
    within: npt.NDArray[np.float64],
    wording: Wording,
) -> tuple[Topic, ...]:
    """The topics that only this account has, the weightiest first.

    `elsewhere` holds the highest similarity of each sentence to any sentence of another account,
    `within` the similarities among the account's own sentences.
    """
    alone = [
        number
        for number, prediction in enumerate(predictions)
        if elsewhere[number] < (MENTIONED if takes_stance(prediction) else BACKGROUND)
        and not is_stock(prediction, wording)
    ]
    groups = _groups(within[np.ix_(alone, alone)])
    topics = [
        _topic(letter, [alone[place] for place in group], predictions, elsewhere, wording)
        for group in groups
    ]
    return tuple(sorted(topics, key=lambda topic: -topic.weight))


def is_stock(prediction: Prediction, wording: Wording) -> bool:
    """Whether a sentence is a courtesy or logistics; a demand or a charge never is."""
    return prediction.stance not in HOLDING and wording.is_stock(prediction.text)


def _topic(
    letter: str,
    sentences: Sequence[int],
    predictions: Sequence[Prediction],
    elsewhere: npt.NDArray[np.float64],
    wording: Wording,
) -> Topic:
    chosen = [predictions[number] for number in sentences]
    probabilities = np.array([prediction.probabilities for prediction in chosen])
    taking = probabilities[[takes_stance(prediction) for prediction in chosen]]
    deciding = taking if len(taking) else probabilities
    new = 1 - elsewhere[list(sentences)]
    return Topic(
        letter=letter,
        label=_label([prediction.text for prediction in chosen], wording),
        sentences=tuple(sentences),
        stance=STANCES[int(deciding.mean(axis=0).argmax())],
        nearest=float(elsewhere[list(sentences)].max()),
        weight=float(((1 - probabilities[:, STANCES.index(Stance.NEUTRAL)]) * new).sum()),
    )


def _label(texts: Sequence[str], wording: Wording) -> str:
    """The rarest words, in the order of the text; longer ones before shorter ones."""
    words: dict[str, str] = {}
    for text in texts:
        for stem, word in wording.stems(text).items():
            words.setdefault(stem, word)
    rarity = wording.rarity(words)
    ranked = sorted(words, key=lambda stem: (-rarity[stem], -len(words[stem])))
    chosen = set(ranked[:LABEL_WORDS])
    return ", ".join(words[stem] for stem in words if stem in chosen) or texts[0]


def _groups(similarity: npt.NDArray[np.float64]) -> list[list[int]]:
    """Groups of like members by average linkage, each in ascending order."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = len(similarity)
    if n < 2:
        return [[place] for place in range(n)]
    distance = 1 - similarity
    np.fill_diagonal(distance, 0)
    joined = fcluster(linkage(squareform(distance), "average"), 1 - SAME_TOPIC, "distance")
    groups: dict[int, list[int]] = {}
    for place, group in enumerate(joined):
        groups.setdefault(int(group), []).append(place)
    return list(groups.values())
