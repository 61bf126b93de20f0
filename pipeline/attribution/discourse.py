"""Whose sentence it is, where the sentence alone does not say: pronouns, quotes, transcripts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.attribution.mentions import speaker_label
from pipeline.attribution.parties import BOTH_SIDES, Parties, Party
from pipeline.attribution.spans import Source
from pipeline.attribution.words import FIRST_PERSON, THIRD_PERSON, is_pronoun
from pipeline.records import Kind

_ASKS = re.compile(
    r"^(?:q|question|a|answer|reporter|moderator|host|interviewer|correspondent|journalist)\b",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"(?P<open>[“„]|(?:^|(?<=[\s(]))\")|(?P<close>”|\"(?=[\s.,;:!?)]|$))")
_MUTUAL = re.compile(
    r"^(?:It was (?:also )?agreed|Agreement was|The (?:two|sides|parties|interlocutors)\b|Both\b"
    r"|Mutual)"
)
MOST_SENTENCES_OF_A_QUOTE = 12
"""A quote that runs on for longer was not closed by mistake."""


@dataclass(frozen=True)
class Holder:
    """What one sentence says of its holder: where to look, and the words that stand there."""

    source: Source
    words: str | None = None
    quoted: bool = False
    """Whether the words stand between quotation marks."""


def resolve(
    sentences: Sequence[str], holders: Sequence[Holder | None], parties: Parties
) -> list[Party | None]:
    """The party of each sentence's holder, None where a sentence has no holder.

    A quote that runs over sentences belongs to whoever is named before it or at its end.
    """
    state = _State(parties)
    quotes = quote_states(sentences)
    found: list[Party | None] = []
    for index, (sentence, holder) in enumerate(zip(sentences, holders, strict=True)):
        state.enter(index, sentence, quotes[index])
        found.append(None if holder is None else state.party(index, holder))
        state.leave(index, sentence, holder)
    for index in reversed(range(len(sentences) - 1)):
        holder, following = holders[index], holders[index + 1]
        runs_on = quotes[index + 1] and (quotes[index] or _QUOTE.match(sentences[index]))
        if runs_on and holder and following and not _names(holder) and _speaks(following):
            found[index] = found[index + 1]
            holders = [*holders[:index], following, *holders[index + 1 :]]
    return found


def _names(holder: Holder) -> bool:
    """Whether the words stand outside of quotes and are more than "we"."""
    return bool(holder.words) and not is_pronoun(holder.words, FIRST_PERSON)


def _speaks(holder: Holder) -> bool:
    return _names(holder) and not holder.quoted


def quote_states(sentences: Sequence[str]) -> list[bool]:
    """Whether each sentence begins inside a quote that an earlier one opened."""
    found = []
    is_open, n_open = False, 0
    for sentence in sentences:
        found.append(is_open)
        is_open = is_quoted(sentence, len(sentence), is_open)
        n_open = n_open + 1 if is_open else 0
        is_open = is_open and n_open < MOST_SENTENCES_OF_A_QUOTE
    return found


def is_quoted(sentence: str, place: int, begins_quoted: bool) -> bool:
    """Whether a place of a sentence stands between quotation marks."""
    marks = list(_QUOTE.finditer(sentence, 0, place))
    return marks[-1]["open"] is not None if marks else begins_quoted


class _State:
    """What has been said so far."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._last: Party | None = None
        self._person: Party | None = None
        self._body: Party | None = None
        self._speaker: Party | None = None
        """Whose turn it is in a transcript."""
        self._in_quote = False
        self._is_mutual = False
        """Whether the sentence says what both sides do, without naming them."""

    def enter(self, index: int, sentence: str, in_quote: bool) -> None:
        """Begin a sentence: a label in front of it gives the turn to its speaker."""
        self._in_quote = in_quote
        talks = self._parties.kind in (Kind.READOUT, Kind.JOINT_STATEMENT)
        self._is_mutual = talks and _MUTUAL.match(sentence) is not None
        label = speaker_label(sentence)
        if label:
            asks = _ASKS.match(label) or sentence.endswith("?")
            self._speaker = None if asks else self._parties.party(label, index)

    def party(self, index: int, holder: Holder) -> Party:
        """The party of a sentence's holder."""
        words = holder.words or ""
        if is_pronoun(words, THIRD_PERSON):
            party = self._referent(words.lower())
        elif words and not is_pronoun(words, FIRST_PERSON):
            party = self._parties.party(holder.words, index)
            self._remember(party, self._parties.mention(holder.words).is_person)
        elif not words and self._is_mutual:
            party = Party(BOTH_SIDES, "both sides")
        elif holder.source is Source.CONTEXT or (self._in_quote and self._last):
            party = self._speaker or self._last or self._parties.issuer
        else:
            party = self._own_voice(holder.quoted)
        self._last = party
        return party

    def leave(self, index: int, sentence: str, holder: Holder | None) -> None:
        """End a sentence; of one without a holder, who is named first may come next."""
        named = self._parties.person_in(sentence, index) if holder is None else None
        if named:
            self._person = named

    def _remember(self, party: Party, is_person: bool) -> None:
        if is_person:
            self._person = party
        else:
            self._body = party

    def _referent(self, pronoun: str) -> Party:
        if pronoun in ("he", "she", "him", "her", "his"):
            known = self._person or self._speaker
        elif pronoun in ("it", "its"):
            known = self._body
        elif self._parties.kind in (Kind.READOUT, Kind.JOINT_STATEMENT):
            known = Party(BOTH_SIDES, "both sides")
        else:
            known = None
        return known or self._last or self._parties.issuer

    def _own_voice(self, quoted: bool) -> Party:
        """Who says "we", or what nobody is quoted with."""
        if self._speaker:
            return self._speaker
        return self._last if quoted and self._last else self._parties.issuer
