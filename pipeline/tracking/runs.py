"""Runs in MLflow: one parent for each `dvc repro`, a child for each model."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from pipeline.settings import Settings
from pipeline.storage import check_manifest
from pipeline.tracking.connection import (
    TIMEOUT_SECONDS,
    RegisterSettings,
    check_database,
    connect,
    default_address,
    explain,
    tracking_address,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

Warn = Callable[[str], None]

REPRO_TAG = "readout.repro"
MANIFEST_TAG = "readout.manifest_sha256"


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
        self._attempt(lambda client: log_metrics(client, self._run, [{"step": step, **metrics}]))

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
            client = connect(register)
            self._run, self._parent = create_run(
                client, register, model, settings.model_dump(mode="json")
            )
            self._client = client
        except Exception as error:
            self._warn(explain(error))

    def _end(self, status: str) -> None:
        self._attempt(lambda client: client.set_terminated(self._run, status))
        self._attempt(lambda client: client.set_terminated(self._parent, status))

    def _attempt(self, action: Callable[["MlflowClient"], None]) -> None:
        """Act while MLflow works; whatever goes wrong with it must not stop the training."""
        if self._client is None:
            return
        try:
            check_database(self._timeout_seconds)
            action(self._client)
        except Exception as error:
            self._client = None
            self._warn(explain(error))


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


def _experiment(client: "MlflowClient", settings: RegisterSettings) -> str:
    found = client.get_experiment_by_name(settings.experiment)
    if found:
        location, address = found.artifact_location or "", tracking_address()
        if location.startswith("mlflow-artifacts:") and not address.startswith("http"):
            from mlflow.exceptions import MlflowException

            raise MlflowException(
                f"experiment {settings.experiment!r} was made by a server, which alone can store "
                "its files; start it and set MLFLOW_TRACKING_URI to its address"
            )
        return found.experiment_id
    ours = tracking_address() == default_address()
    return client.create_experiment(
        settings.experiment, (Path.cwd() / "mlartifacts").as_uri() if ours else None
    )


def find_run(
    client: "MlflowClient", settings: RegisterSettings, tag: str, value: str
) -> str | None:
    experiment = _experiment(client, settings)
    found = client.search_runs([experiment], f"tags.`{tag}` = '{value}'", max_results=1)
    return found[0].info.run_id if found else None


def create_run(
    client: "MlflowClient", settings: RegisterSettings, model: str, params: Mapping[str, object]
) -> tuple[str, str]:
    """A new run with its parameters, and its parent."""
    from mlflow.entities import Param

    identity = _repro_identity()
    parent = find_run(client, settings, REPRO_TAG, identity)
    experiment = _experiment(client, settings)
    if parent is None:
        name = time.strftime("repro %Y-%m-%d %H:%M:%S")
        created = client.create_run(experiment, tags={REPRO_TAG: identity}, run_name=name)
        parent = created.info.run_id
    else:
        client.update_run(parent, status="RUNNING")
    tags = {"mlflow.parentRunId": parent}
    run = client.create_run(experiment, tags=tags, run_name=model).info.run_id
    client.log_batch(run, params=[Param(k, str(v)) for k, v in flatten(params).items()])
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


def log_metrics(client: "MlflowClient", run: str, rows: list[dict[str, float]]) -> None:
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


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested values under dotted names; lists stay whole."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
