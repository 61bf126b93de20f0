"""The command line; the only module that prints."""

import io
import signal
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.errors import DataError, DocumentError, PipelineError

if TYPE_CHECKING:
    from pipeline.predict import ScoredDocument

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Label every sentence of a diplomatic text by stance.",
)
# A path or a sentence may hold what rich takes for markup.
output = Console(markup=False, emoji=False)
errors = Console(stderr=True, markup=False, emoji=False)

DEFAULT_MODELS = (Path("models/encoder"), Path("models/baseline"))
CONFIGS = Path("configs")
REPORTS = Path("reports")
SPLITS = Path("data/splits")
LABEL_MODEL = Path("data/labeled/label_model.json")
EXIT_BAD_INPUT = 2

Configs = Annotated[Path, typer.Option(help="Folder of the settings files.")]


@app.command()
def prepare(
    sources: Annotated[Path, typer.Argument(help="Folder of source documents.")] = Path("seeds"),
    out: Annotated[Path, typer.Argument()] = Path("data/prepared/documents.jsonl"),
) -> None:
    """Read the source documents and split them into sentences."""
    from rich.progress import Progress

    from pipeline.prepare import run_prepare

    with Progress(console=errors, transient=True) as bars:
        task = bars.add_task("reading documents", total=None)
        n = run_prepare(sources, out, lambda i, total: bars.update(task, completed=i, total=total))
    errors.print(f"{n} documents -> {out}", highlight=False)


@app.command()
def label(
    prepared: Annotated[Path, typer.Argument()] = Path("data/prepared/documents.jsonl"),
    gold: Annotated[Path, typer.Argument()] = Path("data/gold"),
    out: Annotated[Path, typer.Argument()] = Path("data/labeled/examples.jsonl"),
    report: Annotated[Path, typer.Argument()] = REPORTS / "labeling",
    configs: Configs = CONFIGS,
    explain: Annotated[str | None, typer.Option(help="Show what fires on one sentence.")] = None,
) -> None:
    """Turn sentences into examples: gold annotations, else weak labels."""
    if explain is not None:
        _explain(explain)
        return
    from pipeline.labeling import LabelSettings, run_label
    from pipeline.settings import load_settings

    settings = load_settings(configs / "label.yaml", LabelSettings)
    labelled = run_label(prepared, gold, out, report, settings)
    errors.print(f"{len(labelled.examples)} examples -> {out}, report in {report}", highlight=False)


def _explain(sentence: str) -> None:
    from rich.table import Table

    from pipeline.labeling import explain
    from pipeline.records import SentenceInContext, normalise_sentence

    text = normalise_sentence(sentence)
    if not text:
        raise DataError("--explain: the sentence is empty")
    found, distribution = explain(SentenceInContext(text=text), LABEL_MODEL)
    table = Table("function", "stance", "rule", "words")
    for function in found:
        table.add_row(function.name, function.stance, function.rule, function.matched)
    output.print(table if found else "No labeling function fires.")
    for stance, probability in distribution.items():
        output.print(f"{stance:13} {probability:.2f}", highlight=False)


