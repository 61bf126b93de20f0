"""Tell the format of a document by its content; the name only settles what is left open."""

import json
import re
from enum import StrEnum

from pipeline.errors import DocumentError

_HEAD = 4096
_PDF = re.compile(rb"[\s\x00\xef\xbb\xbf]{0,64}%PDF-\d")
_PICTURE = "a picture; run text recognition on it first"
_COMPRESSED = "a compressed file; unpack it first"
_OTHER_FILES = (
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office file; save it as docx or text"),
    (b"{\\rtf", "an RTF file; save it as docx or text"),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\x1f\x8b", _COMPRESSED),
    (b"7z\xbc\xaf", _COMPRESSED),
    (b"Rar!", _COMPRESSED),
)
_PAGE = re.compile(r"<!doctype html|<html[\s>]|<body[\s>]", re.IGNORECASE)
_PART_OF_PAGE = re.compile(
    r"\s*+<(?:article|main|section|div|p|h[1-6]|head|meta|title|table|ul|ol|blockquote)\b[^<>]*+>",
    re.IGNORECASE,
)
_ROW = re.compile(r"^\s*[{\[]", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)


class TextFormat(StrEnum):
    """The formats that are text; PDF and Word are told by `is_pdf` and `is_zip`."""

    JSON_LINES = "jsonl"
    HTML = "html"
    MARKDOWN = "md"
    PLAIN = "txt"


def is_pdf(content: bytes) -> bool:
    """Whether the bytes are a PDF, with at most some white space before its header."""
    return _PDF.match(content) is not None


def is_zip(content: bytes) -> bool:
    """Whether the bytes are a zip archive, as a Word file is."""
    return content.startswith(b"PK\x03\x04")


def refuse_other_files(content: bytes, name: str) -> None:
    """Raise DocumentError for a known format that is not supported, with the way out."""
    for start, message in _OTHER_FILES:
        if content.startswith(start):
            raise DocumentError(
                f"{name}: binary data, not text; supported are txt, md, html, pdf, docx and jsonl, "
                f"and this is {message}"
            )


def is_named_json_lines(name: str) -> bool:
    """Whether the name is that of JSON lines."""
    return name.lower().endswith((".jsonl", ".ndjson"))


def text_format(text: str, name: str) -> TextFormat:
    """The format of a decoded text.

    Raises:
        DocumentError: a JSON value over several lines.
    """
    suffix = name.lower().rpartition(".")[2]
    has_rows = is_named_json_lines(name) and _ROW.search(text[:_HEAD])
    if has_rows or _is_object(text.lstrip().partition("\n")[0]):
        return TextFormat.JSON_LINES
    if suffix == "json":
        raise DocumentError(f"{name}: JSON, but not JSON lines; write one document to a line")
    if _PAGE.search(text[:_HEAD]) or _PART_OF_PAGE.match(text):
        return TextFormat.HTML
    if suffix in ("md", "markdown") or _HEADING.search(text):
        return TextFormat.MARKDOWN
    return TextFormat.PLAIN


def _is_object(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
