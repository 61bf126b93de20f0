"""Small changes to a sentence that must not change its stance."""

import calendar
import re
from collections.abc import Callable, Sequence

import numpy as np

from pipeline.train.swap import Replacement

Random = np.random.Generator
Perturbation = Callable[[str, Random], str]
"""Gives the sentence changed, or as it was where there is nothing to change."""

_MONTHS = tuple(calendar.month_name)[1:]
_DAYS = tuple(calendar.day_name)
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b(?= \d)|(?<=\d )(?:{'|'.join(_MONTHS)})\b")
_DAY = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_AMOUNT = re.compile(r"(?<![\w.,])(?!(?:19|20)\d{2}\b)\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w,]*\d)")
_LONG_WORD = re.compile(r"\b[a-z]{6,}\b")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


def other_dates(text: str, random: Random) -> str:
    """Other months, days of the week and years."""
    text = _MONTH.sub(lambda match: str(random.choice(_MONTHS)), text)
    text = _DAY.sub(lambda match: str(random.choice(_DAYS)), text)
    return _YEAR.sub(lambda match: str(int(match.group()) + int(random.integers(-3, 4))), text)


def other_amounts(text: str, random: Random) -> str:
    """Other numbers of the same length, years apart."""

    def change(match: re.Match) -> str:
        digits = list(match.group())
        places = [index for index, character in enumerate(digits) if character.isdigit()]
        for index in places:
            digits[index] = str(random.integers(1 if index == places[0] else 0, 10))
        return "".join(digits)

    return _AMOUNT.sub(change, text)


def other_quotes(text: str, random: Random) -> str:
    """Curly quotation marks for straight ones, or straight for curly."""
    straight = text.translate(_STRAIGHT)
    if straight != text:
        return straight
    text = re.sub(r'(^|[\s(\[])"', r"\1“", text).replace('"', "”")
    return re.sub(r"(\w)'(\w)", r"\1’\2", text)


def typo(text: str, random: Random) -> str:
    """Two neighbouring letters inside one long word in the wrong order."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    word = words[random.integers(len(words))]
    at = word.start() + int(random.integers(1, len(word.group()) - 2))
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


PERTURBATIONS: dict[str, Perturbation] = {
    "dates": other_dates,
    "amounts": other_amounts,
    "quotation marks": other_quotes,
    "typos": typo,
}


def other_names(
    texts: Sequence[str], vocabulary: frozenset[str], random: Random
) -> Callable[[str], str]:
    """A function that gives a document's countries, places and persons other names throughout."""
    return Replacement(texts, vocabulary, random)


def swapped_sides(
    texts: Sequence[str], vocabulary: frozenset[str], random: Random
) -> Callable[[str], str]:
    """A function that exchanges a document's two countries, with their demonyms."""
    sides = Replacement(texts, vocabulary, random).pairs
    if len(sides) < 2:
        return lambda text: text
    (one, one_demonym), (two, two_demonym) = sides[:2]
    exchange = {one: two, two: one, one_demonym: two_demonym, two_demonym: one_demonym}
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, exchange))})\b")
    return lambda text: pattern.sub(lambda match: exchange[match.group()], text)
