"""What the service tells of its model."""

from pathlib import Path

from pipeline.classifier import read_card
from pipeline.records import Record
from pipeline.storage import check_manifest

VERSION_CHARACTERS = 12


class ModelInfo(Record):
    """What there is to know of the model that answers."""

    name: str
    """Its folder, or its address in MLflow."""
    version: str
    """Beginning of the SHA-256 of its manifest."""
    kind: str
    codebook: str
    metrics: dict[str, float]
    """Macro-F1 on the validation events (0 to 1), and the number of sentences in training."""


def model_info(name: str, folder: Path) -> ModelInfo:
    """What the card and the manifest of a model folder say.

    Raises:
        ModelError: nothing trained there, or a file of it is missing or altered.
    """
    card = read_card(folder)
    return ModelInfo(
        name=name,
        version=check_manifest(folder)[:VERSION_CHARACTERS],
        kind=card.kind,
        codebook=card.codebook,
        metrics={
            "validation_macro_f1": card.validation_macro_f1,
            "training_sentences": card.n_train,
        },
    )
