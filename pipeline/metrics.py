"""How good predictions are, as pure numbers; classes are in the order of `Stance` throughout."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest
from sklearn import metrics as sklearn_metrics

from pipeline.records import STANCES, Record, Stance

Indices = npt.NDArray[np.int64]
"""Stances as positions in `STANCES`, or the units of a resampling as numbers from 0."""

Floats = npt.NDArray[np.float64]

INTERVAL_PERCENTILES = (2.5, 97.5)
"""The ends of a 95 % interval."""

PROBABILITY_TOLERANCE = 1e-3
"""How far from 1 a row of probabilities may sum, as in `Prediction`."""


class ReliabilityBin(Record):
    """Sentences whose top probability lies in (low, high]: how sure against how often right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


class Comparison(Record):
    """A classifier against a baseline on the same sentences; differences are ours minus theirs."""

    n: int
    n_units: int
    macro_f1: float
    baseline_macro_f1: float
    difference: float
    difference_low: float
    difference_high: float
    permutation_p_value: float
    mcnemar_p_value: float
    only_ours_right: int
    only_baseline_right: int


@dataclass(frozen=True)
class RiskCoverageCurve:
    """What is answered and how well, one row for each distinct top probability, highest first.

    At row i the classifier answers the sentences whose top probability is at least
    `min_confidence[i]` and abstains from the others.
    """

    coverage: Floats
    """Fraction of the sentences answered; the last is 1."""
    risk: Floats
    """Fraction of the answers that are wrong."""
    macro_f1: Floats
    """Macro-F1 of the answers, over the labels that occur among the sentences answered."""
    min_confidence: Floats

    @property
    def area(self) -> float:
        """Area under risk as a function of coverage: 0 is perfect, lower is better.

        Without ties it is the mean risk over all coverages (Geifman & El-Yaniv 2017).
        """
        return float(np.diff(self.coverage, prepend=0.0) @ self.risk)

    def row_at(self, coverage: float) -> int:
        """The first row that answers at least this fraction of the sentences."""
        row = int(np.searchsorted(self.coverage, coverage - 1e-9))
        return min(row, len(self.coverage) - 1)


def stance_indices(stances: Sequence[Stance]) -> Indices:
    """Stances as positions in `STANCES`."""
    return np.array([STANCES.index(stance) for stance in stances], dtype=np.int64)


def checked_probabilities(probabilities: npt.ArrayLike, n: int) -> Floats:
    """The probabilities in double precision, each row summing to 1 exactly enough for logarithms.

    Raises:
        ValueError: the shape is not (n, 4), n is 0, or a row is not a distribution.
    """
    checked = np.asarray(probabilities, dtype=np.float64)
    if n == 0 or checked.shape != (n, len(STANCES)):
        expected = (n, len(STANCES))
        raise ValueError(f"probabilities have shape {checked.shape}, expected {expected}, n >= 1")
    sums = checked.sum(axis=1, keepdims=True)
    bad = ~np.isfinite(sums[:, 0]) | (checked < 0).any(axis=1)
    bad |= np.abs(sums[:, 0] - 1) > PROBABILITY_TOLERANCE
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"row {row}: probabilities {checked[row].tolist()} are not a distribution")
    return checked / sums


def confusion_matrix(gold: Indices, predicted: Indices) -> Indices:
    """Counts of sentences, shape (4, 4): rows are gold, columns are predicted."""
    return sklearn_metrics.confusion_matrix(gold, predicted, labels=range(len(STANCES)))


def macro_f1(confusions: npt.NDArray[np.number]) -> Floats:
    """Macro-F1 over the labels that occur in the gold data, of matrices of shape (..., 4, 4).

    A label without gold sentences is left out of the mean; predicting it still counts as wrong,
    since it lowers the recall of the true label.
    """
    support = confusions.sum(axis=-1)
    n_predicted = confusions.sum(axis=-2)
    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    f1 = 2 * hits / np.maximum(support + n_predicted, 1)
    occurs = support > 0
    return (f1 * occurs).sum(axis=-1) / occurs.sum(axis=-1)


