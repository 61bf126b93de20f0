"""The commands that bring annotations out of their store and into it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.annotating import Out, Store, check_installed, score, write_or_print, write_tasks
from pipeline.cli.choices import Issuer, KindOption, Model, default_model, given_metadata, one_of
from pipeline.cli.console import errors, output, warn
from pipeline.cli.inputs import read_inputs
from pipeline.cli.places import ANNOTATIONS, GOLD
from pipeline.errors import DataError

if TYPE_CHECKING:
    from pipeline.annotations.store import AnnotationStore

app = typer.Typer(
    no_args_is_help=True,
    help="Bring annotations out of their store and into it.",
    callback=check_installed,
)

Annotator = Annotated[str | None, typer.Option(help="Only those by one annotator.")]


@app.command(name="list")
def list_annotations(
    store: Store = ANNOTATIONS,
    annotator: Annotator = None,
    history: Annotated[
        bool, typer.Option("--history", help="Also what was replaced or undone.")
    ] = False,
    output_format: Annotated[str, typer.Option("--format", help="table, json or csv")] = "table",
    out: Out = None,
) -> None:
    """List the annotations that count."""
    from pipeline.annotations.output import (
        RowFormat,
        reading_rows,
        readings_view,
        render_rows,
    )
    from pipeline.output import as_text

    chosen = one_of("--format", output_format, RowFormat)
    kept = _existing(store)
    readings = kept.history() if history else kept.readings(annotator=annotator)
    if history and annotator:
        readings = [one for one in readings if one.annotation.annotator == annotator]
    if chosen is not RowFormat.TABLE:
        text = render_rows(reading_rows(readings), chosen)
    elif out is None:
        output.print(readings_view(readings))
        return
    else:
        text = as_text(readings_view(readings))
    write_or_print(text, out, f"{len(readings)} annotations")


@app.command()
def undo(
    annotator: Annotated[str, typer.Option(help="Whose last annotation is taken back.")],
    store: Store = ANNOTATIONS,
) -> None:
    """Take back an annotator's last annotation; the one before it counts again."""
    undone = _existing(store).undo(annotator)
    if undone is None:
        raise DataError(f"{store}: holds no annotation by {annotator!r} that could be undone")
    made = undone.annotation
    errors.print(
        f"no longer {made.stance}: {made.document}, sentence {made.sentence}: {undone.text}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def export(
    store: Store = ANNOTATIONS,
    gold: Annotated[Path, typer.Option(help="Folder of the annotations to train on.")] = GOLD,
    seeds: Annotated[Path, typer.Option(help="Folder of the documents.")] = Path("seeds"),
) -> None:
    """Hand the annotations and their documents to the next `dvc repro`."""
    from pipeline.annotations.export import ANNOTATIONS as FILE
    from pipeline.annotations.export import DOCUMENTS, run_export

    done = run_export(_existing(store), gold, seeds)
    known = f" ({done.known_documents} more are in {seeds} already)" if done.known_documents else ""
    errors.print(
        f"{done.annotations} annotations -> {gold / FILE}, {done.documents} documents -> "
        f"{seeds / DOCUMENTS}{known}; `dvc repro` trains on them",
        highlight=False,
        soft_wrap=True,
    )
    if done.contested:
        warn(
            f"{done.contested} sentences have annotations by others in {gold}; the majority counts"
        )


@app.command()
def tasks(
    inputs: Annotated[list[str], typer.Argument(help="Files, folders or globs.")],
    out: Out = None,
    store: Store = ANNOTATIONS,
    model: Model = None,
    kind: KindOption = None,
    issuer: Issuer = None,
) -> None:
    """Write tasks for Label Studio: a sentence each, with the model's reading to correct."""
    from pipeline.annotations.store import AnnotationStore

    documents = read_inputs(inputs, given_metadata(kind, issuer))
    kept = {one.id: one for one in AnnotationStore(store).keep(documents)}
    write_tasks(score(list(kept.values()), model), model or default_model(), out)


@app.command(name="label-studio-config")
def label_studio_config(out: Out = None) -> None:
    """Write the labeling configuration that a Label Studio project for such tasks needs."""
    from pipeline.annotations.label_studio import LABELING_CONFIG

    write_or_print(LABELING_CONFIG, out, "labeling configuration")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="Label Studio's export in its format JSON.")],
    store: Store = ANNOTATIONS,
) -> None:
    """Keep the annotations that users of Label Studio have completed."""
    from pipeline.annotations.label_studio import import_completed

    done = import_completed(file, _existing(store))
    errors.print(
        f"{done.added} annotations -> {store}; {done.unchanged} were there, "
        f"{done.unfinished} tasks are not completed",
        highlight=False,
    )


def _existing(path: Path) -> "AnnotationStore":
    """The store in a file that is there.

    Raises:
        DataError: no such file.
    """
    from pipeline.annotations.store import AnnotationStore

    if not path.is_file():
        raise DataError(
            f"{path}: no such store; `readout annotate` makes one, or name another with --store"
        )
    return AnnotationStore(path)
