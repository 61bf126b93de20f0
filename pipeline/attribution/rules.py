"""Spans by rule, for classifiers that do not tag: the subject of a speech verb, a leading name.

The cue is what a labeling function decides on, else the speech verb.
"""

import re

from pipeline.attribution.projection import weak_cue
from pipeline.attribution.spans import Chars, SentenceSpans, Source
from pipeline.attribution.words import (
    BODIES,
    CALENDAR,
    DETERMINERS,
    FIRST_PERSON,
    NUMBERS,
    OFFICE_WORDS,
    OPENING_WORDS,
    OUTSIDE_GOVERNMENT,
    PLAIN_PRONOUNS,
    SPEECH,
    is_pronoun,
    words,
)
from pipeline.records import SentenceInContext, Stance

_VERB = re.compile(rf"\b{SPEECH}\b")
_ACCORDING = re.compile(r"\b[Aa]ccording to |\b[Ii]n the (?:words|view|opinion) of ")
_BREAK = re.compile(r"[;:—]|, | that | which | who |[“”\"]")
_INNER = frozenset(["of", "for", "the", "s", "and"])


def rule_spans(sentence: SentenceInContext, stance: Stance) -> SentenceSpans:
    """The spans of a sentence that takes a stance."""
    text = sentence.text
    verb = _VERB.search(text)
    holder = _holder(text, verb)
    after = max(holder[1] if holder else 0, verb.end() if verb else 0)
    target = next((chars for chars in phrases(text) if chars[0] >= after), None)
    return SentenceSpans(
        source=Source.SENTENCE if holder else Source.ISSUER,
        holder=holder,
        target=target,
        cue=weak_cue(sentence, stance) or (verb.span() if verb else None),
    )


def phrases(text: str) -> list[Chars]:
    """Passages that may name a party: names, offices and bodies with what stands between them."""
    found: list[list[re.Match[str]]] = [[]]
    for match in words(text):
        low = match.group().lower()
        capital = match.group()[0].isupper() and match.group() not in CALENDAR
        named = (capital and low not in _OPENERS) or low in _NOUNS
        gap = text[found[-1][-1].end() : match.start()] if found[-1] else ""
        joins = bool(found[-1]) and gap in (" ", "'", "’", ", ")
        if not joins or not (named or low in _INNER):
            found.append([])
        if named or (joins and low in _INNER):
            found[-1].append(match)
    passages = []
    for run in found:
        while run and run[-1].group().lower() in _INNER:
            run.pop()
        while run and run[0].group().lower() in DETERMINERS | _INNER:
            run.pop(0)
        if run:
            passages.append((run[0].start(), run[-1].end()))
    return passages


_NOUNS = OFFICE_WORDS | BODIES | OUTSIDE_GOVERNMENT | frozenset(["both", "sides", "leaders"])
_OPENERS = (DETERMINERS - {"the"}) | NUMBERS | PLAIN_PRONOUNS | OPENING_WORDS


def _holder(text: str, verb: re.Match[str] | None) -> Chars | None:
    """Who says it, else a name or a pronoun that the sentence begins with, else "we"."""
    known = phrases(text)
    according = _ACCORDING.search(text)
    if according:
        return next((chars for chars in known if chars[0] >= according.end()), None)
    if verb:
        after = re.match(r" (?:he|she|they|it)\b", text[verb.end() :])
        if after:
            return verb.end() + 1, verb.end() + after.end()
        clause = max((m.end() for m in _BREAK.finditer(text, 0, verb.start())), default=0)
        before = [chars for chars in known if clause <= chars[0] and chars[1] <= verb.start()]
        pronoun = re.search(r"\b(\w+) (?:\w+ )?$", text[clause : verb.start()])
        if pronoun and pronoun[1].lower() in PLAIN_PRONOUNS:
            return clause + pronoun.start(1), clause + pronoun.end(1)
        following = [chars for chars in known if chars[0] == verb.end() + 1]
        found = before[:1] or following[:1] or [chars for chars in known if chars[0] < verb.start()]
        if found:
            return found[0]
    leading = re.match(r"(?:He|She|They)\b", text)
    if leading:
        return leading.span()
    first = next((m for m in words(text) if is_pronoun(m.group(), FIRST_PERSON)), None)
    if first:
        return first.span()
    return known[0] if known and known[0][0] <= len("The ") else None
