"""The records that travel through the pipeline; every file format is one of them."""

import hashlib
import re
import unicodedata
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

CODEBOOK_VERSION = "1.1"
"""Version of docs/codebook.md that new annotations follow."""


class Stance(StrEnum):
    """The stance of a sentence's holder toward its target; the order is that of every array."""

    CONCILIATORY = "conciliatory"
    DEMANDING = "demanding"
    SKEPTICAL = "skeptical"
    NEUTRAL = "neutral"


STANCES = tuple(Stance)


class Kind(StrEnum):
    """What a document is, as far as it is known."""

    READOUT = "readout"
    STATEMENT = "statement"
    BRIEFING = "briefing"
    JOINT_STATEMENT = "joint_statement"
    SPEECH = "speech"
    NEWS = "news"
    OPINION = "opinion"
    SOCIAL = "social"
    ANNOUNCEMENT = "announcement"


NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """A frozen record that accepts no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Removal(Record):
    """A passage that cleaning took out, and the name of the rule that did."""

    rule: NonEmpty
    text: str


class Document(Record):
    """A text with what is known of it.

    `text` is cleaned: paragraphs are separated by one empty line and hold no other line
    break except those of lists, transcripts and headlines. Unknown metadata is None.
    """

    id: NonEmpty
    text: NonEmpty
    event: NonEmpty | None = None
    kind: Kind | None = None
    issuer: NonEmpty | None = None
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    title: NonEmpty | None = None
    synthetic: bool = False
    source: str = ""
    removed: tuple[Removal, ...] = ()


class Sentence(Record):
    """A sentence and its place: `document.text[start:end]`, in characters."""

    index: int = Field(ge=0)
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    paragraph: int = Field(ge=0)
    text: NonEmpty
    """The normalised text (`normalise_sentence`)."""


class PreparedDocument(Record):
    """A cleaned document with its sentences, in the order of the text."""

    document: Document
    sentences: tuple[Sentence, ...]


class Annotation(Record):
    """One person's reading of one sentence, as kept in data/gold/."""

    document: NonEmpty
    sentence: int = Field(ge=0)
    text_sha256: Sha256
    stance: Stance
    holder: NonEmpty | None
    target: NonEmpty | None
    annotator: NonEmpty
    codebook: NonEmpty


class SentenceInContext(Record):
    """What a classifier may look at: a sentence, the one before it and the document's kind."""

    text: NonEmpty
    previous: str = ""
    kind: Kind | None = None
    issuer: NonEmpty | None = None


class Example(SentenceInContext):
    """A labelled sentence for training or evaluation."""

    id: NonEmpty
    document: NonEmpty
    event: NonEmpty
    stance: Stance
    confidence: float = Field(gt=0, le=1)
    origin: Literal["gold", "weak"]
    holder: NonEmpty | None = None
    target: NonEmpty | None = None


class Span(Record):
    """A passage of a document: `document.text[start:end]`, in characters."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)


class Prediction(Record):
    """A classifier's reading of one sentence."""

    id: NonEmpty
    text: NonEmpty
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    stance: Stance | None
    """None when the classifier abstained."""
    probabilities: tuple[float, float, float, float]
    """In the order of `Stance`; they sum to 1."""
    holder: str | None = None
    """The party whose stance it is, under the one name that it has in this document."""
    target: str | None = None
    """The party that the stance is about, likewise; None where no party is."""
    holder_span: Span | None = None
    """Where the text names the holder; None where it is the issuer or known from elsewhere."""
    target_span: Span | None = None
    cue_span: Span | None = None
    """The words that carry the stance."""
    abstained: bool = False

    @field_validator("probabilities")
    @classmethod
    def _probabilities_sum_to_one(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not (min(value) >= 0 and abs(sum(value) - 1) <= 1e-3):
            raise ValueError(f"probabilities {value} are not a distribution")
        return value


class WordWeight(Record):
    """A word of a sentence and how far it moved the decision.

    Above 0 it spoke for the stance, below against it; the absolute weights of a sentence sum to 1.
    """

    text: NonEmpty
    weight: float = Field(ge=-1, le=1)


def normalise_sentence(text: str) -> str:
    """The text in Unicode NFC, each run of white space as one space; quotes and dashes stay."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def sentence_sha256(text: str) -> str:
    """The SHA-256 of the normalised sentence, which ties an annotation to its sentence."""
    return hashlib.sha256(normalise_sentence(text).encode()).hexdigest()
