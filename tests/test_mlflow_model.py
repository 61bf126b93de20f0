"""MLflow's own server gives the numbers of the registered model (docs/serve.md)."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest

from pipeline.predict import load
from pipeline.records import STANCES

pytestmark = pytest.mark.slow

REGISTER = """
import sys
from pathlib import Path

import mlflow
import pipeline

package = Path(pipeline.__file__).parent
with mlflow.start_run():
    mlflow.pyfunc.log_model(
        name="model",
        python_model=str(package / "mlflow_model.py"),
        artifacts={"model": sys.argv[1]},
        code_paths=[str(package)],
        pip_requirements=["mlflow"],
        input_example=["They met."],
        registered_model_name="tiny",
    )
"""
SENTENCES = ("We welcome the offer warmly.", "They must leave at once.", "Nobody believes it.")
START_SECONDS = 180


def test_mlflow_serves_the_registered_model(tiny_baseline: Path, tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "OMP_NUM_THREADS": "1",
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.getcwd(),
    }
    registering = [sys.executable, "-c", REGISTER, str(tiny_baseline)]
    done = subprocess.run(
        registering, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path / "serve.log"
    with log.open("wb") as told:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/tiny/1", *options],
            cwd=tmp_path,
            env=environment,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        answer = ask(port, server, log)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
    predictor = load(tiny_baseline)
    for sentence, found in zip(SENTENCES, answer["predictions"], strict=True):
        (expected,) = predictor.predict(sentence).predictions
        assert found["stance"] == expected.stance
        assert [found["probabilities"][stance] for stance in STANCES] == pytest.approx(
            list(expected.probabilities), abs=1e-6
        )


def ask(port: int, server: subprocess.Popen[bytes], log: Path) -> dict[str, list[dict]]:
    """The answer of the server, once it is there."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps({"inputs": SENTENCES}).encode(),
        {"Content-Type": "application/json"},
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except (URLError, ConnectionError):
            time.sleep(0.5)
    pytest.fail(log.read_text(errors="replace")[-2000:])
