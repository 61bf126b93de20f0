"""An evaluation as tables for the terminal."""

from rich.table import Table

from pipeline.evaluate import Evaluation
from pipeline.records import STANCES


def evaluation_tables(evaluation: Evaluation) -> list[Table]:
    """The figures, the stances, the confusion matrix and, where there are any, the slices."""
    tables = [_summary(evaluation), _stances(evaluation), _confusion(evaluation)]
    return [*tables, _slices(evaluation)] if evaluation.slices else tables


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _summary(evaluation: Evaluation) -> Table:
    interval = f"{evaluation.macro_f1_low:.3f} to {evaluation.macro_f1_high:.3f}"
    answered = evaluation.risk_coverage
    rows = {
        "macro-F1": f"{evaluation.macro_f1:.3f}",
        f"95 % interval (over {evaluation.n_units} {evaluation.unit}s)": interval,
        "accuracy": f"{evaluation.accuracy:.3f}",
        "expected calibration error": f"{evaluation.ece:.3f}",
        "log loss": f"{evaluation.log_loss:.3f}",
        "Brier score (0 to 2)": f"{evaluation.brier:.3f}",
        "area under risk and coverage": f"{answered.area:.3f}",
        f"macro-F1 of the surest {answered.coverage:.0%}": f"{answered.macro_f1:.3f}",
    }
    table = _table(f"{evaluation.n} sentences", "measure", "value")
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _stances(evaluation: Evaluation) -> Table:
    table = _table("By stance", "stance", "precision", "recall", "F1", "sentences")
    for stance in STANCES:
        score = evaluation.per_class[stance]
        figures = (score.precision, score.recall, score.f1)
        cells = [f"{figure:.3f}" for figure in figures] if score.support else ["-"] * 3
        table.add_row(stance, *cells, str(score.support))
    return table


def _confusion(evaluation: Evaluation) -> Table:
    table = _table("Confusion (rows: gold, columns: predicted)", "gold", *STANCES)
    for stance, row in zip(STANCES, evaluation.confusion, strict=True):
        table.add_row(stance, *(str(count) for count in row))
    return table


def _slices(evaluation: Evaluation) -> Table:
    table = _table("By kind or source", "slice", "macro-F1", "accuracy", "sentences")
    for name, score in evaluation.slices.items():
        table.add_row(name, f"{score.macro_f1:.3f}", f"{score.accuracy:.3f}", str(score.n))
    return table
