"""The accounts that a reader puts into the form: pasted or uploaded, with what is known of them."""

import string
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import PurePosixPath, PureWindowsPath

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from pipeline.compare.comparison import MAX_ACCOUNTS
from pipeline.desk.reading import Upload
from pipeline.documents import Metadata
from pipeline.storage import explain_validation

PASTED = "pasted text"
NAME_CHARACTERS = 120
KNOWN_FIELDS = ("issuer", "date", "kind", "title")
EXAMPLES = ("readout-a.md", "readout-b.md")
"""Two accounts of one invented call, the same as in seeds/examples/."""


@dataclass
class Asked:
    """One account of the form as it was sent, and what is wrong with it."""

    text: str = ""
    file: str = ""
    """The name of the uploaded file; a form cannot be given it back."""
    content: bytes = b""
    known: dict[str, str] = field(default_factory=lambda: dict.fromkeys(KNOWN_FIELDS, ""))
    """What was typed into the fields of `KNOWN_FIELDS`."""
    problem: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether neither a text nor a file was given."""
        return not self.text.strip() and not self.file


async def asked_accounts(form: FormData) -> list[Asked]:
    """The accounts of a form, blank ones included; their fields are numbered from 0."""
    n = max(
        (n + 1 for n in range(MAX_ACCOUNTS) if f"text{n}" in form or f"file{n}" in form), default=1
    )
    return [await _asked(form, number) for number in range(n)]


async def _asked(form: FormData, number: int) -> Asked:
    file = form.get(f"file{number}")
    name, content = "", b""
    if isinstance(file, UploadFile) and file.filename:
        name, content = _base_name(file.filename), await file.read()
    return Asked(
        text=_typed(form, f"text{number}"),
        file=name,
        content=content,
        known={key: _typed(form, f"{key}{number}").strip() for key in KNOWN_FIELDS},
    )


def _typed(form: FormData, key: str) -> str:
    value = form.get(key, "")
    return value if isinstance(value, str) else ""


def _base_name(name: str) -> str:
    """The file's own name: some browsers send a whole path."""
    base = PureWindowsPath(PurePosixPath(name).name).name or "file"
    return base if len(base) <= NAME_CHARACTERS else f"…{base[-NAME_CHARACTERS:]}"


def upload_of(asked: Asked, number: int, n_accounts: int) -> Upload | None:
    """The account as the engine reads it; None where it cannot be, with `asked.problem` set."""
    if asked.file and asked.text.strip():
        asked.problem = "holds a pasted text and a file: leave one of them out"
        return None
    try:
        metadata = Metadata(**{key: value or None for key, value in asked.known.items()})
    except ValidationError as error:
        asked.problem = explain_validation(error)
        return None
    if asked.file:
        return Upload(asked.file, asked.content, metadata)
    letter = string.ascii_uppercase[number]
    name, identity = (
        (PASTED, "text") if n_accounts == 1 else (f"account {letter}", f"account-{letter.lower()}")
    )
    return Upload(name, asked.text.encode("utf-8", errors="replace"), metadata, identity)


def example_uploads(n_accounts: int) -> list[Upload]:
    """The first examples, which are shipped with the package."""
    folder = files("pipeline.desk") / "examples"
    return [Upload(name, (folder / name).read_bytes()) for name in EXAMPLES[-n_accounts:]]
