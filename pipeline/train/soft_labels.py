"""What a larger, slower teacher makes of the training sentences.

The file is versioned, since the teacher takes long to train: `make teacher` trains it again and
writes the file anew (`pipeline.train.teach`). Its rows are tied to sentences by their text, so they
hold for any split, and a sentence that is not among them is learned from its label alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.classifier import Classifier
from pipeline.errors import DataError
from pipeline.records import STANCES, Example, Record, Sha256, sentence_sha256
from pipeline.storage import read_records


class SoftLabel(Record):
    """A teacher's probabilities for a sentence, in the order of `Stance`, rounded."""

    text_sha256: Sha256
    probabilities: tuple[float, float, float, float]


class SoftLabelSettings(Protocol):
    """The part of the settings that is needed here."""

    soft_labels: Path | None


def soft_labels(examples: Sequence[Example], settings: SoftLabelSettings) -> np.ndarray:
    """Probabilities of shape (n_examples, 4); rows of zeros where the teacher says nothing.

    Raises:
        DataError: the file is missing or malformed.
    """
    found = np.zeros((len(examples), len(STANCES)))
    if settings.soft_labels is None:
        return found
    if not settings.soft_labels.is_file():
        raise DataError(
            f"{settings.soft_labels}: no such file; make it with `make teacher`, or set "
            "soft_labels to null in the settings"
        )
    rows = read_records(settings.soft_labels, SoftLabel)
    known = {row.text_sha256: row.probabilities for row in rows}
    for index, example in enumerate(examples):
        found[index] = known.get(sentence_sha256(example.text), found[index])
    return found


def to_soft_labels(examples: Sequence[Example], teacher: Classifier) -> list[SoftLabel]:
    """What a teacher makes of the examples, one row for each sentence, sorted."""
    probabilities = teacher.predict_proba(examples).astype(float).round(4)
    rows = {
        sha256: SoftLabel(text_sha256=sha256, probabilities=tuple(row.tolist()))
        for sha256, row in zip(
            (sentence_sha256(example.text) for example in examples), probabilities, strict=True
        )
    }
    return [rows[sha256] for sha256 in sorted(rows)]
