"""Score inputs of any size in bounded memory, in shards that are committed one by one."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from pipeline.bulk.parts import Part, plan_parts
from pipeline.bulk.shards import COMMITTED, BulkOptions, PartResult, committed_path, score_part
from pipeline.cores import available_cores, end_with_parent
from pipeline.errors import DataError, PipelineError
from pipeline.predict import OUTPUT_VERSION, load, local_folder
from pipeline.records import Record
from pipeline.storage import check_manifest, write_text

RUN = "_run.json"
"""What a folder of shards says of its run."""

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
    """Score parts with a process for each core, since most of the work holds Python's lock."""
    n_processes = min(available_cores(), len(parts))
    if n_processes < 2:
        predictor = load(model) if parts else None
        yield from (score_part(predictor, part, options) for part in parts)
        return
    with ProcessPoolExecutor(
        n_processes, get_context("spawn"), initializer=_start_process, initargs=(model, options)
    ) as processes:
        futures = [processes.submit(_score_in_process, part) for part in parts]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise PipelineError(
                "a scoring process was ended from outside, perhaps for want of memory; "
                "add --resume to go on, or set OMP_NUM_THREADS=1 to take a single process"
            ) from error
        finally:
            processes.shutdown(cancel_futures=True)


_scorer: Callable[[Part], PartResult]
"""What a process of `_score_here` does to a part; set when it starts."""


def _start_process(model: Path, options: BulkOptions) -> None:
    global _scorer
    end_with_parent()
    os.environ["OMP_NUM_THREADS"] = "1"
    _scorer = partial(score_part, load(model), options=options)


def _score_in_process(part: Part) -> PartResult:
    return _scorer(part)


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
