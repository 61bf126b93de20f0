"""The command that scores new documents."""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.choices import (
    Issuer,
    KindOption,
    MinConfidence,
    Model,
    default_model,
    given_metadata,
    one_of,
)
from pipeline.cli.console import errors, output, warn
from pipeline.cli.places import DEFAULT_MODELS
from pipeline.errors import DataError, DocumentError, PipelineError

if TYPE_CHECKING:
    from pipeline.documents import Metadata
    from pipeline.predict import Failed, Predictor, ScoredDocument

app = typer.Typer()

Failures = list[PipelineError]
"""What is wrong with single inputs; the others are scored nevertheless."""


@app.command()
def predict(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders or globs; - or nothing for standard input."),
    ] = None,
    model: Model = None,
    output_format: Annotated[
        str, typer.Option("--format", help="table, json, jsonl, csv, parquet or markdown")
    ] = "table",
    out: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Write to a file, or in shards to a FOLDER/."),
    ] = None,
    min_confidence: MinConfidence = 0.0,
    top: Annotated[
        int | None, typer.Option(min=1, help="Show only the sentences that decide.")
    ] = None,
    kind: KindOption = None,
    issuer: Issuer = None,
    show_removed: Annotated[
        bool, typer.Option("--show-removed", help="List what cleaning took out.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Also write a page to read (HTML).")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the words that moved each decision; slow.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the shards in the output folder.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first input that cannot be read.")
    ] = False,
) -> None:
    """Label every sentence of articles and readouts by stance."""
    from pipeline.output import Format, document_view
    from pipeline.predict import find_files, load

    one_of("--format", output_format, Format)
    metadata = given_metadata(kind, issuer)
    if output_format == Format.PARQUET and out is None:
        raise DataError("--format parquet needs a file to write to: add -o FILE.parquet")
    names = inputs or ["-"]
    if names == ["-"] and sys.stdin.isatty():
        raise DataError("no input: name a file, or pipe a text to standard input")
    if out is not None and (out.endswith("/") or Path(out).is_dir()):
        if report or explain:
            raise DataError("--report and --explain are for single documents, not for a folder")
        options = (metadata, min_confidence, resume, strict)
        _into_folder(names, model or default_model(), Path(out), output_format, *options)
        return
    if resume:
        raise DataError("--resume needs a folder of shards: add -o FOLDER/")
    file = Path(out) if out else None
    failures: Failures = []

    def failed(error: PipelineError) -> None:
        if strict:
            raise error
        failures.append(error)

    files = find_files([name for name in names if name != "-"], failed)
    if "-" not in names and not files:
        raise together(failures)
    predictor = load(model or (str(DEFAULT_MODELS[0]) if explain else default_model()))
    documents = chain(
        _from_standard_input(predictor, metadata, min_confidence, failed) if "-" in names else (),
        _from_files(predictor, files, metadata, min_confidence, failed),
    )
    if explain:
        documents = map(predictor.explain, documents)
    documents = _told(documents, show_removed)
    scored: list[ScoredDocument] = []
    if output_format == Format.JSONL:
        _write_lines(_kept(documents, scored) if report else documents, file, failures)
    elif output_format == Format.TABLE and file is None:
        for document in _kept(documents, scored) if report else documents:
            output.print(document_view(document, top))
            output.print()
    else:
        scored += documents
        if scored:
            _write(scored, output_format, file, top)
    if scored and report:
        from pipeline.report import document_page
        from pipeline.storage import write_text

        write_text(report, document_page(scored))
        errors.print(f"report -> {report}", highlight=False)
    if failures:
        raise together(failures)


def _told(documents: Iterator["ScoredDocument"], show_removed: bool) -> Iterator["ScoredDocument"]:
    """The documents, while what there is to say of each is printed on standard error."""
    for document in documents:
        for message in document.warnings:
            warn(message)
        if show_removed:
            for removal in document.document.removed:
                errors.print(f"removed ({removal.rule}): {removal.text}", highlight=False)
        yield document


def _kept(
    documents: Iterator["ScoredDocument"], kept: list["ScoredDocument"]
) -> Iterator["ScoredDocument"]:
    """The documents, each also appended to a list."""
    for document in documents:
        kept.append(document)
        yield document


def _into_folder(
    names: Sequence[str],
    model: str,
    out: Path,
    output_format: str,
    metadata: "Metadata",
    min_confidence: float,
    resume: bool,
    strict: bool,
) -> None:
    from pipeline.bulk.shards import BulkOptions, ShardFormat
    from pipeline.cli.bulk_progress import score_with_progress

    if "-" in names:
        raise DataError("standard input cannot be resumed, so it has no shards; name files")
    if output_format not in tuple(ShardFormat):
        raise DataError(f"{out} is a folder: its shards need --format jsonl or parquet")
    options = BulkOptions(
        out=out,
        output_format=ShardFormat(output_format),
        metadata=metadata,
        min_confidence=min_confidence,
        strict=strict,
    )
    score_with_progress(names, model, options, resume=resume)


def _from_standard_input(
    predictor: "Predictor", metadata: "Metadata", min_confidence: float, failed: "Failed"
) -> Iterator["ScoredDocument"]:
    from pipeline.predict import score_bytes

    content = sys.stdin.buffer.read()
    yield from score_bytes(predictor, content, metadata, min_confidence, failed)


def _from_files(
    predictor: "Predictor",
    files: Sequence[Path],
    metadata: "Metadata",
    min_confidence: float,
    failed: "Failed",
) -> Iterator["ScoredDocument"]:
    from rich.progress import track

    from pipeline.predict import score_files

    shown = track(files, "scoring", console=errors, transient=True, disable=len(files) < 2)
    yield from score_files(predictor, shown, metadata, min_confidence, failed)


def together(failures: Failures) -> DocumentError:
    """All failures as one error."""
    return DocumentError("\n".join(str(failure) for failure in failures))


def _write_lines(
    documents: Iterator["ScoredDocument"], out: Path | None, failures: Failures
) -> None:
    """Write JSON lines document by document; none to a file where nothing could be scored."""
    from pipeline.output import Format, render
    from pipeline.storage import atomic_file

    if out is None:
        for document in documents:
            sys.stdout.buffer.write(render([document], Format.JSONL))
        return
    with atomic_file(out) as temporary, temporary.open("wb") as lines:
        n_documents = 0
        for document in documents:
            lines.write(render([document], Format.JSONL))
            n_documents += 1
        if not n_documents:
            raise together(failures)
    errors.print(f"{n_documents} documents -> {out}", highlight=False)


def _write(scored: list, output_format: str, out: Path | None, top: int | None) -> None:
    from pipeline.output import Format, as_text, document_view, render
    from pipeline.storage import atomic_file

    if output_format == Format.TABLE:
        content = "".join(as_text(document_view(document, top)) for document in scored).encode()
    else:
        content = render(scored, Format(output_format))
    if out is None:
        sys.stdout.buffer.write(content)
        return
    with atomic_file(out) as temporary:
        temporary.write_bytes(content)
    errors.print(f"{len(scored)} documents -> {out}", highlight=False)
