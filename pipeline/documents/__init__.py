"""Read documents of any supported format into clean text with what is known of them."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.documents.characters import on_one_line, without_surrogates
from pipeline.documents.cleaning import CleanedText, clean_text
from pipeline.documents.encoding import decode
from pipeline.documents.formats import (
    TextFormat,
    is_named_json_lines,
    is_pdf,
    is_zip,
    refuse_other_files,
    text_format,
)
from pipeline.documents.front_matter import split_front_matter
from pipeline.documents.json_lines import documents_of_lines, lines_of_file, read_json_lines
from pipeline.documents.metadata import Extracted, Metadata, curated_document
from pipeline.errors import DataError, DocumentError
from pipeline.records import Document

MAX_BYTES = 50_000_000
"""Larger documents are refused unread; no article is a hundredth of it."""

__all__ = [
    "MAX_BYTES",
    "CleanedText",
    "Metadata",
    "clean_text",
    "each_document",
    "read_bytes",
    "read_documents",
]


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
    name = _shown(path)
    try:
        if path.is_dir():
            raise DocumentError(f"{name}: a folder, not a document; name the files in it")
        if not path.is_file() and path.exists():
            raise DocumentError(f"{name}: not a file; pipe its text to standard input instead")
        size = path.stat().st_size
        if size > MAX_BYTES:
            if is_named_json_lines(path.name):
                lines = lines_of_file(path)
                return read_json_lines(
                    lines, name, overrides or Metadata(), default_id or Path(name).stem
                )
            raise _too_large(name, size)
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{name}: cannot be read: {error.strerror}; check the path") from error
    return read_bytes(content, name, overrides, default_id)


def each_document(path: Path, overrides: Metadata | None = None) -> Iterator[Document | DataError]:
    """The documents of one file; of large JSON lines one at a time, or what is wrong with a row.

    Raises:
        DocumentError, DataError: see `read_documents`.
    """
    if is_named_json_lines(path.name) and path.is_file() and path.stat().st_size > MAX_BYTES:
        lines, name = lines_of_file(path), _shown(path)
        yield from documents_of_lines(lines, name, overrides or Metadata(), Path(name).stem)
    else:
        yield from read_documents(path, overrides)


def _shown(path: Path) -> str:
    """A file's name as text on one line, whatever bytes it is made of."""
    return _one_line(os.fsencode(path).decode("utf-8", errors="replace"))


def _one_line(text: str) -> str:
    return text if text.isprintable() else on_one_line(without_surrogates(text))


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
    name = _one_line(name).strip() or "document"
    overrides = overrides or Metadata()
    default_id = default_id or Path(name).stem.strip() or name
    if not content.strip():
        raise DocumentError(f"{name}: empty; give a file with text in it")
    refuse_other_files(content, name)
    extracted = None
    if len(content) > MAX_BYTES and not is_named_json_lines(name):
        raise _too_large(name, len(content))
    if is_pdf(content):
        from pipeline.documents.pdf import read_pdf

        extracted = read_pdf(content, name)
    elif is_zip(content):
        from pipeline.documents.word import read_word

        extracted = read_word(content, name)
    if extracted:
        return [_document(extracted, name, overrides, default_id)]
    return _read_text(decode(content, name), name, overrides, default_id)


def _read_text(text: str, name: str, overrides: Metadata, default_id: str) -> list[Document]:
    if not text.strip():
        raise DocumentError(f"{name}: empty; give a file with text in it")
    fields, body = split_front_matter(text, name)
    if fields is not None:
        if not body.strip():
            raise DocumentError(f"{name}: no text below the front matter; add the text")
        return [curated_document(fields, body, name, overrides, default_id)]
    match text_format(text, name):
        case TextFormat.JSON_LINES:
            return read_json_lines(text.split("\n"), name, overrides, default_id)
        case TextFormat.HTML:
            from pipeline.documents.html import read_html

            extracted = read_html(text, name)
        case TextFormat.MARKDOWN:
            from pipeline.documents.markdown import read_markdown

            extracted = read_markdown(text)
        case TextFormat.PLAIN:
            extracted = Extracted(text=text)
    return [_document(extracted, name, overrides, default_id)]


def _document(extracted: Extracted, name: str, overrides: Metadata, default_id: str) -> Document:
    cleaned = clean_text(extracted.text)
    if not cleaned.text:
        raise DocumentError(f"{name}: no text of an article in it; give a file that holds one")
    known = {
        "id": default_id,
        "title": _one_line(extracted.title or "").strip() or cleaned.title,
        "date": extracted.date or cleaned.date or extracted.file_date,
        "issuer": _one_line(extracted.issuer or "").strip() or None,
    }
    known |= overrides.model_dump(exclude_none=True)
    removed = (*extracted.removed, *cleaned.removed)
    return Document(text=cleaned.text, source=name, removed=removed, **known)


def _too_large(name: str, size: int) -> DocumentError:
    return DocumentError(
        f"{name}: {size / 1e6:.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB that one document "
        "may have; split it into one file per document"
    )
