"""`readout serve` as a process of its own: how it starts, refuses, answers and stops."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Call, assert_one_message
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[1]
TOKEN = "a-token-of-the-tests-5520"
SENTENCE = "They must withdraw at once, and we doubt that promise {}."


class Service:
    """A running service."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def predict(self, text: str, **headers: str) -> tuple[int, dict]:
        connection = self.connect()
        try:
            body = json.dumps({"documents": [{"text": text}]})
            sent = {"content-type": "application/json"} | headers
            connection.request("POST", "/v1/predict", body, sent)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        connection = self.connect()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def send(self, content: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(content)
        return connection

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """The exit code and what was told on standard error."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=60)
        return self.process.returncode, told


Serve = Callable[..., Service]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", "serve", "--no-corrections", *map(str, arguments)]


@pytest.fixture(scope="module")
def serve(tiny_baseline: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts the service with the tiny model and some limits changed; ended after the tests."""
    running: list[Service] = []

    def start(*arguments: object, **limits: object) -> Service:
        port = free_port()
        settings = YAML(typ="safe").load(REPOSITORY / "configs/desk.yaml")
        settings |= {"warm_comparison": False, "readers": 1} | limits
        folder = tmp_path_factory.mktemp("configs")
        YAML().dump(settings, folder / "desk.yaml")
        given = ("--port", port, "--model", tiny_baseline, "--configs", folder)
        process = subprocess.Popen(
            command(*given, *arguments),
            cwd=REPOSITORY,
            env=os.environ | {"OMP_NUM_THREADS": "1", "READOUT_TOKEN": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(Service(process, port))
        for line in process.stderr:
            if "answers on" in line:
                break
        else:
            pytest.fail(f"the service did not start: {process.returncode}")
        return running[-1]

    yield start
    for service in running:
        service.process.kill()
        service.process.communicate()


@pytest.fixture(scope="module")
def narrow(serve: Serve) -> Service:
    """A service with room for little."""
    return serve(receive_seconds=1, body_bytes=10_000, connections=3)


def children(process: subprocess.Popen[str]) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def is_alive(pid: int) -> bool:
    import psutil

    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def assert_ended(pids: list[int]) -> None:
    """They end with the service, or a moment after it."""
    deadline = time.monotonic() + 20
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, pids))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops_when_told_to(serve: Serve, number: int):
    service = serve()
    status, found = service.predict("We welcome the offer warmly. They must leave at once.")
    assert status == 200
    assert len(found["documents"][0]["predictions"]) == 2
    started = children(service.process)
    assert started
    code, told = service.stop(number)
    assert code == 0
    assert "Traceback" not in told
    assert "We welcome" not in told
    assert "POST /v1/predict 200" in told
    assert_ended(started)


@pytest.mark.slow
def test_what_was_accepted_is_finished_and_nothing_new_taken(serve: Serve):
    service = serve(batch_sentences=1, slice_sentences=1)
    text = " ".join(SENTENCE.format(number) for number in range(1500))
    answers = []
    asked = threading.Thread(target=lambda: answers.append(service.predict(text)))
    asked.start()
    while "readout_requests_in_work 1.0" not in service.get("/metrics")[1]:
        time.sleep(0.02)
    service.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 30
    # One that waits to be taken in at that moment is reset, a later one refused.
    with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
        while time.monotonic() < deadline:
            service.get("/healthz")
            time.sleep(0.02)
    assert service.process.poll() is None
    asked.join(60)
    code, told = service.stop()
    assert code == 0, told
    ((status, found),) = answers
    assert status == 200
    assert len(found["documents"][0]["predictions"]) == 1500


@pytest.mark.slow
def test_its_processes_end_with_it_even_when_it_is_killed(serve: Serve):
    service = serve()
    started = children(service.process)
    assert started
    service.process.kill()
    assert_ended(started)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GET /v1/mod",
        b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ],
)
def test_a_connection_that_says_nothing_is_closed(narrow: Service, content: bytes):
    with narrow.send(content) as connection:
        begun = time.monotonic()
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        assert time.monotonic() - begun < 10
    assert narrow.get("/healthz")[0] == 200


def test_a_body_that_does_not_come_is_told_so(narrow: Service):
    head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    with narrow.send(head) as connection:
        answer = connection.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_large_body_is_refused_before_it_has_come(narrow: Service):
    status, found = narrow.predict("They met. " * 1_000_000)
    assert status == 413
    assert "10000 bytes" in found["detail"]


def test_there_is_room_for_so_many_connections(narrow: Service):
    held = [narrow.send(b"") for _ in range(3)]
    time.sleep(0.2)
    status, told = narrow.get("/healthz")
    assert status == 503
    assert "no room for another connection" in told
    for connection in held:
        connection.close()
    time.sleep(0.2)
    assert narrow.get("/healthz")[0] == 200


def test_beyond_this_machine_there_is_no_service_without_a_token(call: Call, monkeypatch):
    monkeypatch.delenv("READOUT_TOKEN", raising=False)
    for host in ("0.0.0.0", "::", "192.0.2.1", "desk.example.org"):
        result = call("serve", "--host", host)
        assert_one_message(result, f"--host {host} lets other machines in")


@pytest.mark.slow
def test_with_a_token_other_machines_are_let_in(serve: Serve, tmp_path: Path):
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    service = serve("--host", "0.0.0.0", "--token-file", tmp_path / "token")
    assert service.predict("They met.")[0] == 401
    assert service.predict("They met.", authorization=f"Bearer {TOKEN}")[0] == 200
    _, told = service.stop()
    assert TOKEN not in told


def test_a_token_that_is_easy_to_guess_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("READOUT_TOKEN", "secret")
    code, out, err = call("serve", "--host", "0.0.0.0")
    assert_one_message((code, out, err), "READOUT_TOKEN: an access token of 6 characters")
    assert "secret" not in err
    result = call("serve", "--token-file", "absent")
    assert_one_message(result, "absent: the access token cannot be read")


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_out_of_range(call: Call, port: str):
    assert_one_message(call("serve", "--port", port), f"--port {port} is not between 1 and 65535")


@pytest.fixture
def configs() -> list[object]:
    return ["--configs", REPOSITORY / "configs"]


def test_an_address_in_use(call: Call, configs: list[object], tiny_baseline: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = call("serve", "--port", port, "--model", tiny_baseline, *configs)
    assert_one_message(result, f"127.0.0.1:{port}: cannot listen there: ")
    assert re.search(r"in use.* choose another", result[2])


def test_an_address_of_no_machine(call: Call, configs: list[object], monkeypatch):
    monkeypatch.setenv("READOUT_TOKEN", TOKEN)
    result = call("serve", "--host", "192.0.2.1", *configs)
    assert_one_message(result, "192.0.2.1:8000: cannot listen there: ")
    assert TOKEN not in result[2]


def test_no_model(call: Call, configs: list[object]):
    result = call("serve", "--port", free_port(), "--no-corrections", *configs)
    assert_one_message(result, "models/encoder: no trained model here")


def test_settings_that_do_not_fit(call: Call, tmp_path: Path):
    settings = (REPOSITORY / "configs/desk.yaml").read_text(encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(settings + "\nrequest: 3\n", encoding="utf-8")
    result = call("serve", "--port", free_port(), "--configs", tmp_path)
    assert_one_message(result, "desk.yaml: request: Extra inputs are not permitted")
