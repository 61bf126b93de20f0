"""Tests of pipeline.perturbations."""

import numpy as np
import pytest

from pipeline.perturbations import (
    other_amounts,
    other_dates,
    other_names,
    other_quotes,
    swapped_sides,
    typo,
)

TEXT = (
    'On Tuesday, 14 March 2023, the minister said "no" to 1,250 tonnes and 3.5 per cent; '
    "talks may resume in 2024."
)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(5)


def test_dates_change_and_nothing_else(random: np.random.Generator):
    changed = other_dates(TEXT, random)
    assert changed != TEXT
    assert "1,250 tonnes and 3.5 per cent" in changed
    assert "talks may resume" in changed
    assert other_dates("talks may resume", random) == "talks may resume"


def test_amounts_change_and_years_stay(random: np.random.Generator):
    changed = other_amounts(TEXT, random)
    assert "2023" in changed
    assert "2024" in changed
    assert "1,250" not in changed
    assert len(changed) == len(TEXT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "no" to it.', "He said “no” to it."),
        ("He said “no” and it’s over.", 'He said "no" and it\'s over.'),
        ("It's over.", "It’s over."),
        ("Nothing here.", "Nothing here."),
    ],
)
def test_quotation_marks_take_the_other_style(
    text: str, expected: str, random: np.random.Generator
):
    assert other_quotes(text, random) == expected


def test_a_typo_swaps_two_inner_letters_of_one_long_word(random: np.random.Generator):
    changed = typo("they met again in the minister's office", random)
    assert sorted(changed) == sorted("they met again in the minister's office")
    pairs = zip(changed, "they met again in the minister's office", strict=True)
    assert sum(a != b for a, b in pairs) in (0, 2)
    assert typo("no one is at it", random) == "no one is at it"


def test_sides_are_exchanged_with_their_demonyms(random: np.random.Generator):
    texts = ["Kestan urged Belmar to stop.", "The Belmari side told the Kestani side to wait."]
    vocabulary = frozenset(["the", "side", "urged", "told", "to", "stop", "wait"])
    change = swapped_sides(texts, vocabulary, random)
    assert change(texts[0]) == "Belmar urged Kestan to stop."
    assert change(texts[1]) == "The Kestani side told the Belmari side to wait."
    assert swapped_sides(["It rained."], vocabulary, random)("It rained.") == "It rained."


def test_names_are_replaced_alike_in_a_document(random: np.random.Generator):
    texts = ["Kestan urged Belmar to stop.", "The Belmari side told the Kestani side to wait."]
    vocabulary = frozenset(["the", "side", "urged", "told", "to", "stop", "wait"])
    change = other_names(texts, vocabulary, random)
    assert "Kestan" not in change(texts[0]) + change(texts[1])
    assert change(texts[0]) == change(texts[0])
