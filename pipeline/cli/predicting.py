"""The command that scores new documents."""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import errors, output, warn
from pipeline.cli.places import DEFAULT_MODELS
from pipeline.errors import DataError, DocumentError, PipelineError

if TYPE_CHECKING:
    from pipeline.documents import Metadata
    from pipeline.predict import Predictor, ScoredDocument

app = typer.Typer()

Failures = list[PipelineError]
"""What is wrong with single inputs; the others are scored nevertheless."""


@app.command()
def predict(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders or globs; - or nothing for standard input."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model folder or MLflow URI; default models/encoder.")
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", help="table, json, jsonl, csv, parquet or markdown")
    ] = "table",
    out: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Abstain below this probability.")
    ] = 0.0,
    top: Annotated[
        int | None, typer.Option(min=1, help="Show only the sentences that decide.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of document, such as readout.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Who issued the document.")] = None,
    show_removed: Annotated[
        bool, typer.Option("--show-removed", help="List what cleaning took out.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Also write a page to read (HTML).")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the words that moved each decision; slow.")
    ] = False,
) -> None:
    """Label every sentence of articles and readouts by stance."""
    from pipeline.documents import Metadata
    from pipeline.output import Format, document_view
    from pipeline.predict import find_files, load
    from pipeline.records import Kind

    if output_format not in tuple(Format):
        raise DataError(f"--format {output_format!r} is not one of {', '.join(Format)}")
    if kind is not None and kind not in tuple(Kind):
        raise DataError(f"--kind {kind!r} is not one of {', '.join(Kind)}")
    if output_format == Format.PARQUET and out is None:
        raise DataError("--format parquet needs a file to write to: add -o FILE.parquet")
    names = inputs or ["-"]
    if names == ["-"] and sys.stdin.isatty():
        raise DataError("no input: name a file, or pipe a text to standard input")
    metadata = Metadata(kind=kind, issuer=(issuer or "").strip() or None)
    failures: Failures = []
    files = find_files([name for name in names if name != "-"], failures.append)
    if "-" not in names and not files:
        raise together(failures)
    predictor = load(model or default_model())
    scored: list[ScoredDocument] = []
    shows_at_once = output_format == Format.TABLE and out is None
    documents = chain(
        _from_standard_input(predictor, metadata, min_confidence, failures) if "-" in names else (),
        _from_files(predictor, files, metadata, min_confidence, failures),
    )
    for document in documents:
        if explain:
            document = predictor.explain(document)
        for message in document.warnings:
            warn(message)
        if show_removed:
            for removal in document.document.removed:
                errors.print(f"removed ({removal.rule}): {removal.text}", highlight=False)
        if shows_at_once:
            output.print(document_view(document, top))
            output.print()
        if report or not shows_at_once:
            scored.append(document)
    if scored and not shows_at_once:
        _write(scored, output_format, out, top)
    if scored and report:
        from pipeline.report import document_page
        from pipeline.storage import write_text

        write_text(report, document_page(scored))
        errors.print(f"report -> {report}", highlight=False)
    if failures:
        raise together(failures)


def _from_standard_input(
    predictor: "Predictor", metadata: "Metadata", min_confidence: float, failures: Failures
) -> Iterator["ScoredDocument"]:
    from pipeline.predict import score_bytes

    content = sys.stdin.buffer.read()
    yield from score_bytes(predictor, content, metadata, min_confidence, failures.append)


def _from_files(
    predictor: "Predictor",
    files: Sequence[Path],
    metadata: "Metadata",
    min_confidence: float,
    failures: Failures,
) -> Iterator["ScoredDocument"]:
    from rich.progress import track

    from pipeline.predict import score_files

    shown = track(files, "scoring", console=errors, transient=True, disable=len(files) < 2)
    yield from score_files(predictor, shown, metadata, min_confidence, failures.append)


def together(failures: Failures) -> DocumentError:
    """All failures as one error."""
    return DocumentError("\n".join(str(failure) for failure in failures))


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


def default_model() -> str:
    """The best model that is there."""
    for folder in DEFAULT_MODELS:
        if folder.is_dir():
            return str(folder)
    return str(DEFAULT_MODELS[0])
