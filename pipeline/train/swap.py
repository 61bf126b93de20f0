"""Entity swapping: training documents with their names replaced by other, real ones.

A stance must not depend on who takes it. Names keep their roles: within a document, one country
stays one country, with the demonym that belongs to it. Countries, capitals and demonyms come from
the package countryinfo, drawn by the square root of the population; names of persons from Faker.
"""

import calendar
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import Example

if TYPE_CHECKING:
    from faker import Faker

MIN_STEM = 4
"""A demonym shares at least so many letters with its country."""
_NAME = re.compile(r"[A-Z][^\W\d_]+(?:[-’'][A-Z][^\W\d_]+)*")
_WORD = re.compile(r"[^\W\d_]+")
_DEMONYM = re.compile(r"(?:n|i|ese|ish|ic|ns|is|che|er|ers|ard|ene|ite|ites)$")
_PLACE_BEFORE = re.compile(
    r"(?:^|\W)(?:in|to|with|from|between|against|of|at|near|for|by|and|on|that|toward|towards) $"
)
_TITLE_BEFORE = re.compile(
    r"(?:Minister|President|Premier|Chancellor|Secretary|Ambassador|Envoy|Governor|Senator"
    r"|General|Colonel|Admiral|Commissioner|Representative|Spokes(?:wo)?man|Spokesperson"
    r"|Chairman|Chairwoman|Professor|Director|Judge|King|Queen|Prince|Mr\.?|Ms\.?|Mrs\.?|Dr\.?"
    r"|analyst|envoy|negotiator|spokesman|spokeswoman|spokesperson|ambassador|minister) "
    r"(?P<first>[A-Z][^\W\d_]+ )?$"
)
_KEPT = frozenset(["Africa", "America", "Asia", "Atlantic", "Europe", "Latin", "Pacific"])
_FIRST_NAME = re.compile(r"(?:^|[^\w’'-])(?P<name>[A-Z][^\W\d_]+) $")
_CALENDAR = frozenset([*calendar.month_name, *calendar.day_name, *calendar.month_abbr])
_CONTEXT = 60
_WITH_NAMES = ("text", "previous", "holder", "target", "issuer")


def swap_names(
    examples: Sequence[Example], vocabulary: frozenset[str], share: float, seed: int
) -> list[Example]:
    """The examples, those of a share (0 to 1) of the documents with their names replaced.

    `vocabulary` (see `common_words`) tells words from names. The draw depends on the seed and
    the document's id alone, so that other documents do not change it.
    """
    by_document: dict[str, list[int]] = defaultdict(list)
    for index, example in enumerate(examples):
        by_document[example.document].append(index)
    swapped = list(examples)
    for document, indices in by_document.items():
        random = np.random.default_rng([seed, *document.encode()])
        if random.random() >= share:
            continue
        texts = [examples[index].text for index in indices]
        replace = Replacement(texts, vocabulary, random)
        for index in indices:
            example = examples[index]
            values = {name: getattr(example, name) for name in _WITH_NAMES}
            update = {name: replace(value) for name, value in values.items() if value}
            swapped[index] = example.model_copy(update=update)
    return swapped


def common_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that occur in lower case somewhere: no names, however they are written."""
    counts = Counter(word for text in texts for word in _WORD.findall(text) if word.islower())
    return frozenset(counts)


class Replacement:
    """Replaces the names of one document; call it with a text."""

    def __init__(
        self, texts: Sequence[str], vocabulary: frozenset[str], random: np.random.Generator
    ) -> None:
        self.names: dict[str, str] = {}
        """The new name of each name that was recognised."""
        roles = _roles(texts, vocabulary)
        self.pairs = [pair for pair in roles.pairs if all(pair)]
        """Countries with their demonyms, as the document names them."""
        countries = _countries()
        weights = np.sqrt([country["population"] for country in countries])
        order = random.choice(
            len(countries), len(countries), replace=False, p=weights / weights.sum()
        )
        drawn = iter([countries[index] for index in order])
        for country, demonym in roles.pairs:
            new = next(drawn)
            if country:
                self.names[country] = new["name"]
            if demonym:
                plural = demonym.endswith("s") and not demonym.endswith(("ss", "us"))
                ending = "s" if plural and not new["demonym"].endswith(("s", "e", "h")) else ""
                self.names[demonym] = new["demonym"] + ending
        for place in roles.places:
            self.names[place] = next(drawn)["capital"].removesuffix(" D.C.")
        people = _people(int(random.integers(2**31)), len(roles.people))
        self.names |= dict(zip(roles.people, people, strict=True))

    def __call__(self, text: str) -> str:
        """The text with every known name replaced, and nothing else changed."""
        return _NAME.sub(lambda match: self._new(match, text), text)

    def _new(self, match: re.Match, text: str) -> str:
        new = self.names.get(match.group(), match.group())
        if not new.startswith("United ") or match.group() not in self.names:
            return new
        before = text[: match.start()].rstrip(" \"“'‘([")
        return f"{'The' if not before or before[-1] in '.!?:' else 'the'} {new}"


class _Roles:
    """The names of a document by what they stand for."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str | None, str | None]] = []
        self.places: list[str] = []
        self.people: list[str] = []