def class_scores(gold: Indices, predicted: Indices) -> tuple[Floats, Floats, Floats, Indices]:
    """Precision, recall, F1 and support of each stance; a ratio without a denominator is 0."""
    return sklearn_metrics.precision_recall_fscore_support(
        gold, predicted, labels=range(len(STANCES)), zero_division=0
    )


def unit_numbers(groups: Sequence[str]) -> Indices:
    """Each sentence's group as a number from 0: the units that a resampling draws."""
    return np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1].reshape(-1)


def macro_f1_interval(
    gold: Indices, predicted: Indices, units: Indices, n_samples: int, seed: int
) -> tuple[float, float]:
    """Percentile bootstrap 95 % interval of macro-F1, drawing whole units with replacement.

    Sentences of one event resemble each other, so events are the units where they are known;
    `units = np.arange(n)` draws sentences. One unit says nothing of the others: (0, 1).
    """
    matrices = _unit_confusions(gold, predicted, units)
    if len(matrices) < 2:
        return 0.0, 1.0
    kinds, multiplicity = _distinct(matrices.reshape(len(matrices), -1))
    resampled = _resampled_sums(kinds, multiplicity, n_samples, seed)
    scores = macro_f1(resampled.reshape(-1, len(STANCES), len(STANCES)))
    low, high = np.percentile(scores, INTERVAL_PERCENTILES)
    return float(low), float(high)


def reliability_table(
    gold: Indices, probabilities: Floats, n_bins: int
) -> tuple[ReliabilityBin, ...]:
    """Equal-width bins of the top probability, without the empty ones (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == gold
    edges = np.linspace(0, 1, n_bins + 1)
    places = np.clip(np.searchsorted(edges, confidence) - 1, 0, n_bins - 1)
    return tuple(
        ReliabilityBin(
            low=edges[place],
            high=edges[place + 1],
            n=int((places == place).sum()),
            confidence=confidence[places == place].mean(),
            accuracy=right[places == place].mean(),
        )
        for place in np.unique(places)
    )


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean distance of accuracy from confidence, weighted by bin (Naeini et al. 2015)."""
    n = sum(row.n for row in bins)
    return sum(row.n * abs(row.accuracy - row.confidence) for row in bins) / n