@app.command()
def split(
    examples: Annotated[Path, typer.Argument()] = Path("data/labeled/examples.jsonl"),
    out: Annotated[Path, typer.Argument()] = SPLITS,
    configs: Configs = CONFIGS,
) -> None:
    """Divide the examples into train, validation and test by event."""
    from pipeline.settings import load_settings
    from pipeline.split import SplitSettings, run_split

    run_split(examples, out, load_settings(configs / "split.yaml", SplitSettings))
    errors.print(f"splits -> {out}", highlight=False)


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="baseline or encoder")],
    splits: Annotated[Path, typer.Option()] = SPLITS,
    out: Annotated[Path | None, typer.Option(help="Model folder.")] = None,
    report: Annotated[Path | None, typer.Option(help="Folder for the history.")] = None,
    configs: Configs = CONFIGS,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after an interruption, if there was one.")
    ] = False,
    tracked: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow.")] = True,
) -> None:
    """Train a model; an earlier one stays until the new one is complete."""
    from pipeline.train import MODELS, run_train, train_settings

    if model not in MODELS:
        raise DataError(f"model {model!r} is not one of {', '.join(MODELS)}")
    settings = train_settings(model, configs / "train" / f"{model}.yaml")
    out = out or Path("models") / model
    if tracked:
        from pipeline.settings import load_settings
        from pipeline.tracking import RegisterSettings, live_progress

        register = load_settings(configs / "register.yaml", RegisterSettings)
        tracking = live_progress(model, settings, register, warn)
    else:
        tracking = nullcontext(None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tracking as run:
            card = run_train(splits, out, report or REPORTS / model, settings, run, resume)
            if run:
                run.finish(out)
    except KeyboardInterrupt:
        raise PipelineError(
            f"training of {model} was stopped; {out} is as it was before. "
            f"`readout train {model} --resume` goes on from the last checkpoint."
        ) from None
    errors.print(
        f"{model}: validation macro-F1 {card.validation_macro_f1:.3f}, saved in {out}",
        highlight=False,
    )


@app.command()
def evaluate(
    model: Annotated[Path, typer.Option(help="Model folder.")] = DEFAULT_MODELS[0],
    data: Annotated[
        Path | None, typer.Option(help="Labelled JSON lines (id, text, previous, stance).")
    ] = None,
    examples: Annotated[Path, typer.Option()] = SPLITS / "test.jsonl",
    out: Annotated[Path | None, typer.Option(help="Report folder.")] = None,
    output_format: Annotated[str, typer.Option("--format", help="table or json")] = "table",
    configs: Configs = CONFIGS,
) -> None:
    """Measure a model on the held-out events, or with --data on any labelled sentences."""
    from pipeline.evaluate import EvaluateSettings, evaluate_file, run_evaluate
    from pipeline.settings import load_settings

    settings = load_settings(configs / "evaluate.yaml", EvaluateSettings)
    if output_format not in ("table", "json"):
        raise DataError(f"--format {output_format!r} is not one of table, json")
    if data is None:
        out = out or REPORTS / model.name
        run_evaluate(model, examples, out, settings)
        errors.print(f"figures and plots -> {out}", highlight=False)
        return
    evaluation = evaluate_file(data, model, settings)
    if output_format == "json":
        print(evaluation.model_dump_json(indent=2))
        return
    from pipeline.evaluation_tables import evaluation_tables

    for table in evaluation_tables(evaluation):
        output.print(table)


@app.command()
def significance(
    predictions: Annotated[Path, typer.Argument()] = REPORTS / "encoder/predictions.csv",
    baseline: Annotated[Path, typer.Argument()] = REPORTS / "baseline/predictions.csv",
    examples: Annotated[Path, typer.Option()] = SPLITS / "test.jsonl",
    out: Annotated[Path, typer.Option()] = REPORTS / "comparison.json",
    configs: Configs = CONFIGS,
) -> None:
    """Test whether one model is better than another on the same sentences."""
    from pipeline.evaluate import EvaluateSettings, run_comparison
    from pipeline.settings import load_settings

    settings = load_settings(configs / "evaluate.yaml", EvaluateSettings)
    run_comparison(predictions, baseline, examples, out, settings)
    errors.print(f"paired test -> {out}", highlight=False)


@app.command()
def track(configs: Configs = CONFIGS) -> None:
    """Log the trained models and their reports to MLflow and register them."""
    from pipeline.settings import load_settings
    from pipeline.tracking import RegisterSettings, track

    settings = load_settings(configs / "register.yaml", RegisterSettings)
    models = {path.name: path for path in DEFAULT_MODELS if path.is_dir()}
    if not models:
        raise DataError("models/: no trained model to log; train with `dvc repro`")
    if track(models, REPORTS, SPLITS, settings, warn):
        errors.print("logged to MLflow; `mlflow ui` shows the runs", highlight=False)


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
        str, typer.Option("--format", help="table, json, jsonl, csv or parquet")
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
) -> None:
    """Label every sentence of articles and readouts by stance."""
    from pipeline.documents import Metadata, read_bytes
    from pipeline.output import Format, document_view
    from pipeline.predict import find_files, load, score_files
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
    files = find_files([name for name in names if name != "-"])
    predictor = load(model or _default_model())
    failures: list[PipelineError] = []
    scored: list[ScoredDocument] = []
    if "-" in names:
        for document in read_bytes(sys.stdin.buffer.read(), "standard input", metadata):
            scored.append(predictor.predict_document(document, min_confidence=min_confidence))
    scored += score_files(predictor, files, metadata, min_confidence, _collect(failures))
    for document in scored:
        for message in document.warnings:
            warn(message)
        if show_removed:
            for removal in document.document.removed:
                errors.print(
                    f"removed ({removal.rule}): {removal.text}", highlight=False, markup=False
                )
    if output_format == Format.TABLE and out is None:
        for document in scored:
            output.print(document_view(document, top))
            output.print()
    elif scored:
        _write(scored, output_format, out, top)
    if failures:
        raise DocumentError("\n".join(str(failure) for failure in failures))


def _collect(failures: list[PipelineError]) -> Callable[[PipelineError], None]:
    return failures.append


def _write(scored: list, output_format: str, out: Path | None, top: int | None) -> None:
    from pipeline.output import Format, document_view, render
    from pipeline.storage import atomic_file

    if output_format == Format.TABLE:
        page = Console(record=True, width=120, file=io.StringIO())
        for document in scored:
            page.print(document_view(document, top))
        content = page.export_text().encode()
    else:
        content = render(scored, Format(output_format))
    if out is None:
        sys.stdout.buffer.write(content)
        return
    with atomic_file(out) as temporary:
        temporary.write_bytes(content)
    errors.print(f"{len(scored)} documents -> {out}", highlight=False)


def _default_model() -> str:
    for folder in DEFAULT_MODELS:
        if folder.is_dir():
            return str(folder)
    return str(DEFAULT_MODELS[0])


def warn(message: str) -> None:
    """Print a warning on standard error."""
    errors.print(f"warning: {message}", style="yellow", highlight=False, markup=False)


def run(application: Callable[[], None]) -> None:
    """Run an application; bad input is told on standard error and ends with exit code 2."""
    try:
        application()
    except PipelineError as error:
        errors.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(EXIT_BAD_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def main() -> None:
    """The command `readout`."""
    run(app)


def predict_main() -> None:
    """The command `predict`, the same as `readout predict`."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(predict)
    run(alone)
