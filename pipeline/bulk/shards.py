"""Score a part and commit its rows as one file, whole or not at all."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bulk.parts import Part, read_part
from pipeline.documents import Metadata
from pipeline.errors import PipelineError
from pipeline.output import json_lines, sentence_rows
from pipeline.predict import Predictor, ReadDocument
from pipeline.records import STANCES, Document, Record
from pipeline.storage import atomic_file, write_text

if TYPE_CHECKING:
    import pyarrow as pa

Rows = list[dict[str, object]]

COMMITTED = "_parts"
"""Folder of one small file per part that is done; readers of Parquet folders pass it over."""
DOCUMENTS_PER_BLOCK = 32


class ShardFormat(StrEnum):
    """Formats that can be written row by row."""

    PARQUET = "parquet"
    JSONL = "jsonl"


class PartResult(Record):
    """What came of a part."""

    number: int
    documents: int
    sentences: int
    failures: tuple[str, ...]
    """What is wrong with single inputs; the others are scored nevertheless."""
    warnings: tuple[str, ...]


class BulkOptions(Record):
    """How documents are scored and written."""

    out: Path
    output_format: ShardFormat
    metadata: Metadata
    min_confidence: float
    strict: bool
    """Whether one input that cannot be read ends the run."""


def score_part(predictor: Predictor, part: Part, options: BulkOptions) -> PartResult:
    """Write the rows of a part's sentences, then the note that it is done.

    A part without a sentence has a note and no shard.

    Raises:
        PipelineError: the disk is full, or with `strict` an input cannot be read.
    """
    scorer = _PartScorer(predictor, options)
    shard = options.out / f"part-{part.number:06}.{options.output_format}"
    _write(shard, options.output_format, scorer.rows(part))
    result = PartResult(
        number=part.number,
        documents=scorer.n_documents,
        sentences=scorer.n_sentences,
        failures=tuple(scorer.failures),
        warnings=tuple(scorer.warnings),
    )
    write_text(committed_path(options.out, part.number), result.model_dump_json() + "\n")
    return result


def committed_path(out: Path, number: int) -> Path:
    """What is there once a part is done."""
    return out / COMMITTED / f"{number:06}.json"


class _PartScorer:
    """Scores a part in blocks and keeps count."""

    def __init__(self, predictor: Predictor, options: BulkOptions) -> None:
        self._predictor = predictor
        self._options = options
        self.n_documents = self.n_sentences = 0
        self.failures: list[str] = []
        self.warnings: list[str] = []

    def rows(self, part: Part) -> Iterator[Rows]:
        """The rows of a block of documents at a time."""
        found = read_part(part, self._options.metadata)
        while block := list(islice(found, DOCUMENTS_PER_BLOCK)):
            documents = [one for one in block if isinstance(one, Document)]
            scored = self._predictor.read_documents(
                documents, min_confidence=self._options.min_confidence
            )
            wrong = [one for one in (*block, *scored) if isinstance(one, PipelineError)]
            if wrong and self._options.strict:
                raise wrong[0]
            self.failures += map(str, wrong)
            good = [one for one in scored if isinstance(one, ReadDocument)]
            self.warnings += (warning for one in good for warning in one.warnings)
            rows = [row for one in good for row in sentence_rows(one)]
            self.n_documents += len(good)
            self.n_sentences += len(rows)
            if rows:
                yield rows


def _write(path: Path, output_format: ShardFormat, blocks: Iterator[Rows]) -> None:
    first = next(blocks, None)
    if first is None:
        return
    with atomic_file(path) as temporary:
        if output_format is ShardFormat.JSONL:
            with temporary.open("w", encoding="utf-8") as lines:
                for rows in chain((first,), blocks):
                    lines.writelines(json_lines(rows))
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            schema = row_schema(first[0])
            with temporary.open("wb") as stream, pq.ParquetWriter(stream, schema) as file:
                for rows in chain((first,), blocks):
                    file.write_table(pa.Table.from_pylist(rows, schema=schema))


def row_schema(row: dict[str, object]) -> "pa.Schema":
    """The columns of a row with their types, which do not depend on the values."""
    import pyarrow as pa

    types = {
        "start": pa.int64(),
        "end": pa.int64(),
        "abstained": pa.bool_(),
        **dict.fromkeys(STANCES, pa.float64()),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in row])
