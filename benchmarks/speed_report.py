"""The report of benchmarks/speed.py: tables, ratios first, and a picture."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from machine import matrix_rate, onnx_version, processor, sentence_operations
from matplotlib.figure import Figure
from tabulate import tabulate
from tokenizers import Tokenizer

from pipeline import metrics
from pipeline.cores import available_cores
from pipeline.export_record import read_export_record
from pipeline.records import Example
from pipeline.storage import atomic_file

EXPORTED = Path("models/encoder-onnx")
TORCH, FLOAT32 = "Readout, torch", "Readout, float32"
FASTEST_FIRST = ("Readout, bfloat16 (OpenVINO)", "Readout, int8", FLOAT32)
"""The ways to run an export, as `predict` takes the first that is there."""


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


def report(
    results: dict[str, Result],
    missing: dict[str, str],
    examples: Sequence[Example],
    starts: dict[str, tuple[float, float]],
    corpora: list[list[object]],
    training: list[list[object]],
) -> str:
    """The report in Markdown, ratios first."""
    fastest = next(name for name in FASTEST_FIRST if name in results)
    ours = results[fastest]
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
        f"of held-out events, {len(ours.rates)} interleaved turns. The export kept {record.kept} "
        f"({record.reason}); bfloat16 passed its gate: {'yes' if record.bfloat16 else 'no'}. Ours "
        f"in the ratios is {fastest}. `make bench` repeats it.",
        _table(rows, headers),
        *(f"Left out: {name}: {reason}." for name, reason in missing.items()),
        "The head of the transformers pipeline is untrained, that of SetFit is trained on frozen "
        "embeddings: these two are about time.",
        "![macro-F1 against sentences per second](bench.svg)",
        "## The floor",
        floor(examples, {fastest: ours.rate, FLOAT32: results[FLOAT32].rate}),
        "## First answer of `predict` on one article",
        _table(starts_rows, ["model", "seconds", "peak MB"]),
        "## `score-corpus`: size and cores",
        "Start and loading included.",
        _table(corpora, ["sentences", "cores", "sentences/s", "peak MB"]),
        "## Training",
        _table(training, ["loop", "sentences/s", "an epoch of ours, minutes"]),
    ]
    return "\n\n".join(parts) + "\n"


def floor(examples: Sequence[Example], rates: dict[str, float]) -> str:
    """How far the measured rates are from the matrix products alone."""
    tokenizer = Tokenizer.from_file(str(EXPORTED / "tokenizer.json"))
    tokenizer.no_padding()
    encodings = tokenizer.encode_batch([example.text for example in examples])
    mean_tokens = statistics.mean(len(encoding) for encoding in encodings)
    operations = sentence_operations(Path("models/encoder/config.json"), mean_tokens)
    rows = []
    for precision in ("int8", "float32"):
        most = matrix_rate(precision)
        reached = (f"{rate / (most / operations):.0%}" for rate in rates.values())
        rows.append([precision, f"{most / 1e9:.0f}", f"{most / operations:.0f}", *reached])
    headers = ["onnxruntime's product in", "billion operations/s", "sentences/s at most"]
    headers += [f"reached by {name}" for name in rates]
    return (
        f"A sentence of {mean_tokens:.1f} tokens takes {operations / 1e9:.2f} billion operations "
        "in matrix products.\n\n" + _table(rows, headers)
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
