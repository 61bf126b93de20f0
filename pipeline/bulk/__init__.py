"""Score inputs of any size in bounded memory, in shards that are committed one by one."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from pipeline.bulk.parts import Part, plan_parts
from pipeline.bulk.shards import COMMITTED, BulkOptions, PartResult, committed_path, score_part
from pipeline.errors import DataError, PipelineError
from pipeline.predict import OUTPUT_VERSION, load, local_folder
from pipeline.records import Record
from pipeline.storage import check_manifest, write_text

RUN = "_run.json"
"""What a folder of shards says of its run."""

PARTS_AT_ONCE = 2
"""Reading and splitting one part fills the time in which another waits for its network."""

ScoreParts = Callable[[Sequence[Part], Path, BulkOptions], Iterator[PartResult]]

Progress = Callable[[PartResult, bool], None]
"""Called with what came of a part, and whether this start did it or an earlier one."""


class Engine(StrEnum):
    """Where the work is done."""

    LOCAL = "local"
    RAY = "ray"


class Run(Record):
    """What decides the rows of a run; shards of another run are not mixed with its own."""

    output_version: str
    model: str
    inputs: str
    options: str


class BulkSummary(Record):
    """What came of all parts, those of an earlier start included."""

    documents: int
    sentences: int
    failures: tuple[str, ...]


def score_corpus(
    paths: Sequence[Path],
    model: str,
    options: BulkOptions,
    *,
    resume: bool = False,
    engine: Engine = Engine.LOCAL,
    address: str | None = None,
    planned: Callable[[int], None] = lambda n_parts: None,
    progress: Progress = lambda result, is_new: None,
) -> BulkSummary:
    """Write the rows of all inputs into the folder `options.out`, one shard per part.

    With `resume`, parts that are committed there are passed over. `planned` is told the number
    of parts, `progress` what came of each, in any order.

    Raises:
        DataError: the folder holds another run, or this one and `resume` was not asked for.
        PipelineError: the model, an input (with `options.strict`), the disk or Ray fails.
    """
    parts = plan_parts(paths)
    folder = local_folder(model)
    run = Run(
        output_version=OUTPUT_VERSION,
        model=check_manifest(folder),
        inputs=_digest(*(part.model_dump_json() for part in parts), *map(_size, paths)),
        options=_digest(options.model_copy(update={"out": Path()}).model_dump_json()),
    )
    with _engine(engine, address) as score:
        _enter(options.out, run, resume)
        planned(len(parts))
        results = {}
        for part in parts:
            if (note := committed_path(options.out, part.number)).is_file():
                results[part.number] = PartResult.model_validate_json(note.read_text("utf-8"))
                progress(results[part.number], False)
        remaining = [part for part in parts if part.number not in results]
        for result in score(remaining, folder, options):
            results[result.number] = result
            progress(result, True)
    ordered = [results[part.number] for part in parts]
    return BulkSummary(
        documents=sum(result.documents for result in ordered),
        sentences=sum(result.sentences for result in ordered),
        failures=tuple(failure for result in ordered for failure in result.failures),
    )


@contextmanager
def _engine(engine: Engine, address: str | None) -> Iterator[ScoreParts]:
    """What scores parts, ready to do so."""
    if engine is Engine.LOCAL:
        yield _score_here
        return
    from pipeline.bulk.ray_engine import ray_session, score_on_ray

    with ray_session(address):
        yield score_on_ray


def _score_here(parts: Sequence[Part], model: Path, options: BulkOptions) -> Iterator[PartResult]:
    if not parts:
        return
    predictor = load(model)
    with ThreadPoolExecutor(PARTS_AT_ONCE) as threads:
        futures = [threads.submit(score_part, predictor, part, options) for part in parts]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            threads.shutdown(cancel_futures=True)


def _enter(out: Path, run: Run, resume: bool) -> None:
    """Make sure that the folder is empty, or holds this run and may go on."""
    note = out / RUN
    if note.is_file():
        try:
            earlier = Run.model_validate_json(note.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"{note}: not the note of a run; choose another folder") from error
        changed = [
            name for name in Run.model_fields if getattr(earlier, name) != getattr(run, name)
        ]
        if changed:
            raise DataError(
                f"{out}: holds the shards of another run (other {', '.join(changed)}); "
                "choose another folder, or give the same inputs, model and options"
            )
        if not resume:
            raise DataError(
                f"{out}: holds this run already; add --resume, or choose another folder"
            )
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: is not empty and holds no run; choose another folder")
    else:
        try:
            (out / COMMITTED).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PipelineError(f"{out}: cannot be made: {error.strerror}") from error
        write_text(note, run.model_dump_json(indent=2) + "\n")


def _size(path: Path) -> str:
    return f"{path} {path.stat().st_size}"


def _digest(*values: str) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()
