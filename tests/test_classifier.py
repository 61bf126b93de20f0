"""What every classifier shares: cards, softmax and temperature."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.classifier import (
    CARD,
    ModelCard,
    fit_temperature,
    load_classifier,
    read_card,
    softmax,
    stance_indices,
)
from pipeline.errors import ModelError
from pipeline.records import STANCES, Stance
from pipeline.storage import MANIFEST, write_json, write_manifest


@pytest.fixture
def model_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a model folder that holds a card and a file of weights."""

    def build(**changes: object) -> Path:
        card = ModelCard(
            kind="baseline", temperature=1.5, validation_macro_f1=0.5, n_train=8, settings={}
        )
        folder = tmp_path / "model"
        folder.mkdir()
        write_json(folder / CARD, json.loads(card.model_dump_json()) | changes)
        (folder / "weights").write_bytes(b"weights")
        write_manifest(folder)
        return folder

    return build


def test_softmax_agrees_with_a_hand_calculation():
    found = softmax([[np.log(1), np.log(2), np.log(3), np.log(4)]], temperature=1.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.1, 0.2, 0.3, 0.4]], atol=1e-6)


def test_softmax_rows_sum_to_one_however_large_the_logits():
    logits = np.random.default_rng(1).normal(0, 1000, (50, 4))
    found = softmax(logits, temperature=0.1)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found >= 0).all()


def test_a_higher_temperature_flattens_and_keeps_the_order():
    logits = np.array([[3.0, 1.0, 0.0, -1.0]])
    sharp, flat = softmax(logits, 1.0), softmax(logits, 3.0)
    assert flat.max() < sharp.max()
    np.testing.assert_array_equal(flat.argsort(), sharp.argsort())


def test_softmax_leaves_its_argument_as_it_was():
    logits = np.array([[3.0, 1.0, 0.0, -1.0]])
    softmax(logits, 2.0)
    np.testing.assert_array_equal(logits, [[3.0, 1.0, 0.0, -1.0]])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_with_is_recovered(temperature: float):
    random = np.random.default_rng(2)
    logits = random.normal(0, 3, (20000, 4))
    cumulative = softmax(logits, temperature).cumsum(axis=1)
    labels = (random.random((20000, 1)) > cumulative[:, :3]).sum(axis=1)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_stances_become_their_columns():
    found = stance_indices([Stance.NEUTRAL, Stance.CONCILIATORY, Stance.SKEPTICAL])
    assert found.tolist() == [3, 0, 2]


def test_a_card_is_equal_after_writing_and_reading(model_folder: Callable[..., Path]):
    card = read_card(model_folder())
    assert card.kind == "baseline"
    assert card.temperature == 1.5
    assert card.stances == STANCES


def test_another_label_order_is_refused(model_folder: Callable[..., Path]):
    folder = model_folder(stances=["neutral", "conciliatory", "demanding", "skeptical"])
    with pytest.raises(ModelError, match="its labels are neutral, conciliatory, .* expected"):
        load_classifier(folder)


def test_an_unknown_kind_is_refused(model_folder: Callable[..., Path]):
    with pytest.raises(ModelError, match="kind: .*'oracle'"):
        load_classifier(model_folder(kind="oracle"))


def test_a_temperature_of_zero_is_refused(model_folder: Callable[..., Path]):
    with pytest.raises(ModelError, match="temperature: .*greater than 0"):
        load_classifier(model_folder(temperature=0))


def test_a_folder_without_a_manifest_is_refused(model_folder: Callable[..., Path]):
    folder = model_folder()
    (folder / MANIFEST).unlink()
    with pytest.raises(ModelError, match="no trained model here"):
        load_classifier(folder)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="no trained model here"):
        load_classifier(tmp_path / "none")


def test_an_altered_file_is_refused(model_folder: Callable[..., Path]):
    folder = model_folder()
    (folder / "weights").write_bytes(b"Weights")
    with pytest.raises(ModelError, match="weights: altered since it was saved"):
        load_classifier(folder)


def test_a_card_that_the_manifest_does_not_know_of_is_still_needed(
    model_folder: Callable[..., Path],
):
    folder = model_folder()
    (folder / CARD).unlink()
    write_manifest(folder)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_classifier(folder)


def test_a_card_that_is_not_text_is_refused(model_folder: Callable[..., Path]):
    folder = model_folder()
    (folder / CARD).write_bytes(b"\xff\xfe")
    write_manifest(folder)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_classifier(folder)
