"""From the holder and target that an annotation names to the passages that stand for them.

The annotations name parties ("Kestan's ministry", "author"); the token head learns from places in
the sentence. A passage is the longest run of words that the name shares with the sentence, else
a pronoun that can stand for it, else there is none. These are weak labels for spans.
"""

import re
from collections.abc import Sequence

from pipeline.attribution.spans import Chars, SentenceSpans, Source, SpanLabels
from pipeline.attribution.words import (
    AFTER_HEAD,
    AUTHORS,
    PLAIN_PRONOUNS,
    SMALL_WORDS,
    SPEECH,
    content_words,
    is_proper,
    stem,
    words,
)
from pipeline.labeling.functions import LABELING_FUNCTIONS
from pipeline.records import Example, Kind, SentenceInContext, Stance

_SPEAKING_PRONOUN = re.compile(
    rf"\b(?P<who>he|she|they|it|we|I)\b(?: \w+ly| also| then| further| again)? {SPEECH}\b"
    rf"|\b{SPEECH} (?P<after>he|she|they)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:[Ww]e|I|[Oo]ur|us|[Mm]y)\b")
_THIRD_PERSON = re.compile(
    r"\b(?:[Hh]e|[Ss]he)\b(?! [A-Z])|^They\b|^It\b(?! (?:is|was|has been|seems|would be)\b)"
)
_NUMBER_BEFORE = re.compile(r"\b(?P<number>[Bb]oth|[Aa]ll|[Tt]wo|[Tt]hree|[Bb]oth of the) $")
_HEAD_AFTER = re.compile(r"(?:['’]s?)? (?P<head>side|people|government|delegation|team)\b")


def project(examples: Sequence[Example]) -> list[SpanLabels]:
    """What each example says of its spans.

    Of a neutral sentence nothing is known, as nobody need be named in it.
    """
    return [_project(example) for example in examples]


def _project(example: Example) -> SpanLabels:
    if example.stance is Stance.NEUTRAL or example.holder is None:
        return SpanLabels(SentenceSpans(), frozenset())
    named = None if _is_author(example) else find_party(example.holder, example.text)
    holder = named or _pronoun(example)
    target = find_party(example.target, example.text, holder) if example.target else None
    cue = weak_cue(example, example.stance)
    unnamed = Source.ISSUER if _is_issuer(example) else Source.CONTEXT
    source = Source.SENTENCE if holder else unnamed
    known = {"holder", "target"} if cue is None else {"holder", "target", "cue"}
    return SpanLabels(SentenceSpans(source, holder, target, cue), frozenset(known))


def find_party(name: str, text: str, taken: Chars | None = None) -> Chars | None:
    """The passage that shares most with the name of a party and does not overlap `taken`.

    What a description is of ("miners of Vidra") counts before proper names, these before other
    words, and an earlier passage before a later one.
    """
    if name.lower() in PLAIN_PRONOUNS:
        match = re.search(rf"\b{name}\b", text, re.IGNORECASE)
        return match.span() if match else None
    wanted = {stem(word) for word in content_words(name)}
    proper = {stem(word) for word in content_words(name) if is_proper(word)}
    described = content_words(AFTER_HEAD.split(name, maxsplit=1)[0])[-1:]
    weights = dict.fromkeys(wanted, 1) | dict.fromkeys(proper, 2)
    weights |= {stem(word): 3 for word in described if word.islower()}
    best: tuple[int, Chars] | None = None
    for run in _runs(text, wanted, proper):
        span = _trimmed(text, run)
        if taken and span[0] < taken[1] and taken[0] < span[1]:
            continue
        shared = {stem(match.group()) for match in run} & wanted
        score = sum(weights[word] for word in shared)
        if best is None or score > best[0]:
            best = score, span
    return best[1] if best else None


def _runs(text: str, wanted: set[str], proper: set[str]) -> list[list[re.Match[str]]]:
    """Maximal runs of wanted words, with small words between them; proper names in capitals."""
    runs: list[list[re.Match[str]]] = []
    open_run: list[re.Match[str]] = []
    pending: list[re.Match[str]] = []
    for match in words(text):
        word = stem(match.group())
        is_wanted = word in wanted and (word not in proper or match.group()[0].isupper())
        if is_wanted and match.group().lower() not in SMALL_WORDS:
            open_run += [*pending, match] if open_run else [match]
            pending = []
        elif open_run and match.group().lower() in SMALL_WORDS and len(pending) < 2:
            pending.append(match)
        elif open_run:
            runs.append(open_run)
            open_run, pending = [], []
    return [*runs, open_run] if open_run else runs


def _trimmed(text: str, run: Sequence[re.Match[str]]) -> Chars:
    """The characters of a run, with the noun that a country's adjective belongs to."""
    start, end = run[0].start(), run[-1].end()
    number = _NUMBER_BEFORE.search(text, 0, start)
    start = number.start("number") if number else start
    head = _HEAD_AFTER.match(text, end)
    return start, head.end() if head else end


def _pronoun(example: Example) -> Chars | None:
    """A pronoun that can stand for the holder; an author is "I" or "we", never "they"."""
    speaking, first = (p.search(example.text) for p in (_SPEAKING_PRONOUN, _FIRST_PERSON))
    if first and (speaking is None or speaking["who"] in ("we", "We", "I")):
        return first.span()
    if _is_author(example):
        return None
    if speaking:
        return speaking.span("who" if speaking["who"] else "after")
    third = _THIRD_PERSON.search(example.text)
    if third is None or (third.group() == "It" and _is_issuer(example)):
        return None
    return third.span()


def _is_author(example: Example) -> bool:
    """Whether the holder writes the text and is therefore not named in it."""
    if example.holder.lower().split()[-1] in AUTHORS:
        return True
    named = {stem(word) for word in content_words(example.holder)}
    issuer = {stem(word) for word in content_words(example.issuer or "")}
    return example.kind is Kind.OPINION and bool(named) and named <= issuer


def _is_issuer(example: Example) -> bool:
    named = {stem(word) for word in content_words(example.holder)}
    issuer = {stem(word) for word in content_words(example.issuer or "")}
    return _is_author(example) or bool(named & issuer)


def weak_cue(sentence: SentenceInContext, stance: Stance) -> Chars | None:
    """The words on which the first labeling function of that stance decides, if one does."""
    for function in LABELING_FUNCTIONS:
        match = function(sentence) if function.stance is stance else None
        if match and match.group().strip() and match.string == sentence.text:
            return match.span()
    return None