def risk_coverage_curve(gold: Indices, probabilities: Floats) -> RiskCoverageCurve:
    """Selective classification by top probability (Geifman & El-Yaniv 2017).

    Sentences with equal top probability are answered together, as a threshold would.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    confidence, gold = confidence[order], gold[order]
    predicted = probabilities[order].argmax(axis=1)
    last_of_tie = np.append(np.diff(confidence) != 0, True)
    n_answered = np.arange(1, len(gold) + 1)
    n_wrong = np.cumsum(predicted != gold)
    confusions = np.cumsum(_unit_confusions(gold, predicted, np.arange(len(gold))), axis=0)
    return RiskCoverageCurve(
        coverage=(n_answered / len(gold))[last_of_tie],
        risk=(n_wrong / n_answered)[last_of_tie],
        macro_f1=macro_f1(confusions[last_of_tie]),
        min_confidence=confidence[last_of_tie],
    )


def log_loss(gold: Indices, probabilities: Floats) -> float:
    """Mean negative log-likelihood of the gold stance, in nats."""
    return float(sklearn_metrics.log_loss(gold, probabilities, labels=range(len(STANCES))))


def brier_score(gold: Indices, probabilities: Floats) -> float:
    """Mean squared distance from the one-hot gold, summed over classes: 0 to 2 (Brier 1950)."""
    return float(((probabilities - np.eye(len(STANCES))[gold]) ** 2).sum(axis=1).mean())


def compare_classifiers(
    gold: Indices,
    ours: Indices,
    baseline: Indices,
    units: Indices,
    *,
    bootstrap_samples: int,
    permutation_samples: int,
    seed: int,
) -> Comparison:
    """Paired tests of two sets of predictions for the same sentences.

    The two-sided permutation test exchanges the two predictions of whole units at random and
    compares differences of macro-F1 (approximate randomisation, Noreen 1989; the observed one
    counts, so that p is never 0). McNemar's exact test compares accuracies and takes sentences
    as independent. The interval is the paired bootstrap over units.
    """
    first = _unit_confusions(gold, ours, units).reshape(units.max() + 1, -1)
    second = _unit_confusions(gold, baseline, units).reshape(units.max() + 1, -1)
    pairs, multiplicity = _distinct(np.hstack([first, second]))
    difference = _macro_f1_differences((multiplicity @ pairs)[None])[0]
    low, high = -1.0, 1.0
    if len(first) > 1:
        resampled = _resampled_sums(pairs, multiplicity, bootstrap_samples, seed)
        low, high = np.percentile(_macro_f1_differences(resampled), INTERVAL_PERCENTILES)
    only_ours = int(((ours == gold) & (baseline != gold)).sum())
    only_baseline = int(((ours != gold) & (baseline == gold)).sum())
    n_discordant = only_ours + only_baseline
    return Comparison(
        n=len(gold),
        n_units=len(first),
        macro_f1=macro_f1(confusion_matrix(gold, ours)),
        baseline_macro_f1=macro_f1(confusion_matrix(gold, baseline)),
        difference=difference,
        difference_low=low,
        difference_high=high,
        permutation_p_value=_permutation_p_value(pairs, multiplicity, permutation_samples, seed),
        mcnemar_p_value=binomtest(only_ours, n_discordant).pvalue if n_discordant else 1.0,
        only_ours_right=only_ours,
        only_baseline_right=only_baseline,
    )


def _unit_confusions(gold: Indices, predicted: Indices, units: Indices) -> Indices:
    """One confusion matrix for each unit, shape (n_units, 4, 4)."""
    matrices = np.zeros((units.max() + 1, len(STANCES), len(STANCES)), dtype=np.int64)
    np.add.at(matrices, (units, gold, predicted), 1)
    return matrices


def _distinct(rows: Indices) -> tuple[Indices, Indices]:
    """The distinct rows and how often each occurs: equal units need not be drawn one by one."""
    return np.unique(rows, axis=0, return_counts=True)


def _resampled_sums(
    rows: Indices, multiplicity: Indices, n_samples: int, seed: int
) -> npt.NDArray[np.int64]:
    """Sums over as many units as there are, drawn with replacement: (n_samples, columns)."""
    n_units = int(multiplicity.sum())
    generator = np.random.default_rng(seed)
    return generator.multinomial(n_units, multiplicity / n_units, size=n_samples) @ rows


def _macro_f1_differences(pairs: Indices) -> Floats:
    """Macro-F1 of the first matrix minus that of the second, of rows that hold both flattened."""
    scores = macro_f1(pairs.reshape(-1, 2, len(STANCES), len(STANCES)))
    return scores[:, 0] - scores[:, 1]


def _permutation_p_value(pairs: Indices, multiplicity: Indices, n_samples: int, seed: int) -> float:
    n_columns = pairs.shape[1] // 2
    exchanged = np.hstack([pairs[:, n_columns:], pairs[:, :n_columns]])
    observed = multiplicity @ pairs
    n_exchanged = np.random.default_rng(seed).binomial(
        multiplicity, 0.5, size=(n_samples, len(multiplicity))
    )
    permuted = _macro_f1_differences(observed + n_exchanged @ (exchanged - pairs))
    threshold = abs(_macro_f1_differences(observed[None])[0]) - 1e-12
    return float((1 + (np.abs(permuted) >= threshold).sum()) / (1 + n_samples))
