"""Countries by every name that a text may give them: demonym, capital, seat of government."""

import re
from collections.abc import Iterable
from functools import cache

from pipeline.attribution.words import (
    BODIES,
    CALENDAR,
    GOVERNMENT_ROLES,
    OFFICE_WORDS,
    stem,
)

SEATS = {
    "Ankara": "Turkey",
    "Britain": "United Kingdom",
    "Brussels": "European Union",
    "DPRK": "North Korea",
    "Downing Street": "United Kingdom",
    "EU": "European Union",
    "European Commission": "European Union",
    "European External Action": "European Union",
    "European Union": "European Union",
    "Foggy Bottom": "United States",
    "IDF": "Israel",
    "Kremlin": "Russia",
    "NATO": "NATO",
    "Pentagon": "United States",
    "PRC": "China",
    "ROK": "South Korea",
    "State Department": "United States",
    "Türkiye": "Turkey",
    "U.K": "United Kingdom",
    "U.N": "United Nations",
    "U.S": "United States",
    "U.S.A": "United States",
    "UK": "United Kingdom",
    "UN": "United Nations",
    "USA": "United States",
    "United Nations": "United Nations",
    "Washington": "United States",
    "White House": "United States",
    "Élysée": "France",
}
"""Names that the package countryinfo lacks; unions of states count as countries."""
LEADERS = {
    "Biden": "United States",
    "Blinken": "United States",
    "Erdogan": "Turkey",
    "Lavrov": "Russia",
    "Lula": "Brazil",
    "Macron": "France",
    "Modi": "India",
    "Netanyahu": "Israel",
    "Putin": "Russia",
    "Rubio": "United States",
    "Starmer": "United Kingdom",
    "Trump": "United States",
    "Wang Yi": "China",
    "Xi": "China",
    "Zelensky": "Ukraine",
    "Zelenskyy": "Ukraine",
}
"""Persons who speak for a country even where the text does not say so; as of 2025."""
_NAME = r"[A-Z][^\W\d_]+(?:[- ](?:[A-Z][^\W\d_]+))*"
_ROLE = "|".join(sorted(GOVERNMENT_ROLES))
_PORTFOLIO = (
    "Affairs|Agriculture|Civil|Commerce|Culture|Defen[cs]e|Economy|Education|Energy|Environment"
    "|Europe|Export|External|Finance|Food|Foreign|Health|Human|Industry|Information|Infrastructure"
    "|Interior|Internal|International|Justice|Labour|National|Public|Security|State|Strategic|Trade"
    "|Transport|Water|Women"
)
_REALM = "Commonwealth|Emirate|Federation|Kingdom|Principality|Republic|Sultanate|State"
_DEMONYM = r"(?:an|ian|i|ese|ish|ic|er|ite|ene)s?"
_PLACES = (
    re.compile(
        rf"\b(?i:{_ROLE}|{_REALM}|office|bureau)\b"
        rf"(?: (?:of|for|and|the|[A-Z][\w-]+))*? of (?:the )?(?!(?:{_PORTFOLIO}|{_REALM})\b)"
        rf"(?P<name>{_NAME})"
    ),
    re.compile(rf"\b(?P<name>{_NAME})['’]s? (?:[a-z]+ ){{0,2}}(?:{_ROLE})\b"),
    re.compile(rf"\b(?P<name>{_NAME}) side\b"),
    re.compile(rf"\b(?P<name>[A-Z][^\W\d_]+{_DEMONYM}) (?:[a-z]+ ){{0,3}}(?:{_ROLE})\b"),
)
_NOT_PLACES = OFFICE_WORDS | BODIES | frozenset(_REALM.lower().split("|"))
_ISSUERS_PLACE = re.compile(rf"(?:, | of (?:the )?)(?!(?:{_PORTFOLIO})\b)(?P<name>{_NAME})$")


@cache
def known_countries() -> dict[str, str]:
    """The country that each name stands for."""
    from countryinfo import all_countries

    found: dict[str, str] = {}
    rows = [country.info() for country in all_countries()]
    # Of several that share a demonym, the one with most people has it: "Chinese", "American".
    for row in sorted(rows, key=lambda row: (row.get("population") or 0, row["name"])):
        for name in (row.get("capital"), row.get("demonym"), row["name"]):
            if isinstance(name, str) and len(name) > 3:
                found[name] = row["name"]
    return found | SEATS


@cache
def capitals() -> frozenset[str]:
    """The capitals, which some persons are called by too."""
    from countryinfo import all_countries

    return frozenset(str(country.info().get("capital")) for country in all_countries())


class Countries:
    """The countries of one document, invented ones too."""

    def __init__(self, texts: Iterable[str], official_issuer: str = "") -> None:
        """Read texts; an official issuer's name may end in the country that it speaks for."""
        self._invented: dict[str, str] = {}
        texts = list(texts)
        place = _ISSUERS_PLACE.search(official_issuer)
        if place and any(place["name"] in text for text in texts if text != official_issuer):
            self._take(place["name"])
        capitalised: set[str] = set()
        for text in texts:
            capitalised |= set(re.findall(r"[A-Z][^\W\d_]{3,}", text))
            for pattern in _PLACES:
                for match in pattern.finditer(text):
                    self._take(match["name"].split(" and ")[0])
        for name in sorted(capitalised, key=len):
            if any(_is_demonym(other, name) for other in capitalised):
                self._take(name)

    def _take(self, name: str) -> None:
        """Keep a name as a country's; of name and demonym, the name is shorter."""
        known = known_countries()
        last = name.split()[-1]
        if name in known or last in known or last.lower() in _NOT_PLACES or last in CALENDAR:
            return
        earlier = self._invented.get(stem(last))
        if earlier is None or len(last) < len(earlier.split()[-1]):
            self._invented[stem(last)] = name

    def of(self, names: list[str]) -> tuple[str, int] | None:
        """The country that a list of capitalised words begins with, and how many words it takes."""
        known = known_countries()
        for length in (3, 2, 1):
            name = " ".join(names[:length])
            if length <= len(names) and name in known:
                # A first name, as in "Sofia Brandt", is no capital.
                is_name = (
                    name in capitals()
                    and names[length : length + 1]
                    and names[length].lower() not in _NOT_PLACES
                )
                return None if is_name else (known[name], length)
        for length in (3, 2, 1):
            country = self._invented.get(stem(names[length - 1])) if length <= len(names) else None
            if country and _is_form(names[:length], country):
                return country, length
        return None


def _is_form(names: list[str], country: str) -> bool:
    """Whether words are a country's name or its demonym."""
    *before, last = country.split()
    return before == names[:-1] and len(names[-1]) - len(last) <= 4


def _is_demonym(name: str, country: str) -> bool:
    """Whether a name is formed from a country's: Kestani, Quintaran (as in entity swapping)."""
    if name == country or not name.startswith(country[: max(4, len(country) - 2)]):
        return False
    return re.search(f"{_DEMONYM}$", name) is not None and len(name) - len(country) in range(5)
