"""Cause every fault of faults.yaml, hand in the hostile inputs, and write reports/reliability.md.

    python benchmarks/faults.py [--fuzz LOG ...]

A fault counts as survived where its test passes. The logs are those of fuzzing, as
`tests/fuzz/harness.py TARGET ... -print_final_stats=1 2> LOG` leaves them.
"""

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ruamel.yaml import YAML
from tabulate import tabulate

from pipeline.storage import write_text

FAULTS = Path(__file__).with_name("faults.yaml")
HOSTILE = "hostile inputs"
"""The part of faults.yaml that has a table of its own."""
NO_TESTS, BAD_USAGE = 5, 4
"""Exit codes of pytest where a test is not there."""


class Counts(NamedTuple):
    """Of test cases."""

    tried: int
    survived: int
    lost: int
    skipped: int
    """Not tried, since this machine does not permit it."""


@dataclass(frozen=True)
class Fuzzing:
    """What one run of a harness came to."""

    target: str
    executions: int
    minutes: float
    coverage: tuple[int, int]
    """Edges reached by the corpus it began with, and at the end."""
    findings: int


def run_tests(arguments: Sequence[str]) -> Counts:
    """How the chosen tests end; each process of pytest begins anew."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "tests.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={record}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode in (NO_TESTS, BAD_USAGE):
            return Counts(0, 0, 0, 0)
        cases = list(ElementTree.parse(record).iter("testcase"))
        if done.returncode:
            print(done.stdout[-3000:], file=sys.stderr)
    lost = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Counts(len(cases) - skipped, len(cases) - skipped - lost, lost, skipped)


def read_fuzzing(log: Path) -> Fuzzing:
    """The figures in the log of a run, finished or not."""
    text = log.read_text(encoding="utf-8", errors="replace")
    done = re.search(r"^Done (\d+) runs in (\d+) second", text, re.MULTILINE)
    coverage = [int(found) for found in re.findall(r"^#\d+\s+\w+\s+cov: (\d+)", text, re.MULTILINE)]
    begun = re.search(r"^#\d+\s+INITED\s+cov: (\d+)", text, re.MULTILINE)
    return Fuzzing(
        target=log.stem,
        executions=int(done[1]) if done else 0,
        minutes=int(done[2]) / 60 if done else 0.0,
        coverage=(int(begun[1]) if begun else 0, max(coverage, default=0)),
        findings=len(re.findall(r"^==\d+== ?(?:ERROR|ALARM)", text, re.MULTILINE)),
    )


def report(
    faults: Sequence[tuple[str, str, Counts]],
    hostile: Sequence[tuple[str, Counts]],
    fuzzing: Sequence[Fuzzing],
) -> str:
    """The page."""
    total = Counts(*(sum(column) for column in zip(*(c for _, _, c in faults), strict=True)))
    lines = [
        "# What the tool survives",
        "",
        f"{total.tried} faults caused, {total.survived} survived, {total.lost} lost"
        f"{f', {total.skipped} not permitted on this machine' if total.skipped else ''} "
        "(`python benchmarks/faults.py`). A fault is lost where data are gone or altered, an "
        "accepted request has no answer, a process hangs, or an exception is not handled.",
        "",
        _table([(f"{part}: {fault}", counts) for part, fault, counts in faults], "fault"),
        "",
        "## Hostile inputs",
        "",
        "Made by tests/hostile/, each with the outcome that it has to have: bombs, damage, script "
        "and formulas in every field, odd encodings and characters, endless nesting, false names. "
        "Each is read in a process of its own with bounds on memory and processor time.",
        "",
        _table(hostile, "what is done with them"),
        "",
    ]
    if fuzzing:
        rows = [
            {
                "target": run.target,
                "executions": run.executions,
                "minutes": f"{run.minutes:.0f}",
                "edges at the start": run.coverage[0],
                "edges at the end": run.coverage[1],
                "findings": run.findings,
            }
            for run in fuzzing
        ]
        lines += [
            "## Fuzzing",
            "",
            "By atheris, guided by coverage, from the smaller hostile inputs on (tests/fuzz/). A "
            "finding is any exception but PipelineError, a broken rule on offsets or coverage of "
            "the text, a minute without an end, or 4 GB of memory.",
            "",
            tabulate(rows, headers="keys", tablefmt="github"),
            "",
        ]
    return "\n".join(lines)


def _table(rows: Sequence[tuple[str, Counts]], name: str) -> str:
    shown = [
        {
            name: label,
            "tried": counts.tried,
            "survived": counts.survived,
            "lost": counts.lost,
            "not tried": counts.skipped or "",
        }
        for label, counts in rows
    ]
    return tabulate(shown, headers="keys", tablefmt="github")


def main() -> int:
    """Run all; 1 where something was lost or a test is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzz", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=Path("reports/reliability.md"))
    given = parser.parse_args()
    # A shell that starts this in the background has it ignore SIGINT, which the tests send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fuzzing = [read_fuzzing(log) for log in given.fuzz]
    faults: list[tuple[str, str, Counts]] = []
    hostile: list[tuple[str, Counts]] = []
    missing: list[str] = []
    for part, tests in YAML(typ="safe").load(FAULTS).items():
        for label, names in tests.items():
            counts = run_tests(names)
            print(f"{part}: {label}: {counts}", flush=True)
            if not counts.tried + counts.skipped:
                missing.append(f"{part}: {label}")
            elif part == HOSTILE:
                hostile.append((label, counts))
            else:
                faults.append((part, label, counts))
    write_text(given.out, report(faults, hostile, fuzzing))
    for name in missing:
        print(f"no such test: {name}", file=sys.stderr)
    return int(
        bool(missing) or any(c.lost for _, _, c in faults) or any(c.lost for _, c in hostile)
    )


if __name__ == "__main__":
    sys.exit(main())
