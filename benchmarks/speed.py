"""Speed and memory of the models against named alternatives, in one run on the same sentences.

    python benchmarks/speed.py [--quick] [--whole] [--nli FOLDER] [OUT.md]

Every contestant is loaded in a process of its own; they take turns, so that what else the machine
does meets all of them. Figures are medians over the turns with the least and the largest. The
figures go into a JSON file beside the report, which is made from it.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from contestants import NLI_MODEL, TORCH, contestants
from corpora import corpus_run
from figures import Bench, CascadeStep, Command, Contestant, CorpusRun, Floor, TimeShares
from machine import RATES, matrix_rate, mean_tokens, onnx_version, processor, sentence_operations
from rich.console import Console
from speed_plot import plot
from speed_report import FASTEST_FIRST, report
from watched import environment, timed_command

from pipeline import metrics
from pipeline.cores import available_cores
from pipeline.export_record import EXPORT, read_export_record
from pipeline.records import Example
from pipeline.storage import read_records, write_manifest, write_text

TEST = Path("data/splits/test.jsonl")
EXPORTED = Path("models/encoder-onnx")
EXAMPLES = Path("seeds/examples")
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
    longest_seconds: float
    """After so long a corpus is ended, and measured by what is done."""
    by_cores: int
    """Sentences of the corpora that are scored with one core, two …, and on Ray."""
    trained: int


QUICK = Scale(160, 3, (1_000, 10_000), 60.0, 12_000, 128)
FULL = Scale(480, 5, (1_000, 10_000, 100_000, 1_000_000), 120.0, 25_000, 640)


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
            env=environment() | {"HF_HUB_OFFLINE": "1"},
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


@dataclass
class Turns:
    """What a contestant has done so far."""

    n: int
    rates: list[float] = field(default_factory=list)
    stances: np.ndarray | None = None
    peak_mb: float = 0.0


def compete(
    examples: Sequence[Example], turns: int
) -> tuple[dict[str, Contestant], dict[str, str]]:
    """The results of all contestants, and why others are left out."""
    texts = [example.text for example in examples]
    results: dict[str, Turns] = {}
    missing = {}
    with tempfile.TemporaryDirectory() as folder:
        workers = []
        for name in contestants():
            if name in SLOW and NLI_MODEL not in os.environ:
                missing[name] = "no model given (--nli FOLDER)"
                continue
            errors.print(f"loading {name}")
            worker = Worker(name, texts[: SLOW.get(name)], Path(folder))
            if worker.missing:
                missing[name] = worker.missing
                continue
            workers.append(worker)
            results[name] = Turns(n=len(texts[: SLOW.get(name)]))
        for turn in range(turns):
            errors.print(f"turn {turn + 1} of {turns}")
            for worker in list(workers) if turn % 2 else list(reversed(workers)):
                answer, result = worker.take_turn(), results[worker.name]
                if "missing" in answer:
                    missing[worker.name] = answer["missing"]
                    workers.remove(worker)
                    del results[worker.name]
                    continue
                result.rates.append(result.n / answer["seconds"])
                result.peak_mb = answer["peak_mb"]
                if answer["stances"] is not None:
                    result.stances = np.array(answer["stances"])
        for worker in workers:
            worker.end()
    gold = metrics.stance_indices([example.stance for example in examples])
    return scored(results, gold), missing


def scored(results: dict[str, Turns], gold: metrics.Indices) -> dict[str, Contestant]:
    """The results with what the answers are worth."""
    torch = results[TORCH].stances if TORCH in results else None
    found = {}
    for name, result in results.items():
        answers, score, equal = result.stances, None, None
        if answers is not None:
            confusion = metrics.confusion_matrix(gold[: result.n], answers)
            score = float(metrics.macro_f1(confusion))
            if torch is not None:
                equal = float((answers == torch[: result.n]).mean())
        found[name] = Contestant(
            n=result.n,
            rates=tuple(result.rates),
            peak_mb=result.peak_mb,
            macro_f1=score,
            equal_to_torch=equal,
        )
    return found


def without_bfloat16(folder: Path) -> Path:
    """A copy of the export in `folder` that is read as where OpenVINO is not installed."""
    copy = folder / "onnxruntime"
    shutil.copytree(EXPORTED, copy)
    record = read_export_record(copy).model_copy(update={"bfloat16": False})
    write_text(copy / EXPORT, record.model_dump_json(indent=2) + "\n")
    write_manifest(copy)
    return copy


def commands(turns: int, plain: Path) -> dict[str, Command]:
    """Commands on the example texts, from their start to their end."""
    article = str(EXAMPLES / "news.md")
    pair = [str(EXAMPLES / name) for name in ("readout-a.md", "readout-b.md")]
    asked = {
        "predict": ["predict", article, "--model", str(EXPORTED)],
        "predict, onnxruntime alone": ["predict", article, "--model", str(plain)],
        "predict, torch": ["predict", article, "--model", "models/encoder"],
        "predict, TF-IDF": ["predict", article, "--model", "models/baseline"],
        "readout compare, two readouts": ["compare", *pair, "--model", str(EXPORTED)],
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    for turn in range(turns):
        errors.print(f"commands, turn {turn + 1} of {turns}")
        for name, arguments in asked.items():
            runs[name].append(timed_command("-m", "pipeline.cli", *arguments))
    return {
        name: Command(
            seconds=tuple(seconds for seconds, _ in values),
            peak_mb=statistics.median(peak for _, peak in values),
        )
        for name, values in runs.items()
    }


def corpora(texts: Sequence[str], scale: Scale, plain: Path, whole: bool) -> list[CorpusRun]:
    """`score-corpus` by size, by cores, without OpenVINO and on Ray."""
    cores = available_cores()
    limit = None if whole else scale.longest_seconds
    found = []

    def run(
        name: str, size: int, cores: int, model: Path = EXPORTED, engine: str = "local"
    ) -> None:
        one = corpus_run(name, texts, size, cores, model=model, engine=engine, limit_seconds=limit)
        errors.print(f"{name}: {one.scored} of {size} sentences in {one.seconds:.1f} s")
        found.append(one)

    for size in scale.corpora:
        run("size", size, cores)
    for n in range(1, cores + 1):
        run("cores", scale.by_cores, n)
    run("onnxruntime alone", scale.by_cores, cores, model=plain)
    try:
        import ray  # noqa: F401
    except ImportError:
        errors.print("Ray is not installed: left out (pip install 'ray[data]')")
        return found
    for _ in range(2):
        run("ray", scale.by_cores, cores, engine="ray")
        run("beside ray", scale.by_cores, cores)
    return found


def in_one_thread(script: str, *arguments: str) -> str:
    """What a script beside this one prints, with one thread."""
    command = [sys.executable, str(HERE / script), *arguments]
    done = subprocess.run(command, env=environment(1), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def shares_of_time(texts: Sequence[str], folder: Path, plain: Path) -> dict[str, TimeShares]:
    """Where the time goes, by runtime."""
    path = folder / "texts.json"
    path.write_text(json.dumps(list(texts)), encoding="utf-8")
    models = {"default": EXPORTED, "onnxruntime alone": plain}
    found = {}
    for name, model in models.items():
        errors.print(f"where the time goes: {name}")
        printed = in_one_thread("time_shares.py", str(model), str(path))
        found[name] = TimeShares.model_validate_json(printed)
    return found


def cascade(results: dict[str, Contestant]) -> tuple[CascadeStep, ...]:
    """What a cascade of TF-IDF and the fastest export would gain, on the validation events."""
    small = results["TF-IDF (scikit-learn)"].rate
    large = next(results[name] for name in FASTEST_FIRST if name in results).rate
    steps = json.loads(in_one_thread("cascade.py", str(small), str(large)))
    return tuple(CascadeStep.model_validate(step) for step in steps)


def floor(texts: Sequence[str]) -> Floor:
    """What the matrix products of a sentence take at least on this machine."""
    tokens = mean_tokens(EXPORTED, texts)
    rates = {precision: matrix_rate(precision) for precision in RATES}
    return Floor(
        mean_tokens=tokens,
        operations=sentence_operations(Path("models/encoder/config.json"), tokens),
        matrix_rates={precision: rate for precision, rate in rates.items() if rate},
    )


def main() -> None:
    """Measure everything and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="about five minutes, rough figures")
    parser.add_argument("--whole", action="store_true", help="a million sentences to their end")
    parser.add_argument("--nli", type=Path, help="folder of an NLI model for zero-shot")
    parser.add_argument("out", type=Path, nargs="?", help="the report (reports/bench.md)")
    arguments = parser.parse_args()
    out = arguments.out or Path(f"reports/bench{'-quick' if arguments.quick else ''}.md")
    if not EXPORTED.is_dir():
        sys.exit(f"{EXPORTED}: no exported model; run `dvc repro export`")
    if arguments.nli:
        os.environ[NLI_MODEL] = str(arguments.nli)
    scale = QUICK if arguments.quick else FULL
    examples = random.Random(13).sample(read_records(TEST, Example), scale.sentences)
    texts = [example.text for example in examples]
    from training_speed import training_rates

    results, missing = compete(examples, scale.turns)
    with tempfile.TemporaryDirectory() as folder:
        plain = without_bfloat16(Path(folder))
        bench = Bench(
            processor=processor(),
            versions=onnx_version(),
            cores=available_cores(),
            quick=arguments.quick,
            sentences=len(examples),
            export=read_export_record(EXPORTED).reason,
            contestants=results,
            missing=missing,
            commands=commands(scale.turns, plain),
            corpora=tuple(corpora(texts, scale, plain, arguments.whole)),
            training=training_rates(scale.trained),
            # From here on oneDNN keeps less, which would slow a training.
            floor=floor(texts),
            time_shares=shares_of_time(texts, Path(folder), plain),
            cascade=cascade(results),
        )
    write_text(out.with_suffix(".json"), bench.model_dump_json(indent=2) + "\n")
    picture = out.with_suffix(".svg")
    write_text(out, report(bench, picture.name))
    plot(picture, bench)
    errors.print(f"report -> {out}")


if __name__ == "__main__":
    main()
