"""Measure a model on held-out events, or on anybody's labelled sentences."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline import evaluation_files, metrics
from pipeline.errors import DataError
from pipeline.external import LabelledSentence, read_labelled
from pipeline.records import STANCES, Example, Record, SentenceInContext, Stance
from pipeline.settings import Settings
from pipeline.storage import read_records, write_json

Fraction = Annotated[float, Field(gt=0, le=1)]

UNKNOWN = "unknown"
"""The slice of sentences whose kind or source is not known."""


class EvaluateSettings(Settings):
    """How models are measured."""

    seed: int
    bootstrap_samples: Annotated[int, Field(ge=100)]
    permutation_samples: Annotated[int, Field(ge=100)]
    n_bins: Annotated[int, Field(ge=1)]
    coverage: Fraction


class ClassScore(Record):
    """One stance; a stance without gold sentences has support 0 and is not in the macro-F1."""

    precision: float
    recall: float
    f1: float
    support: int


class SliceScore(Record):
    """A part of the sentences; macro-F1 is over the labels that occur in it."""

    n: int
    macro_f1: float
    accuracy: float


class RiskCoverage(Record):
    """Abstaining from the least sure sentences: the whole curve's area and one point of it."""

    area: float
    coverage: float
    """The fraction answered: the least on the curve that reaches the settings' `coverage`."""
    min_confidence: float
    risk: float
    macro_f1: float


class Evaluation(Record):
    """All figures of one model on one set of sentences; metrics.json is this record."""

    n: int
    unit: str
    """What the bootstrap draws: event, document or sentence."""
    n_units: int
    macro_f1: float
    """Over the labels that occur in the data; predictions of other labels count as wrong."""
    macro_f1_low: float
    macro_f1_high: float
    accuracy: float
    ece: float
    log_loss: float
    brier: float
    per_class: dict[Stance, ClassScore]
    risk_coverage: RiskCoverage
    slices: dict[str, SliceScore]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are gold, columns predicted, both in the order of `Stance`."""


def evaluate_predictions(
    examples: Sequence[Example], probabilities: npt.ArrayLike, settings: EvaluateSettings
) -> Evaluation:
    """All figures of a model, with an interval over events and slices by kind of document.

    Raises:
        ValueError: the probabilities are not one distribution for each example.
    """
    return _evaluate(
        metrics.stance_indices([example.stance for example in examples]),
        probabilities,
        settings,
        unit="event",
        groups=[example.event for example in examples],
        slices=[example.kind or UNKNOWN for example in examples],
    )


def evaluate_file(data: Path, model: Path, settings: EvaluateSettings) -> Evaluation:
    """All figures of a saved model on JSON lines with `id, text, previous, stance`.

    The interval is over `document` where every row has one, and slices are by `source_type`
    where a row has one.

    Raises:
        DataError: the file or some of its rows are malformed; all of them are named.
        ModelError: the model is missing or altered.
    """
    sentences = read_labelled(data)
    contexts = [sentence.in_context for sentence in sentences]
    return evaluate_labelled(sentences, _classify(model, contexts), settings)


def evaluate_labelled(
    sentences: Sequence[LabelledSentence],
    probabilities: npt.ArrayLike,
    settings: EvaluateSettings,
) -> Evaluation:
    """All figures of probabilities of shape (n_sentences, 4); see `evaluate_file`.

    Raises:
        ValueError: the probabilities are not one distribution for each sentence.
    """
    unit, groups = labelled_units(sentences)
    sources = [sentence.source_type for sentence in sentences]
    return _evaluate(
        labelled_gold(sentences),
        probabilities,
        settings,
        unit=unit,
        groups=groups,
        slices=[source or UNKNOWN for source in sources] if any(sources) else [],
    )


def labelled_gold(sentences: Sequence[LabelledSentence]) -> metrics.Indices:
    """The labels as columns of `Stance`, of shape (n_sentences,)."""
    return metrics.stance_indices([Stance(sentence.stance) for sentence in sentences])


def labelled_units(sentences: Sequence[LabelledSentence]) -> tuple[str, list[str]]:
    """What a bootstrap draws and the name of each sentence's: its document, if all have one."""
    documents = [sentence.document for sentence in sentences]
    if all(documents):
        return "document", [str(document) for document in documents]
    return "sentence", [sentence.id for sentence in sentences]


