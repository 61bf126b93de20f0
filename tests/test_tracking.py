"""Tests of pipeline.tracking."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests

from pipeline.classifier import load_classifier
from pipeline.errors import DataError, ModelError
from pipeline.records import STANCES, Example, SentenceInContext
from pipeline.settings import load_settings
from pipeline.storage import check_manifest, write_json, write_records
from pipeline.tracking import MANIFEST_TAG, RegisterSettings, live_progress, model_folder, track
from pipeline.train import run_train
from pipeline.train.baseline import BaselineSettings

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow"),
    pytest.mark.filterwarnings("ignore::FutureWarning:mlflow"),
]

REGISTER = Path(__file__).parent.parent / "configs" / "register.yaml"
SENTENCES = {
    "conciliatory": ["We welcome the offer of talks.", "Both thanked each other warmly."],
    "demanding": ["They must withdraw at once.", "We urge them to release the crew."],
    "skeptical": ["We doubt that the promise holds.", "Such claims lack any proof."],
    "neutral": ["The ministers met on Monday.", "The call lasted an hour."],
}
BASELINE = BaselineSettings(
    kind="baseline",
    seed=0,
    word_ngrams=(1, 1),
    character_ngrams=(2, 3),
    min_document_count=1,
    inverse_regularisation=[1.0, 10.0],
    folds=2,
)


@pytest.fixture
def settings():
    return load_settings(REGISTER, RegisterSettings).model_copy(update={"timeout_seconds": 1})


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with splits, and MLflow's database at its default place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    examples = [
        Example(
            id=f"{event}-{stance}",
            document=event,
            event=event,
            stance=stance,
            confidence=1,
            origin="gold",
            text=texts[number],
        )
        for number, event in enumerate(["first", "second"])
        for stance, texts in SENTENCES.items()
    ]
    for name in ("train", "validation"):
        write_records(tmp_path / "splits" / f"{name}.jsonl", examples)
    return tmp_path


@pytest.fixture
def warnings():
    return []


def train(project, name="baseline", progress=None, seed=0, grid=(1.0, 10.0)):
    """Train a tiny baseline with its reports, and give its folder."""
    model, report = project / "models" / name, project / "reports" / name
    chosen = BASELINE.model_copy(update={"seed": seed, "inverse_regularisation": list(grid)})
    run_train(project / "splits", model, report, chosen, progress)
    write_json(report / "metrics.json", {"n": 8, "macro_f1": 0.5, "slices": {"news": {"n": 3}}})
    return model


def runs(name=None):
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name("readout").experiment_id
    found = client.search_runs([experiment])
    return client, [run for run in found if name in (None, run.info.run_name)]


def track_all(project, settings, warnings, *names):
    models = {name: project / "models" / name for name in names}
    return track(models, project / "reports", project / "splits", settings, warnings.append)


def test_training_is_logged_as_it_goes_under_one_parent(project, settings, warnings):
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        run.finish(train(project, progress=run))
    with live_progress("encoder", BASELINE, settings, warnings.append):
        pass

    client, found = runs("baseline")
    child = found[0]
    steps = client.get_metric_history(child.info.run_id, "cross_validation_macro_f1")
    assert warnings == []
    assert (project / "mlflow.db").is_file()
    assert Path(urlsplit(child.info.artifact_uri).path).is_relative_to(project / "mlartifacts")
    assert sorted(metric.step for metric in steps) == [0, 1]
    assert child.data.params["folds"] == "2"
    assert child.data.tags[MANIFEST_TAG] == check_manifest(project / "models" / "baseline")
    assert child.info.status == "FINISHED"
    assert len({run.data.tags.get("mlflow.parentRunId") for run in runs()[1]} - {None}) == 1
    assert len(runs()[1]) == 3


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_a_training_that_stops_is_marked(project, settings, warnings, error, status):
    with pytest.raises(error), live_progress("baseline", BASELINE, settings, warnings.append):
        raise error
    assert {run.info.status for run in runs()[1]} == {status}


def test_a_dead_server_costs_one_warning(project, settings, warnings, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9")
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        run.finish(train(project, progress=run))
    assert len(warnings) == 1
    assert "http://127.0.0.1:9" in warnings[0]
    assert "readout track" in warnings[0]
    assert "me:secret" not in warnings[0]
    assert not track_all(project, settings, warnings, "baseline")
    assert len(warnings) == 2


@pytest.mark.parametrize("existing", [True, False])
def test_a_locked_database_costs_one_warning(project, settings, warnings, existing):
    if existing:
        with live_progress("baseline", BASELINE, settings, warnings.append):
            pass
    lock = sqlite3.connect(project / "mlflow.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        run.finish(train(project, progress=run))
    assert not track_all(project, settings, warnings, "baseline")
    lock.close()
    assert len(warnings) == 2
    assert "mlflow.db" in warnings[0]
    assert "locked" in warnings[0]


def test_a_database_locked_during_training_costs_one_warning(project, settings, warnings):
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        lock = sqlite3.connect(project / "mlflow.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        run.finish(train(project, progress=run))
    lock.close()
    assert len(warnings) == 1
    assert "locked" in warnings[0]


def test_track_replays_registers_once_and_the_champion_predicts(project, settings, warnings):
    import mlflow

    folder = train(project)
    (project / "reports" / "baseline" / "confusion.png").write_bytes(b"picture")
    for _ in range(2):
        assert track_all(project, settings, warnings, "baseline")
    assert warnings == []

    client, found = runs("baseline")
    assert len(found) == 1
    run = found[0]
    history = client.get_metric_history(run.info.run_id, "cross_validation_macro_f1")
    assert (
        len(history) == len(json.loads((project / "reports/baseline/history.json").read_text())) - 1
    )
    assert run.data.metrics["test.slices.news.n"] == 3
    assert run.inputs.dataset_inputs[0].dataset.name == "train"
    logged = {file.path for file in client.list_artifacts(run.info.run_id, "report")}
    assert logged == {"report/confusion.png", "report/history.csv"}
    assert len(client.search_model_versions("name = 'readout-stance'")) == 1

    texts = [texts[0] for texts in SENTENCES.values()]
    champion = mlflow.pyfunc.load_model("models:/readout-stance@champion")
    expected = load_classifier(folder).predict_proba([SentenceInContext(text=t) for t in texts])
    readings = champion.predict(texts)
    found = [[reading["probabilities"][stance] for stance in STANCES] for reading in readings]
    np.testing.assert_allclose(found, expected)
    assert champion.metadata.signature.inputs is not None
    fetched = model_folder("models:/readout-stance@champion")
    assert check_manifest(fetched) == check_manifest(folder)


def test_track_completes_the_run_that_was_logged_live(project, settings, warnings):
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        run.finish(train(project, progress=run))
    assert track_all(project, settings, warnings, "baseline")
    _, found = runs("baseline")
    assert [run.data.metrics["test.macro_f1"] for run in found] == [0.5]
    assert found[0].info.status == "FINISHED"


def test_the_champion_is_the_better_on_validation(project, settings, warnings):
    from mlflow import MlflowClient

    train(project, "good", grid=(10.0,))
    splits = project / "splits"
    lines = (splits / "validation.jsonl").read_text().splitlines()
    wrong = [line.replace('"stance":"neutral"', '"stance":"demanding"') for line in lines]
    (splits / "validation.jsonl").write_text("\n".join(wrong))
    train(project, "poor", grid=(1.0,))
    assert track_all(project, settings, warnings, "poor", "good")

    client = MlflowClient()
    champion = client.get_model_version_by_alias("readout-stance", "champion")
    assert champion.tags[MANIFEST_TAG] == check_manifest(project / "models" / "good")
    assert len(client.search_model_versions("name = 'readout-stance'")) == 2


def test_track_names_a_missing_report(project, settings, warnings):
    train(project)
    (project / "reports" / "baseline" / "metrics.json").unlink()
    with pytest.raises(DataError, match=r"metrics\.json.*dvc repro"):
        track_all(project, settings, warnings, "baseline")


def test_an_unknown_model_address_says_how_to_get_one(project):
    with pytest.raises(ModelError, match=r"models:/absent@champion.*readout track"):
        model_folder("models:/absent@champion")


@contextmanager
def mlflow_ui() -> Iterator[tuple[str, subprocess.Popen]]:
    """The address of a bare `mlflow ui` in the current folder, and its process."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    running = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "ui", "--port", str(port)],
        env=environment | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while not answers(address):
            assert running.poll() is None, "mlflow ui ended by itself"
            time.sleep(0.5)
        yield address, running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.mark.slow
