import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline import metrics
from pipeline.records import Stance

BY_HAND = np.array([[3, 1, 0, 0], [1, 2, 1, 0], [0, 0, 4, 0], [2, 0, 0, 2]])
"""F1 by hand: 2·3/(4+6), 2·2/(4+3), 2·4/(4+5), 2·2/(4+2)."""

BY_HAND_MACRO_F1 = (6 / 10 + 4 / 7 + 8 / 9 + 4 / 6) / 4


def unfold(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gold and predicted stances that have this confusion matrix."""
    gold, predicted = np.indices(confusion.shape).reshape(2, -1)
    return np.repeat(gold, confusion.ravel()), np.repeat(predicted, confusion.ravel())


def sure(predicted: list[int], confidence: list[float]) -> np.ndarray:
    """Probabilities with these top classes and top probabilities, the rest shared evenly."""
    rows = np.repeat((1 - np.array(confidence))[:, None] / 3, 4, axis=1)
    rows[np.arange(len(predicted)), predicted] = confidence
    return rows


@pytest.fixture
def random_predictions() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    return generator.integers(0, 4, 400), generator.integers(0, 4, 400)


def test_stances_become_their_positions():
    assert metrics.stance_indices([Stance.NEUTRAL, Stance.DEMANDING]).tolist() == [3, 1]


def test_confusion_matrix_has_gold_in_rows():
    gold, predicted = unfold(BY_HAND)
    assert metrics.confusion_matrix(gold, predicted).tolist() == BY_HAND.tolist()


def test_macro_f1_is_that_worked_out_by_hand():
    assert metrics.macro_f1(BY_HAND) == pytest.approx(BY_HAND_MACRO_F1)


def test_macro_f1_is_that_of_scikit_learn(random_predictions):
    gold, predicted = random_predictions
    expected = f1_score(gold, predicted, average="macro")
    assert metrics.macro_f1(metrics.confusion_matrix(gold, predicted)) == pytest.approx(expected)


def test_macro_f1_of_many_matrices_is_that_of_each():
    both = metrics.macro_f1(np.stack([BY_HAND, np.eye(4, dtype=int)]))
    assert both == pytest.approx([BY_HAND_MACRO_F1, 1])


def test_a_label_without_gold_is_left_out_but_predicting_it_is_wrong():
    confusion = np.array([[2, 0, 0, 2], [0, 4, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    assert metrics.macro_f1(confusion) == pytest.approx((2 * 2 / (4 + 2) + 1) / 2)


def test_class_scores_are_those_worked_out_by_hand():
    precision, recall, f1, support = metrics.class_scores(*unfold(BY_HAND))
    assert precision == pytest.approx([3 / 6, 2 / 3, 4 / 5, 1])
    assert recall == pytest.approx([3 / 4, 2 / 4, 1, 2 / 4])
    assert f1 == pytest.approx([6 / 10, 4 / 7, 8 / 9, 4 / 6])
    assert support.tolist() == [4, 4, 4, 4]


def test_a_missing_class_has_scores_of_zero_without_a_warning():
    precision, recall, _, support = metrics.class_scores(np.array([0]), np.array([0]))
    assert (precision[3], recall[3], support[3]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [
        ([[0.5, 0.5, 0.5, 0.5]], "row 0: .* not a distribution"),
        ([[0.4, 0.3, 0.2, 0.0]], "row 0: .* not a distribution"),
        ([[1.5, -0.5, 0, 0]], "row 0: .* not a distribution"),
        ([[np.nan, 0.5, 0.25, 0.25]], "row 0: .* not a distribution"),
        ([[0.5, 0.3, 0.2]], r"shape \(1, 3\), expected \(1, 4\)"),
        (np.zeros((2, 4)), r"shape \(2, 4\), expected \(1, 4\)"),
    ],
)
def test_what_is_not_a_distribution_is_refused(probabilities, words):
    with pytest.raises(ValueError, match=words):
        metrics.checked_probabilities(probabilities, 1)


def test_no_sentences_are_refused():
    with pytest.raises(ValueError, match="n >= 1"):
        metrics.checked_probabilities(np.zeros((0, 4)), 0)


def test_rounding_of_single_precision_is_mended():
    rounded = np.full((3, 4), 0.25, dtype=np.float32) * np.float32(1.0004)
    assert metrics.checked_probabilities(rounded, 3).sum(axis=1) == pytest.approx(1, abs=1e-15)


def test_the_interval_contains_the_point(random_predictions):
    gold, predicted = random_predictions
    point = metrics.macro_f1(metrics.confusion_matrix(gold, predicted))
    low, high = metrics.macro_f1_interval(gold, predicted, np.arange(400), 500, seed=1)
    assert 0 < low < point < high < 1


def test_the_interval_comes_from_the_seed(random_predictions):
    gold, predicted = random_predictions
    intervals = [
        metrics.macro_f1_interval(gold, predicted, np.arange(400), 500, seed) for seed in (1, 1, 2)
    ]
    assert intervals[0] == intervals[1] != intervals[2]


def test_the_interval_is_that_of_drawing_sentence_by_sentence(random_predictions):
    gold, predicted = random_predictions
    generator = np.random.default_rng(7)
    scores = []
    for _ in range(2000):
        drawn = generator.integers(0, len(gold), len(gold))
        scores.append(metrics.macro_f1(metrics.confusion_matrix(gold[drawn], predicted[drawn])))
    interval = metrics.macro_f1_interval(gold, predicted, np.arange(400), 20_000, seed=1)
    assert interval == pytest.approx(np.percentile(scores, [2.5, 97.5]), abs=0.005)


def test_events_that_differ_widen_the_interval():
    gold = np.tile(np.arange(4), 20)
    predicted = np.where(np.arange(80) < 40, gold, (gold + 1) % 4)
    by_event = metrics.macro_f1_interval(gold, predicted, np.repeat(np.arange(4), 20), 500, seed=1)
    by_sentence = metrics.macro_f1_interval(gold, predicted, np.arange(80), 500, seed=1)
    assert by_event[1] - by_event[0] > 2 * (by_sentence[1] - by_sentence[0])


def test_one_unit_leaves_everything_open():
    one = np.array([0])
    assert metrics.macro_f1_interval(one, one, one, 500, seed=1) == (0, 1)


def test_groups_become_numbers_from_zero():
    assert metrics.unit_numbers(["b", "a", "b"]).tolist() == [1, 0, 1]


def test_calibration_error_is_that_worked_out_by_hand():
    gold = np.array([0, 0, 0, 0])
    probabilities = sure([0, 1, 0, 0], [0.9, 0.9, 0.6, 0.7])
    bins = metrics.reliability_table(gold, probabilities, n_bins=4)
    assert [(row.low, row.high, row.n) for row in bins] == [(0.5, 0.75, 2), (0.75, 1, 2)]
    assert [row.confidence for row in bins] == pytest.approx([0.65, 0.9])
    assert [row.accuracy for row in bins] == [1, 0.5]
    assert metrics.expected_calibration_error(bins) == pytest.approx((0.35 + 0.4) / 2)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    bins = metrics.reliability_table(np.array([0, 0]), sure([0, 0], [0.5, 1.0]), n_bins=2)
    assert [(row.low, row.n) for row in bins] == [(0, 1), (0.5, 1)]


def test_a_perfect_classifier_has_no_error_of_any_kind():
    gold = np.array([0, 1, 2, 3])
    probabilities = np.eye(4)
    bins = metrics.reliability_table(gold, probabilities, n_bins=15)
    assert metrics.expected_calibration_error(bins) == 0
    assert metrics.risk_coverage_curve(gold, probabilities).area == 0
    assert metrics.brier_score(gold, probabilities) == 0
    assert metrics.log_loss(gold, probabilities) == pytest.approx(0, abs=1e-12)
    assert metrics.macro_f1(metrics.confusion_matrix(gold, gold)) == 1


def test_a_random_classifier_is_a_quarter_right(random_predictions):
    gold, predicted = random_predictions
    assert metrics.macro_f1(metrics.confusion_matrix(gold, predicted)) == pytest.approx(
        0.25, abs=0.06
    )


def test_an_even_distribution_has_the_loss_of_four_even_chances():
    gold, even = np.array([0, 3]), np.full((2, 4), 0.25)
    assert metrics.log_loss(gold, even) == pytest.approx(np.log(4))
    assert metrics.brier_score(gold, even) == pytest.approx(0.75**2 + 3 * 0.25**2)


def test_risk_and_coverage_are_those_worked_out_by_hand():
    curve = metrics.risk_coverage_curve(
        np.array([0, 0, 1, 1]), sure([0, 1, 1, 0], [0.9, 0.5, 0.8, 0.6])
    )
    assert curve.min_confidence == pytest.approx([0.9, 0.8, 0.6, 0.5])
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.risk == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert curve.macro_f1 == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


def test_the_curve_ends_with_every_sentence_answered(random_predictions):
    gold, predicted = random_predictions
    confidence = np.random.default_rng(2).uniform(0.3, 1, len(gold))
    curve = metrics.risk_coverage_curve(gold, sure(predicted, confidence))
    assert curve.coverage[-1] == 1
    assert curve.risk[-1] == pytest.approx((gold != predicted).mean())
    assert curve.macro_f1[-1] == metrics.macro_f1(metrics.confusion_matrix(gold, predicted))
    assert (np.diff(curve.coverage) > 0).all()


def test_sentences_of_equal_confidence_are_answered_together():
    gold = np.array([0, 1, 0])
    curves = [
        metrics.risk_coverage_curve(gold[order], sure([0, 0, 0], [0.7] * 3))
        for order in ([0, 1, 2], [1, 0, 2])
    ]
    assert [curve.coverage.tolist() for curve in curves] == [[1], [1]]
    assert [curve.area for curve in curves] == pytest.approx([1 / 3, 1 / 3])


@pytest.mark.parametrize(("coverage", "row"), [(0.2, 0), (0.25, 0), (0.8, 3), (0.75, 2), (1, 3)])
def test_a_coverage_is_found_at_the_first_row_that_reaches_it(coverage, row):
    curve = metrics.risk_coverage_curve(np.zeros(4, int), sure([0] * 4, [0.9, 0.8, 0.7, 0.6]))
    assert curve.row_at(coverage) == row


def compare(gold, ours, baseline, units=None, seed=1) -> metrics.Comparison:
    return metrics.compare_classifiers(
        gold,
        ours,
        baseline,
        np.arange(len(gold)) if units is None else units,
        bootstrap_samples=500,
        permutation_samples=999,
        seed=seed,
    )


def test_identical_predictions_do_not_differ(random_predictions):
    gold, predicted = random_predictions
    result = compare(gold, predicted, predicted)
    assert result.permutation_p_value == result.mcnemar_p_value == 1
    assert (result.difference, result.difference_low, result.difference_high) == (0, 0, 0)


def test_clearly_different_predictions_differ(random_predictions):
    gold, predicted = random_predictions
    result = compare(gold, gold, predicted)
    assert result.permutation_p_value == pytest.approx(1 / 1000)
    assert result.mcnemar_p_value < 1e-6
    assert 0 < result.difference_low < result.difference < result.difference_high
    assert result.difference == pytest.approx(1 - result.baseline_macro_f1)


def test_exchanging_the_classifiers_turns_the_sign_only(random_predictions):
    gold, predicted = random_predictions
    better = np.where(np.arange(400) < 30, gold, predicted)
    forth, back = compare(gold, better, predicted), compare(gold, predicted, better)
    assert forth.difference == -back.difference > 0
    assert forth.only_ours_right == back.only_baseline_right
    assert forth.mcnemar_p_value == back.mcnemar_p_value
    assert forth.permutation_p_value == pytest.approx(back.permutation_p_value, abs=0.02)


def test_mcnemar_is_the_binomial_of_the_discordant_sentences():
    gold = np.array([0, 1, 2, 3, 0, 1])
    ours, baseline = np.array([0, 1, 2, 3, 0, 0]), np.array([1, 2, 3, 0, 0, 1])
    result = compare(gold, ours, baseline)
    assert (result.only_ours_right, result.only_baseline_right) == (4, 1)
    assert result.mcnemar_p_value == pytest.approx(2 * (1 + 5) / 2**5)


def test_exchanging_few_whole_events_cannot_be_significant(random_predictions):
    gold, predicted = random_predictions
    events = np.repeat([0, 1], 200)
    assert compare(gold, gold, predicted, units=events).permutation_p_value > 0.3


def test_the_permutation_comes_from_the_seed(random_predictions):
    gold, predicted = random_predictions
    better = np.where(np.arange(400) < 8, gold, predicted)
    values = [compare(gold, better, predicted, seed=seed).permutation_p_value for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]


def test_one_sentence_can_be_compared():
    result = compare(np.array([0]), np.array([0]), np.array([1]))
    assert (result.difference, result.difference_low, result.difference_high) == (1, -1, 1)
    assert result.permutation_p_value == 1
