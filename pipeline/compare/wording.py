"""The words of a sentence that tell what it is about, and what is left out of account.

Names of the parties and the frame of a report ("the president stressed that") make sentences of
one call resemble each other, whatever they say. They are set aside before meanings are compared.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=\w))*")
MIN_NAME_SENTENCES = 3
NAME_FRACTION = 0.12
"""A capitalised word in so many of all sentences is a party to the event, not a topic of it."""
NAME_PREFIX = 5
"""Ostrana and Ostranan, Ukraine and Ukrainian begin alike."""
MAX_STOCK_WORDS = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """president prime minister premier chancellor secretary chairman director king queen prince
    head ambassador excellency general mr mrs ms dr sir madam majesty"""
)
GRAMMAR = _words(
    """a about after again against all also am an and any are as at be because been before being
    between both but by can could did do does during each few for from further had has have having
    he her here hers him his how i if in into is it its itself may me might more most must my no nor
    not of off on once one only or other our out over own part per she should so some still such
    than that the their them then there these they this those through to too two under until up upon
    us very was we were what when where whether which while who whom whose why will with within
    would you your"""
)
REPORTING = _words(
    """accept account acknowledge add address affirm agree announce answer ask assure comment
    confirm convey declare detail discuss draw emphasise emphasize explain express focus highlight
    inform issue mark mention note observe outline place point present raise read reaffirm recall
    reiterate relay remark repeat reply report respond say said side speak spoke state statement
    stress suggest take taken took talk tell told topic touch turn underline underscore voice
    attention paid matter question subject clear made make"""
)
MEETING = _words(
    """agenda atmosphere bilateral brief business business-like businesslike call candid close
    comprehensive contact conversation conversations current
    discussion evening exchange fifty frank friendly friday full future good half held high highest
    hold hour hours hour-long in-depth initiative interlocutor issue issues last lasted late later
    leader leaders length lengthy level long meet meeting met minute minutes monday month months
    morning mutual next number open opinion opinions other pay personal phone point positive
    productive question range recent regular relation relations remain remained request respective
    round saturday second secure series set several sincere sunday talks telephone third thursday
    today tomorrow topical touch tuesday various video view views visit warm wednesday week weeks
    whole wide year years yesterday january february march april june july august september october
    november december overall particular continue continued agreed first fourth present period
    spokesman spokesperson spokeswoman office press service"""
)
COURTESY = _words(
    """greeting greetings wish wishes congratulate congratulation congratulations christmas easter
    holiday holidays birthday happy new benefit party parties cordial best regards season
    respectful"""
)
MEETING_WORDS = _words("call conversation met spoke telephone telephoned")
STOCK = GRAMMAR | REPORTING | MEETING | COURTESY | TITLES

_SUFFIXES = (
    *("izations", "isations", "ization", "isation", "ations", "ation", "ements", "ement"),
    *("ments", "ment", "ities", "ity", "ings", "ing", "ions", "ion", "ness", "ives", "ive"),
    *("ians", "ian", "ies", "ied", "ers", "er", "ed", "es", "ly", "al", "an", "s", "e"),
)


def stem(word: str) -> str:
    """The word without its ending, so that forms of one word fall together."""
    word = re.sub(r"['’]s?$", "", word.lower())
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


_STOCK_STEMS = frozenset(stem(word) for word in STOCK)


class Wording:
    """The words of several accounts of one event."""

    def __init__(self, sentences: Sequence[str]) -> None:
        """`sentences` are those of all accounts."""
        self._prefixes = _party_prefixes(sentences)
        self._sentence_counts = Counter(s for text in sentences for s in self.stems(text))

    def is_name(self, word: str) -> bool:
        """Whether the word names a party to the event."""
        return word[0].isupper() and word.lower()[:NAME_PREFIX] in self._prefixes

    def stems(self, text: str) -> dict[str, str]:
        """The stems of the words that carry the topic, each with the word as written."""
        words = (word for word in TOKEN.findall(text) if not self.is_name(word))
        stems = {stem(word): word for word in words}
        return {s: word for s, word in stems.items() if s not in _STOCK_STEMS}

    def rarity(self, stems: Iterable[str]) -> dict[str, float]:
        """How much each stem tells: 1 if two sentences have it at most, less the more have it."""
        return {s: min(1.0, 2 / max(1, self._sentence_counts[s])) for s in stems}

    def without_names(self, text: str) -> str:
        """The text without names of parties and titles; itself where nothing else is left."""
        kept = TOKEN.sub(
            lambda m: "" if self.is_name(m[0]) or m[0].lower() in TITLES else m[0], text
        )
        return " ".join(kept.split()) if TOKEN.search(kept) else text

    def is_stock(self, text: str) -> bool:
        """Whether the sentence says hardly more than that people met, spoke and were polite.

        Where it says that they met or spoke, names (of those present, of places) do not count.
        """
        stems = self.stems(text)
        words = stems.values()
        if not MEETING_WORDS.isdisjoint(word.lower() for word in TOKEN.findall(text)):
            words = [word for word in words if word.islower()]
        return len(words) <= MAX_STOCK_WORDS


def _party_prefixes(sentences: Sequence[str]) -> frozenset[str]:
    """The beginnings of the names that many sentences hold."""
    lower, upper = Counter(), Counter()
    for text in sentences:
        words = set(TOKEN.findall(text))
        lower.update({w.lower()[:NAME_PREFIX] for w in words if w.islower()})
        upper.update({w.lower()[:NAME_PREFIX] for w in words if w[0].isupper() and len(w) > 1})
    needed = max(MIN_NAME_SENTENCES, NAME_FRACTION * len(sentences))
    return frozenset(p for p, count in upper.items() if count >= needed and not lower[p])
