"""Pictures of an evaluation, as SVG for pages and PNG for everything else."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.colours import STANCE_COLOURS
from pipeline.evaluate import Evaluation
from pipeline.metrics import ReliabilityBin, RiskCoverageCurve
from pipeline.records import STANCES
from pipeline.storage import atomic_file

INK, CAPTION, GRID = "#222222", "#555555", "#DDDDDD"
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"


def write_pictures(
    folder: Path,
    evaluation: Evaluation,
    bins: Sequence[ReliabilityBin],
    curve: RiskCoverageCurve,
) -> None:
    """Write the pictures of one evaluation, each as NAME.svg and NAME.png."""
    write_figure(folder / "confusion", draw_confusion(evaluation))
    write_figure(folder / "per_class", draw_per_class(evaluation))
    write_figure(folder / "reliability", draw_reliability(evaluation, bins))
    write_figure(folder / "risk_coverage", draw_risk_coverage(evaluation, curve))
    write_figure(folder / "slices", draw_slices(evaluation))


def write_figure(path: Path, figure: Figure) -> None:
    """Write path.svg and path.png without dates, so that equal pictures are equal bytes."""
    with (
        atomic_file(path.with_name(f"{path.name}.svg")) as temporary,
        matplotlib.rc_context({"svg.hashsalt": "readout"}),
    ):
        figure.savefig(temporary, format="svg", metadata={"Date": None})
    with atomic_file(path.with_name(f"{path.name}.png")) as temporary:
        figure.savefig(temporary, format="png", dpi=150, metadata={"Software": None})


def draw_confusion(evaluation: Evaluation) -> Figure:
    """Counts, shaded by their share of the gold stance."""
    counts = np.array(evaluation.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _figure(5.6, 5.2)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(STANCES)), STANCES)
    axes.set_yticks(range(len(STANCES)), STANCES)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{count}\n{share:.0%}",
            ha="center",
            va="center",
            color="white" if share > 0.55 else INK,
        )
    axes.set(xlabel="predicted stance", ylabel="gold stance")
    _title(
        axes,
        "Gold against predicted stance",
        f"n = {evaluation.n:,} sentences; percentages are of the row",
    )
    return figure


def draw_per_class(evaluation: Evaluation) -> Figure:
    """F1 of each stance as a bar, with its precision and recall as marks."""
    scores = [evaluation.per_class[stance] for stance in STANCES]
    places = np.arange(len(STANCES))
    figure, axes = _figure(6.4, 4.2)
    axes.bar(places, [s.f1 for s in scores], 0.6, color=[STANCE_COLOURS[s] for s in STANCES])
    marks = {"linestyle": "none", "color": INK, "markersize": 7, "clip_on": False}
    axes.plot(places - 0.12, [s.precision for s in scores], marker="^", label="precision", **marks)
    axes.plot(
        places + 0.12,
        [s.recall for s in scores],
        marker="o",
        markerfacecolor="white",
        label="recall",
        **marks,
    )
    axes.set_xticks(
        places, [f"{stance}\nn = {s.support}" for stance, s in zip(STANCES, scores, strict=True)]
    )
    axes.tick_params(axis="x", length=0)
    axes.set(ylim=(0, 1), ylabel="F1 (bar), precision, recall")
    axes.grid(axis="y", color=GRID)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)
    _title(axes, "Scores by stance", f"n = {evaluation.n:,} sentences; {_macro_f1(evaluation)}")
    return figure


def draw_reliability(evaluation: Evaluation, bins: Sequence[ReliabilityBin]) -> Figure:
    """Accuracy against confidence, above the number of sentences in each bin."""
    figure = Figure(figsize=(5.6, 6.0), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _plain(axes)
    _plain(below)
    widths = [row.high - row.low for row in bins]
    lows = [row.low for row in bins]
    axes.bar(lows, [row.accuracy for row in bins], widths, align="edge", color=BLUE, alpha=0.25)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="confidence = accuracy")
    axes.plot(
        [row.confidence for row in bins],
        [row.accuracy for row in bins],
        color=BLUE,
        marker="o",
        label="model",
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="accuracy (fraction right)")
    axes.legend(frameon=False, loc="upper left")
    axes.grid(color=GRID)
    below.bar(lows, [row.n for row in bins], widths, align="edge", color=BLUE, edgecolor="white")
    below.set(xlabel="confidence (top probability)", ylabel="sentences")
    below.grid(axis="y", color=GRID)
    _title(
        axes,
        "How sure against how often right",
        f"n = {evaluation.n:,} sentences; expected calibration error {evaluation.ece:.3f}",
    )
    return figure


def draw_risk_coverage(evaluation: Evaluation, curve: RiskCoverageCurve) -> Figure:
    """Error and macro-F1 of the sentences answered, the surest first."""
    point = evaluation.risk_coverage
    figure, axes = _figure(6.4, 4.6)
    axes.plot(curve.coverage, curve.macro_f1, color=BLUE, label="macro-F1 of the answers")
    axes.plot(
        curve.coverage,
        curve.risk,
        color=ORANGE,
        linestyle="--",
        label="risk (fraction of the answers that are wrong)",
    )
    axes.plot(
        [point.coverage] * 2,
        [point.macro_f1, point.risk],
        linestyle="none",
        marker="o",
        color=INK,
        label=f"answered if probability ≥ {point.min_confidence:.2f}: "
        f"macro-F1 {point.macro_f1:.2f}, risk {point.risk:.2f}",
    )
    axes.set(
        xlim=(0, 1.01),
        ylim=(0, 1.02),
        xlabel="coverage (fraction of the sentences answered, surest first)",
        ylabel="risk, macro-F1",
    )
    axes.grid(color=GRID)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    _title(
        axes,
        "Abstaining when unsure",
        f"n = {evaluation.n:,} sentences; area under risk {point.area:.3f}",
    )
    return figure


def draw_slices(evaluation: Evaluation) -> Figure:
    """Macro-F1 of each slice, the best at the top."""
    slices = sorted(evaluation.slices.items(), key=lambda item: item[1].macro_f1)
    figure, axes = _figure(6.4, 1.8 + 0.36 * len(slices))
    axes.barh(range(len(slices)), [score.macro_f1 for _, score in slices], 0.7, color=BLUE)
    for place, (_, score) in enumerate(slices):
        axes.text(1.02, place, f"{score.macro_f1:.2f}", va="center", color=INK)
    axes.set_yticks(
        range(len(slices)),
        [f"{name.replace('_', ' ')} (n = {score.n})" for name, score in slices],
    )
    axes.tick_params(axis="y", length=0)
    axes.axvline(evaluation.macro_f1, color=INK, linestyle="--", linewidth=1)
    axes.set(xlim=(0, 1), xlabel="macro-F1 (over the stances that occur in the slice)")
    axes.grid(axis="x", color=GRID)
    _title(
        axes,
        "Macro-F1 by kind of document",
        f"n = {evaluation.n:,} sentences; dashed: all, {evaluation.macro_f1:.2f}",
    )
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of this size in inches with one pair of axes; pyplot's global state is not used."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    _plain(axes)
    return figure, axes


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)


def _title(axes: Axes, title: str, caption: str) -> None:
    axes.set_title(title, loc="left", fontweight="bold", pad=24)
    axes.annotate(
        caption,
        (0, 1),
        (0, 8),
        xycoords="axes fraction",
        textcoords="offset points",
        color=CAPTION,
        fontsize=9,
    )


def _macro_f1(evaluation: Evaluation) -> str:
    interval = f"{evaluation.macro_f1_low:.2f} to {evaluation.macro_f1_high:.2f}"
    return f"macro-F1 {evaluation.macro_f1:.2f} ({interval})"
