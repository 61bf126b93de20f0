"""The command that compares accounts of one event."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.choices import Model, default_model, one_of
from pipeline.cli.console import errors, output, warn
from pipeline.cli.inputs import read_inputs

if TYPE_CHECKING:
    from pipeline.compare import Comparison

app = typer.Typer()


class ComparisonFormat(StrEnum):
    """How a comparison is told."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
def compare(
    accounts: Annotated[
        list[str] | None, typer.Argument(help="Two files or more, one account each.")
    ] = None,
    model: Model = None,
    output_format: Annotated[
        str, typer.Option("--format", help="table, json or markdown")
    ] = "table",
    out: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write a page to read (HTML).")] = None,
) -> None:
    """Compare accounts of one event: stance, parties, shared points, what only one says."""
    from pipeline.compare import check_accounts
    from pipeline.compare import compare as compare_accounts

    chosen = one_of("--format", output_format, ComparisonFormat)
    documents = read_inputs(accounts or [])
    check_accounts(documents)
    from pipeline.compare.meaning import MeaningEncoder
    from pipeline.predict import load

    predictor = load(model or default_model())
    scored = [predictor.predict_document(document) for document in documents]
    comparison = compare_accounts(scored, MeaningEncoder())
    for message in comparison.warnings:
        warn(message)
    if report:
        from pipeline.report import comparison_page
        from pipeline.storage import write_text

        write_text(report, comparison_page(comparison))
        errors.print(f"report -> {report}", highlight=False)
    _tell(comparison, chosen, out)


def _tell(comparison: "Comparison", chosen: ComparisonFormat, out: Path | None) -> None:
    from pipeline.compare.output import comparison_view, render_markdown
    from pipeline.output import as_text
    from pipeline.storage import write_text

    if chosen is ComparisonFormat.JSON:
        text = comparison.model_dump_json(indent=2) + "\n"
    elif chosen is ComparisonFormat.MARKDOWN:
        text = render_markdown(comparison)
    elif out is None:
        output.print(comparison_view(comparison))
        return
    else:
        text = as_text(comparison_view(comparison))
    if out is None:
        sys.stdout.write(text)
        return
    write_text(out, text)
    errors.print(f"{len(comparison.accounts)} accounts -> {out}", highlight=False)
