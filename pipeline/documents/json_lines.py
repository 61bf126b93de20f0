"""JSON lines: one curated document to a line."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from pipeline.documents.metadata import FIELDS, CuratedFields, Metadata, curated_document
from pipeline.errors import DataError, DocumentError
from pipeline.records import Document, NonEmpty
from pipeline.storage import explain_validation, raise_problems

MAX_ROW_CHARACTERS = 50_000_000


class _Row(CuratedFields):
    text: NonEmpty


def read_json_lines(
    lines: Iterable[str], name: str, overrides: Metadata, default_id: str
) -> list[Document]:
    """One document a line, with the fields of a front matter and `text`.

    The rows count as curated: their text is not cleaned. A row without an id gets `default_id`
    and its line number; an id among the overrides, which rows could not share, is left out.

    Raises:
        DataError: rows are malformed (all are named), or there is none.
    """
    documents, problems = [], []
    for found in documents_of_lines(lines, name, overrides, default_id):
        if isinstance(found, Document):
            documents.append(found)
        else:
            problems.append(str(found))
    raise_problems(problems)
    if not documents:
        raise DataError(f"{name}: holds no document; write one JSON object with `text` to a line")
    return documents


def documents_of_lines(
    lines: Iterable[str], name: str, overrides: Metadata, default_id: str, first_number: int = 1
) -> Iterator[Document | DataError]:
    """The document of each line that is not empty, or what is wrong with it; one at a time."""
    overrides = overrides.model_copy(update={"id": None})
    for number, line in enumerate(lines, first_number):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            yield row_document(parse_row(line), place, overrides, f"{default_id}-{number}")
        except DataError as error:
            yield DataError(f"{place}: {error}")


def lines_of_file(path: Path) -> Iterator[str]:
    """The lines of a file of any size, one in memory at a time.

    Raises:
        DocumentError: a line is too long to be a document.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as stream:
        number = 0
        while line := stream.readline(MAX_ROW_CHARACTERS):
            number += 1
            if len(line) == MAX_ROW_CHARACTERS:
                raise DocumentError(
                    f"{path}:{number}: a line of over {MAX_ROW_CHARACTERS / 1e6:.0f} million "
                    "characters; give JSON lines with one document to a line"
                )
            yield line


def parse_row(line: str) -> dict[str, object]:
    """The JSON object of a line.

    Raises:
        DataError: it is none.
    """
    try:
        line.encode()
        row = json.loads(line)
    except UnicodeEncodeError as error:
        raise DataError("not valid UTF-8; save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"not a JSON object ({error})") from error
    if not isinstance(row, dict):
        raise DataError(f"found {type(row).__name__}, expected an object with `text`")
    return row


def row_document(
    row: dict[str, object], place: str, overrides: Metadata, default_id: str
) -> Document:
    """The document of a row of our fields and `text`.

    Raises:
        DataError: the row is malformed.
    """
    unknown = sorted(row.keys() - {*FIELDS, "text"})
    if unknown:
        raise DataError(f"unknown field {', '.join(unknown)}; known are text, {', '.join(FIELDS)}")
    try:
        checked = _Row.model_validate(row)
        fields = CuratedFields(**checked.model_dump(exclude={"text"}))
        text = checked.text.replace("\r\n", "\n").replace("\r", "\n")
        return curated_document(fields, text, place, overrides, default_id)
    except ValidationError as error:
        raise DataError(explain_validation(error)) from error
