"""The parties of one document: every way of naming a party leads to the same one.

"President Xi", "the Chinese side", "Beijing" and "the ministry" are one party where the document
ties them together: a name to a country by an office ("the Kestani minister Ansa Orloff"), an
office or body without a name to whoever was called so last, or to the issuer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.attribution.countries import LEADERS
from pipeline.attribution.mentions import (
    CALLED_ALIKE,
    Mention,
    Mentions,
    name_phrases,
    speaker_label,
    without_article,
)
from pipeline.attribution.words import (
    AFTER_HEAD,
    AUTHORS,
    BODIES,
    GOVERNMENT_BODIES,
    GOVERNMENT_ROLES,
    PERSON_ROLES,
    SPOKEN_FOR,
    content_words,
    stem,
)
from pipeline.records import Kind

OFFICIAL = frozenset(Kind) - {Kind.NEWS, Kind.OPINION}
"""Kinds of document that speak for their issuer."""
TALKS = frozenset([Kind.READOUT, Kind.BRIEFING])
"""Kinds in which a person who is given no country speaks for the issuer."""
BOTH_SIDES = "both sides"
_SIDES = "sides|parties|leaders|countries|governments|ministers|delegations|presidents"
_SIDES += "|premiers|interlocutors"
_JOINT = re.compile(
    rf"^(?:the )?(?:both|two|three|four|five|all)\b(?: the)?(?: of (?:us|them))?(?: other)?"
    rf"(?: (?:prime |foreign )?(?:{_SIDES}|nations|states|participants))?$"
    rf"|^(?:the )?(?:prime |foreign )?(?:{_SIDES})$|^each other$|^(?:the )?(?:co-)?chairs$"
    r"|^(?:the )?heads of \w+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Party:
    """A party; two mentions of it have the same key."""

    key: str
    name: str


class Parties:
    """Leads mentions to parties; made once for a document from its sentences."""

    def __init__(
        self,
        sentences: Sequence[str],
        issuer: str | None = None,
        kind: Kind | None = None,
        title: str | None = None,
    ) -> None:
        headings = [part for part in (issuer, title) if part]
        official_issuer = (issuer or "") if kind in OFFICIAL else ""
        self._mentions = Mentions(sentences, headings, official_issuer)
        self._speaks_for: dict[str, Party] = {}
        """Whom persons speak for, by the stems of their names."""
        self._groups: dict[str, list[tuple[set[str], Party]]] = {}
        """Groups without a name, by the stem of their head noun, with their other words."""
        self._names: dict[str, tuple[str, ...]] = {}
        """The longest form of each name, by the stems of its words."""
        self._called: list[tuple[int, str, tuple[str, ...], Party]] = []
        """Sentence, office or body with all words of it, and who is called so."""
        mention = self.mention(issuer or "")
        governs = bool(GOVERNMENT_ROLES & set(mention.roles))
        self.kind = kind
        self.official = kind in OFFICIAL or (kind is None and governs)
        if issuer is None and kind is Kind.READOUT:
            mention = self._first_named(sentences)
        self.issuer = self._issuer(issuer, mention, governs)
        called = f"{issuer or ''} {self.issuer.name}"
        self._issuer_stems = frozenset(stem(word) for word in content_words(called))
        self._learn_speakers(sentences, title)
        for index, sentence in enumerate([title or "", *sentences]):
            self._learn(max(0, index - 1), sentence)

    def _issuer(self, issuer: str | None, mention: Mention, governs: bool) -> Party:
        if self.kind is Kind.JOINT_STATEMENT:
            return Party(BOTH_SIDES, issuer or BOTH_SIDES)
        if mention.countries and (governs or (self.official and not mention.is_outside)):
            return Party(mention.countries[0], mention.countries[0])
        unknown = "the issuer" if self.official else "the author"
        return Party("issuer", issuer or unknown)

    def _first_named(self, sentences: Sequence[str]) -> Mention:
        """Who held the talks: the first in a readout that is named with a country, or known."""
        for passage in name_phrases(" ".join(sentences[:1])):
            mention = self.mention(passage)
            leads = _leader(mention.names) if mention.names else None
            if mention.countries or leads:
                return mention if mention.countries else replace(mention, countries=(leads,))
        return self.mention("")

    def mention(self, text: str) -> Mention:
        """Take a passage apart."""
        return self._mentions.read(text)

    def party(self, text: str, sentence: int) -> Party:
        """The party that a passage of a sentence stands for; pronouns are not known here."""
        mention = self.mention(text)
        if set(without_article(text).lower().split()) <= AUTHORS:
            return self.issuer
        if _JOINT.match(text.strip()):
            return Party(BOTH_SIDES, BOTH_SIDES)
        if len(set(mention.countries)) > 1 and " and " in text and not mention.names:
            return self._joint(mention.countries)
        said = {stem(word) for word in content_words(text)}
        if mention.names and self._issuer_stems >= said and (self.official or len(said) > 1):
            return self.issuer
        if mention.names:
            speaks = GOVERNMENT_ROLES & set(mention.roles)
            is_name = speaks or self._names_the_head(text, mention)
            return self._named(mention) if is_name else self._group(text)
        if mention.countries:
            return self._of_country(text, mention)
        return self._unnamed(text, mention, sentence)

    def other(self, text: str, sentence: int, holder: Party) -> Party:
        """The party of a passage that is not the holder's, unless both sides hold the stance."""
        party = self.party(text, sentence)
        is_other = party != holder or party.key == BOTH_SIDES
        return party if is_other else self._group(text)

    def person_in(self, sentence: str, index: int) -> Party | None:
        """The first party in a sentence that may be gone on with as "he" or "she"."""
        for passage in name_phrases(sentence):
            mention = self.mention(passage)
            speaks = any(stem(name) in self._speaks_for for name in mention.names)
            has_role = PERSON_ROLES & set(mention.roles) and (mention.names or mention.countries)
            if mention.is_person and (speaks or has_role or len(mention.names) == 2):
                return self.party(passage, index)
        return None

    def _joint(self, countries: Sequence[str]) -> Party:
        ordered = list(dict.fromkeys(countries))
        name = " and ".join(ordered)
        return Party(BOTH_SIDES if self.official else " and ".join(sorted(ordered)), name)

    @staticmethod
    def _names_the_head(text: str, mention: Mention) -> bool:
        """Whether the name is not merely part of a description, as in "Vidra's miners"."""
        head = AFTER_HEAD.split(text, maxsplit=1)[0]
        place = head.rfind(mention.names[-1])
        if place < 0:
            return not (mention.others or mention.roles)
        return re.match(r"(?:['’]s?)? [a-z]", head[place + len(mention.names[-1]) :]) is None

    def _named(self, mention: Mention) -> Party:
        stems = [stem(name) for name in mention.names]
        if not mention.is_outside:
            known = [self._speaks_for[s] for s in stems if s in self._speaks_for]
            leads = _leader(mention.names)
            if known or leads:
                return known[-1] if known else Party(leads, leads)
        full = next((self._names[s] for s in reversed(stems) if s in self._names), None)
        if not mention.is_outside:
            if full is None and mention.countries and GOVERNMENT_ROLES & set(mention.roles):
                return Party(mention.countries[0], mention.countries[0])
            is_person = mention.is_person and (full is None or len(full) > 1)
            if is_person and (self.kind in TALKS or (full is None and self.official)):
                return self.issuer
        full = full or mention.names
        return Party(stem(full[-1]), " ".join(full))

    def _of_country(self, text: str, mention: Mention) -> Party:
        country = mention.countries[0]
        bears = GOVERNMENT_ROLES & set(mention.roles)
        bodies = (BODIES - GOVERNMENT_BODIES) & set(mention.roles)
        if not mention.is_outside and (bears or not (mention.others or bodies)):
            return Party(country, country)
        return self._group(text)

    def _unnamed(self, text: str, mention: Mention, sentence: int) -> Party:
        role = mention.office
        if role and not mention.is_outside:
            if stem(role) in self._issuer_stems and (self.official or role in BODIES):
                return self.issuer
            bearer = self._bearer(role, mention, sentence)
            if bearer:
                return bearer
            if self.official and role not in BODIES:
                return self.issuer
        in_issuer = self._issuer_stems.issuperset(map(stem, content_words(text)))
        few = text.lower().startswith(("some", "several", "most", "one"))
        if self.official and (in_issuer or (self.kind is Kind.JOINT_STATEMENT and not few)):
            return self.issuer
        return self._group(text)

    def _bearer(self, role: str, mention: Mention, sentence: int) -> Party | None:
        """Who was called so last, by the same portfolio if anybody was."""
        bearers = [
            (roles, party)
            for index, called, roles, party in self._called
            if index <= sentence and called == role
        ]
        alike = [party for roles, party in bearers if set(mention.roles) <= set(roles)]
        return alike[-1] if alike else bearers[-1][1] if bearers else None

    def _group(self, text: str) -> Party:
        """A group that has no name: the same head noun, and no other word that differs."""
        head, *rest = AFTER_HEAD.split(without_article(text), maxsplit=1)
        before = [stem(word) for word in content_words(head)] or [text.lower()]
        others = {*before[:-1], *(stem(word) for part in rest for word in content_words(part))}
        known = self._groups.setdefault(before[-1], [])
        for words_of_it, party in known:
            if words_of_it <= others or others <= words_of_it:
                return party
        party = Party(" ".join([before[-1], *sorted(others)]), without_article(text))
        known.append((others, party))
        return party

    def _learn(self, index: int, sentence: str) -> None:
        """Take note of who is called what."""
        for passage in name_phrases(sentence):
            mention = self.mention(passage)
            if mention.names:
                self._learn_name(mention)
            if mention.names or mention.countries:
                party = self.party(passage, index)
                for role in mention.roles:
                    called = CALLED_ALIKE.get(role, role)
                    self._called.append((index, called, mention.roles, party))

    def _learn_name(self, mention: Mention) -> None:
        for name in mention.names:
            if len(mention.names) > len(self._names.get(stem(name), ())):
                self._names[stem(name)] = mention.names
        party = None
        roles = set(mention.roles)
        if not mention.is_outside and mention.countries and GOVERNMENT_ROLES & roles:
            party = Party(mention.countries[0], mention.countries[0])
        elif not mention.is_outside and self.official and SPOKEN_FOR & roles:
            party = self.issuer
        if party:
            for name in mention.names:
                self._speaks_for.setdefault(stem(name), party)

    def _learn_speakers(self, sentences: Sequence[str], title: str | None) -> None:
        """Who answers in an official transcript or gives a speech speaks for the issuer."""
        if not self.official:
            return
        labels = {label for sentence in sentences if (label := speaker_label(sentence))}
        asking = {speaker_label(sentence) for sentence in sentences if sentence.endswith("?")}
        if self.kind is Kind.SPEECH and title:
            labels.add(title)
        for label in labels - asking:
            mention = self.mention(label)
            for name in mention.names if not mention.countries or label == title else ():
                self._speaks_for.setdefault(stem(name), self.issuer)


def _leader(names: Sequence[str]) -> str | None:
    return LEADERS.get(" ".join(names[-2:])) or LEADERS.get(names[0]) or LEADERS.get(names[-1])
