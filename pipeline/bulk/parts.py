"""Divide inputs of any size into parts that are read, scored and written one by one."""

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.documents import Metadata, read_documents
from pipeline.documents.formats import is_named_json_lines
from pipeline.documents.json_lines import MAX_ROW_CHARACTERS, documents_of_lines, row_document
from pipeline.documents.metadata import FIELDS
from pipeline.errors import DataError, DocumentError, PipelineError
from pipeline.records import Document, Record

BYTES_PER_PART = 500_000
FILES_PER_PART = 256
ROWS_PER_READ = 256
TEXT = "text"


class Part(Record):
    """A part of the inputs, small enough to be done again after an interruption."""

    number: int = Field(ge=0)
    kind: Literal["files", "lines", "rows"]
    paths: tuple[str, ...]
    start: int = 0
    """First byte of the lines, or the row group."""
    end: int = 0
    """First byte after the lines."""
    first_line: int = 1


Found = Document | PipelineError
"""A document, or what is wrong with one."""


def plan_parts(paths: Sequence[Path]) -> list[Part]:
    """The inputs in parts, the same for the same inputs: files in groups, long ones in pieces.

    Raises:
        DataError: a Parquet file holds no text, or is none.
        DocumentError: a file cannot be read.
    """
    pieces: list[dict[str, object]] = []
    group: list[str] = []
    n_bytes = 0

    def close_group() -> None:
        nonlocal n_bytes
        if group:
            pieces.append({"kind": "files", "paths": tuple(group)})
        group.clear()
        n_bytes = 0

    for path in paths:
        if is_named_json_lines(path.name):
            close_group()
            pieces += _line_pieces(path)
        elif path.suffix.lower() == ".parquet":
            close_group()
            pieces += _row_pieces(path)
        else:
            group.append(str(path))
            n_bytes += path.stat().st_size
            if len(group) == FILES_PER_PART or n_bytes >= BYTES_PER_PART:
                close_group()
    close_group()
    return [Part(number=number, **piece) for number, piece in enumerate(pieces)]


def read_part(part: Part, metadata: Metadata) -> Iterator[Found]:
    """The documents of a part, in order; where one cannot be read, what is wrong with it."""
    match part.kind:
        case "lines":
            yield from _read_lines(part, metadata)
        case "rows":
            yield from _read_rows(part, metadata)
        case "files":
            for path in part.paths:
                try:
                    yield from read_documents(Path(path), metadata)
                except (DataError, DocumentError) as error:
                    yield error


def _line_pieces(path: Path) -> Iterator[dict[str, object]]:
    """Pieces of about `BYTES_PER_PART` that end with a line."""
    start, position, line, first_line = 0, 0, 1, 1
    try:
        with path.open("rb") as stream:
            while block := stream.read(BYTES_PER_PART):
                end = block.rfind(b"\n") + 1
                if end:
                    line += block.count(b"\n")
                    yield _line_piece(path, start, position + end, first_line)
                    start, first_line = position + end, line
                position += len(block)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}; check the path") from error
    if start < position:
        yield _line_piece(path, start, position, first_line)


def _line_piece(path: Path, start: int, end: int, first_line: int) -> dict[str, object]:
    place = {"start": start, "end": end, "first_line": first_line}
    return {"kind": "lines", "paths": (str(path),), **place}


def _read_lines(part: Part, metadata: Metadata) -> Iterator[Found]:
    (name,) = part.paths
    lines = _lines(Path(name), part)
    yield from documents_of_lines(lines, name, metadata, Path(name).stem, part.first_line)


def _lines(path: Path, part: Part) -> Iterator[str]:
    """The lines of a part; what exceeds a row's length is cut, which spoils the row alone."""
    with path.open("rb") as stream:
        stream.seek(part.start)
        while stream.tell() < part.end:
            line = stream.readline(MAX_ROW_CHARACTERS)
            rest = line
            while rest and not rest.endswith(b"\n") and stream.tell() < part.end:
                rest = stream.readline(MAX_ROW_CHARACTERS)
            yield line.decode("utf-8-sig" if part.first_line == 1 else "utf-8", "surrogateescape")


def _row_pieces(path: Path) -> Iterator[dict[str, object]]:
    """One piece per row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names, n_groups = file.schema_arrow.names, file.num_row_groups
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not a readable Parquet file ({error})") from error
    if TEXT not in names:
        raise DataError(
            f"{path}: has no column {TEXT!r}; found {', '.join(names)}. Rename the column that "
            f"holds the documents; further columns that are read are {', '.join(FIELDS)}"
        )
    for group in range(n_groups):
        yield {"kind": "rows", "paths": (str(path),), "start": group}


def _read_rows(part: Part, metadata: Metadata) -> Iterator[Found]:
    import pyarrow.parquet as pq

    (name,) = part.paths
    overrides = metadata.model_copy(update={"id": None})
    with pq.ParquetFile(name) as file:
        columns = [c for c in file.schema_arrow.names if c in (TEXT, *FIELDS)]
        before = sum(file.metadata.row_group(g).num_rows for g in range(part.start))
        batches = file.iter_batches(ROWS_PER_READ, row_groups=[part.start], columns=columns)
        rows = (row for batch in batches for row in batch.to_pylist())
        for number, row in enumerate(rows, before + 1):
            known = {field: _plain(value) for field, value in row.items() if value is not None}
            place = f"{name}: row {number}"
            try:
                yield row_document(known, place, overrides, f"{Path(name).stem}-{number}")
            except DataError as error:
                yield DataError(f"{place}: {error}")


def _plain(value: object) -> object:
    return value.isoformat()[:10] if isinstance(value, datetime.date) else value
