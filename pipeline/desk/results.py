"""Results for as long as a reader looks at them: in memory, bounded, under unguessable names."""

import secrets
import threading
from enum import StrEnum
from http import HTTPStatus

from cachetools import TTLCache
from fastapi import HTTPException
from pydantic import TypeAdapter

from pipeline.compare.records import Account, Comparison
from pipeline.desk.errors import TooLarge
from pipeline.output import Format, render
from pipeline.predict import ReadDocument, ScoredDocument
from pipeline.records import Document, Prediction
from pipeline.report import comparison_page, document_page
from pipeline.report.pages import AlongWith

Result = tuple[ScoredDocument, ...] | Comparison
"""Documents that were read, or accounts that were compared."""
_ADAPTER: TypeAdapter[Result] = TypeAdapter(Result)
TOKEN_BYTES = 24
"""192 random bits: whoever has not been shown a result cannot find it."""


class Gone(HTTPException):
    """A result is not kept any more, or never was."""

    def __init__(self) -> None:
        message = "This result is no longer kept. Go back to the text and have it read again."
        super().__init__(HTTPStatus.NOT_FOUND, message)


class Download(StrEnum):
    """The forms in which a result can be saved."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


class Results:
    """The latest results as JSON; the oldest go when there is no room. Any thread may call it."""

    def __init__(self, max_bytes: int, seconds: float) -> None:
        self._kept: TTLCache[str, bytes] = TTLCache(max_bytes, seconds, getsizeof=len)
        self._lock = threading.Lock()

    def keep(self, result: Result) -> str:
        """Keep a result and return its name.

        Raises:
            TooLarge: it is larger than all room there is.
        """
        content, name = _ADAPTER.dump_json(result), secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            if len(content) > self._kept.maxsize:
                raise TooLarge(
                    f"the result takes {len(content) / 1e6:.0f} MB, and "
                    f"{self._kept.maxsize / 1e6:.0f} MB are set aside for all: send less at once"
                )
            self._kept[name] = content
        return name

    def get(self, name: str) -> Result:
        """The result of that name.

        Raises:
            Gone: there is none, or no longer.
        """
        with self._lock:
            content = self._kept.get(name)
        if content is None:
            raise Gone
        return _ADAPTER.validate_json(content)

    def expire(self) -> None:
        """Drop the results whose time is over; by itself this happens when another one comes."""
        with self._lock:
            self._kept.expire()

    def forget(self, name: str) -> None:
        """Drop a result now, if it is there."""
        with self._lock:
            self._kept.pop(name, None)


def sentences_of(result: Result) -> list[tuple[Document, tuple[Prediction, ...]]]:
    """Each document of a result with its sentences."""
    parts: tuple[ScoredDocument | Account, ...]
    parts = result.accounts if isinstance(result, Comparison) else result
    return [(part.document, part.predictions) for part in parts]


def anchor_of(result: Result, number: int, sentence: int) -> str:
    """Where the page of a result has a sentence; both are counted from 0."""
    if isinstance(result, Comparison):
        return f"{result.accounts[number].letter}-{sentence}"
    return f"d{number}-{sentence}"


def render_download(result: Result, download: Download, corrections: AlongWith) -> bytes:
    """A result as a file: the same as `predict` and `readout compare` write.

    Only the page has the corrections; the others hold what the model reads.
    """
    if isinstance(result, Comparison):
        if download is Download.JSON:
            return (result.model_dump_json(indent=2) + "\n").encode()
        if download is Download.HTML:
            return comparison_page(result, corrections).encode()
        read = [
            ReadDocument(document=one.document, predictions=one.predictions, voice=one.voice)
            for one in result.accounts
        ]
        return render(read, Format.CSV)
    if download is Download.HTML:
        return document_page(result, corrections).encode()
    return render(result, Format(download.value))
