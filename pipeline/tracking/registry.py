"""Log trained models with their reports, and register them."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline
from pipeline.classifier import CARD, ModelCard, read_card
from pipeline.errors import DataError, ModelError
from pipeline.records import STANCES, Example
from pipeline.storage import check_manifest, file_sha256, read_records
from pipeline.tracking.connection import (
    RegisterSettings,
    connect,
    explain,
    first_line,
    is_tracking_trouble,
    load_mlflow,
    shown_address,
    without_warnings,
)
from pipeline.tracking.runs import (
    MANIFEST_TAG,
    Warn,
    create_run,
    find_run,
    flatten,
    log_metrics,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOGGED_TAG = "readout.metrics_sha256"
EXAMPLE_SENTENCES = ["We urge both sides to return to talks.", "The two leaders met on Monday."]
REPORTED = {".csv", ".png", ".svg"}
LIBRARIES = {
    "baseline": ("scikit-learn", "skops"),
    "encoder": ("torch", "transformers", "tokenizers", "safetensors"),
}


def track(
    models: Mapping[str, Path], reports: Path, splits: Path, settings: RegisterSettings, warn: Warn
) -> bool:
    """Log and register trained models; False, after a warning, if MLflow cannot be reached.

    What is logged already is not logged again. A model whose training was not tracked gets a
    run from its history. The alias goes to the model with the best macro-F1 on validation.

    Raises:
        DataError: a report or the training split is missing or malformed.
        ModelError: a model is missing or altered.
    """
    cards = {name: read_card(folder) for name, folder in models.items()}
    figures = {name: _read_json(reports / name / "metrics.json") for name in models}
    train = splits / "train.jsonl"
    examples = read_records(train, Example)
    try:
        client = connect(settings)
        versions = {}
        for name, folder in models.items():
            sha256 = check_manifest(folder)
            run = find_run(client, settings, MANIFEST_TAG, sha256)
            if run is None:
                history = _read_json(reports / name / "history.json")
                run = _replay(client, settings, name, cards[name], history, sha256)
            _log_report(client, run, reports / name, cards[name], figures[name], train, examples)
            versions[name] = _register(client, settings, run, folder, cards[name], sha256)
        if versions:
            best = max(versions, key=lambda name: cards[name].validation_macro_f1)
            client.set_registered_model_alias(
                settings.registered_model, settings.alias, versions[best]
            )
    except Exception as error:
        if not is_tracking_trouble(error):
            raise
        warn(explain(error))
        return False
    return True


def model_folder(uri: str) -> Path:
    """The local folder, in our own format, of a model that MLflow keeps.

    A remote model is downloaded into a temporary folder.

    Raises:
        ModelError: no such model, or it is not one of ours.
    """
    try:
        mlflow = load_mlflow()
        downloaded = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    except Exception as error:
        if not is_tracking_trouble(error):
            raise
        raise ModelError(
            f"{uri}: not found at {shown_address()}: {first_line(error)}; register a model with "
            "`dvc repro` or `readout track`, set MLFLOW_TRACKING_URI, or name a folder with --model"
        ) from error
    found = sorted(downloaded.rglob(CARD))
    if not found:
        raise ModelError(
            f"{uri}: holds no {CARD}, so Readout did not make it; name a model that "
            "`readout track` registered, or a folder with --model"
        )
    return found[0].parent


def _replay(
    client: "MlflowClient",
    settings: RegisterSettings,
    name: str,
    card: ModelCard,
    history: list[dict[str, float]],
    sha256: str,
) -> str:
    """A finished run made from a model's card and history."""
    run, parent = create_run(client, settings, name, card.settings)
    log_metrics(client, run, history)
    client.set_tag(run, MANIFEST_TAG, sha256)
    client.set_terminated(run)
    client.set_terminated(parent)
    return run


def _log_report(
    client: "MlflowClient",
    run: str,
    report: Path,
    card: ModelCard,
    figures: Mapping[str, object],
    train: Path,
    examples: list[Example],
) -> None:
    """Log figures, tables, pictures, the data and the model card, unless they are there."""
    sha256 = file_sha256(report / "metrics.json")
    if client.get_run(run).data.tags.get(LOGGED_TAG) == sha256:
        return
    numbers = {
        f"test.{name}": float(value)
        for name, value in flatten(figures).items()
        if isinstance(value, int | float)
    }
    log_metrics(client, run, [{"step": 0, **numbers}])
    for path in sorted(report.iterdir()):
        if path.suffix in REPORTED:
            client.log_artifact(run, str(path), "report")
    client.log_text(run, _card_text(report.name, card, figures), "model_card.md")
    _log_dataset(client, run, train, examples)
    client.set_tag(run, LOGGED_TAG, sha256)


def _log_dataset(client: "MlflowClient", run: str, train: Path, examples: list[Example]) -> None:
    import pandas
    from mlflow.data.pandas_dataset import from_pandas
    from mlflow.entities import DatasetInput, InputTag

    rows = pandas.DataFrame([example.model_dump(mode="json") for example in examples])
    with without_warnings():
        dataset = from_pandas(
            rows, source=str(train), targets="stance", name="train", digest=file_sha256(train)[:32]
        )
    tags = [InputTag("mlflow.data.context", "training")]
    client.log_inputs(run, datasets=[DatasetInput(dataset._to_mlflow_entity(), tags)])


def _register(
    client: "MlflowClient",
    settings: RegisterSettings,
    run: str,
    folder: Path,
    card: ModelCard,
    sha256: str,
) -> str:
    """The version of the registered model that holds this folder, made if there is none."""
    name = settings.registered_model
    for known in client.search_model_versions(f"name = '{name}'"):
        if known.tags.get(MANIFEST_TAG) == sha256:
            return known.version
    import mlflow

    libraries = ("mlflow", "numpy", "scipy", "pydantic", "ruamel.yaml", *LIBRARIES[card.kind])
    package = Path(pipeline.__file__).parent
    with without_warnings(), mlflow.start_run(run_id=run):
        logged = mlflow.pyfunc.log_model(
            name=card.kind,
            python_model=str(package / "mlflow_model.py"),
            artifacts={"model": str(folder)},
            code_paths=[str(package)],
            pip_requirements=[f"{library}=={version(library)}" for library in libraries],
            input_example=EXAMPLE_SENTENCES,
        )
    tags = {
        MANIFEST_TAG: sha256,
        "kind": card.kind,
        "validation_macro_f1": str(card.validation_macro_f1),
    }
    return mlflow.register_model(logged.model_uri, name, tags=tags).version


def _card_text(name: str, card: ModelCard, figures: Mapping[str, object]) -> str:
    """The model card in Markdown."""
    numbers = {key: value for key, value in figures.items() if isinstance(value, int | float)}
    rows = "\n".join(f"| {key} | {value:.4g} |" for key, value in numbers.items())
    return f"""# {name}

Reads the stance of a sentence's holder toward its target: {", ".join(STANCES)}.
Kind: {card.kind}. Codebook of the labels: {card.codebook}.

## Data
Trained on {card.n_train} sentences. Validation and test hold other events than training.

## Figures
Macro-F1 on validation: {card.validation_macro_f1:.4g}. On held-out events:

| figure | value |
|---|---|
{rows}

## Limits
English diplomatic and political prose, sentence by sentence. It does not tell who is right, nor
whether a statement is meant; irony and quotation within quotation are often misread. Training
labels may be machine-made (weak). Have a person check what matters.

## Settings
```json
{json.dumps(card.settings, indent=2)}
```
"""


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); make it with `dvc repro`") from error
