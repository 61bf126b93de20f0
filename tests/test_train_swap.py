"""Tests of pipeline.train.swap."""

import itertools
import re

import pytest

from pipeline.records import Example, Stance
from pipeline.train.swap import common_words, swap_names

TEXTS = [
    "Premier Ansa Orloff of Kestan spoke with the Belmari president in Port Selwyn on Monday.",
    "Kestan's delegation, she said, would not sign before the Kestani crew came home.",
    "The Belmari side asked Kestan for the minutes of the May meeting.",
    "Orloff thanked Belmar and left for Selwyn.",
]
VOCABULARY = common_words(
    ["the premier of a port side spoke on delegation before minutes crew home and monday meeting"]
)


def examples(document: str = "d-1") -> list[Example]:
    return [
        Example(
            id=f"{document}:{index}",
            document=document,
            event="e",
            text=text,
            previous=TEXTS[index - 1] if index else "",
            stance=Stance.NEUTRAL,
            confidence=1.0,
            origin="gold",
        )
        for index, text in enumerate(TEXTS)
    ]


def swap(share: float = 1.0, seed: int = 3) -> list[Example]:
    return swap_names(examples(), VOCABULARY, share, seed)


def test_no_invented_name_is_left():
    for example in swap():
        assert not re.search(r"Kestan|Belmar|Orloff|Ansa", example.text + example.previous)


def test_names_keep_their_roles_within_a_document():
    first, second, third, _ = (example.text for example in swap())
    country = re.match(r"Premier .+ of (.+?) spoke", first)[1]
    assert second.startswith(f"{country[0].upper()}{country[1:]}'s delegation")
    assert f"asked {country} for" in third
    demonym = re.search(r"with the (.+) president", first)[1]
    assert third.startswith(f"The {demonym} side")
    assert re.search(r"before the (.+) crew", second)[1] != demonym


def test_the_previous_sentence_is_swapped_alike():
    swapped = swap()
    for before, after in itertools.pairwise(swapped):
        assert after.previous == before.text


def test_words_months_and_labels_stay():
    for old, new in zip(examples(), swap(), strict=True):
        assert (old.id, old.stance, old.document) == (new.id, new.stance, new.document)
    texts = [example.text for example in swap()]
    assert " on Monday." in texts[0]
    assert texts[0].startswith("Premier ")
    assert "the minutes of the May meeting." in texts[2]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (1.0, 40)])
def test_the_share_decides_how_many_documents_change(share: float, expected: int):
    many = [example for number in range(40) for example in examples(f"d-{number}")]
    changed = {
        new.document
        for old, new in zip(many, swap_names(many, VOCABULARY, share, 1), strict=True)
        if old.text != new.text
    }
    assert len(changed) == expected


def test_half_a_share_changes_about_half_of_the_documents():
    many = [example for number in range(200) for example in examples(f"d-{number}")]
    changed = {
        new.document
        for old, new in zip(many, swap_names(many, VOCABULARY, 0.5, 1), strict=True)
        if old.text != new.text
    }
    assert 70 < len(changed) < 130


def test_the_draw_depends_on_seed_and_document_only():
    assert swap(seed=3) == swap(seed=3)
    assert swap(seed=3) != swap(seed=4)
    both = [*examples("other"), *examples()]
    assert swap_names(both, VOCABULARY, 1.0, 3)[4:] == swap(seed=3)
