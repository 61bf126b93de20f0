"""Divide examples into train, validation and test by event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.errors import DataError
from pipeline.records import Example
from pipeline.settings import Settings
from pipeline.storage import atomic_folder, read_records, write_records

Fraction = Annotated[float, Field(gt=0, le=0.5)]


class SplitSettings(Settings):
    """How examples are divided."""

    seed: int
    validation_fraction: Fraction
    test_fraction: Fraction


@dataclass(frozen=True)
class Splits:
    """Examples of disjoint events."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]


def split_examples(examples: Sequence[Example], settings: SplitSettings) -> Splits:
    """Divide examples into train, validation and test without dividing an event.

    Accounts of one event resemble each other; an event on both sides would flatter the test
    score. Validation and test hold gold examples only, stratified by stance.

    Raises:
        DataError: fewer events with gold examples than the fractions need.
    """
    gold = [example for example in examples if example.origin == "gold"]
    test_events = _draw_events(gold, settings.test_fraction, settings.seed)
    rest = [example for example in gold if example.event not in test_events]
    share = settings.validation_fraction / (1 - settings.test_fraction)
    validation_events = _draw_events(rest, share, settings.seed)
    held_out = test_events | validation_events
    return Splits(
        train=_matching(examples, lambda example: example.event not in held_out),
        validation=_matching(gold, lambda example: example.event in validation_events),
        test=_matching(gold, lambda example: example.event in test_events),
    )


def run_split(examples: Path, out: Path, settings: SplitSettings) -> None:
    """Read examples, split them, write one file per split into `out`."""
    splits = split_examples(read_records(examples, Example), settings)
    with atomic_folder(out) as folder:
        for name in ("train", "validation", "test"):
            write_records(folder / f"{name}.jsonl", getattr(splits, name))


def _matching(examples: Sequence[Example], keep: Callable[[Example], bool]) -> list[Example]:
    return [example for example in examples if keep(example)]


def _draw_events(examples: Sequence[Example], fraction: float, seed: int) -> set[str]:
    from sklearn.model_selection import StratifiedGroupKFold

    n_folds = max(2, round(1 / fraction))
    events = [example.event for example in examples]
    if len(set(events)) < n_folds:
        raise DataError(
            f"{len(set(events))} events with gold annotations are too few to hold out "
            f"{fraction:.0%} of them; at least {n_folds} are needed: annotate more events, "
            "or raise the fraction in configs/split.yaml"
        )
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    stances = [example.stance for example in examples]
    _, held_out = next(folds.split(events, stances, events))
    return {events[index] for index in held_out}