def run_evaluate(
    model: Path, examples: Path, out: Path, settings: EvaluateSettings, baseline: Path | None = None
) -> None:
    """Measure a saved model on examples and write figures, tables and pictures into `out`.

    With the predictions.csv of a baseline for the same examples, comparison.json is written too.

    Raises:
        DataError: there is no example, one is not gold, or the baseline's sentences are others.
        ModelError: the model is missing or altered.
    """
    from pipeline.plots import write_pictures

    rows = _read_gold(examples)
    gold = metrics.stance_indices([row.stance for row in rows])
    answers = _classify(model, rows)
    evaluation = evaluate_predictions(rows, answers, settings)
    probabilities = metrics.checked_probabilities(answers, len(rows))
    bins = metrics.reliability_table(gold, probabilities, settings.n_bins)
    curve = metrics.risk_coverage_curve(gold, probabilities)

    evaluation_files.write_predictions(out / "predictions.csv", rows, probabilities)
    evaluation_files.write_confusion(out / "confusion.csv", evaluation.confusion)
    evaluation_files.write_slices(out / "slices.csv", evaluation.slices)
    evaluation_files.write_reliability(out / "reliability.csv", bins)
    evaluation_files.write_risk_coverage(out / "risk_coverage.csv", curve)
    write_pictures(out, evaluation, bins, curve)
    (out / "comparison.json").unlink(missing_ok=True)
    if baseline is not None:
        predictions = out / "predictions.csv"
        run_comparison(predictions, baseline, examples, out / "comparison.json", settings)
    write_json(out / "metrics.json", evaluation.model_dump(mode="json"))


def run_comparison(
    predictions: Path, baseline: Path, examples: Path, out: Path, settings: EvaluateSettings
) -> None:
    """Write the paired test of two predictions.csv for the same examples as JSON.

    Raises:
        DataError: a file is malformed or does not hold the predictions for these examples.
    """
    rows = _read_gold(examples)
    _, units = _units("event", [row.event for row in rows])
    comparison = metrics.compare_classifiers(
        metrics.stance_indices([row.stance for row in rows]),
        evaluation_files.read_predictions(predictions, rows),
        evaluation_files.read_predictions(baseline, rows),
        units,
        bootstrap_samples=settings.bootstrap_samples,
        permutation_samples=settings.permutation_samples,
        seed=settings.seed,
    )
    write_json(out, comparison.model_dump(mode="json"))


def _evaluate(
    gold: metrics.Indices,
    probabilities: npt.ArrayLike,
    settings: EvaluateSettings,
    *,
    unit: str,
    groups: Sequence[str],
    slices: Sequence[str],
) -> Evaluation:
    """All figures; `groups` are the units of the interval, empty `slices` are none."""
    checked = metrics.checked_probabilities(probabilities, len(gold))
    predicted = checked.argmax(axis=1)
    unit, units = _units(unit, groups)
    low, high = metrics.macro_f1_interval(
        gold, predicted, units, settings.bootstrap_samples, settings.seed
    )
    whole = _slice_score(gold, predicted)
    curve = metrics.risk_coverage_curve(gold, checked)
    row = curve.row_at(settings.coverage)
    names = np.asarray(slices, dtype=str)
    return Evaluation(
        n=whole.n,
        unit=unit,
        n_units=int(units.max()) + 1,
        macro_f1=whole.macro_f1,
        macro_f1_low=low,
        macro_f1_high=high,
        accuracy=whole.accuracy,
        ece=metrics.expected_calibration_error(
            metrics.reliability_table(gold, checked, settings.n_bins)
        ),
        log_loss=metrics.log_loss(gold, checked),
        brier=metrics.brier_score(gold, checked),
        per_class={
            stance: ClassScore(precision=precision, recall=recall, f1=f1, support=support)
            for stance, precision, recall, f1, support in zip(
                STANCES, *metrics.class_scores(gold, predicted), strict=True
            )
        },
        risk_coverage=RiskCoverage(
            area=curve.area,
            coverage=curve.coverage[row],
            min_confidence=curve.min_confidence[row],
            risk=curve.risk[row],
            macro_f1=curve.macro_f1[row],
        ),
        slices={
            str(name): _slice_score(gold[names == name], predicted[names == name])
            for name in np.unique(names)
        },
        confusion=metrics.confusion_matrix(gold, predicted).tolist(),
    )


def _units(name: str, groups: Sequence[str]) -> tuple[str, metrics.Indices]:
    """The units to resample: the groups or, as one alone cannot differ, its sentences."""
    if len(set(groups)) > 1:
        return name, metrics.unit_numbers(groups)
    return "sentence", np.arange(len(groups))


def _slice_score(gold: metrics.Indices, predicted: metrics.Indices) -> SliceScore:
    matrix = metrics.confusion_matrix(gold, predicted)
    accuracy = float(np.trace(matrix) / len(gold))
    return SliceScore(n=len(gold), macro_f1=metrics.macro_f1(matrix), accuracy=accuracy)


def _classify(model: Path, sentences: Sequence[SentenceInContext]) -> npt.ArrayLike:
    from pipeline.classifier import load_classifier

    return load_classifier(model).predict_proba(sentences)


def _read_gold(path: Path) -> list[Example]:
    """Examples that a person labelled; a weak label is a guess and measures nothing."""
    examples = read_records(path, Example)
    if not examples:
        raise DataError(f"{path}: no example to measure on")
    n_weak = sum(example.origin == "weak" for example in examples)
    if n_weak:
        found = f"{n_weak} of {len(examples)} examples have weak labels"
        raise DataError(f"{path}: {found}, expected gold only; make it again with `dvc repro`")
    return examples
