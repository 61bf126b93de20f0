"""Load the service with 1, 8 and 32 clients and write reports/load.{json,md,svg,png}.

    python benchmarks/load.py                    # about 22 minutes; needs pip install ".[load]"
    python benchmarks/load.py --minutes 1 --clients 1 8

The clients are locust's, each of which sends its next request when it has the last answer. They
run on the machine that they load, so what they compute is missing to the service.
"""

# locust replaces the blocking functions of Python, so it comes before whatever uses them.
from locust import FastHttpUser, constant, task  # isort: skip
from locust.env import Environment  # isort: skip

import argparse
import json
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import gevent
import psutil
from load_report import Load, Request, write_report

from pipeline.documents import read_documents
from pipeline.sentences import split_sentences

SENTENCES = 60
"""Of an article, about."""
ACCOUNT_SENTENCES = 20
WARM_UP_SECONDS = 15
SAMPLE_SECONDS = 5
START_SECONDS = 180
DRAIN_SECONDS = 120
"""What is under way at the end may take so long."""


class Articles:
    """Articles that nobody has sent before, put together from sentences of seeds/."""

    def __init__(self, seeds: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self._sentences = [
            sentence.text
            for path in sorted(seeds.rglob("*.md"))
            for document in read_documents(path)
            for sentence in split_sentences(document.text)
        ]

    def text(self, n_sentences: int = SENTENCES) -> str:
        """Paragraphs of four sentences."""
        chosen = self._random.sample(self._sentences, n_sentences)
        return "\n\n".join(" ".join(chosen[at : at + 4]) for at in range(0, n_sentences, 4))

    def page(self) -> bytes:
        """The same as a web page."""
        paragraphs = "".join(f"<p>{part}</p>" for part in self.text().split("\n\n"))
        return f"<!DOCTYPE html><html><body>{paragraphs}</body></html>".encode()


class Client(FastHttpUser):
    """Sends one article after the other."""

    abstract = True
    wait_time = constant(0)
    network_timeout = connection_timeout = 300.0
    articles: Articles

    def ask(self, path: str, name: str, **content: object) -> None:
        """Send a request; an answer but 200 counts as a failure, by its status."""
        with self.client.post(path, name=name, catch_response=True, **content) as answer:
            if answer.status_code != 200:
                answer.failure(str(answer.status_code or type(answer.error).__name__))

    def predict(self) -> None:
        """One article as JSON."""
        self.ask("/v1/predict", "predict", json={"documents": [{"text": self.articles.text()}]})

    def compare(self) -> None:
        """Two accounts."""
        accounts = [{"text": self.articles.text(ACCOUNT_SENTENCES)} for _ in range(2)]
        self.ask("/v1/compare", "compare", json={"accounts": accounts})

    def upload(self) -> None:
        """One article as a file."""
        boundary = "readout-load"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.html"'
        body = (
            f"{head}\r\n\r\n".encode() + self.articles.page() + f"\r\n--{boundary}--\r\n".encode()
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self.ask("/v1/predict/files", "upload", data=body, headers=kind)


class PredictClient(Client):
    """Texts only."""

    abstract = True
    tasks = (Client.predict,)


class MixedClient(Client):
    """Eight texts, one comparison and one file in ten requests."""

    abstract = True
    mixed_predict = task(8)(Client.predict)
    mixed_compare = task(1)(Client.compare)
    mixed_upload = task(1)(Client.upload)


MODES: dict[str, type[Client]] = {"predict": PredictClient, "mix": MixedClient}


def measure(
    address: str, process: psutil.Process, mode: str, n_clients: int, seconds: float, seed: int
) -> Load:
    """What so many clients see in so many seconds, after a warm-up that is not counted."""
    kind = type("Chosen", (MODES[mode],), {"articles": Articles(Path("seeds"), seed)})
    environment = Environment(user_classes=[kind], host=address, stop_timeout=DRAIN_SECONDS)
    runner = environment.create_local_runner()
    begun = memory_mb(process)
    runner.start(n_clients, spawn_rate=n_clients)
    gevent.sleep(min(WARM_UP_SECONDS, seconds))
    environment.stats.reset_all()
    warm, start = memory_mb(process), time.monotonic()
    samples = [warm]
    while time.monotonic() - start < seconds:
        gevent.sleep(min(SAMPLE_SECONDS, seconds))
        samples.append(memory_mb(process))
    measured_seconds = time.monotonic() - start
    requests = tuple(
        Request(
            name=entry.name,
            n=entry.num_requests,
            n_failed=entry.num_failures,
            per_second=(entry.num_requests - entry.num_failures) / measured_seconds,
            p50_seconds=entry.get_response_time_percentile(0.5) / 1000,
            p95_seconds=entry.get_response_time_percentile(0.95) / 1000,
            p99_seconds=entry.get_response_time_percentile(0.99) / 1000,
            max_seconds=entry.max_response_time / 1000,
        )
        for entry in [*environment.stats.entries.values(), environment.stats.total]
        if entry.num_requests
    )
    errors: Counter[str] = Counter()
    for error in environment.stats.errors.values():
        errors[f"{error.name}: {error.error}"] += error.occurrences
    runner.stop()
    runner.quit()
    return Load(
        mode=mode,
        n_clients=n_clients,
        seconds=measured_seconds,
        requests=requests,
        errors=dict(errors),
        memory_start_mb=begun,
        memory_warm_mb=warm,
        memory_samples_mb=tuple(samples),
        memory_end_mb=memory_mb(process),
    )


def memory_mb(process: psutil.Process) -> float:
    """What the service and its readers hold in memory."""
    total = process.memory_info().rss
    for child in process.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def start_service(model: str | None, port: int, log: Path) -> subprocess.Popen[bytes]:
    """A service that has said that it answers."""
    command = [
        sys.executable,
        "-m",
        "pipeline.cli",
        "serve",
        "--no-corrections",
        "--port",
        str(port),
    ]
    command += ["--model", model] if model else []
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    end = time.monotonic() + START_SECONDS
    while "answers on" not in log.read_text(encoding="utf-8"):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise SystemExit(f"the service did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.2)
    return process


def main() -> None:
    """Measure each number of clients, then the mix with the middle one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="for each number of clients")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--model", help="model folder; else the one that `predict` takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("reports/load"))
    given = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    log = given.out.with_suffix(".log")
    service = start_service(given.model, port, log)
    process = psutil.Process(service.pid)
    loads = []
    try:
        for mode in given.modes:
            middle = sorted(given.clients)[len(given.clients) // 2]
            for n_clients in given.clients if mode == "predict" else [middle]:
                seed = hash_of(given.seed, mode, n_clients)
                address = f"http://127.0.0.1:{port}"
                loads.append(measure(address, process, mode, n_clients, given.minutes * 60, seed))
                print(json.dumps(loads[-1].model_dump(exclude={"memory_samples_mb"})), flush=True)
    finally:
        service.terminate()
        code = service.wait(timeout=DRAIN_SECONDS)
    defects = log.read_text(encoding="utf-8").count("Traceback")
    write_report(given.out, loads, code, defects)
    log.unlink()


def hash_of(seed: int, mode: str, n_clients: int) -> int:
    """Another seed for each measurement, so that no article is sent twice."""
    return random.Random(f"{seed} {mode} {n_clients}").getrandbits(32)


if __name__ == "__main__":
    main()
