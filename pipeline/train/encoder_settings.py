"""Settings of the encoder; apart from it, so that reading them does not import torch."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings import Settings

PositiveInt = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class EncoderSettings(Settings):
    """Fine-tuning of a transformer encoder."""

    kind: Literal["encoder"]
    name: str
    seed: int
    previous_sentence: bool
    document_kind: bool
    swapped_share: Annotated[float, Field(ge=0, le=1)]
    soft_labels: Path | None
    soft_weight: Annotated[float, Field(ge=0, le=1)]
    soft_temperature: Positive
    span_weight: Annotated[float, Field(ge=0)]
    max_tokens: Annotated[int, Field(ge=16)]
    epochs: Positive
    learning_rate: Positive
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    n_layers: PositiveInt | None
    frozen_layers: Annotated[int, Field(ge=0)] | None
    average_decay: Annotated[float, Field(gt=0, lt=1)] | None
    warmup_fraction: Fraction
    weight_decay: Annotated[float, Field(ge=0)]
    dropout: Fraction
    batch_size: PositiveInt
    label_smoothing: Fraction
    balanced_classes: bool
    calibration_dropped: Annotated[
        tuple[Annotated[float, Field(ge=0, lt=1)], ...], Field(min_length=1)
    ]
    evaluations_per_epoch: PositiveInt
    patience: PositiveInt
    precision: Literal["auto", "float32", "bfloat16"]
