"""MLflow: live figures of a training run, and the record of a trained model.

The address is MLflow's own MLFLOW_TRACKING_URI or, without one, mlflow.db in the current folder.
"""

import json
import logging
import os
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import psutil
from pydantic import Field

from pipeline.classifier import CARD, ModelCard, read_card
from pipeline.errors import DataError, ModelError
from pipeline.records import STANCES, Example
from pipeline.settings import Settings
from pipeline.storage import check_manifest, file_sha256, read_records

if TYPE_CHECKING:
    from mlflow import MlflowClient

Warn = Callable[[str], None]

REPRO_TAG = "readout.repro"
MANIFEST_TAG = "readout.manifest_sha256"
LOGGED_TAG = "readout.metrics_sha256"
REMEDY = "nothing else is lost; `readout track` logs it later from the reports"
TIMEOUT_SECONDS = 10
"""For reading a model, when no settings are at hand."""
EXAMPLE_SENTENCES = ["We urge both sides to return to talks.", "The two leaders met on Monday."]
REPORTED = {".csv", ".png", ".svg"}
LIBRARIES = {
    "baseline": ("scikit-learn", "skops"),
    "encoder": ("torch", "transformers", "tokenizers", "safetensors"),
}


class RegisterSettings(Settings):
    """Where runs and models are kept under which names."""

    experiment: Annotated[str, Field(min_length=1)]
    registered_model: Annotated[str, Field(pattern=r"^[\w .-]+$")]
    alias: Annotated[str, Field(pattern=r"^[\w-]+$")]
    timeout_seconds: Annotated[int, Field(ge=1)]


class TrackedRun:
    """One training run in MLflow; call it with a step and metrics as it goes.

    Trouble with MLflow is told once, then every call does nothing.
    """

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._timeout_seconds = TIMEOUT_SECONDS
        self._client: MlflowClient | None = None
        self._run = ""
        self._parent = ""

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log the metrics of one step."""
        self._attempt(lambda client: _log_metrics(client, self._run, [{"step": step, **metrics}]))

    def finish(self, model_folder: Path) -> None:
        """Tie the run to the model that it gave.

        Raises:
            ModelError: the folder is incomplete or altered.
        """
        sha256 = check_manifest(model_folder)
        self._attempt(lambda client: client.set_tag(self._run, MANIFEST_TAG, sha256))

    def _start(self, model: str, settings: Settings, register: RegisterSettings) -> None:
        self._timeout_seconds = register.timeout_seconds
        try:
            client = _connect(register)
            self._run, self._parent = _create_run(
                client, register, model, settings.model_dump(mode="json")
            )
            self._client = client
        except Exception as error:
            self._warn(_explain(error))

    def _end(self, status: str) -> None:
        self._attempt(lambda client: client.set_terminated(self._run, status))
        self._attempt(lambda client: client.set_terminated(self._parent, status))

    def _attempt(self, action: Callable[["MlflowClient"], None]) -> None:
        """Act while MLflow works; whatever goes wrong with it must not stop the training."""
        if self._client is None:
            return
        try:
            _check_database(self._timeout_seconds)
            action(self._client)
        except Exception as error:
            self._client = None
            self._warn(_explain(error))


@contextmanager
def live_progress(
    model: str, settings: Settings, register: RegisterSettings, warn: Warn
) -> Iterator[TrackedRun]:
    """A `Progress` callback that logs to a new MLflow run named after the model.

    The run's parent is that of the `dvc repro` at work. Call `finish` with the model folder
    when it is saved. Tracking never raises and never waits long: `warn` is told once.
    """
    run = TrackedRun(warn)
    run._start(model, settings, register)
    try:
        yield run
    except Exception:
        run._end("FAILED")
        raise
    except BaseException:
        run._end("KILLED")
        raise
    run._end("FINISHED")


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
        client = _connect(settings)
        versions = {}
        for name, folder in models.items():
            sha256 = check_manifest(folder)
            run = _find_run(client, settings, MANIFEST_TAG, sha256)
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
        if not _is_tracking_trouble(error):
            raise
        warn(_explain(error))
        return False
    return True


def model_folder(uri: str) -> Path:
    """The local folder, in our own format, of a model that MLflow keeps.

    A remote model is downloaded into a temporary folder.

    Raises:
        ModelError: no such model, or it is not one of ours.
    """
    try:
        mlflow = _mlflow()
        downloaded = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    except Exception as error:
        if not _is_tracking_trouble(error):
            raise
        raise ModelError(
            f"{uri}: not found at {_shown_address()}: {_first_line(error)}; register a model with "
            "`dvc repro` or `readout track`, set MLFLOW_TRACKING_URI, or name a folder with --model"
        ) from error
    found = sorted(downloaded.rglob(CARD))
    if not found:
        raise ModelError(
            f"{uri}: holds no {CARD}, so Readout did not make it; name a model that "
            "`readout track` registered, or a folder with --model"
        )
    return found[0].parent


def tracking_address() -> str:
    """Where MLflow keeps runs: its own environment variable, or a database in this folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _default_address()


def _default_address() -> str:
    return f"sqlite:///{Path.cwd() / 'mlflow.db'}"


