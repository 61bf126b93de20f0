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
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from contestants import CONTESTANTS, NLI_MODEL
from machine import matrix_rate, onnx_version, processor, sentence_operations
from matplotlib.figure import Figure
from rich.console import Console
from tabulate import tabulate
from tokenizers import Tokenizer

from pipeline import metrics
from pipeline.cores import available_cores
from pipeline.export_record import read_export_record
from pipeline.records import Example
from pipeline.storage import atomic_file, read_records, write_text

TEST = Path("data/splits/test.jsonl")
EXPORTED = Path("models/encoder-onnx")
ARTICLE = Path("seeds/examples/news.md")
TORCH, FLOAT32 = "Readout, torch", "Readout, float32"
FASTEST_FIRST = ("Readout, int8", FLOAT32)
"""What is kept by an export; the first that is there is `ours`."""
HERE = Path(__file__).parent
SLOW = {"zero-shot NLI": 16}
"""Contestants that read only so many of the sentences, since all would take minutes."""

errors = Console(stderr=True)


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    sentences: int
    turns: int
    corpora: tuple[int, ...]
    trained: int


QUICK = Scale(sentences=160, turns=3, corpora=(1_000,), trained=32)
FULL = Scale(sentences=480, turns=5, corpora=(1_000, 10_000, 100_000), trained=128)


@dataclass
class Result:
    """What was measured of a contestant."""

    n: int
    rates: list[float] = field(default_factory=list)
    stances: np.ndarray | None = None
    peak_mb: float = 0.0

    @property
    def rate(self) -> float:
        """Sentences a second, the median."""
        return statistics.median(self.rates)


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
    command = [sys.executable, "-m", *arguments]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    if cores:
        environment["OMP_NUM_THREADS"] = str(cores)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


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


def report(
    results: dict[str, Result],
    missing: dict[str, str],
    examples: Sequence[Example],
    starts: dict[str, tuple[float, float]],
    corpora: list[list[object]],
    training: list[list[object]],
) -> str:
    """The report in Markdown, ratios first."""
    ours = next(results[name] for name in FASTEST_FIRST if name in results)
    gold = metrics.stance_indices([example.stance for example in examples])
    rows = []
    for name, result in results.items():
        rows.append(
            [
                name,
                f"{ours.rate / result.rate:.1f}",
                f"{result.rate:.0f}",
                f"{min(result.rates):.0f} to {max(result.rates):.0f}",
                f"{result.peak_mb:.0f}",
                "" if result.stances is None else f"{macro_f1(gold, result.stances):.3f}",
                _equal(result, results.get(TORCH)),
            ]
        )
    record = read_export_record(EXPORTED)
    headers = [
        *("model", "ours is faster by", "sentences/s", "least to largest", "peak MB"),
        *("macro-F1", "labels of torch"),
    ]
    starts_rows = [[name, f"{s:.2f}", f"{peak:.0f}"] for name, (s, peak) in starts.items()]
    parts = [
        "# Speed",
        f"{processor()}, {available_cores()} cores, {onnx_version()}. {len(examples)} sentences "
        f"of held-out events, {len(ours.rates)} interleaved turns. Exported: {record.kept}, "
        f"{record.reason}; sentences whose two largest logits are closer than {record.margin} "
        "are read again in float32. `make bench` repeats it.",
        _table(rows, headers),
        *(f"Left out: {name}: {reason}." for name, reason in missing.items()),
        "The head of the transformers pipeline is untrained, that of SetFit is trained on frozen "
        "embeddings: these two are about time.",
        "![macro-F1 against sentences per second](bench.svg)",
        "## The floor",
        floor(examples, ours.rate, results[FLOAT32].rate),
        "## First answer of `predict` on one article",
        _table(starts_rows, ["model", "seconds", "peak MB"]),
        "## `score-corpus`: size and cores",
        "Start and loading included.",
        _table(corpora, ["sentences", "cores", "sentences/s", "peak MB"]),
        "## Training",
        _table(training, ["loop", "sentences/s", "an epoch of ours, minutes"]),
    ]
    return "\n\n".join(parts) + "\n"


def floor(examples: Sequence[Example], fast: float, exact: float) -> str:
    """How far the measured rates are from the matrix products alone."""
    tokenizer = Tokenizer.from_file(str(EXPORTED / "tokenizer.json"))
    tokenizer.no_padding()
    encodings = tokenizer.encode_batch([example.text for example in examples])
    mean_tokens = statistics.mean(len(encoding) for encoding in encodings)
    operations = sentence_operations(Path("models/encoder/config.json"), mean_tokens)
    rows = []
    for precision, rate in (("int8", fast), ("float32", exact)):
        most = matrix_rate(precision)
        share = f"{rate / (most / operations):.0%}"
        rows.append([precision, f"{most / 1e9:.0f}", f"{most / operations:.0f}", share])
    return (
        f"A sentence of {mean_tokens:.1f} tokens takes {operations / 1e9:.2f} billion operations "
        "in matrix products.\n\n"
        + _table(rows, ["precision", "billion operations/s", "sentences/s at most", "reached"])
    )


def plot(path: Path, results: dict[str, Result], examples: Sequence[Example]) -> None:
    """Macro-F1 against sentences per second."""
    gold = metrics.stance_indices([example.stance for example in examples])
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, result in results.items():
        if result.stances is None:
            axes.axvline(result.rate, linestyle=":", color="grey")
            axes.text(result.rate, axes.get_ylim()[0], name, rotation=90, va="bottom", ha="right")
        elif len(result.stances) == len(gold):
            score = macro_f1(gold, result.stances)
            axes.plot(result.rate, score, "o", color="C0" if "Readout" in name else "C1")
            axes.annotate(name, (result.rate, score), xytext=(4, 4), textcoords="offset points")
    axes.set(xscale="log", xlabel="sentences per second", ylabel="macro-F1, held-out events")
    with atomic_file(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})


def macro_f1(gold: np.ndarray, predicted: np.ndarray) -> float:
    """Macro-F1 of the sentences that were read."""
    return float(metrics.macro_f1(metrics.confusion_matrix(gold[: len(predicted)], predicted)))


def _equal(result: Result, torch: Result | None) -> str:
    if torch is None or result.stances is None or len(result.stances) != len(torch.stances):
        return ""
    return f"{(result.stances == torch.stances).mean():.1%}"


def _table(rows: list[list[object]], headers: list[str]) -> str:
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


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
