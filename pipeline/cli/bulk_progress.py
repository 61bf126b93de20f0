"""Scoring into a folder, with its progress and rate on the terminal."""

from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.bulk import Engine, score_corpus
from pipeline.bulk.shards import COMMITTED, BulkOptions, PartResult
from pipeline.cli.console import errors, warn
from pipeline.errors import DocumentError, PipelineError
from pipeline.predict import find_files

SHOWN_FAILURES = 20


def score_with_progress(
    inputs: Sequence[str],
    model: str,
    options: BulkOptions,
    *,
    resume: bool,
    engine: Engine = Engine.LOCAL,
    address: str | None = None,
) -> None:
    """Score the inputs into `options.out`; tell what cannot be read, and how much it was.

    Raises:
        DocumentError: no input can be read.
        PipelineError: see `pipeline.bulk.score_corpus`.
    """
    missing: list[PipelineError] = []
    files = find_files(inputs, missing.append)
    if missing and (options.strict or not files):
        raise DocumentError("\n".join(map(str, missing)))
    columns = (
        TextColumn("scoring"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("parts, {task.fields[sentences]} sentences, {task.fields[rate]:.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors) as bars:
        task = bars.add_task("", total=None, sentences=0, rate=0.0)
        n_sentences = n_new = 0

        def progress(result: PartResult, is_new: bool) -> None:
            nonlocal n_sentences, n_new
            n_sentences += result.sentences
            n_new += result.sentences * is_new
            for message in result.warnings if is_new else ():
                warn(message)
            rate = n_new / (bars.tasks[task].elapsed or 1.0)
            bars.update(task, advance=1, sentences=n_sentences, rate=rate)

        summary = score_corpus(
            files,
            model,
            options,
            resume=resume,
            engine=engine,
            address=address,
            planned=lambda n_parts: bars.update(task, total=n_parts),
            progress=progress,
        )
    failures = [*map(str, missing), *summary.failures]
    for failure in failures[:SHOWN_FAILURES]:
        warn(failure)
    counted = f"{summary.documents} documents, {summary.sentences} sentences -> {options.out}"
    if failures:
        counted += (
            f"; {len(failures)} inputs could not be read (named in {options.out / COMMITTED})"
        )
    errors.print(counted, highlight=False)
    if not summary.documents:
        raise DocumentError(f"{', '.join(inputs)}: holds no document that can be read")
