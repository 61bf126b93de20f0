"""The baseline learns, calibrates and travels without pickle."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from pipeline.classifier import ModelCard, load_classifier, stance_indices
from pipeline.errors import DataError, ModelError
from pipeline.records import Example, Stance
from pipeline.storage import write_records
from pipeline.train import run_train
from pipeline.train.baseline import WEIGHTS, Baseline, BaselineSettings, train_baseline


class Untrusted(LogisticRegression):
    """A type that scikit-learn does not know."""


SETTINGS = BaselineSettings(
    kind="baseline",
    seed=5,
    word_ngrams=(1, 2),
    character_ngrams=(2, 3),
    min_document_count=1,
    inverse_regularisation=[10.0, 100.0],
    folds=2,
)


def ignore(step: int, metrics: dict[str, float]) -> None:
    """A progress callback that does nothing."""


@pytest.fixture
def trained(eight_examples: list[Example]) -> tuple[Baseline, ModelCard]:
    return train_baseline(eight_examples, eight_examples, SETTINGS, ignore)


@pytest.fixture
def saved(eight_examples: list[Example], tmp_path: Path) -> Path:
    """The model folder of a whole training."""
    for name in ("train", "validation"):
        write_records(tmp_path / "splits" / f"{name}.jsonl", eight_examples)
    run_train(tmp_path / "splits", tmp_path / "model", tmp_path / "report", SETTINGS)
    return tmp_path / "model"


def test_it_overfits_eight_sentences(
    eight_examples: list[Example], trained: tuple[Baseline, ModelCard]
):
    classifier, card = trained
    found = classifier.predict_proba(eight_examples).argmax(axis=1)
    expected = stance_indices([example.stance for example in eight_examples])
    np.testing.assert_array_equal(found, expected)
    assert card.validation_macro_f1 == 1
    assert card.n_train == 8


def test_the_same_seed_gives_the_same_probabilities(
    eight_examples: list[Example], trained: tuple[Baseline, ModelCard]
):
    again, _ = train_baseline(eight_examples, eight_examples, SETTINGS, ignore)
    np.testing.assert_array_equal(
        again.predict_proba(eight_examples), trained[0].predict_proba(eight_examples)
    )


def test_rows_are_distributions_in_one_shape(
    eight_examples: list[Example], trained: tuple[Baseline, ModelCard]
):
    found = trained[0].predict_proba(eight_examples)
    assert found.shape == (8, 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_no_examples_give_no_rows(trained: tuple[Baseline, ModelCard]):
    found = trained[0].predict_proba([])
    assert found.shape == (0, 4)
    assert found.dtype == np.float32


def test_a_stance_that_training_lacks_is_never_predicted(eight_examples: list[Example]):
    known = [example for example in eight_examples if example.stance is not Stance.DEMANDING]
    classifier, _ = train_baseline(known, known, SETTINGS, ignore)
    found = classifier.predict_proba(eight_examples)
    assert found[:, 1].max() < 1e-6
    assert set(found.argmax(axis=1)) == {0, 2, 3}


def test_every_regularisation_tried_is_reported(eight_examples: list[Example]):
    rows = []
    train_baseline(
        eight_examples, eight_examples, SETTINGS, lambda step, metrics: rows.append(metrics)
    )
    assert [row.get("inverse_regularisation") for row in rows] == [10.0, 100.0, None]
    assert rows[-1]["validation_macro_f1"] == 1


def test_probabilities_are_equal_after_save_and_load(eight_examples: list[Example], saved: Path):
    classifier, _ = train_baseline(eight_examples, eight_examples, SETTINGS, ignore)
    np.testing.assert_array_equal(
        load_classifier(saved).predict_proba(eight_examples),
        classifier.predict_proba(eight_examples),
    )


def test_training_writes_the_history_of_its_metrics(saved: Path):
    lines = (saved.parent / "report" / "history.csv").read_text().splitlines()
    assert lines[0].startswith("step,")
    assert "validation_macro_f1" in lines[0]
    assert len(lines) == 1 + 3
    # A plot takes an empty cell for zero.
    assert ",," not in "".join(lines)
    assert "NaN" in lines[1].split(",")


@pytest.mark.parametrize("name", ["train", "validation"])
def test_an_empty_split_is_named(eight_examples: list[Example], tmp_path: Path, name: str):
    for split in ("train", "validation"):
        write_records(tmp_path / f"{split}.jsonl", [] if split == name else eight_examples)
    with pytest.raises(DataError, match=rf"{name}\.jsonl: holds no example"):
        run_train(tmp_path, tmp_path / "model", tmp_path / "report", SETTINGS)


def test_training_on_a_single_event_is_a_data_error(eight_examples: list[Example]):
    single = [example.model_copy(update={"event": "only"}) for example in eight_examples]
    with pytest.raises(DataError, match="event"):
        train_baseline(single, eight_examples, SETTINGS, ignore)


def overwrite_with_untrusted(path: Path) -> None:
    skops.io.dump(Untrusted(), path)


def overwrite_with_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(LogisticRegression()))


@pytest.mark.parametrize("overwrite", [overwrite_with_untrusted, overwrite_with_pickle])
def test_weights_that_could_run_code_are_refused(
    trained: tuple[Baseline, ModelCard], tmp_path: Path, overwrite: Callable[[Path], None]
):
    overwrite(tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="cannot be read as a scikit-learn model"):
        Baseline.load(tmp_path, trained[1])
