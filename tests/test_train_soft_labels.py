"""Tests of pipeline.train.soft_labels, and of learning from a teacher."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.attribution.spans import GROUPS, IGNORED, N_TAGS
from pipeline.errors import DataError
from pipeline.records import STANCES, Example, sentence_sha256
from pipeline.storage import write_records
from pipeline.train import run_soften, run_train
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


def test_a_trained_model_teaches_another(
    tmp_path: Path, eight_examples: list[Example], encoder_settings: BuildSettings
):
    for name in ("train", "validation"):
        write_records(tmp_path / "splits" / f"{name}.jsonl", eight_examples)
    teacher, out = tmp_path / "models/teacher", tmp_path / "soft.jsonl"
    run_train(tmp_path / "splits", teacher, tmp_path / "r", encoder_settings(epochs=1))
    assert run_soften(teacher, tmp_path / "splits", out) == len(eight_examples)
    settings = encoder_settings(soft_labels=out, soft_weight=0.5, epochs=1)
    found = soft_labels(eight_examples, settings)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-3)
    card = run_train(tmp_path / "splits", tmp_path / "models/student", tmp_path / "s", settings)
    assert card.settings["soft_labels"] == str(out)
