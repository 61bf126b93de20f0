"""What one hostile input is."""

from collections.abc import Callable
from typing import NamedTuple

SENTENCES = (
    "The two ministers met on the island for three hours and agreed to open the ferry line.",
    "They also spoke about the fishing grounds, the two crews and the price of diesel oil.",
    "Experts of both countries will meet again in the autumn to exchange maps and lists.",
)
PROSE = " ".join(SENTENCES)
SCRIPT = "<script>document.title='taken'</script>"
TEXT_SCRIPT = f"The minister wrote {SCRIPT} into the record of the meeting on the island."


class Hostile(NamedTuple):
    """An input and its outcome: read, or refused with one error that holds the words."""

    name: str
    file: str
    """The name under which it is handed in."""
    content: Callable[[], bytes]
    refused: str = ""
    """Words of the error; empty where the input has to be read."""
    warned: str = ""
    """Words of a warning that scoring has to give."""
    holds: str = ""
    """What the text of the first document has to hold."""
    n_documents: int = 1
    is_bomb: bool = False
    """Whether it unpacks to very much, or takes seconds."""


def encoded(text: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """Gives the text in the encoding."""
    return lambda: text.encode(encoding)


def repeated(piece: str, n: int) -> Callable[[], bytes]:
    """Gives the piece `n` times over; made when asked for, as some are large."""
    return lambda: (piece * n).encode()
