from xml.etree import ElementTree

import numpy as np
import pytest

from pipeline import metrics, plots
from pipeline.evaluate import EvaluateSettings, Evaluation, evaluate_predictions
from pipeline.records import STANCES, Example, Kind

NAMES = ("confusion", "per_class", "reliability", "risk_coverage", "slices")


def examples_of(gold: np.ndarray) -> list[Example]:
    kinds = [Kind.NEWS, Kind.READOUT, None]
    return [
        Example(
            id=str(i),
            document="d",
            event=f"e{i % 5}",
            text="A sentence.",
            kind=kinds[i % 3],
            stance=STANCES[stance],
            confidence=1,
            origin="gold",
        )
        for i, stance in enumerate(gold)
    ]


Measured = tuple[Evaluation, tuple[metrics.ReliabilityBin, ...], metrics.RiskCoverageCurve]


def measured(gold: np.ndarray, probabilities: np.ndarray) -> Measured:
    settings = EvaluateSettings(
        seed=1, bootstrap_samples=100, permutation_samples=100, n_bins=10, coverage=0.8
    )
    return (
        evaluate_predictions(examples_of(gold), probabilities, settings),
        metrics.reliability_table(gold, probabilities, 10),
        metrics.risk_coverage_curve(gold, probabilities),
    )


@pytest.fixture
def random_model() -> Measured:
    generator = np.random.default_rng(3)
    return measured(generator.integers(0, 4, 60), generator.dirichlet(np.ones(4), 60))


def test_every_picture_is_written_as_svg_and_png(tmp_path, random_model):
    plots.write_pictures(tmp_path, *random_model)
    expected = {f"{name}.{suffix}" for name in NAMES for suffix in ("svg", "png")}
    assert {path.name for path in tmp_path.iterdir()} == expected
    for name in NAMES:
        assert ElementTree.parse(tmp_path / f"{name}.svg").getroot().tag.endswith("svg")
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_figures_give_the_same_bytes(tmp_path, random_model):
    for folder in ("one", "two"):
        plots.write_pictures(tmp_path / folder, *random_model)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_single_sentence_can_be_drawn(tmp_path):
    plots.write_pictures(tmp_path, *measured(np.array([2]), np.eye(4)[[2]]))
    assert len(list(tmp_path.iterdir())) == 2 * len(NAMES)


def test_the_confusion_picture_shows_every_count(random_model):
    evaluation = random_model[0]
    axes = plots.draw_confusion(evaluation).axes[0]
    shown = [int(text.get_text().split()[0]) for text in axes.texts[:16]]
    assert shown == [count for row in evaluation.confusion for count in row]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted stance", "gold stance")


def test_each_stance_has_its_bar_in_its_colour(random_model):
    evaluation = random_model[0]
    bars = plots.draw_per_class(evaluation).axes[0].patches
    assert [bar.get_height() for bar in bars] == [evaluation.per_class[s].f1 for s in STANCES]
    assert len({bar.get_facecolor() for bar in bars}) == len(STANCES)


def test_slices_are_drawn_from_worst_to_best(random_model):
    evaluation = random_model[0]
    widths = [bar.get_width() for bar in plots.draw_slices(evaluation).axes[0].patches]
    assert widths == sorted(score.macro_f1 for score in evaluation.slices.values())


def test_each_picture_says_of_how_many_sentences(random_model):
    evaluation, bins, curve = random_model
    figures = [
        plots.draw_confusion(evaluation),
        plots.draw_per_class(evaluation),
        plots.draw_reliability(evaluation, bins),
        plots.draw_risk_coverage(evaluation, curve),
        plots.draw_slices(evaluation),
    ]
    for figure in figures:
        assert any("n = 60 sentences" in text.get_text() for text in figure.axes[0].texts)
        assert figure.axes[0].get_title(loc="left")


def test_every_stance_has_a_colour_of_its_own():
    assert list(plots.STANCE_COLOURS) == list(STANCES)
    assert len(set(plots.STANCE_COLOURS.values())) == len(STANCES)
