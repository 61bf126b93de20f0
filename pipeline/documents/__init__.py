"""Read documents of any supported format into clean text with what is known of them."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints, ValidationError

from pipeline.documents.cleaning import clean_text
from pipeline.documents.encoding import decode
from pipeline.documents.extracted import Extracted
from pipeline.documents.front_matter import split_front_matter
from pipeline.errors import DataError, DocumentError
from pipeline.records import Document, Kind, NonEmpty, Record
from pipeline.storage import explain_validation, raise_problems

MAX_BYTES = 50_000_000
"""Larger files are refused unread; no article is a hundredth of it."""

__all__ = ["MAX_BYTES", "Metadata", "clean_text", "read_bytes", "read_documents"]


class Metadata(Record):
    """What a caller knows of a document; it outranks what the file says."""

    id: NonEmpty | None = None
    event: NonEmpty | None = None
    kind: Kind | None = None
    issuer: NonEmpty | None = None
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    title: NonEmpty | None = None


def read_documents(
    path: Path, overrides: Metadata | None = None, default_id: str | None = None
) -> list[Document]:
    """Read one file: a single document, or for JSON lines one a line.

    A document that has no id of its own gets `default_id`, or else the file's name.

    The format is told by the content; the name only settles what the content leaves open.

    Raises:
        DocumentError: the file cannot be read as a document.
        DataError: rows of a JSON-lines file are malformed; all of them are named.
    """
    try:
        if path.is_dir():
            raise DocumentError(f"{path}: a folder, not a document; name the files in it")
        size = path.stat().st_size
        if size > MAX_BYTES and path.suffix.lower() != ".jsonl":
            raise DocumentError(
                f"{path}: {size / 1e6:.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB that one "
                "document may have; split it into one file per document"
            )
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}; check the path") from error
    return read_bytes(content, str(path), overrides, default_id)


def read_bytes(
    content: bytes,
    name: str,
    overrides: Metadata | None = None,
    default_id: str | None = None,
) -> list[Document]:
    """Read the content of a file called `name` (of standard input or an upload, say).

    Raises:
        DocumentError, DataError: see `read_documents`.
    """
    overrides = overrides or Metadata()
    default_id = default_id or Path(name).stem or name
    if not content.strip():
        raise DocumentError(f"{name}: empty; give a file with text in it")
    if content.startswith(b"%PDF-") or b"%PDF-" in content[:1024]:
        from pipeline.documents.pdf import read_pdf

        return [_document(read_pdf(content, name), name, overrides, default_id)]
    if content.startswith(b"PK\x03\x04"):
        return [_document(_read_word(content, name), name, overrides, default_id)]
    text = decode(content, name)
    if _is_json_lines(text):
        return _read_json_lines(text, name, overrides, default_id)
    if _is_html(text):
        from pipeline.documents.html import read_html

        return [_document(read_html(text, name), name, overrides, default_id)]
    fields, body = split_front_matter(text, name)
    if fields is not None:
        return [_curated(fields, body, name, overrides, default_id)]
    if name.lower().endswith((".md", ".markdown")):
        from pipeline.documents.markdown import read_markdown

        return [_document(read_markdown(text), name, overrides, default_id)]
    return [_document(Extracted(text=text), name, overrides, default_id)]


def _document(extracted: Extracted, name: str, overrides: Metadata, default_id: str) -> Document:
    cleaned = clean_text(extracted.text)
    if not cleaned.text:
        raise DocumentError(f"{name}: no text of an article in it; give a file that holds one")
    known = {
        "id": default_id,
        "title": extracted.title or cleaned.title,
        "date": extracted.date or cleaned.date,
        "issuer": extracted.issuer,
    }
    known |= overrides.model_dump(exclude_none=True)
    removed = (*extracted.removed, *cleaned.removed)
    return Document(text=cleaned.text, source=name, removed=removed, **known)


def _curated(fields: dict, body: str, name: str, overrides: Metadata, default_id: str) -> Document:
    """A document with our front matter is clean by construction: its text stays as it is."""
    text = "\n\n".join(part.strip() for part in body.strip().split("\n\n") if part.strip())
    if not text:
        raise DocumentError(f"{name}: no text below the front matter; add the text")
    fields = {"id": default_id, **fields} | overrides.model_dump(exclude_none=True)
    try:
        return Document.model_validate({**fields, "text": text, "source": name})
    except ValidationError as error:
        raise DocumentError(f"{name}: front matter: {explain_validation(error)}") from error


def _is_json_lines(text: str) -> bool:
    first = text.lstrip().split("\n", 1)[0]
    if not first.startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False


def _read_json_lines(text: str, name: str, overrides: Metadata, default_id: str) -> list[Document]:
    documents, problems = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = {"id": f"{default_id}-{number}", **json.loads(line)}
            fields |= overrides.model_dump(exclude_none=True, exclude={"id"})
            documents.append(Document.model_validate(fields | {"source": f"{name}:{number}"}))
        except ValidationError as error:
            problems.append(f"{name}:{number}: {explain_validation(error)}")
        except (ValueError, TypeError, RecursionError) as error:
            problems.append(f"{name}:{number}: not a JSON object with `text`: {error}")
    raise_problems(problems)
    if not documents:
        raise DataError(f"{name}: holds no document")
    return documents


def _is_html(text: str) -> bool:
    head = text[:4096].lower()
    return "<html" in head or "<!doctype html" in head or ("<body" in head and "</" in text)


_WORD_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError),
    *(SyntaxError, AttributeError, RuntimeError),
)
"""What damaged XML (lxml's is a SyntaxError), missing parts and encrypted members raise."""


def _read_word(content: bytes, name: str) -> Extracted:
    from pipeline.documents.word import read_word

    try:
        return read_word(content, name)
    except _WORD_ERRORS as error:
        raise DocumentError(
            f"{name}: not a readable Word file ({error}); save it again as docx or as text"
        ) from error
