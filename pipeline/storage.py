"""Files that are whole or absent: atomic writing, checked reading of records, manifests."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pipeline.errors import DataError, ModelError, PipelineError
from pipeline.records import Record

AnyRecord = TypeVar("AnyRecord", bound=Record)

MANIFEST = "manifest.json"
MAX_REPORTED_ROWS = 20
FULL_DISK_BYTES = 65_536
"""A disk with less room than this is the reason why a library could not write."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    A link keeps pointing where it does. A device or a pipe, such as /dev/stdout, is written as
    it is, since another file cannot stand in for it.

    Raises:
        PipelineError: the disk is full or the folder cannot be written; `path` is as before.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with _explained(path):
            yield path
        return
    with _explained(path):
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the block ends well.

    An earlier `path` stays until the new one is complete.

    Raises:
        PipelineError: the disk is full or the folder cannot be written; `path` is as before.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        retired = temporary.with_name(temporary.name + ".old")
        try:
            yield temporary
            temporary.chmod(0o755)
            for file in temporary.rglob("*"):
                if file.is_file():
                    file.chmod(0o644)
            if path.exists():
                os.replace(path, retired)
            os.replace(temporary, path)
        finally:
            if retired.exists() and not path.exists():
                os.replace(retired, path)
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(retired, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        with full_disk_explained(path):
            yield
    except OSError as error:
        raise _not_written(path, error.strerror or str(error)) from error


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Tell a full disk from whatever else can go wrong while `path` is written.

    Libraries that write by themselves (safetensors, torch) raise errors of their own for it.

    Raises:
        PipelineError: the disk is full.
    """
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:
        if not is_full_disk(error) and not _has_no_room(path):
            raise
        raise _not_written(path, os.strerror(errno.ENOSPC)) from error


def is_full_disk(error: Exception) -> bool:
    """Whether an error says that no room is left, on the disk or in the user's quota."""
    full = (errno.ENOSPC, errno.EDQUOT)
    return (isinstance(error, OSError) and error.errno in full) or any(
        os.strerror(number) in str(error) for number in full
    )


def _has_no_room(path: Path) -> bool:
    there = next((parent for parent in path.absolute().parents if parent.is_dir()), None)
    return there is not None and shutil.disk_usage(there).free < FULL_DISK_BYTES


def _not_written(path: Path, reason: str) -> PipelineError:
    return PipelineError(
        f"{path}: cannot be written: {reason}; what was there before is unchanged. "
        "Free space or choose another place, then run the command again."
    )


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON, atomically; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records as JSON lines, atomically."""
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8") as lines:
        for record in records:
            lines.write(record.model_dump_json() + "\n")


def read_records(path: Path, record_type: type[AnyRecord]) -> list[AnyRecord]:
    """Read JSON lines as records of one type.

    Raises:
        DataError: the file is missing or some rows are malformed; all of them are named.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; run `dvc repro` to make the derived files")
    records, problems = [], []
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                records.append(
                    record_type.model_validate_json(line.encode(errors="surrogateescape"))
                )
            except ValidationError as error:
                problems.append(f"{path}:{number}: {explain_validation(error)}")
    raise_problems(problems)
    return records


def explain_validation(error: ValidationError) -> str:
    """The problems of one record in one line, each with its field and the value found."""
    parts = []
    for problem in error.errors(include_url=False, include_context=False):
        field = ".".join(str(part) for part in problem["loc"])
        found = repr(problem["input"])
        found = found if len(found) <= 80 else found[:77] + "..."
        parts.append(f"{field + ': ' if field else ''}{problem['msg']} (found {found})")
    return "; ".join(parts)


def raise_problems(problems: list[str]) -> None:
    """Raise one DataError that lists the problems, if there are any."""
    if problems:
        shown = problems[:MAX_REPORTED_ROWS]
        if len(problems) > len(shown):
            shown.append(f"... and {len(problems) - len(shown)} more")
        raise DataError("\n".join(shown))


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(folder: Path) -> None:
    """Record the SHA-256 of every file in the folder, so that a change is noticed on loading."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    digests = {name: file_sha256(folder / name) for name in names if name != MANIFEST}
    write_json(folder / MANIFEST, {"sha256": digests})


def check_manifest(folder: Path) -> str:
    """Check every file against the manifest and return the manifest's own SHA-256.

    Raises:
        ModelError: the folder or its manifest is missing, or a file is missing or altered.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ModelError(
            f"{folder}: no trained model here ({MANIFEST} is missing); "
            "train one with `dvc repro`, or name another folder with --model"
        )
    try:
        digests = json.loads(manifest.read_text(encoding="utf-8"))["sha256"]
        digests = {str(name): str(digest) for name, digest in digests.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{manifest}: not a manifest ({error}); train the model again") from error
    problems = []
    for name, digest in digests.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{path}: missing")
        elif file_sha256(path) != digest:
            problems.append(f"{path}: altered since it was saved (its SHA-256 differs)")
    if problems:
        remedy = "restore the folder with `dvc checkout`, or train again with `dvc repro --force`"
        raise ModelError("\n".join([*problems, remedy]))
    return file_sha256(manifest)