def _mlflow(timeout_seconds: int = TIMEOUT_SECONDS) -> Any:
    """MLflow, quiet, impatient and set to the tracking address; the user's variables win."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(timeout_seconds))
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    mlflow.set_tracking_uri(tracking_address())
    return mlflow


def _connect(settings: RegisterSettings) -> "MlflowClient":
    """A client of the tracking address, once that has shown that it answers and can be written.

    MLflow alone would wait minutes for a dead server or a locked database.
    """
    _check_database(settings.timeout_seconds)
    address = tracking_address()
    if address.startswith(("http://", "https://")):
        import requests

        requests.get(address, timeout=settings.timeout_seconds, stream=True).close()
    return _mlflow(settings.timeout_seconds).MlflowClient()


def _check_database(timeout_seconds: int) -> None:
    """Raise sqlite3.Error unless the SQLite database, if it is one, can be written now."""
    address = tracking_address()
    if address.startswith("sqlite:///"):
        database = address.removeprefix("sqlite:///").partition("?")[0]
        with closing(sqlite3.connect(database, timeout=timeout_seconds)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()


def _experiment(client: "MlflowClient", settings: RegisterSettings) -> str:
    found = client.get_experiment_by_name(settings.experiment)
    if found:
        return found.experiment_id
    ours = tracking_address() == _default_address()
    return client.create_experiment(
        settings.experiment, (Path.cwd() / "mlartifacts").as_uri() if ours else None
    )


def _find_run(
    client: "MlflowClient", settings: RegisterSettings, tag: str, value: str
) -> str | None:
    experiment = _experiment(client, settings)
    found = client.search_runs([experiment], f"tags.`{tag}` = '{value}'", max_results=1)
    return found[0].info.run_id if found else None


def _create_run(
    client: "MlflowClient", settings: RegisterSettings, model: str, params: Mapping[str, object]
) -> tuple[str, str]:
    """A new run with its parameters, and its parent."""
    from mlflow.entities import Param

    identity = _repro_identity()
    parent = _find_run(client, settings, REPRO_TAG, identity)
    experiment = _experiment(client, settings)
    if parent is None:
        name = time.strftime("repro %Y-%m-%d %H:%M:%S")
        created = client.create_run(experiment, tags={REPRO_TAG: identity}, run_name=name)
        parent = created.info.run_id
    else:
        client.update_run(parent, status="RUNNING")
    tags = {"mlflow.parentRunId": parent}
    run = client.create_run(experiment, tags=tags, run_name=model).info.run_id
    client.log_batch(run, params=[Param(k, str(v)) for k, v in _flatten(params).items()])
    return run, parent


def _repro_identity() -> str:
    """Names the `dvc` process that this one works for, or this process."""
    process = psutil.Process()
    for ancestor in process.parents():
        try:
            if any(Path(word).name == "dvc" for word in ancestor.cmdline()[:3]):
                return f"{ancestor.pid}-{ancestor.create_time()}"
        except psutil.Error:
            continue
    return f"{process.pid}-{process.create_time()}"


def _replay(
    client: "MlflowClient",
    settings: RegisterSettings,
    name: str,
    card: ModelCard,
    history: list[dict[str, float]],
    sha256: str,
) -> str:
    """A finished run made from a model's card and history."""
    run, parent = _create_run(client, settings, name, card.settings)
    _log_metrics(client, run, history)
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
        for name, value in _flatten(figures).items()
        if isinstance(value, int | float)
    }
    _log_metrics(client, run, [{"step": 0, **numbers}])
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
    with _without_warnings():
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
    here = Path(__file__).parent
    with _without_warnings(), mlflow.start_run(run_id=run):
        logged = mlflow.pyfunc.log_model(
            name=card.kind,
            python_model=str(here / "mlflow_model.py"),
            artifacts={"model": str(folder)},
            code_paths=[str(here)],
            pip_requirements=[f"{library}=={version(library)}" for library in libraries],
            input_example=EXAMPLE_SENTENCES,
        )
    tags = {
        MANIFEST_TAG: sha256,
        "kind": card.kind,
        "validation_macro_f1": str(card.validation_macro_f1),
    }
    return mlflow.register_model(logged.model_uri, name, tags=tags).version


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep MLflow's remarks on its own inner type hints and data sources from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


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


def _log_metrics(client: "MlflowClient", run: str, rows: list[dict[str, float]]) -> None:
    """Log rows that hold a `step` beside their metrics."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    metrics = [
        Metric(name, float(value), now, int(row["step"]))
        for row in rows
        for name, value in row.items()
        if name != "step" and value is not None
    ]
    for start in range(0, len(metrics), 1000):
        client.log_batch(run, metrics=metrics[start : start + 1000])


def _flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested values under dotted names; lists stay whole."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); make it with `dvc repro`") from error


def _is_tracking_trouble(error: Exception) -> bool:
    """Whether MLflow, its database or its server is to blame, and not this program."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, MlflowException | SQLAlchemyError | sqlite3.Error | OSError)


def _explain(error: Exception) -> str:
    return f"MLflow at {_shown_address()} does not work: {_first_line(error)}; {REMEDY}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def _shown_address() -> str:
    """The tracking address without a user name or password."""
    address = tracking_address()
    secret = urlsplit(address).netloc.rpartition("@")[0]
    return address.replace(f"{secret}@", "", 1) if secret else address
