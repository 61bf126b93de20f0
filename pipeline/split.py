"""Divide examples into train, validation and test by event."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.errors import DataError
from pipeline.records import STANCES, Example, Stance
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
    validation_events = _draw_events(rest, share, settings.seed + 1)
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
    """A share of the events, from each commonest stance alike.

    Within a stance the events with the lowest hashes are drawn, so that documents added later
    leave nearly all events where they were and figures stay comparable.
    """
    stances: defaultdict[str, Counter[Stance]] = defaultdict(Counter)
    for example in examples:
        stances[example.event][example.stance] += 1
    needed = max(2, round(1 / fraction))
    if len(stances) < needed:
        raise DataError(
            f"{len(stances)} events with gold annotations are too few to hold out "
            f"{fraction:.0%} of them; at least {needed} are needed: annotate more events, "
            "or raise the fraction in configs/split.yaml"
        )
    strata: defaultdict[Stance, list[str]] = defaultdict(list)
    for event in sorted(stances, key=lambda event: _hash(event, seed)):
        strata[max(STANCES, key=lambda stance: stances[event][stance])].append(event)
    drawn: set[str] = set()
    due = 0.0
    for stance in STANCES:
        due += fraction * len(strata[stance])
        count = round(due) - len(drawn)
        drawn.update(strata[stance][:count])
    return drawn


def _hash(event: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{event}".encode()).hexdigest()
