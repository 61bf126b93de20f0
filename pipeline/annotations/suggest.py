"""Pick the sentences that are worth labelling next.

A sentence is worth a label where the trained model is in doubt, by the entropy of what it says, and
a little more so where the labeling functions contradict it. Of the most doubtful sentences those
are taken that differ from one another (k-centre greedy; Sener and Savarese 2018), since ten labels
of one phrase teach no more than one. `benchmarks/suggestions.py` measures what that is worth, also
against the entropy of the mean of model and functions (consensus entropy; McCallum and Nigam 1998).
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.errors import DataError
from pipeline.labeling.functions import FUNCTION_NAMES, fired, votes
from pipeline.labeling.label_model import MAJORITY_VOTE, LabelModel
from pipeline.predict import ReadDocument
from pipeline.records import STANCES, Record, SentenceInContext, Stance

POOL = 4
"""The suggestions are chosen among that many times their number of doubtful sentences."""

CONTRADICTION = 0.1
"""What a contradiction by the labeling functions adds to the doubt."""

Distributions = npt.NDArray[np.floating]


class Suggestion(Record):
    """A sentence worth labelling: its row among those offered, how doubtful it is, and why."""

    row: int
    doubt: float
    """0 to 1, see `doubt`."""
    reason: str


def suggest(
    sentences: Sequence[SentenceInContext],
    probabilities: Distributions,
    weak: Distributions,
    n: int,
) -> list[Suggestion]:
    """The `n` sentences to label next, or all if there are fewer; the most doubtful first.

    `probabilities` are the model's and `weak` those of the labeling functions, both of shape
    (n_sentences, 4); a row of `weak` is zero where no function fires.
    """
    if not sentences:
        return []
    doubts = doubt(probabilities, weak)
    rows = diverse([sentence.text for sentence in sentences], doubts, n)
    return [
        Suggestion(
            row=int(row),
            doubt=float(doubts[row]),
            reason=_reason(sentences[row], probabilities[row], weak[row]),
        )
        for row in sorted(rows, key=lambda row: -doubts[row])
    ]


def doubt(probabilities: Distributions, weak: Distributions) -> npt.NDArray[np.float64]:
    """How doubtful each row is, from 0 to 1; see the arguments of `suggest`."""
    entropy = relative_entropy(probabilities)
    contradicted = (weak.sum(axis=1) > 0) & (weak.argmax(axis=1) != probabilities.argmax(axis=1))
    return np.minimum(1, entropy + CONTRADICTION * contradicted)


def relative_entropy(probabilities: Distributions) -> npt.NDArray[np.float64]:
    """The entropy of each row over that of not knowing at all: from 0 to 1."""
    rows = np.asarray(probabilities, dtype=np.float64)
    logarithms = np.log(rows, out=np.zeros_like(rows), where=rows > 0)
    return -(rows * logarithms).sum(axis=1) / np.log(len(STANCES))


def diverse(texts: Sequence[str], doubts: npt.NDArray[np.float64], n: int) -> list[int]:
    """`n` rows among the most doubtful, each as far as can be from those taken before it."""
    pool = np.argsort(-doubts, kind="stable")[: POOL * n]
    vectors = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True).fit_transform(
        [texts[row] for row in pool]
    )
    distances = np.ones(len(pool))
    taken: list[int] = []
    while len(taken) < min(n, len(pool)):
        # The first of the pool is the most doubtful one: it starts.
        chosen = int((distances * doubts[pool]).argmax()) if taken else 0
        taken.append(chosen)
        similarity = (vectors @ vectors[chosen].T).toarray().ravel()
        distances = np.minimum(distances, 1 - similarity)
        distances[taken] = -1
    return [int(pool[row]) for row in taken]


def _reason(sentence: SentenceInContext, probabilities: np.ndarray, weak: np.ndarray) -> str:
    first, second = (STANCES[column] for column in np.argsort(-probabilities)[:2])
    said = f"{first} {probabilities.max():.2f}"
    other = STANCES[weak.argmax()]
    if weak.any() and other != first:
        names = ", ".join(one.name for one in fired(sentence) if one.stance == other)
        return f"model: {said}; labeling functions: {other} ({names})"
    return f"unsure: {said}, {second} {np.sort(probabilities)[-2]:.2f}"


class SuggestedSentence(Record):
    """A sentence of a document that is worth labelling."""

    document: str
    source: str
    index: int
    text: str
    stance: Stance
    """What the model makes of it."""
    probability: float
    doubt: float
    """0 to 1, see `doubt`."""
    reason: str


def suggest_sentences(
    documents: Sequence[ReadDocument],
    label_model: LabelModel,
    n: int,
    labelled: Collection[tuple[str, int]] = (),
) -> list[SuggestedSentence]:
    """The `n` sentences of scored documents to label next.

    Those that are `labelled` already, by document id and index, are left out.
    """
    places, contexts, rows = [], [], []
    for read in documents:
        for index, prediction in enumerate(read.predictions):
            if (read.document.id, index) in labelled:
                continue
            places.append((read, index))
            contexts.append(
                SentenceInContext(
                    text=prediction.text,
                    previous=read.predictions[index - 1].text if index else "",
                    kind=read.document.kind,
                    issuer=read.document.issuer,
                )
            )
            rows.append(prediction.probabilities)
    if not places:
        return []
    probabilities = np.array(rows)
    weak = label_model.predict(votes(contexts), FUNCTION_NAMES)
    found = []
    for one in suggest(contexts, probabilities, weak, n):
        read, index = places[one.row]
        found.append(
            SuggestedSentence(
                document=read.document.id,
                source=read.document.source,
                index=index,
                text=contexts[one.row].text,
                stance=STANCES[probabilities[one.row].argmax()],
                probability=float(probabilities[one.row].max()),
                doubt=one.doubt,
                reason=one.reason,
            )
        )
    return found


def read_label_model(path: Path) -> LabelModel:
    """The label model of the last `readout label`; a majority vote where there is none.

    Raises:
        DataError: the file is not a label model.
    """
    if not path.is_file():
        return MAJORITY_VOTE
    try:
        return LabelModel.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: not a label model; run `readout label`") from error
