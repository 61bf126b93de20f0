"""Text of PDF files, by pypdf, without running heads and page numbers."""

import io
import logging
import re
import time
from collections import Counter
from collections.abc import Sequence

from pypdf import PdfReader

from pipeline.documents.metadata import Extracted
from pipeline.errors import DocumentError
from pipeline.records import Removal

MAX_PAGES = 2000
MAX_SECONDS = 120
"""A page may draw so much, and draw it again on the next, that reading all would take hours."""
EDGE_LINES = 3
"""A running head or foot has at most so many lines."""
REPEATED_FRACTION = 0.3
"""A line at the edge of so many pages, and of two at least, is a running head (left and right
pages may differ)."""
RUNNING_CHARACTERS = 120
END_BYTES = 4096
"""A complete file states its end within so many bytes."""
_PAGE_NUMBER = re.compile(
    r"(?:page )?[-–—]? ?\d{1,3} ?[-–—]?(?: ?(?:of|/) ?\d{1,3})?", re.IGNORECASE
)
_WRITER_TITLE = re.compile(
    r"(?:Microsoft Word|untitled|Document\d)|.*\.(?:docx?|pdf|rtf|indd|odt)$", re.I
)


def read_pdf(content: bytes, name: str) -> Extracted:
    """The text layer, page by page, with the title, author and day of the file's properties.

    Raises:
        DocumentError: truncated, encrypted, too long or without a text layer.
    """
    if b"%%EOF" not in content[-END_BYTES:]:
        raise DocumentError(
            f"{name}: a truncated PDF (its end is missing); get a complete copy, or save its text"
        )
    pages, properties = _read_pages(content, name)
    kept, removed = _without_running_heads(pages)
    text = "\n\n".join("\n".join(lines) for lines in kept)
    if not text.strip():
        raise DocumentError(
            f"{name}: no text in this PDF (scanned pages?); run text recognition on it first"
        )
    title = properties.get("title", "")
    return Extracted(
        text=text,
        title=None if _WRITER_TITLE.match(title) else title or None,
        issuer=properties.get("author") or None,
        file_date=properties.get("date"),
        removed=tuple(removed),
    )


def _read_pages(content: bytes, name: str) -> tuple[list[list[str]], dict[str, str]]:
    """The lines of each page, and what is known of the file."""
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(f"{name}: encrypted; save a copy without a password")
        if len(reader.pages) > MAX_PAGES:
            raise DocumentError(f"{name}: over {MAX_PAGES} pages; split it")
        pages = []
        end = time.monotonic() + MAX_SECONDS
        for page in reader.pages:
            pages.append((page.extract_text() or "").strip().split("\n"))
            if time.monotonic() > end:
                raise DocumentError(f"{name}: not read within {MAX_SECONDS} s; save its text alone")
        return pages, _properties(reader)
    except DocumentError:
        raise
    except Exception as error:  # A damaged file makes pypdf raise almost anything.
        reason = str(error) or type(error).__name__
        raise DocumentError(
            f"{name}: a damaged or truncated PDF ({reason}); get a complete copy, or save its text"
        ) from error
    finally:
        logger.setLevel(level)


def _properties(reader: PdfReader) -> dict[str, str]:
    info = reader.metadata
    if not info:
        return {}
    found = {"title": str(info.title or "").strip(), "author": str(info.author or "").strip()}
    try:
        created = info.creation_date
    except ValueError:
        created = None
    return found | ({"date": created.date().isoformat()} if created else {})


def _without_running_heads(
    pages: Sequence[Sequence[str]],
) -> tuple[list[list[str]], list[Removal]]:
    """Pages without the lines that their edges share, numbers aside, and without page numbers."""

    def shape(line: str) -> str:
        return re.sub(r"\d+", "#", line.strip())

    edges = Counter(
        line
        for page in pages
        for line in {shape(x) for x in (*page[:EDGE_LINES], *page[-EDGE_LINES:])}
    )
    often = max(2, REPEATED_FRACTION * len(pages))
    kept, removed = [], []
    for page in pages:
        lines = list(page)
        for end in (0, -1):
            for _ in range(EDGE_LINES):
                if not lines:
                    break
                line = lines[end].strip()
                is_running = len(line) <= RUNNING_CHARACTERS and edges[shape(line)] >= often
                if line and not is_running and not _PAGE_NUMBER.fullmatch(line):
                    break
                del lines[end]
                if line:
                    removed.append(Removal(rule="running head", text=line))
        kept.append(lines)
    return kept, removed
