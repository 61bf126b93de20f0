"""The commands that the pipeline consists of, from documents to registered models."""

import signal
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import errors, output, warn
from pipeline.cli.places import CONFIGS, DEFAULT_MODELS, LABEL_MODEL, REPORTS, SPLITS
from pipeline.errors import DataError, PipelineError

app = typer.Typer()

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
def corpus(
    prepared: Annotated[Path, typer.Argument()] = Path("data/prepared/documents.jsonl"),
    gold: Annotated[Path, typer.Argument()] = Path("data/gold"),
    configs: Configs = CONFIGS,
) -> None:
    """Check the annotated documents: copies, frames, balance, holders."""
    from pipeline.corpus import CorpusSettings, check_corpus
    from pipeline.settings import load_settings

    problems = check_corpus(prepared, gold, load_settings(configs / "corpus.yaml", CorpusSettings))
    if problems:
        raise DataError("\n".join(problems))
    errors.print("no copies, frames, imbalances or unknown holders", highlight=False)


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
    model: Annotated[str, typer.Argument(help="baseline, encoder, small or large")],
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
def teach(
    splits: Annotated[Path, typer.Option()] = SPLITS,
    out: Annotated[Path, typer.Option()] = Path("data/soft/teacher.jsonl"),
    configs: Configs = CONFIGS,
) -> None:
    """Write what larger encoders make of the training sentences, for the encoder to learn from."""
    from pipeline.settings import load_settings
    from pipeline.train import run_teach, train_settings
    from pipeline.train.teach import TeachSettings

    n_folds = load_settings(configs / "teach.yaml", TeachSettings).n_folds
    settings = train_settings("large", configs / "train/large.yaml")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        n = run_teach(splits, out, settings, n_folds, errors.print)
    except KeyboardInterrupt:
        raise PipelineError(
            f"teaching was stopped; {out} is as it was before. `readout teach` goes on from there."
        ) from None
    errors.print(f"{n} soft labels -> {out}", highlight=False)


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
def behaviour(
    model: Annotated[Path, typer.Argument(help="Model folder.")] = DEFAULT_MODELS[0],
    cases: Annotated[Path, typer.Argument(help="Folder of the cases.")] = Path("tests/behaviour"),
    examples: Annotated[Path, typer.Argument()] = SPLITS / "test.jsonl",
    out: Annotated[Path, typer.Argument()] = REPORTS / "behaviour",
    configs: Configs = CONFIGS,
) -> None:
    """Test what a model does under changes that should or should not matter."""
    from pipeline.behaviour import BehaviourSettings, run_behaviour
    from pipeline.settings import load_settings

    settings = load_settings(configs / "behaviour.yaml", BehaviourSettings)
    for outcome in run_behaviour(model, cases, examples, out, settings):
        errors.print(
            f"{outcome.failure_rate:6.1%} of {outcome.n:4} fail  {outcome.kind}: {outcome.name}",
            highlight=False,
        )
    errors.print(f"report -> {out}", highlight=False)


@app.command()
def attribution(
    model: Annotated[Path, typer.Option(help="Model folder.")] = DEFAULT_MODELS[0],
    examples: Annotated[Path, typer.Option()] = SPLITS / "test.jsonl",
    prepared: Annotated[Path, typer.Option()] = Path("data/prepared/documents.jsonl"),
    baseline: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE, holders by another tool.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Report folder.")] = REPORTS / "attribution",
    configs: Configs = CONFIGS,
) -> None:
    """Measure whose stance a model says it is, on the held-out events."""
    from pipeline.attribution.report import AttributionSettings, run_attribution
    from pipeline.settings import load_settings

    settings = load_settings(configs / "attribution.yaml", AttributionSettings)
    baselines = dict(_name_and_path(value) for value in baseline or [])
    report = run_attribution(model, examples, prepared, baselines, out, settings)
    for name, value in report.scores.items():
        errors.print(f"{value.holder.right:6.1%} of holders right  {name}", highlight=False)
    for name, why in report.left_out.items():
        warn(f"left out: {name}, since {why}")
    errors.print(f"report -> {out}", highlight=False)


def _name_and_path(value: str) -> tuple[str, Path]:
    name, equals, path = value.partition("=")
    if not equals:
        raise DataError(f"--baseline {value!r} is not NAME=FILE")
    return name, Path(path)


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
