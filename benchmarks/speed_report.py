"""The report of benchmarks/speed.py, made from its figures alone: tables, ratios first."""

import statistics
from collections.abc import Sequence

from figures import Bench, CorpusRun
from tabulate import tabulate

FLOAT32 = "Readout, float32"
FASTEST_FIRST = ("Readout, bfloat16 (OpenVINO)", "Readout, int8", FLOAT32)
"""The ways to run an export, as `predict` takes the first that is there."""


def report(bench: Bench, picture: str) -> str:
    """The report in Markdown, with the plot in the file `picture` beside it."""
    parts = [
        "# Speed",
        _setting(bench),
        _contestants(bench),
        *(f"Left out: {name}: {reason}." for name, reason in bench.missing.items()),
        "The head of the transformers pipeline is untrained, that of SetFit is trained on frozen "
        "embeddings: these two are about time.",
        f"![macro-F1 against sentences a second]({picture})",
        "## From start to answer",
        _commands(bench),
        "## `score-corpus`: size, cores, engine",
        "The memory is that of all processes together. The steady rate leaves out start and "
        "loading; a run that its time was too short for was ended, and counts what it had done.",
        _corpora(bench.corpora),
        *_ratios(bench.corpora),
        "## The floor",
        _floor(bench),
        "## Where the time goes",
        "Shares of one thread's processor time from documents to rows.",
        _time_shares(bench),
        "## A cascade",
        "The TF-IDF model settles what it is sure of, the encoder reads the rest; validation "
        "events. The encoder's spans say whose stance a sentence takes, so that in truth only "
        "what is settled as neutral is spared.",
        _cascade(bench),
        "## Training",
        _training(bench),
    ]
    return "\n\n".join(parts) + "\n"


def fastest(bench: Bench) -> str:
    """The name of the way that `predict` takes."""
    return next(name for name in FASTEST_FIRST if name in bench.contestants)


def _setting(bench: Bench) -> str:
    ours = bench.contestants[fastest(bench)]
    size = " A quick run, whose figures are rough." if bench.quick else ""
    return (
        f"{bench.processor}, {bench.cores} cores, {bench.versions}. {bench.sentences} sentences of "
        f"held-out events, {len(ours.rates)} interleaved turns.{size} Ours in the ratios is "
        f"{fastest(bench)}; of int8 the export says: {bench.export}. `make bench` repeats it."
    )


def _contestants(bench: Bench) -> str:
    ours = bench.contestants[fastest(bench)]
    rows = [
        [
            name,
            f"{ours.rate / result.rate:.1f}",
            f"{result.rate:.0f}",
            f"{min(result.rates):.0f} to {max(result.rates):.0f}",
            f"{result.peak_mb:.0f}",
            "" if result.macro_f1 is None else f"{result.macro_f1:.3f}",
            "" if result.equal_to_torch is None else f"{result.equal_to_torch:.1%}",
        ]
        for name, result in bench.contestants.items()
    ]
    headers = ["model", "ours is faster by", "sentences/s", "least to largest", "peak MB"]
    return _table(rows, [*headers, "macro-F1", "labels of torch"])


def _commands(bench: Bench) -> str:
    rows = [
        [
            name,
            f"{statistics.median(command.seconds):.2f}",
            f"{min(command.seconds):.2f} to {max(command.seconds):.2f}",
            f"{command.peak_mb:.0f}",
        ]
        for name, command in bench.commands.items()
    ]
    return _table(rows, ["command", "seconds", "least to largest", "peak MB"])


def _corpora(runs: Sequence[CorpusRun]) -> str:
    rows = [
        [
            run.name,
            f"{run.sentences:,}",
            f"{run.scored:,}",
            run.cores,
            f"{run.scored / run.seconds:.0f}",
            "" if run.steady_rate is None else f"{run.steady_rate:.0f}",
            f"{run.peak_mb:.0f}",
            "" if run.slope_mb is None else f"{run.slope_mb:+.1f}",
        ]
        for run in runs
    ]
    headers = ["run", "sentences", "done", "cores", "sentences/s", "steady", "peak MB"]
    return _table(rows, [*headers, "MB per further 100,000"])


def _ratios(runs: Sequence[CorpusRun]) -> list[str]:
    """What the runs come to, side by side."""
    told = []
    by_cores = {run.cores: rate(run) for run in runs if run.name == "cores"}
    for cores, value in by_cores.items():
        if cores > 1 and by_cores.get(1):
            told.append(f"{cores} cores do {value / by_cores[1]:.2f} times the work of one.")
    ray = [rate(run) for run in runs if run.name == "ray"]
    beside = [rate(run) for run in runs if run.name == "beside ray"]
    if ray and any(beside):
        share = max(ray) / max(beside)
        told.append(f"A core on Ray does {share:.0%} of what it does in a process of our own.")
    return told


def rate(run: CorpusRun) -> float:
    """Sentences a second, without start and loading where that can be told."""
    return run.steady_rate or run.scored / run.seconds


def _floor(bench: Bench) -> str:
    found = bench.floor
    names = [name for name in FASTEST_FIRST if name in bench.contestants]
    rows = []
    for precision, most in found.matrix_rates.items():
        sentences = most / found.operations
        reached = (f"{bench.contestants[name].rate / sentences:.0%}" for name in names)
        rows.append([precision, f"{most / 1e9:.0f}", f"{sentences:.0f}", *reached])
    headers = ["matrix product in", "billion operations/s", "sentences/s at most"]
    return (
        f"A sentence of {found.mean_tokens:.1f} tokens takes {found.operations / 1e9:.2f} billion "
        "operations in matrix products.\n\n"
        + _table(rows, [*headers, *(f"reached by {name}" for name in names)])
    )


def _time_shares(bench: Bench) -> str:
    names = list(bench.time_shares)
    kinds = dict.fromkeys(kind for one in bench.time_shares.values() for kind in one.shares)
    rows = [
        [kind, *(f"{bench.time_shares[name].shares.get(kind, 0):.1%}" for name in names)]
        for kind in kinds
    ]
    rates = (f"{bench.time_shares[name].sentences_per_second:.0f}" for name in names)
    rows.append(["sentences a second of processor time", *rates])
    return _table(rows, ["what", *names])


def _cascade(bench: Bench) -> str:
    rows = [
        [
            f"{step.sure:.2f}",
            f"{step.settled:.0%}",
            f"{step.settled_neutral:.0%}",
            f"{step.macro_f1_loss:+.4f}",
            f"{step.speed_up:.2f}",
            f"{step.speed_up_with_spans:.2f}",
        ]
        for step in bench.cascade
    ]
    headers = ["sure from", "settled", "as neutral", "macro-F1 lost", "times as fast"]
    return _table(rows, [*headers, "times as fast with spans"])


def _training(bench: Bench) -> str:
    plain = bench.training["plain Trainer, fixed padding"].epoch_minutes
    rows = [
        [
            name,
            f"{plain / loop.epoch_minutes:.1f}",
            f"{loop.sentences_per_second:.1f}",
            f"{loop.epoch_minutes:.1f}",
        ]
        for name, loop in bench.training.items()
    ]
    return _table(rows, ["loop", "faster by", "sentences/s", "an epoch, minutes"])


def _table(rows: list[list[object]], headers: list[str]) -> str:
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
