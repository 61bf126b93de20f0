"""Cross-fitted probabilities of a larger encoder for the training sentences.

A model is far too sure of the sentences that it was trained on, so that its probabilities for them
say little more than the labels do. Here each sentence is scored by a model that saw no account of
its event (cross-fitting, Chernozhukov et al. 2018; out-of-fold soft labels).
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.errors import DataError
from pipeline.records import Example
from pipeline.settings import Settings
from pipeline.storage import read_records, write_records
from pipeline.train.encoder import train_encoder
from pipeline.train.encoder_settings import EncoderSettings
from pipeline.train.soft_labels import SoftLabel, to_soft_labels

Report = Callable[[str], None]


class TeachSettings(Settings):
    """How the training sentences are divided among teachers."""

    n_folds: Annotated[int, Field(ge=2)]


def fold_of(event: str, n_folds: int) -> int:
    """The fold of an event, 0 to `n_folds` - 1: the same whatever other events there are."""
    return int(hashlib.sha256(f"f{event}".encode()).hexdigest(), 16) % n_folds


def cross_fitted(
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: EncoderSettings,
    n_folds: int,
    work: Path,
    report: Report,
) -> list[SoftLabel]:
    """A soft label for each training sentence, from a model that saw nothing of its event.

    Each fold's labels are kept in `work` when they are done, and its training goes on from the
    last checkpoint there, so that a killed run loses little.

    Raises:
        DataError: a fold holds all events or none.
        ModelError: the pretrained encoder cannot be loaded.
    """
    found: dict[str, SoftLabel] = {}
    for fold in range(n_folds):
        inside = [example for example in train if fold_of(example.event, n_folds) == fold]
        outside = [example for example in train if fold_of(example.event, n_folds) != fold]
        if not inside or not outside:
            raise DataError(f"fold {fold} of {n_folds} cannot be made of so few events; set fewer")
        done = work / f"fold-{fold}.jsonl"
        if not done.is_file():
            report(f"fold {fold + 1} of {n_folds}: learns from {len(outside)} sentences")
            checkpoints = work / f"fold-{fold}"
            teacher, card = train_encoder(
                outside, validation, settings, lambda step, metrics: None, checkpoints, True
            )
            report(f"fold {fold + 1}: validation macro-F1 {card.validation_macro_f1:.3f}")
            write_records(done, to_soft_labels(inside, teacher))
        found |= {row.text_sha256: row for row in read_records(done, SoftLabel)}
    return [found[sha256] for sha256 in sorted(found)]
