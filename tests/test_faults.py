"""Faults that come from outside: processes killed, files altered, folders that take nothing."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest
from test_cli_serve import SENTENCE, Serve, Service, serve  # noqa: F401
from test_export import export, model, save_encoder, splits  # noqa: F401

from pipeline.classifier import load_classifier
from pipeline.errors import ModelError
from pipeline.records import SentenceInContext
from pipeline.storage import MANIFEST, atomic_file

REPOSITORY = Path(__file__).parents[1]
N_CLIENTS = 6


class Clients:
    """Clients that ask one question after the other until the service is gone."""

    def __init__(self, service: Service) -> None:
        self.answers: list[tuple[int, dict]] = []
        """Each whole answer."""
        self.broken: list[Exception] = []
        self._service = service
        self._threads = [
            threading.Thread(target=self._ask, args=(number,)) for number in range(N_CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def wait_for(self, n_answers: int) -> None:
        """Wait until so many answers have come."""
        end = time.monotonic() + 120
        while len(self.answers) < n_answers:
            assert not self.broken and time.monotonic() < end, self.broken
            time.sleep(0.01)

    def join(self) -> None:
        """Wait until all have given up."""
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a client hangs"

    def _ask(self, client: int) -> None:
        for number in range(100_000):
            try:
                self.answers.append(self._service.predict(SENTENCE.format(f"{client}-{number}")))
            except (OSError, HTTPException, ValueError) as error:
                self.broken.append(error)
                return


def run_cli(*arguments: object, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """What a command says."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


# The service


@pytest.mark.slow
def test_after_kill_9_amid_requests_the_service_starts_again_on_its_port(
    serve: Serve,  # noqa: F811
) -> None:
    service = serve()
    clients = Clients(service)
    clients.wait_for(20)
    service.process.kill()
    service.process.communicate()
    clients.join()
    assert {status for status, _ in clients.answers} == {200}
    assert len(clients.broken) == N_CLIENTS
    again = serve("--port", service.port)
    assert Service(again.process, service.port).predict(SENTENCE.format(1))[0] == 200


@pytest.mark.slow
def test_no_accepted_request_is_lost_when_the_service_is_told_to_stop_under_load(
    serve: Serve,  # noqa: F811
) -> None:
    service = serve()
    clients = Clients(service)
    clients.wait_for(20)
    code, told = service.stop(signal.SIGTERM)
    clients.join()
    assert code == 0
    assert "Traceback" not in told
    assert {status for status, _ in clients.answers} <= {200, 503}
    # A request that was not accepted finds nobody there; none is cut off in the middle.
    assert all(isinstance(error, ConnectionRefusedError) for error in clients.broken)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tiny_baseline", "exported"])
def test_a_model_replaced_or_lost_while_it_serves_changes_no_answer(
    serve: Serve,  # noqa: F811
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    folder = shutil.copytree(request.getfixturevalue(kind), tmp_path / "model")
    service = serve("--model", folder)
    before = service.predict(SENTENCE.format(1))
    for file in folder.iterdir():
        with atomic_file(file) as other:
            other.write_bytes(b"altered")
    assert service.predict(SENTENCE.format(1)) == before
    shutil.rmtree(folder)
    assert service.predict(SENTENCE.format(1)) == before
    assert service.stop()[0] == 0


# Models


@pytest.fixture(scope="module")
def exported(model: Path, splits: Path) -> Path:  # noqa: F811
    """An exported encoder; read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.export.has_bfloat16", lambda: False)
        return export(model, splits, variants=())


@pytest.fixture(params=["baseline", "encoder", "export"])
def trained(request: pytest.FixtureRequest) -> Path:
    """Each kind of model in turn; read only."""
    name = {"baseline": "tiny_baseline", "encoder": "model", "export": "exported"}
    return request.getfixturevalue(name[request.param])


def spoilt(trained: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> Iterator[Path]:
    """Copies of the model, in each of which one file is spoilt."""
    names = sorted(p.relative_to(trained) for p in trained.rglob("*") if p.is_file())
    assert len(names) > 1
    for number, name in enumerate(names):
        folder = shutil.copytree(trained, tmp_path / str(number))
        spoil(folder / name)
        yield folder


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _halve(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [_flip, _halve, Path.unlink])
def test_a_model_with_any_file_altered_cut_or_lost_is_refused(
    trained: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    for folder in spoilt(trained, tmp_path, spoil):
        with pytest.raises(ModelError):
            load_classifier(folder)
    assert load_classifier(trained).predict_proba([SentenceInContext(text="They met.")]).shape


@pytest.mark.slow
def test_an_export_that_is_killed_leaves_the_earlier_one(
    model: Path,  # noqa: F811
    splits: Path,  # noqa: F811
    exported: Path,
    tmp_path: Path,
) -> None:
    out = shutil.copytree(exported, tmp_path / "encoder-onnx")
    earlier = (out / MANIFEST).read_bytes()
    command = [sys.executable, "-m", "pipeline.cli", "export", str(model), str(out)]
    command += ["--splits", str(splits), "--report", str(tmp_path / "report")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)}
    running = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE)
    end = time.monotonic() + 120
    while not list(tmp_path.glob(".encoder-onnx.*/*")):
        assert running.poll() is None, running.stderr.read().decode()
        assert time.monotonic() < end
        time.sleep(0.002)
    running.kill()
    running.communicate()
    assert running.returncode == -signal.SIGKILL
    assert (out / MANIFEST).read_bytes() == earlier
    assert load_classifier(out)


# Folders that take nothing


@pytest.fixture
def read_only(small_disk: Callable[[int], Path]) -> Path:
    """A disk that is mounted read-only, which holds for every user."""
    folder = small_disk(1024)
    if subprocess.run(
        ["mount", "-o", "remount,ro", str(folder)], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting a disk read-only is not permitted here")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("predict", "{text}", "--model", "{model}", "--format", "json", "-o", "{folder}/a.json"),
        ("predict", "{text}", "--model", "{model}", "--report", "{folder}/a.html"),
        ("predict", "{text}", "--model", "{model}", "--format", "jsonl", "-o", "{folder}/out/"),
        ("score-corpus", "{text}", "{folder}/out", "--model", "{model}"),
        ("prepare", "{texts}", "{folder}/documents.jsonl"),
    ],
    ids=["file", "page", "shards", "corpus", "prepared"],
)
def test_a_folder_that_may_only_be_read_is_told(
    read_only: Path, tiny_baseline: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("The two ministers met on the island for three hours.")
    places = {"text": texts / "a.txt", "texts": texts, "model": tiny_baseline, "folder": read_only}
    done = run_cli(*(part.format(**places) for part in command))
    assert done.returncode == 2, done.stderr
    assert "Read-only file system" in done.stderr.replace("\n", " ")
    assert str(read_only) in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert list(read_only.iterdir()) == []


def test_a_limit_on_the_size_of_files_is_told(tiny_baseline: Path, tmp_path: Path) -> None:
    """A limit of the system on the size of files, as batch systems set it."""
    import resource

    text = tmp_path / "a.txt"
    text.write_text("The two ministers met on the island for three hours. " * 200)
    out = tmp_path / "a.json"
    out.write_text("earlier")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    arguments = ["predict", text, "--model", tiny_baseline, "--format", "json", "-o", out]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "File too large" in done.stderr.replace("\n", " ")
    assert out.read_text() == "earlier"
    assert sorted(tmp_path.iterdir()) == [out, text]
