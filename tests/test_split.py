"""Splits hold whole events, and weak labels only train."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.records import STANCES, Example
from pipeline.split import Splits, SplitSettings, run_split, split_examples
from pipeline.storage import read_records, write_records


def settings(seed: int = 1) -> SplitSettings:
    return SplitSettings(seed=seed, validation_fraction=0.2, test_fraction=0.2)


def ids(examples: Sequence[Example]) -> list[str]:
    return [example.id for example in examples]


def events(examples: Sequence[Example]) -> set[str]:
    return {example.event for example in examples}


def all_ids(splits: Splits) -> list[list[str]]:
    return [ids(splits.train), ids(splits.validation), ids(splits.test)]


@pytest.mark.parametrize("seed", range(5))
def test_events_never_cross_splits(many_examples: list[Example], seed: int):
    splits = split_examples(many_examples, settings(seed))
    assert events(splits.train).isdisjoint(events(splits.validation))
    assert events(splits.train).isdisjoint(events(splits.test))
    assert events(splits.validation).isdisjoint(events(splits.test))


def test_gold_examples_are_divided_once_each(many_examples: list[Example]):
    splits = split_examples(many_examples, settings())
    found = [*splits.train, *splits.validation, *splits.test]
    gold = [example for example in found if example.origin == "gold"]
    expected = [example for example in many_examples if example.origin == "gold"]
    assert sorted(ids(gold)) == sorted(ids(expected))


def test_held_out_shares_are_near_the_fractions(many_examples: list[Example]):
    splits = split_examples(many_examples, settings())
    assert len(splits.test) == pytest.approx(0.2 * 120, abs=6)
    assert len(splits.validation) == pytest.approx(0.2 * 120, abs=6)


def test_every_stance_is_in_every_split(many_examples: list[Example]):
    splits = split_examples(many_examples, settings())
    for part in (splits.train, splits.validation, splits.test):
        assert {example.stance for example in part} == set(STANCES)


def test_weak_examples_only_train(many_examples: list[Example]):
    splits = split_examples(many_examples, settings())
    assert {example.origin for example in splits.validation + splits.test} == {"gold"}
    assert {example.origin for example in splits.train} == {"gold", "weak"}


def test_weak_examples_of_a_held_out_event_are_left_out_and_the_others_train(
    many_examples: list[Example],
):
    splits = split_examples(many_examples, settings())
    held_out = events(splits.validation) | events(splits.test)
    weak = [example for example in many_examples if example.origin == "weak"]
    kept = [example.id for example in weak if example.event not in held_out]
    assert 0 < len(kept) < len(weak)
    assert [example.id for example in splits.train if example.origin == "weak"] == kept


def test_the_same_seed_gives_the_same_ids(many_examples: list[Example]):
    first, second = (split_examples(many_examples, settings(3)) for _ in range(2))
    assert all_ids(first) == all_ids(second)


def test_another_seed_gives_other_ids(many_examples: list[Example]):
    first, second = (split_examples(many_examples, settings(seed)) for seed in (3, 4))
    assert ids(first.test) != ids(second.test)
    assert ids(first.validation) != ids(second.validation)


def test_too_few_events_say_how_many_are_needed(many_examples: list[Example]):
    few = [example for example in many_examples if example.event in {"event-0", "event-1"}]
    with pytest.raises(DataError, match="2 events with gold annotations .* at least 5 are needed"):
        split_examples(few, settings())


def test_weak_events_do_not_count_as_gold_ones(many_examples: list[Example]):
    weak = [example for example in many_examples if example.origin == "weak"]
    with pytest.raises(DataError, match="0 events with gold annotations"):
        split_examples(weak, settings())


def test_no_examples_at_all_are_too_few():
    with pytest.raises(DataError, match="0 events"):
        split_examples([], settings())


def test_the_three_files_hold_the_three_splits(many_examples: list[Example], tmp_path: Path):
    write_records(tmp_path / "examples.jsonl", many_examples)
    run_split(tmp_path / "examples.jsonl", tmp_path / "splits", settings())
    splits = split_examples(many_examples, settings())
    names = ("train", "validation", "test")
    found = [read_records(tmp_path / "splits" / f"{name}.jsonl", Example) for name in names]
    assert found == [splits.train, splits.validation, splits.test]


def test_documents_added_later_leave_nearly_all_events_where_they_were(
    many_examples: list[Example],
):
    some = [example for example in many_examples if not example.event.endswith("7")]
    before, after = split_examples(some, settings()), split_examples(many_examples, settings())
    for name in ("train", "validation", "test"):
        old, new = events(getattr(before, name)), events(getattr(after, name))
        assert len(old & new) >= 0.75 * len(old)
