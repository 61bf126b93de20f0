"""Labelled sentences from elsewhere: JSON lines of `id, text, previous, stance`."""

import codecs
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from pipeline.errors import DataError
from pipeline.records import STANCES, Kind, NonEmpty, SentenceInContext, normalise_sentence
from pipeline.storage import explain_validation, raise_problems

FORMAT = 'one JSON object a line, {"id": ..., "text": ..., "previous": ..., "stance": ...}'


class LabelledSentence(BaseModel):
    """A sentence with somebody's label; fields that are not named here are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: NonEmpty
    text: NonEmpty
    previous: str | None = None
    stance: NonEmpty
    kind: str | None = None
    """Shown to the classifier if it is one of `Kind`."""
    document: str | None = None
    source_type: str | None = None

    @field_validator("text")
    @classmethod
    def _normalised(cls, value: str) -> str:
        return normalise_sentence(value)

    @property
    def in_context(self) -> SentenceInContext:
        """What a classifier may look at."""
        return SentenceInContext(
            text=self.text,
            previous=normalise_sentence(self.previous or ""),
            kind=Kind(self.kind) if self.kind in tuple(Kind) else None,
        )


def read_labelled(path: Path) -> list[LabelledSentence]:
    """Read labelled sentences from JSON lines; empty lines are passed over.

    Raises:
        DataError: the file is missing or holds no sentence, or rows are malformed, have a stance
            outside the four or repeat an id; all of them are named.
    """
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    sentences, problems = [], []
    first_line: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            sentence = LabelledSentence.model_validate_json(line)
        except ValidationError as error:
            problems.append(f"{path}:{number}: {explain_validation(error)}")
            continue
        if sentence.stance not in STANCES:
            expected = ", ".join(STANCES)
            problems.append(f"{path}:{number}: stance {sentence.stance!r} is not one of {expected}")
        earlier = first_line.setdefault(sentence.id, number)
        if earlier != number:
            problems.append(f"{path}:{number}: id {sentence.id!r} is that of line {earlier} too")
        sentences.append(sentence)
    raise_problems(problems)
    if not sentences:
        raise DataError(f"{path}: no labelled sentence; expected {FORMAT}")
    return sentences
