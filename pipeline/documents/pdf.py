"""Text of PDF files, by pypdf, without running heads and page numbers."""

import io
import logging
import re
from collections import Counter

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from pipeline.documents.extracted import Extracted
from pipeline.errors import DocumentError
from pipeline.records import Removal

MAX_PAGES = 2000
MIN_REPEATS = 3
"""A first or last line on at least so many pages is a running head."""
_PAGE_NUMBER = re.compile(
    r"(page\s+)?[-–—]?\s*\d{1,4}\s*[-–—]?(\s*(of|/)\s*\d{1,4})?", re.IGNORECASE
)


def read_pdf(content: bytes, name: str) -> Extracted:
    """The text layer, page by page.

    Raises:
        DocumentError: truncated, encrypted, too long or without a text layer.
    """
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(f"{name}: encrypted; save a copy without a password")
        if len(reader.pages) > MAX_PAGES:
            raise DocumentError(f"{name}: over {MAX_PAGES} pages; split it")
        pages = [(page.extract_text() or "").strip().split("\n") for page in reader.pages]
        info = reader.metadata
        title = str(info.title).strip() if info and info.title else None
        issuer = str(info.author).strip() if info and info.author else None
        date = _creation_date(info)
    except DocumentError:
        raise
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DocumentError(
            f"{name}: damaged or truncated PDF ({type(error).__name__}: {error}); "
            "get a complete copy, or save its text"
        ) from error
    except (RecursionError, IndexError, NotImplementedError, AssertionError) as error:
        raise DocumentError(f"{name}: this PDF cannot be read ({error}); save its text") from error
    kept, removed = _without_running_heads(pages)
    text = "\n\n".join("\n".join(lines) for lines in kept if any(line.strip() for line in lines))
    if not text.strip():
        raise DocumentError(
            f"{name}: no text in this PDF (scanned pages?); run text recognition on it first"
        )
    return Extracted(
        text=text, title=title or None, date=date, issuer=issuer or None, removed=tuple(removed)
    )


def _creation_date(info: object) -> str | None:
    try:
        created = info.creation_date if info else None
    except (ValueError, AttributeError):
        return None
    return created.date().isoformat() if created else None


def _without_running_heads(pages: list[list[str]]) -> tuple[list[list[str]], list[Removal]]:
    def shape(line: str) -> str:
        return re.sub(r"\d+", "#", line.strip())

    edges = Counter(shape(line) for lines in pages for line in {lines[0], lines[-1]})
    kept, removed = [], []
    for lines in pages:
        body = list(lines)
        for end in (0, -1):
            while body and (
                _PAGE_NUMBER.fullmatch(body[end].strip())
                or (body[end].strip() and edges[shape(body[end])] >= MIN_REPEATS)
            ):
                removed.append(Removal(rule="running head or page number", text=body.pop(end)))
        kept.append(body)
    return kept, removed
