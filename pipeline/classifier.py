"""What every stance classifier offers, and how a saved one is found again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from pipeline.attribution.spans import SentenceSpans
from pipeline.errors import ModelError
from pipeline.records import CODEBOOK_VERSION, STANCES, Record, SentenceInContext, Stance
from pipeline.storage import check_manifest, explain_validation

CARD = "model.json"

Probabilities = npt.NDArray[np.float32]


class Classifier(Protocol):
    """Answers one question in one shape."""

    def predict_proba(self, examples: Sequence[SentenceInContext]) -> Probabilities:
        """Probabilities of shape (n_examples, 4) in the order of `Stance`; rows sum to 1."""
        ...


@runtime_checkable
class SpanClassifier(Classifier, Protocol):
    """A classifier that also finds the passages for holder, target and cue, in the same pass."""

    def predict_with_spans(
        self, examples: Sequence[SentenceInContext]
    ) -> tuple[Probabilities, list[SentenceSpans] | None]:
        """Probabilities as `predict_proba` gives them, and the spans of each sentence.

        None in place of the spans where training did not teach them.
        """
        ...


class ModelCard(Record):
    """What a model folder says of its model; `kind` tells which class loads it."""

    kind: Literal["baseline", "encoder", "onnx"]
    stances: tuple[Stance, ...] = STANCES
    codebook: str = CODEBOOK_VERSION
    temperature: float = Field(gt=0)
    """Logits are divided by it before the softmax."""
    validation_macro_f1: float = Field(ge=0, le=1)
    n_train: int = Field(gt=0)
    settings: dict[str, object]


def read_card(folder: Path) -> ModelCard:
    """Check a model folder's files against its manifest and read its card.

    Raises:
        ModelError: nothing trained there, a file missing or altered, or another label order.
    """
    check_manifest(folder)
    try:
        card = ModelCard.model_validate_json((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = explain_validation(error) if isinstance(error, ValidationError) else error
        raise ModelError(f"{folder / CARD}: {reason}; train the model again") from error
    if card.stances != STANCES:
        found, expected = ", ".join(card.stances), ", ".join(STANCES)
        raise ModelError(f"{folder}: its labels are {found}, expected {expected}; train it again")
    return card


def load_classifier(folder: Path) -> Classifier:
    """Load the classifier saved in a folder, whatever its kind; no pickle is read.

    Raises:
        ModelError: see `read_card`.
    """
    card = read_card(folder)
    if card.kind == "baseline":
        from pipeline.train.baseline import Baseline

        return Baseline.load(folder, card)
    if card.kind == "onnx":
        return _load_onnx(folder, card)
    from pipeline.encoder import Encoder

    return Encoder.load(folder, card)


def _load_onnx(folder: Path, card: ModelCard) -> Classifier:
    try:
        from pipeline.onnx_encoder import OnnxEncoder
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{folder}: needs {error.name}, which is not installed; "
            "run `pip install readout-stance[onnx]`"
        ) from error
    return OnnxEncoder.load(folder, card)


def softmax(logits: npt.ArrayLike, temperature: float) -> Probabilities:
    """Probabilities from logits of shape (n, 4), after division by the temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    exponentials = np.exp(scaled)
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_temperature(logits: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The temperature that makes held-out labels likeliest (Guo et al. 2017, section 4.2).

    `logits` has shape (n, 4), `labels` holds n column indices.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)

    def negative_log_likelihood(log_temperature: float) -> float:
        log_probabilities = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(log_probabilities[np.arange(len(labels)), labels].mean())

    found = minimize_scalar(negative_log_likelihood, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))


def stance_indices(stances: Sequence[Stance]) -> npt.NDArray[np.int64]:
    """Stances as column indices."""
    return np.array([STANCES.index(stance) for stance in stances], dtype=np.int64)
