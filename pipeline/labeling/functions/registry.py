"""What a labeling function is, how one is registered and the guards that several share."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.records import SentenceInContext, Stance

Finder = Callable[[SentenceInContext], re.Match[str] | None]

REACH_OF_NEGATION = 60
"""How many characters before a match are searched for a negation."""

NEGATION = re.compile(
    r"(?:\b(?:not|never|no longer|nor|neither|without|hardly|cannot|nobody|no one|stopped short of"
    r"|far from|refus(?:e|es|ed|ing) to|declin(?:e|es|ed|ing) to|fail(?:s|ed|ing)? to"
    r"|stop(?:s|ped)?|instead of|rather than|unwilling to|reluctant to)\b|n['’]t\b)"
    r"(?: [\w'’-]+){0,3} ?$",
    re.IGNORECASE,
)
"""A negation that ends at most three words before the match (codebook, rule 6)."""


@dataclass(frozen=True)
class LabelingFunction:
    """A named rule that votes for one stance or abstains."""

    name: str
    stance: Stance
    rule: str
    """The codebook rule that it applies, in one line."""
    find: Finder

    def __call__(self, sentence: SentenceInContext) -> re.Match[str] | None:
        """The words that decided, or None to abstain."""
        return self.find(sentence)


registered: list[LabelingFunction] = []
"""The labeling functions in the order in which their modules defined them."""


def labeling_function(stance: Stance) -> Callable[[Finder], LabelingFunction]:
    """A decorator that registers a finder as a labeling function for `stance`.

    The name is the finder's and the rule is the first line of its docstring.
    """

    def register(find: Finder) -> LabelingFunction:
        rule = (find.__doc__ or "").strip().split("\n", 1)[0]
        function = LabelingFunction(find.__name__, stance, rule, find)
        registered.append(function)
        return function

    return register


def is_negated(match: re.Match[str]) -> bool:
    """Whether a negation precedes the match closely enough to turn it round."""
    start = max(0, match.start() - REACH_OF_NEGATION)
    return NEGATION.search(match.string[start : match.start()]) is not None


def first_affirmed(
    pattern: re.Pattern[str], sentence: SentenceInContext, *vetoes: re.Pattern[str]
) -> re.Match[str] | None:
    """The first match that no negation precedes, or None if a veto occurs in the sentence."""
    if any(veto.search(sentence.text) for veto in vetoes):
        return None
    return next((m for m in pattern.finditer(sentence.text) if not is_negated(m)), None)


def first_found(
    pattern: re.Pattern[str], sentence: SentenceInContext, *vetoes: re.Pattern[str]
) -> re.Match[str] | None:
    """The first match, negated or not, or None if a veto occurs in the sentence."""
    if any(veto.search(sentence.text) for veto in vetoes):
        return None
    return pattern.search(sentence.text)
