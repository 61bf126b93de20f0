"""Speed and memory of the models against named alternatives, in one run on the same sentences.

    python benchmarks/speed.py [--quick] [--nli FOLDER] [OUT.md]

Every contestant is loaded in a process of its own; they take turns, so that what else the machine
does meets all of them. Figures are medians over the turns with the least and the largest.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contestants import CONTESTANTS, NLI_MODEL
from rich.console import Console
from speed_report import EXPORTED, Result, plot, report

from pipeline.cores import available_cores
from pipeline.records import Example
from pipeline.storage import read_records, write_text

TEST = Path("data/splits/test.jsonl")
ARTICLE = Path("seeds/examples/news.md")
HERE = Path(__file__).parent
SLOW = {"zero-shot NLI": 16}
"""Contestants that read only so many of the sentences, since all would take minutes."""

LAUNCHER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""
"""A small process between, since a child's peak memory begins with that of its parent."""

errors = Console(stderr=True)


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    sentences: int
    turns: int
    corpora: tuple[int, ...]
    trained: int


QUICK = Scale(sentences=160, turns=3, corpora=(1_000,), trained=32)
FULL = Scale(sentences=480, turns=5, corpora=(1_000, 10_000), trained=64)


class Worker:
    """A contestant's process."""

    def __init__(self, name: str, texts: Sequence[str], folder: Path) -> None:
        self.name = name
        path = folder / f"{len(texts)}.json"
        path.write_text(json.dumps(list(texts)), encoding="utf-8")
        command = [sys.executable, str(HERE / "contestants.py"), name, str(path)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": os.getcwd(), "HF_HUB_OFFLINE": "1"},
        )
        self.missing = self._answer().get("missing")

    def take_turn(self) -> dict[str, object]:
        """Read all texts once."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Let the process go."""
        self.process.communicate()

    def _answer(self) -> dict[str, object]:
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"missing": "its process ended"}


def compete(examples: Sequence[Example], turns: int) -> tuple[dict[str, Result], dict[str, str]]:
    """The results of all contestants, and why others are left out."""
    texts = [example.text for example in examples]
    results, missing = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        workers = []
        for name in CONTESTANTS:
            if name == "zero-shot NLI" and NLI_MODEL not in os.environ:
                missing[name] = "no model given (--nli FOLDER)"
                continue
            errors.print(f"loading {name}")
            worker = Worker(name, texts[: SLOW.get(name)], Path(folder))
            if worker.missing:
                missing[name] = worker.missing
                continue
            workers.append(worker)
            results[name] = Result(n=len(texts[: SLOW.get(name)]))
        for turn in range(turns):
            errors.print(f"turn {turn + 1} of {turns}")
            for worker in workers if turn % 2 else reversed(workers):
                answer, result = worker.take_turn(), results[worker.name]
                result.rates.append(result.n / answer["seconds"])
                result.peak_mb = answer["peak_mb"]
                if answer["stances"] is not None:
                    result.stances = np.array(answer["stances"])
        for worker in workers:
            worker.end()
    return results, missing


def timed_command(*arguments: str, cores: int | None = None) -> tuple[float, float]:
    """Seconds and peak memory in MB of a command; with `cores`, on so many of them."""
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    if cores:
        environment["OMP_NUM_THREADS"] = str(cores)
    command = [sys.executable, "-m", *arguments]
    launcher = [sys.executable, "-S", "-E", "-c", LAUNCHER, *command]
    done = subprocess.run(launcher, env=environment, capture_output=True, text=True, check=True)
    seconds, peak, status = done.stdout.split()
    if status != "0":
        raise RuntimeError(f"{' '.join(arguments)} ended with {status}: {done.stderr[-500:]}")
    return float(seconds), float(peak)


def cold_start(turns: int) -> dict[str, tuple[float, float]]:
    """Median seconds and peak memory of `predict` on one article, per model."""
    answers = {}
    for model in ("encoder-onnx", "encoder", "baseline"):
        command = ("pipeline.cli", "predict", str(ARTICLE), "--model", f"models/{model}")
        runs = [timed_command(*command) for _ in range(turns)]
        answers[model] = tuple(statistics.median(values) for values in zip(*runs, strict=True))
    return answers


def corpus_runs(texts: Sequence[str], sizes: Sequence[int]) -> list[list[object]]:
    """Rate and memory of `score-corpus` by corpus size and by cores."""
    rows = []
    plans = [(size, available_cores()) for size in sizes]
    plans += [(sizes[0] * 4, cores) for cores in range(1, available_cores() + 1)]
    for size, cores in plans:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "corpus.jsonl"
            write_corpus(source, texts, size)
            arguments = ("pipeline.cli", "score-corpus", str(source), f"{folder}/out")
            seconds, peak = timed_command(*arguments, "--model", str(EXPORTED), cores=cores)
        rows.append([size, cores, f"{size / seconds:.0f}", f"{peak:.0f}"])
        errors.print(f"corpus of {size} sentences on {cores} cores: {seconds:.1f} s")
    return rows


def write_corpus(path: Path, texts: Sequence[str], n_sentences: int) -> None:
    """Documents of twenty sentences, each with a number so that none is read twice."""
    with path.open("w", encoding="utf-8") as lines:
        for start in range(0, n_sentences, 20):
            numbers = range(start, min(start + 20, n_sentences))
            paragraphs = (f"{texts[i % len(texts)].rstrip('.')} ({i})." for i in numbers)
            lines.write(json.dumps({"text": "\n\n".join(paragraphs)}) + "\n")


def main() -> None:
    """Measure everything and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--nli", type=Path, help="folder of an NLI model for zero-shot")
    parser.add_argument("out", type=Path, nargs="?", default=Path("reports/bench.md"))
    arguments = parser.parse_args()
    if not EXPORTED.is_dir():
        sys.exit(f"{EXPORTED}: no exported model; run `dvc repro export`")
    if arguments.nli:
        os.environ[NLI_MODEL] = str(arguments.nli)
    scale = QUICK if arguments.quick else FULL
    examples = random.Random(13).sample(read_records(TEST, Example), scale.sentences)
    from training_speed import training_rates

    results, missing = compete(examples, scale.turns)
    starts = cold_start(scale.turns)
    corpora = corpus_runs([example.text for example in examples], scale.corpora)
    training = training_rates(scale.trained)
    write_text(arguments.out, report(results, missing, examples, starts, corpora, training))
    plot(arguments.out.with_name("bench.svg"), results, examples)
    errors.print(f"report -> {arguments.out}")


if __name__ == "__main__":
    main()
