"""The picture of benchmarks/speed.py: how often right, against how fast."""

from pathlib import Path

from figures import Bench
from matplotlib.figure import Figure

from pipeline.storage import atomic_file


def plot(path: Path, bench: Bench) -> None:
    """Macro-F1 against sentences per second; who has no labels of ours is a line."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, result in bench.contestants.items():
        if result.macro_f1 is None or result.n < bench.sentences:
            axes.axvline(result.rate, linestyle=":", color="grey")
            label = f"{name} (time alone)"
            place = {"xytext": (-3, 4), "textcoords": "offset points"}
            at = (result.rate, 0.02)
            shown = axes.get_xaxis_transform()
            axes.annotate(label, at, xycoords=shown, rotation=90, va="bottom", ha="right", **place)
        else:
            color = "C0" if name.startswith("Readout") else "C1"
            axes.plot(result.rate, result.macro_f1, "o", color=color)
            place = {"xytext": (4, 4), "textcoords": "offset points"}
            axes.annotate(name, (result.rate, result.macro_f1), fontsize="small", **place)
    axes.margins(x=0.25, y=0.15)
    axes.set(xscale="log", xlabel="sentences per second", ylabel="macro-F1, held-out events")
    with atomic_file(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})