def test_a_bare_mlflow_ui_shows_runs_figures_and_the_champion(project, settings, warnings):
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        run.finish(train(project, progress=run))
    assert track_all(project, settings, warnings, "baseline")
    with mlflow_ui() as (address, _):
        api = f"{address}/api/2.0/mlflow"
        experiment = requests.get(
            f"{api}/experiments/get-by-name", {"experiment_name": "readout"}, timeout=60
        ).json()["experiment"]["experiment_id"]
        found = requests.post(
            f"{api}/runs/search", json={"experiment_ids": [experiment]}, timeout=60
        ).json()["runs"]
        champion = requests.get(
            f"{api}/registered-models/alias",
            {"name": "readout-stance", "alias": "champion"},
            timeout=60,
        ).json()["model_version"]
    by_name = {run["info"]["run_name"].split()[0]: run for run in found}
    child, parent = by_name["baseline"], by_name["repro"]
    tags = {tag["key"]: tag["value"] for tag in child["data"]["tags"]}
    assert tags["mlflow.parentRunId"] == parent["info"]["run_id"]
    assert "test.macro_f1" in {metric["key"] for metric in child["data"]["metrics"]}
    assert champion["run_id"] == child["info"]["run_id"]


@pytest.mark.slow
def test_a_server_that_dies_during_training_costs_one_warning(
    project, settings, warnings, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
    with mlflow_ui() as (address, server):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        patient = settings.model_copy(update={"timeout_seconds": 60})
        with live_progress("baseline", BASELINE, patient, warnings.append) as run:
            run(0, {"train_loss": 1.0})
            assert warnings == []
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            run.finish(train(project, progress=run))
    assert len(warnings) == 1
    assert address in warnings[0]
    assert "readout track" in warnings[0]
    # The experiment keeps its files behind a server, so it takes one again to log them.
    with mlflow_ui() as (address, _):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        assert track_all(project, patient, warnings, "baseline")
    assert len(warnings) == 1


def test_an_experiment_of_a_server_is_not_written_without_it(project, settings):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    client.create_experiment(settings.experiment, artifact_location="mlflow-artifacts:/1")
    out = project / "models" / "baseline"
    run_train(project / "splits", out, project / "reports" / "baseline", BASELINE)
    write_json(project / "reports" / "baseline" / "metrics.json", {"macro_f1": 0.5})
    warnings = []
    models = {"baseline": out}
    assert not track(models, project / "reports", project / "splits", settings, warnings.append)
    assert "set MLFLOW_TRACKING_URI to its address" in warnings[0]


def test_a_database_that_vanishes_during_training_costs_no_model(project, settings, warnings):
    with live_progress("baseline", BASELINE, settings, warnings.append) as run:
        for path in project.glob("mlflow.db*"):
            path.unlink()
        run.finish(train(project, progress=run))
    assert load_classifier(project / "models" / "baseline")
    assert len(warnings) == 1
    assert "mlflow.db" in warnings[0]
