"""A document's text cut into paragraphs, sentences and passages, as the templates show it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.records import STANCES, Annotation, Document, Prediction, Stance, WordWeight

UNSURE = "unsure"
MARKS = {
    Stance.CONCILIATORY: "●",
    Stance.DEMANDING: "▲",
    Stance.SKEPTICAL: "◆",
    Stance.NEUTRAL: "",
    UNSURE: "?",
}
"""A shape per stance, so that colour is not needed to tell them apart."""


WORD_LEVELS = (0.2, 0.45, 0.75)
"""Where the shades of a word's weight begin, as a share of the weightiest word's."""


@dataclass(frozen=True)
class Link:
    """A sentence of another account that makes the same point."""

    anchor: str
    letter: str
    stance: str
    differs: bool


@dataclass(frozen=True)
class Passage:
    """A piece of a sentence; the role is cue, holder, target or nothing."""

    text: str
    role: str


@dataclass(frozen=True)
class Corrections:
    """What readers say of a document's sentences, by their numbers from 0."""

    made: Mapping[int, Sequence[Annotation]] = field(default_factory=dict)
    place: Callable[[int], str] | None = None
    """Gives the address at which a reader can correct the sentence."""


@dataclass(frozen=True)
class ShownSentence:
    """A sentence with all that its detail card tells."""

    anchor: str
    number: int
    """Its place in the document as people count, from 1."""
    stance: str
    likeliest: str
    """The stance that it would have, had the classifier not abstained."""
    sure: float
    """The probability of that stance."""
    mark: str
    passages: tuple[Passage, ...]
    probabilities: tuple[tuple[str, float], ...]
    holder: str
    target: str | None
    cue: str
    only: bool
    links: tuple[Link, ...]
    words: tuple[tuple[str, str], ...]
    """Words with a class that says how far each moved the decision; empty if not explained."""
    corrections: tuple[Annotation, ...]
    correct_at: str | None
    """Where a reader can correct it; None where nobody can."""


def shown_paragraphs(
    document: Document,
    predictions: Sequence[Prediction],
    voice: str,
    prefix: str,
    only: frozenset[int] = frozenset(),
    links: Mapping[int, Sequence[Link]] | None = None,
    words: Mapping[int, Sequence[tuple[str, str]]] | None = None,
    corrections: Corrections | None = None,
) -> list[list[ShownSentence | str]]:
    """Paragraphs of sentences, and of what lies between sentences."""
    links, words, corrections = links or {}, words or {}, corrections or Corrections()
    pieces: list[ShownSentence | str] = []
    at = 0
    for number, prediction in enumerate(predictions):
        pieces.append(document.text[at : prediction.start])
        pieces.append(
            ShownSentence(
                anchor=f"{prefix}{number}",
                number=number + 1,
                stance=prediction.stance or UNSURE,
                likeliest=STANCES[prediction.probabilities.index(max(prediction.probabilities))],
                sure=round(max(prediction.probabilities), 4),
                mark=MARKS[prediction.stance or UNSURE],
                passages=tuple(_passages(document.text, prediction)),
                probabilities=tuple(zip(STANCES, prediction.probabilities, strict=True)),
                holder=prediction.holder or voice,
                target=prediction.target,
                cue=_spanned(document.text, prediction),
                only=number in only,
                links=tuple(links.get(number, ())),
                words=tuple(words.get(number, ())),
                corrections=tuple(corrections.made.get(number, ())),
                correct_at=corrections.place(number) if corrections.place else None,
            )
        )
        at = prediction.end
    pieces.append(document.text[at:])
    return _paragraphs(pieces)


def word_levels(explanation: Sequence[WordWeight]) -> list[tuple[str, str]]:
    """Each word with the class of its weight, relative to the sentence's weightiest word."""
    most = max((abs(word.weight) for word in explanation), default=0) or 1
    return [(word.text, _level(word.weight / most)) for word in explanation]


def _level(weight: float) -> str:
    if weight < -WORD_LEVELS[0]:
        return "w-1"
    return f"w{sum(weight > bound for bound in WORD_LEVELS)}"


def _paragraphs(pieces: Sequence[ShownSentence | str]) -> list[list[ShownSentence | str]]:
    """Start a paragraph wherever the text between two sentences holds an empty line."""
    paragraphs: list[list[ShownSentence | str]] = [[]]
    for piece in pieces:
        if isinstance(piece, ShownSentence):
            paragraphs[-1].append(piece)
            continue
        first, *others = piece.split("\n\n")
        if first:
            paragraphs[-1].append(first)
        for other in others:
            paragraphs.append([other] if other else [])
    return [paragraph for paragraph in paragraphs if paragraph]


def _spanned(text: str, prediction: Prediction) -> str:
    span = prediction.cue_span
    return text[span.start : span.end] if span else ""


def _passages(text: str, prediction: Prediction) -> Iterator[Passage]:
    """The sentence cut at the ends of its spans; where two overlap, the cue goes first."""
    spans = {
        "cue": prediction.cue_span,
        "holder": prediction.holder_span,
        "target": prediction.target_span,
    }
    inside = {
        role: span
        for role, span in spans.items()
        if span and prediction.start <= span.start < span.end <= prediction.end
    }
    cuts = {prediction.start, prediction.end}
    cuts.update(end for span in inside.values() for end in (span.start, span.end))
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        roles = [role for role, span in inside.items() if span.start <= start and end <= span.end]
        yield Passage(text[start:end], roles[0] if roles else "")
