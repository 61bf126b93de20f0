"""The tables of reports/<model>/, in the shapes that `dvc plots` reads."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.errors import DataError
from pipeline.metrics import Floats, Indices, ReliabilityBin, RiskCoverageCurve, stance_indices
from pipeline.records import STANCES, Example, Stance
from pipeline.storage import atomic_file, raise_problems

MAX_CURVE_POINTS = 200
"""Rows of risk_coverage.csv, which is kept in git; the ends are always among them."""


class Score(Protocol):
    """What slices.csv tells of a slice."""

    n: int
    macro_f1: float
    accuracy: float


def write_predictions(path: Path, examples: Sequence[Example], probabilities: Floats) -> None:
    """One row for each example: `id, actual, predicted` and the four probabilities."""
    rows = (
        [example.id, example.stance, STANCES[row.argmax()], *_decimals(row)]
        for example, row in zip(examples, probabilities, strict=True)
    )
    _write_rows(path, ["id", "actual", "predicted", *STANCES], rows)


def write_confusion(path: Path, confusion: Sequence[Sequence[int]]) -> None:
    """The confusion matrix: a row for each gold stance, a column for each predicted one."""
    rows = ([stance, *counts] for stance, counts in zip(STANCES, confusion, strict=True))
    _write_rows(path, ["actual", *STANCES], rows)


def write_slices(path: Path, slices: Mapping[str, Score]) -> None:
    """One row for each slice, with the number of its sentences."""
    rows = (
        [name, score.n, *_decimals([score.macro_f1, score.accuracy])]
        for name, score in slices.items()
    )
    _write_rows(path, ["slice", "n", "macro_f1", "accuracy"], rows)


def write_reliability(path: Path, bins: Sequence[ReliabilityBin]) -> None:
    """One row for each bin that is not empty."""
    rows = (
        [*_decimals([row.low, row.high]), row.n, *_decimals([row.confidence, row.accuracy])]
        for row in bins
    )
    _write_rows(path, ["low", "high", "n", "confidence", "accuracy"], rows)


def write_risk_coverage(path: Path, curve: RiskCoverageCurve) -> None:
    """At most `MAX_CURVE_POINTS` rows of the curve, evenly spaced."""
    n_points = len(curve.coverage)
    kept = np.unique(np.linspace(0, n_points - 1, min(n_points, MAX_CURVE_POINTS)).astype(int))
    columns = (curve.coverage, curve.risk, curve.macro_f1, curve.min_confidence)
    rows = (_decimals([column[row] for column in columns]) for row in kept)
    _write_rows(path, ["coverage", "risk", "macro_f1", "min_confidence"], rows)


def read_predictions(path: Path, examples: Sequence[Example]) -> Indices:
    """The predicted stances of a predictions.csv, in the order of the examples.

    Raises:
        DataError: the file is missing or malformed, or its sentences are not the examples.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; evaluate that model first")
    with path.open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream)
        missing = {"id", "actual", "predicted"}.difference(table.fieldnames or ())
        if missing:
            raise DataError(f"{path}:1: no column {', '.join(sorted(missing))}")
        rows = {row["id"]: (row["actual"], row["predicted"]) for row in table}
    problems = [
        f"{path}: {example.id}: expected a prediction for a {example.stance} sentence, "
        f"found {rows.get(example.id)}"
        for example in examples
        if example.id not in rows
        or rows[example.id][0] != example.stance
        or rows[example.id][1] not in STANCES
    ]
    if len(rows) != len(examples):
        problems.insert(0, f"{path}: {len(rows)} predictions for {len(examples)} examples")
    if problems:
        problems.append("evaluate both models on the same examples")
    raise_problems(problems)
    return stance_indices([Stance(rows[example.id][1]) for example in examples])


def _decimals(values: Iterable[float]) -> list[str]:
    return [f"{value:.6f}" for value in values]


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
