"""Mentions of parties, taken apart into countries, names, offices and other words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from pipeline.attribution.countries import Countries
from pipeline.attribution.words import (
    BODIES,
    CALENDAR,
    GOVERNMENT_ROLES,
    OFFICE_WORDS,
    OPENING_WORDS,
    OUTSIDE_GOVERNMENT,
    PERSON_ROLES,
    SMALL_WORDS,
    words,
)

CALLED_ALIKE = {"spokesman": "spokesperson", "spokeswoman": "spokesperson"}
_SMALL_PARTS = frozenset(["of", "for", "the", "s"])
_LABEL = re.compile(
    r"^(?P<who>[A-Z][\w.’'-]*(?: (?:[A-Z][\w.’'-]*|of|the|and)){0,6}): (?=[“\"A-Z])"
)
_GAP = re.compile(r"['’]|,? ")


@dataclass(frozen=True)
class Mention:
    """A passage that names a party, taken apart."""

    countries: tuple[str, ...]
    names: tuple[str, ...]
    """Capitalised words that are neither countries nor offices."""
    roles: tuple[str, ...]
    """Offices and bodies, in lower case."""
    others: tuple[str, ...]
    """Other words in lower case."""

    @property
    def is_person(self) -> bool:
        """Whether it may be gone on with as "he" or "she"."""
        return bool(PERSON_ROLES & set(self.roles)) or bool(
            self.names and not BODIES & set(self.roles)
        )

    @property
    def is_outside(self) -> bool:
        """Whether it is of those who speak for no government."""
        return bool(OUTSIDE_GOVERNMENT & {*self.others, *self.roles})

    @property
    def office(self) -> str | None:
        """What it calls its party: the first office, else the last body."""
        bodies = [role for role in self.roles if role in BODIES]
        offices = [role for role in self.roles if role in GOVERNMENT_ROLES | PERSON_ROLES]
        if bodies and offices[:1] == ["side"]:
            offices = []
        found = offices[:1] or bodies[-1:]
        return CALLED_ALIKE.get(found[0], found[0]) if found else None


class Mentions:
    """Reads mentions, with the names that one document uses."""

    def __init__(
        self, sentences: Sequence[str], headings: Sequence[str], official_issuer: str
    ) -> None:
        self._countries = Countries([*sentences, *headings], official_issuer)
        self._capitalised: set[str] = set()
        """Words that begin with a capital, in lower case; but a sentence begins with one anyway."""
        for text in (*sentences, *(f"- {heading}" for heading in headings)):
            capitals = [
                (match.group().lower(), match.group()[0].isupper()) for match in words(text)
            ]
            following = [*(is_capital for _, is_capital in capitals[1:]), False]
            self._capitalised |= {
                word
                for place, (word, is_capital) in enumerate(capitals)
                if is_capital and (place or following[place])
            }

    def read(self, text: str) -> Mention:
        """Take a passage apart."""
        found = [match.group() for match in words(text)]
        countries: list[str] = []
        names: list[str] = []
        roles: list[str] = []
        others: list[str] = []
        index = 0
        while index < len(found):
            word, low = found[index], found[index].lower()
            capitals = list(takewhile(lambda word: word[0].isupper(), found[index : index + 3]))
            country = self._countries.of(capitals) if word[0].isupper() else None
            index += country[1] if country else 1
            if country:
                countries.append(country[0])
            elif low.split("-")[-1] in OFFICE_WORDS or low in BODIES:
                roles.append(low.split("-")[-1])
            elif low in SMALL_WORDS or low in OPENING_WORDS or word in CALENDAR:
                continue
            elif word[0].isupper() and (index > 1 or len(capitals) > 1 or low in self._capitalised):
                names.append(word)
            else:
                others.append(low)
        return Mention(tuple(countries), tuple(names), tuple(roles), tuple(others))


def speaker_label(sentence: str) -> str | None:
    """The label of a transcript with which a sentence begins, with capitals as in a name."""
    label = _LABEL.match(sentence)
    return label["who"].title() if label else None


def name_phrases(sentence: str) -> list[str]:
    """Passages in which offices, countries and names stand close together."""
    found: list[list[re.Match[str]]] = [[]]
    for match in words(sentence):
        low = match.group().lower()
        known = low in OFFICE_WORDS or low in BODIES or low in OUTSIDE_GOVERNMENT
        counts = match.group()[0].isupper() or known or low in _SMALL_PARTS
        gap = sentence[found[-1][-1].end() : match.start()] if found[-1] else " "
        if not counts or not _GAP.fullmatch(gap):
            found.append([])
        if counts:
            found[-1].append(match)
    return [sentence[run[0].start() : run[-1].end()] for run in found if run]


def without_article(text: str) -> str:
    """A passage without the article before it."""
    return re.sub(r"^(?:the|a|an) ", "", text, flags=re.IGNORECASE)
