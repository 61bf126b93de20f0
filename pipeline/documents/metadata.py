"""What is known of a document besides its text."""

import datetime
import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from pipeline.documents.characters import on_one_line, without_controls
from pipeline.records import Document, Kind, NonEmpty, Record, Removal


def _is_a_day(value: str) -> str:
    datetime.date.fromisoformat(value)
    return value


Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_is_a_day)]
"""A day of the calendar as `YYYY-MM-DD`."""


def _on_one_line(value: object) -> object:
    return on_one_line(value) if isinstance(value, str) else value


Line = Annotated[NonEmpty, BeforeValidator(_on_one_line)]
"""A text without line breaks and other control characters."""


class Metadata(Record):
    """What a caller knows of a document; it outranks what the file says."""

    id: Line | None = None
    event: Line | None = None
    kind: Kind | None = None
    issuer: Line | None = None
    date: Day | None = None
    title: Line | None = None


class CuratedFields(Metadata):
    """The front matter of a Markdown document, and of a JSON row beside its `text`."""

    synthetic: bool = False


FIELDS = tuple(CuratedFields.model_fields)


class Extracted(Record):
    """Raw text as a reader takes it out of a file, before cleaning, with the file's metadata."""

    text: str
    title: str | None = None
    issuer: str | None = None
    date: str | None = None
    """ISO 8601, as the text's publisher states it."""
    file_date: str | None = None
    """When the file was made: the date of the text only if nothing else tells it."""
    removed: tuple[Removal, ...] = ()


def curated_document(
    fields: CuratedFields, text: str, source: str, overrides: Metadata, default_id: str
) -> Document:
    """A document with our fields, which is clean by construction: nothing is removed from it."""
    text = unicodedata.normalize("NFC", without_controls(text))
    paragraphs = (part.strip() for part in re.split(r"\n[ \t]*\n", text))
    known = {"id": default_id}
    known |= fields.model_dump(exclude_none=True) | overrides.model_dump(exclude_none=True)
    return Document(text="\n\n".join(filter(None, paragraphs)), source=source, **known)
