"""Tests of pipeline.train.calibration."""

import pytest

from pipeline.records import Example
from pipeline.train.calibration import with_words_dropped


def words(examples: list[Example]) -> int:
    return sum(len(example.text.split()) for example in examples)


def test_nothing_is_dropped_at_zero(eight_examples: list[Example]):
    assert with_words_dropped(eight_examples, 0.0, 1) == eight_examples


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_about_the_share_is_dropped_and_order_and_labels_stay(
    many_examples: list[Example], share: float
):
    harder = with_words_dropped(many_examples, share, 1)
    assert words(harder) / words(many_examples) == pytest.approx(1 - share, abs=0.1)
    for old, new in zip(many_examples, harder, strict=True):
        rest = iter(old.text.split())
        assert all(word in rest for word in new.text.split())
        assert (new.id, new.stance) == (old.id, old.stance)


def test_a_word_is_always_left(eight_examples: list[Example]):
    assert all(example.text for example in with_words_dropped(eight_examples, 0.99, 1))


def test_the_seed_decides(many_examples: list[Example]):
    assert with_words_dropped(many_examples, 0.5, 1) == with_words_dropped(many_examples, 0.5, 1)
    assert with_words_dropped(many_examples, 0.5, 1) != with_words_dropped(many_examples, 0.5, 2)