def _roles(texts: Sequence[str], vocabulary: frozenset[str]) -> _Roles:
    names: Counter[str] = Counter()
    titled: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    for text in texts:
        for match in _NAME.finditer(text):
            name = match.group()
            if name.lower() in vocabulary or name in _CALENDAR | _KEPT or name.isupper():
                continue
            before = text[max(0, match.start() - _CONTEXT) : match.start()]
            names[name] += 1
            titled[name] += _TITLE_BEFORE.search(before) is not None or _follows_name(
                before, vocabulary
            )
            placed[name] += _PLACE_BEFORE.search(before) is not None or text[
                match.end() : match.end() + 2
            ] in ("’s", "'s")
    roles = _Roles()
    taken: set[str] = set()
    for country in sorted(names, key=lambda name: (len(name), name)):
        if country in taken or titled[country]:
            continue
        demonyms = [name for name in names if name not in taken and _is_demonym(name, country)]
        if demonyms:
            demonym = max(demonyms, key=lambda name: (names[name], name))
            roles.pairs.append((country, demonym))
            taken |= {country, demonym}
    for name in sorted(names):
        if name in taken:
            continue
        if titled[name]:
            roles.people.append(name)
        elif placed[name] * 2 >= names[name]:
            roles.places.append(name)
        elif _DEMONYM.search(name) and len(name) > MIN_STEM + 1 and _is_adjective(name, texts):
            roles.pairs.append((None, name))
    return roles


def _follows_name(before: str, vocabulary: frozenset[str]) -> bool:
    """Whether the text before ends in a name, as a first name does before a last one."""
    first = _FIRST_NAME.search(before)
    if first is None:
        return False
    name = first["name"]
    is_name = name.lower() not in vocabulary and name not in _CALENDAR
    return is_name and _DEMONYM.search(name) is None


def _is_demonym(name: str, country: str) -> bool:
    same = (a == b for a, b in zip(name, country, strict=False))
    stem = sum(itertools.takewhile(bool, same))
    long_enough = stem >= max(MIN_STEM, len(country) - 2)
    return name != country and long_enough and _DEMONYM.search(name[stem - 1 :]) is not None


def _is_adjective(name: str, texts: Sequence[str]) -> bool:
    """Whether a word in lower case follows the name each time: "the Kestani side"."""
    pattern = re.compile(rf"\b{re.escape(name)}\b(?P<lower> [a-z]+)?")
    return all(match["lower"] for text in texts for match in pattern.finditer(text))


@cache
def _countries() -> tuple[dict, ...]:
    """Name, demonym, capital and population of the countries with plain names."""
    from countryinfo import all_countries

    rows = (country.info() for country in all_countries())
    keys = ("name", "demonym", "capital", "population")
    plain = (
        {key: row[key] for key in keys}
        for row in rows
        if all(row.get(key) for key in keys) and all(map(_is_plain, (row["name"], row["demonym"])))
    )
    return tuple(sorted(plain, key=lambda row: row["name"]))


def _is_plain(name: str) -> bool:
    return re.fullmatch(r"[A-Z][^\W\d_]+(?: [A-Z][^\W\d_]+)?", name) is not None


def _people(seed: int, count: int) -> list[str]:
    faker = _faker()
    faker.seed_instance(seed)
    return [faker.last_name() for _ in range(count)]


@cache
def _faker() -> "Faker":
    from faker import Faker

    return Faker(["en_US", "fr_FR", "de_DE", "es_MX", "pl_PL", "tr_TR", "id_ID", "en_IN", "en_NG"])
