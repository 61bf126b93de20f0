"""Article text of web pages, by trafilatura."""

import json
import subprocess
import sys

from pipeline.documents.metadata import Extracted
from pipeline.errors import DocumentError

MAX_CHARACTERS = 12_000_000
"""Trafilatura takes over a minute beyond it."""
LARGE_CHARACTERS = 300_000
"""From here on extraction runs in a process of its own that can be stopped."""
TIMEOUT_SECONDS = 60
MIN_WORDS = 5
"""A page with no longer line holds menus and no article."""


def read_html(text: str, name: str) -> Extracted:
    """The article of a page, with its title, date and site (or else author).

    Raises:
        DocumentError: the page is too large, takes too long or holds no article.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(
            f"{name}: a page of {len(text) / 1e6:.0f} million characters is too large; "
            "save the article's text alone"
        )
    found = _extract(text) if len(text) < LARGE_CHARACTERS else _extract_apart(text, name)
    lines = (found.get("text") or "").split("\n")
    if max(len(line.split()) for line in lines) < MIN_WORDS:
        raise DocumentError(
            f"{name}: the page holds no article text; save the article itself, or its text"
        )
    return Extracted.model_validate(found)


def _extract(text: str) -> dict[str, str | None]:
    from trafilatura import bare_extraction

    found = bare_extraction(
        text,
        with_metadata=True,
        include_comments=False,
        # What the page states; the extensive search guesses from any date in the text.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if found is None:
        return {}
    return {
        "text": (found.text or "").replace("\n", "\n\n"),
        "title": found.title or None,
        "date": found.date or None,
        "issuer": found.sitename or found.author or None,
    }


def _extract_apart(text: str, name: str) -> dict[str, str | None]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.documents.html"],
            input=text.encode("utf-8", errors="replace"),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"{name}: no article found within {TIMEOUT_SECONDS} s; save the article's text alone"
        ) from error
    except subprocess.CalledProcessError as error:
        raise DocumentError(
            f"{name}: the page cannot be parsed; save the article's text alone"
        ) from error
    return json.loads(done.stdout)


if __name__ == "__main__":
    json.dump(_extract(sys.stdin.buffer.read().decode("utf-8")), sys.stdout)
