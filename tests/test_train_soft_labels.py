"""Tests of pipeline.train.soft_labels, and of learning from a teacher."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.attribution.spans import GROUPS, IGNORED, N_TAGS
from pipeline.errors import DataError
from pipeline.records import STANCES, Example, sentence_sha256
from pipeline.storage import write_records
from pipeline.train import run_teach, run_train, teach
from pipeline.train.encoder import NetworkWithLoss
from pipeline.train.encoder_settings import EncoderSettings
from pipeline.train.soft_labels import SoftLabel, soft_labels

BuildSettings = Callable[..., EncoderSettings]
TAUGHT = (0.1, 0.2, 0.3, 0.4)


class FixedLogits(nn.Module):
    """A network that gives the same logits whatever it reads."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, **tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.logits, torch.zeros(len(self.logits), 1, N_TAGS)


def loss(settings: EncoderSettings, logits: torch.Tensor, soft: torch.Tensor) -> float:
    model = NetworkWithLoss(FixedLogits(logits), torch.ones(len(STANCES)), settings)
    n = len(logits)
    labels, ones = torch.zeros(n, dtype=torch.long), torch.ones(n)
    tags = torch.full((n, 1, len(GROUPS)), IGNORED)
    found = model(labels=labels, confidence=ones, soft=soft, tags=tags, n_tokens=ones)
    return float(found["loss"])


@pytest.fixture
def file(tmp_path: Path, eight_examples: list[Example]) -> Path:
    """Soft labels of the first example only."""
    sha256 = sentence_sha256(eight_examples[0].text)
    path = tmp_path / "teacher.jsonl"
    write_records(path, [SoftLabel(text_sha256=sha256, probabilities=TAUGHT)])
    return path


def test_known_sentences_get_probabilities_and_others_zeros(
    file: Path, eight_examples: list[Example], encoder_settings: BuildSettings
):
    found = soft_labels(eight_examples, encoder_settings(soft_labels=file))
    assert found[0].tolist() == list(TAUGHT)
    assert not found[1:].any()


def test_without_a_file_there_are_none(
    eight_examples: list[Example], encoder_settings: BuildSettings
):
    assert not soft_labels(eight_examples, encoder_settings()).any()


def test_a_missing_file_says_how_to_make_it(
    eight_examples: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    settings = encoder_settings(soft_labels=tmp_path / "absent.jsonl")
    with pytest.raises(DataError, match="make it with `make teacher`"):
        soft_labels(eight_examples, settings)


def test_the_loss_is_least_where_the_teacher_is_matched(encoder_settings: BuildSettings):
    settings = encoder_settings(soft_weight=1.0, soft_temperature=2.0)
    soft = torch.tensor([TAUGHT])
    matched = loss(settings, soft.log(), soft)
    for other in ([0.4, 0.3, 0.2, 0.1], [0.25] * 4, [0.1, 0.2, 0.35, 0.35]):
        assert loss(settings, torch.tensor([other]).log(), soft) > matched


def test_the_loss_mixes_label_and_teacher_by_weight(encoder_settings: BuildSettings):
    logits, soft = torch.tensor([[2.0, 0.5, -1.0, 0.0]]), torch.tensor([TAUGHT])
    alone = loss(encoder_settings(), logits, soft)
    taught = loss(encoder_settings(soft_weight=1.0), logits, soft)
    mixed = loss(encoder_settings(soft_weight=0.25), logits, soft)
    assert mixed == pytest.approx(0.75 * alone + 0.25 * taught, rel=1e-5)


def test_a_sentence_without_soft_label_counts_by_its_label_alone(encoder_settings: BuildSettings):
    logits, none = torch.tensor([[2.0, 0.5, -1.0, 0.0]]), torch.zeros(1, 4)
    alone = loss(encoder_settings(), logits, none)
    assert loss(encoder_settings(soft_weight=0.9), logits, none) == pytest.approx(alone)


@pytest.fixture
def splits(tmp_path: Path, eight_examples: list[Example], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Splits of eight events, in a working folder of their own."""
    monkeypatch.chdir(tmp_path)
    apart = [
        example.model_copy(update={"event": f"event-{index}"})
        for index, example in enumerate(eight_examples)
    ]
    for name in ("train", "validation"):
        write_records(tmp_path / "splits" / f"{name}.jsonl", apart)
    return tmp_path / "splits"


def test_teachers_label_all_sentences_and_a_student_learns_from_them(
    splits: Path, tmp_path: Path, eight_examples: list[Example], encoder_settings: BuildSettings
):
    out = tmp_path / "soft.jsonl"
    assert run_teach(splits, out, encoder_settings(epochs=1), 2, print) == len(eight_examples)
    settings = encoder_settings(soft_labels=out, soft_weight=0.5, epochs=1)
    found = soft_labels(eight_examples, settings)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-3)
    card = run_train(splits, tmp_path / "models/student", tmp_path / "s", settings)
    assert card.settings["soft_labels"] == str(out)
    assert not list((tmp_path / ".checkpoints/teach").glob("*/fold*"))


def test_no_teacher_sees_the_events_that_it_labels(
    splits: Path, tmp_path: Path, encoder_settings: BuildSettings, monkeypatch: pytest.MonkeyPatch
):
    learned: list[set[str]] = []
    labelled: list[set[str]] = []

    class Teacher:
        def predict_proba(self, examples: list[Example]) -> np.ndarray:
            labelled.append({example.event for example in examples})
            return np.full((len(examples), 4), 0.25)

    def train(outside: list[Example], *rest: object) -> tuple[Teacher, SimpleNamespace]:
        learned.append({example.event for example in outside})
        return Teacher(), SimpleNamespace(validation_macro_f1=0.5)

    monkeypatch.setattr(teach, "train_encoder", train)
    run_teach(splits, tmp_path / "soft.jsonl", encoder_settings(), 2, print)
    assert len(learned) == len(labelled) == 2
    assert set.union(*labelled) == {f"event-{index}" for index in range(8)}
    for inside, outside in zip(labelled, learned, strict=True):
        assert not inside & outside


def test_an_interrupted_teaching_does_not_train_a_finished_fold_again(
    splits: Path, tmp_path: Path, encoder_settings: BuildSettings, monkeypatch: pytest.MonkeyPatch
):
    trained = []
    real = teach.train_encoder

    def train(*arguments: object) -> object:
        trained.append(len(trained))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(teach, "train_encoder", train)
    settings, out = encoder_settings(epochs=1), tmp_path / "soft.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run_teach(splits, out, settings, 2, print)
    assert not out.exists()
    run_teach(splits, out, settings, 2, print)
    assert len(trained) == 3


def test_too_few_events_for_the_folds_are_an_error(
    splits: Path, tmp_path: Path, encoder_settings: BuildSettings
):
    with pytest.raises(DataError, match="fold . of 50 cannot be made"):
        run_teach(splits, tmp_path / "soft.jsonl", encoder_settings(epochs=1), 50, print)
