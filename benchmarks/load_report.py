"""The report of benchmarks/load.py: figures, a table and a picture."""

from collections.abc import Sequence
from pathlib import Path

from machine import processor
from matplotlib.figure import Figure
from tabulate import tabulate

from pipeline.cores import available_cores
from pipeline.plots import BLUE, GREY, GRID, ORANGE, write_figure
from pipeline.records import Record
from pipeline.storage import write_json, write_text

TOTAL = "Aggregated"
"""Locust's name for all requests together."""


class Request(Record):
    """What was measured of one kind of request."""

    name: str
    n: int
    """Answered, well or not."""
    n_failed: int
    """Answered with anything but 200, or not at all."""
    per_second: float
    """Good answers."""
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float
    max_seconds: float


class Load(Record):
    """What was measured with one number of clients."""

    mode: str
    n_clients: int
    seconds: float
    requests: tuple[Request, ...]
    errors: dict[str, int]
    """How often which kind of request ended with which status, or which error."""
    memory_start_mb: float
    memory_warm_mb: float
    memory_samples_mb: tuple[float, ...]
    memory_end_mb: float


def write_report(out: Path, loads: Sequence[Load], exit_code: int, n_defects: int) -> None:
    """Write OUT.json, OUT.md, OUT.svg and OUT.png."""
    machine = f"{available_cores()} cores, {processor()}"
    value = {"machine": machine, "exit_code": exit_code, "defects": n_defects}
    write_json(out.with_suffix(".json"), value | {"loads": [load.model_dump() for load in loads]})
    write_figure(out, _picture(loads))
    ended = f"Told to stop at the end, the service ended with code {exit_code}; its log holds "
    text = [
        "# The service under load",
        "",
        "Articles of about 60 sentences, no two of them the same, each client sending its next one "
        "when it has its answer (`python benchmarks/load.py`). The clients share the cores with "
        f"the service. Machine: {machine}.",
        "",
        _requests(loads),
        "",
        _memory(loads),
        "",
        f"{ended}{n_defects} unhandled errors.",
        "",
        f"![Time to the answer by clients, and memory over time]({out.name}.svg)",
        "",
    ]
    write_text(out.with_suffix(".md"), "\n".join(text))


def refused(load: Load, name: str) -> int:
    """How many requests were told to come again (429, 503)."""
    errors = load.errors.items()
    return sum(
        n
        for kind, n in errors
        if kind.endswith((": 429", ": 503")) and name in (TOTAL, kind.partition(":")[0])
    )


def _requests(loads: Sequence[Load]) -> str:
    rows = [
        {
            "mode": load.mode,
            "clients": load.n_clients,
            "request": "all" if request.name == TOTAL else request.name,
            "answers": request.n - request.n_failed,
            "per second": f"{request.per_second:.2f}",
            "p50, s": f"{request.p50_seconds:.2f}",
            "p95, s": f"{request.p95_seconds:.2f}",
            "p99, s": f"{request.p99_seconds:.2f}",
            "longest, s": f"{request.max_seconds:.2f}",
            "429 or 503": refused(load, request.name),
            "other errors": request.n_failed - refused(load, request.name),
        }
        for load in loads
        for request in load.requests
        if load.mode == "mix" or request.name == TOTAL
    ]
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


def _memory(loads: Sequence[Load]) -> str:
    rows = [
        {
            "mode": load.mode,
            "clients": load.n_clients,
            "minutes": f"{load.seconds / 60:.1f}",
            "memory at the start, MB": f"{load.memory_start_mb:.0f}",
            "after the warm-up, MB": f"{load.memory_warm_mb:.0f}",
            "most, MB": f"{max(load.memory_samples_mb):.0f}",
            "at the end, MB": f"{load.memory_end_mb:.0f}",
        }
        for load in loads
    ]
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


def _picture(loads: Sequence[Load]) -> Figure:
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    times, memory = figure.subplots(1, 2)
    labels = [f"{load.mode}, {load.n_clients}" for load in loads]
    totals = [next(one for one in load.requests if one.name == TOTAL) for load in loads]
    for name, colour in (("p99", GREY), ("p95", ORANGE), ("p50", BLUE)):
        values = [getattr(total, f"{name}_seconds") for total in totals]
        times.plot(labels, values, "o", color=colour, label=name)
    times.set_ylabel("seconds to the answer")
    times.set_xlabel("requests, clients")
    times.set_ylim(bottom=0)
    times.legend(frameon=False)
    times.grid(axis="y", color=GRID)
    start = 0.0
    for load, label in zip(loads, labels, strict=True):
        n_samples = len(load.memory_samples_mb)
        minutes = [start + load.seconds / 60 * at / (n_samples - 1) for at in range(n_samples)]
        memory.plot(minutes, load.memory_samples_mb, label=label)
        start = minutes[-1]
    memory.set_ylabel("memory of the service, MB")
    memory.set_xlabel("minutes of load")
    memory.set_ylim(bottom=0)
    memory.legend(frameon=False)
    memory.grid(axis="y", color=GRID)
    return figure
