"""What many sentences cost, computed from reports/bench.json into docs/scale.md.

    python benchmarks/scale_costs.py

Rewrites what stands between the two marks of the page, so that no figure there is kept by hand.
"""

from dataclasses import dataclass
from pathlib import Path

from figures import Bench, CorpusRun
from tabulate import tabulate

from pipeline.storage import write_text

BENCH = Path("reports/bench.json")
PAGE = Path("docs/scale.md")
BEGIN, END = "<!-- costs: benchmarks/scale_costs.py -->", "<!-- end of costs -->"
SIZES = {"100 million": 100e6, "10 billion": 10e9}


@dataclass(frozen=True)
class Machine:
    """A kind of machine to rent."""

    name: str
    cores: int
    """As the measured ones: what the operating system calls a processor."""
    dollars_per_hour: float
    bfloat16: bool
    """Whether its processors multiply bfloat16."""


MACHINES = (
    Machine("AWS c7i.8xlarge (Sapphire Rapids)", 32, 1.43, True),
    Machine("AWS c6i.8xlarge (Ice Lake)", 32, 1.36, False),
    Machine("this one, with 2 cores", 2, 0.0, True),
)
"""Prices on demand in US dollars, to be checked before machines are ordered."""


def costs(bench: Bench) -> str:
    """The paragraph and the table of costs in Markdown.

    Raises:
        ValueError: the bench has no run that was long enough.
    """
    default = longest_run(bench.corpora, "size", "cores")
    plain = longest_run(bench.corpora, "onnxruntime alone")
    per_core = {run.name: run.steady_rate / run.cores for run in (default, plain)}
    rows = []
    for machine in MACHINES:
        rate = per_core[default.name if machine.bfloat16 else plain.name]
        row = [machine.name, f"{rate:.0f}"]
        for sentences in SIZES.values():
            core_hours = sentences / rate / 3600
            hours = core_hours / machine.cores
            dollars = hours * machine.dollars_per_hour
            row.append(f"{_rounded(core_hours)}")
            row.append(_duration(hours) + (f", {_rounded(dollars)} USD" if dollars else ""))
        rows.append(row)
    headers = ["machine", "sentences/s of a core"]
    for size in SIZES:
        headers += [f"{size}: core-hours", "on one machine"]
    table = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    return (
        f"Measured by `make bench` on {bench.cores} cores of {bench.processor}: `score-corpus` "
        f"from reading to rows, sentences of {bench.floor.mean_tokens:.0f} tokens, steady: "
        f"{per_core[default.name]:.0f} a second and core as `predict` runs there, "
        f"{per_core[plain.name]:.0f} with onnxruntime alone. The machines to rent have not been "
        f"measured: their cores are taken for equal to these.\n\n{table}"
    )


def longest_run(runs: tuple[CorpusRun, ...], *names: str) -> CorpusRun:
    """The longest run of those names whose steady rate can be told.

    Raises:
        ValueError: there is none.
    """
    steady = [run for run in runs if run.name in names and run.steady_rate]
    if not steady:
        raise ValueError(f"{BENCH}: no run of {', '.join(names)} is long enough; run `make bench`")
    return max(steady, key=lambda run: run.scored)


def with_costs(page: str, told: str) -> str:
    """A page with what is told between its marks.

    Raises:
        ValueError: the marks are missing.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"{PAGE}: needs each of the marks {BEGIN} and {END} once")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{told}\n\n{END}{rest.split(END)[1]}"


def _rounded(value: float) -> str:
    """Two figures that count; more would not be known."""
    return f"{float(f'{value:.2g}'):,.10g}"


def _duration(hours: float) -> str:
    return f"{_rounded(hours)} hours" if hours < 48 else f"{_rounded(hours / 24)} days"


def main() -> None:
    """Rewrite the page."""
    bench = Bench.model_validate_json(BENCH.read_text(encoding="utf-8"))
    write_text(PAGE, with_costs(PAGE.read_text(encoding="utf-8"), costs(bench)))


if __name__ == "__main__":
    main()
