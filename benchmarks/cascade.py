"""Would it pay to have the TF-IDF model settle the sentences that it is sure of?

    python benchmarks/cascade.py RATE_OF_SMALL RATE_OF_ENCODER

On the validation events, for each probability from which the small model's answer is taken. Prints
a line of JSON (`figures.CascadeStep`) for each.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from figures import CascadeStep

from pipeline import metrics
from pipeline.classifier import load_classifier
from pipeline.records import STANCES, Example, Stance
from pipeline.storage import read_records

VALIDATION = Path("data/splits/validation.jsonl")
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def cascade_steps(
    small: np.ndarray, large: np.ndarray, gold: metrics.Indices, rates: tuple[float, float]
) -> list[CascadeStep]:
    """What each of `LEVELS` gains and costs.

    `small` and `large` are probabilities of shape (n, 4), `rates` the sentences a second of each.
    Every sentence that takes a stance needs the encoder's spans; without them only those that
    the small model settles as neutral are spared.
    """
    alone = _macro_f1(gold, large.argmax(axis=1))
    neutral = small.argmax(axis=1) == STANCES.index(Stance.NEUTRAL)
    steps = []
    for level in LEVELS:
        sure = small.max(axis=1) >= level
        answers = np.where(sure, small.argmax(axis=1), large.argmax(axis=1))
        spared, without_spans = float(sure.mean()), float((sure & neutral).mean())
        steps.append(
            CascadeStep(
                sure=level,
                settled=spared,
                settled_neutral=without_spans,
                macro_f1_loss=alone - _macro_f1(gold, answers),
                speed_up=_speed_up(spared, rates),
                speed_up_with_spans=_speed_up(without_spans, rates),
            )
        )
    return steps


def _speed_up(spared: float, rates: tuple[float, float]) -> float:
    small, large = rates
    return (1 / large) / (1 / small + (1 - spared) / large)


def _macro_f1(gold: metrics.Indices, predicted: np.ndarray) -> float:
    return float(metrics.macro_f1(metrics.confusion_matrix(gold, predicted)))


def main(arguments: Sequence[str]) -> None:
    """Read the validation events with both models."""
    examples = read_records(VALIDATION, Example)
    small, large = (
        load_classifier(Path("models") / name).predict_proba(examples)
        for name in ("baseline", "encoder-onnx")
    )
    gold = metrics.stance_indices([example.stance for example in examples])
    rates = (float(arguments[0]), float(arguments[1]))
    steps = cascade_steps(small, large, gold, rates)
    print(json.dumps([step.model_dump() for step in steps]))


if __name__ == "__main__":
    main(sys.argv[1:])
