"""Whose stance a sentence takes, toward whom, and the words that carry it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.attribution.discourse import Holder, is_quoted, quote_states, resolve
from pipeline.attribution.parties import Parties, Party
from pipeline.attribution.spans import Chars, SentenceSpans
from pipeline.attribution.words import is_pronoun

__all__ = ["Attribution", "Parties", "Party", "attribute"]


@dataclass(frozen=True)
class Attribution:
    """Who takes the stance of one sentence and toward whom; `spans` say where that stands."""

    holder: Party
    target: Party | None
    spans: SentenceSpans


def attribute(
    sentences: Sequence[str], spans: Sequence[SentenceSpans | None], parties: Parties
) -> list[Attribution | None]:
    """Lead the spans of a document's sentences to its parties.

    A sentence without spans takes no stance and gets None; where it names no target, or a pronoun
    only, there is none.
    """
    quotes = quote_states(sentences)
    holders = []
    for sentence, found, begins_quoted in zip(sentences, spans, quotes, strict=True):
        place = found.holder if found else None
        quoted = is_quoted(sentence, place[0] if place else 1, begins_quoted)
        holders.append(Holder(found.source, _cut(sentence, place), quoted) if found else None)
    attributions: list[Attribution | None] = []
    for index, holder in enumerate(resolve(sentences, holders, parties)):
        if holder is None:
            attributions.append(None)
            continue
        words = _cut(sentences[index], spans[index].target)
        known = words and not is_pronoun(words)
        target = parties.other(words, index, holder) if known else None
        attributions.append(Attribution(holder, target, spans[index]))
    return attributions


def _cut(sentence: str, place: Chars | None) -> str | None:
    return sentence[place[0] : place[1]] if place else None
