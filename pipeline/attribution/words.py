"""Words by which holders and targets are recognised, and the small tools to compare them."""

import re

WORD = re.compile(r"[^\W_]+(?:[-’'.&][^\W_]+)*\.?(?<=[A-Z]\.)|[^\W_]+(?:[-&][^\W_]+)*")
STEM = 5
"""So many letters tell a name from others: Kestan, Kestani."""
DETERMINERS = frozenset(
    "the a an his her its their our my your this that these those some one".split()
)
SMALL_WORDS = DETERMINERS | frozenset(
    "of for and in on at to from with by de la el al s who which former senior".split()
)
AUTHORS = frozenset(
    "author authors columnist editorial editors newspaper speaker writer analyst analysts"
    " we i us issuer narrator commentator".split()
)
PLAIN_PRONOUNS = frozenset("i we us he she they them it him her".split())
SPEECH = (
    r"(?:sa(?:id|ys|ying)|told|tells|add(?:ed|s)|not(?:ed|es)|stress(?:ed|es)|emphasi[sz](?:ed|es)"
    r"|stat(?:ed|es)|underlin(?:ed|es)|underscor(?:ed|es)|highlight(?:ed|s)|point(?:ed|s) out"
    r"|explain(?:ed|s)|recall(?:ed|s)|repli(?:ed|es)|answer(?:ed|s)|respond(?:ed|s)"
    r"|continu(?:ed|es)|argu(?:ed|es)|claim(?:ed|s)|declar(?:ed|es)|announc(?:ed|es)"
    r"|affirm(?:ed|s)|reaffirm(?:ed|s)|reiterat(?:ed|es)|confirm(?:ed|s)|express(?:ed|es)"
    r"|insist(?:ed|s)|demand(?:ed|s)|urg(?:ed|es)|call(?:ed|s) (?:on|for|upon)|warn(?:ed|s)"
    r"|ask(?:ed|s)|appeal(?:ed|s)|condemn(?:ed|s)|welcom(?:ed|es)|thank(?:ed|s)|prais(?:ed|es)"
    r"|accus(?:ed|es)|den(?:ied|ies)|reject(?:ed|s)|disput(?:ed|es)|doubt(?:ed|s)"
    r"|question(?:ed|s)|critici[sz](?:ed|es)|promis(?:ed|es)|offer(?:ed|s)|propos(?:ed|es)"
    r"|pledg(?:ed|es)|agree(?:d|s)|threaten(?:ed|s)|voic(?:ed|es)|hop(?:ed|es)|believ(?:ed|es)"
    r"|complain(?:ed|s)|charg(?:ed|es)|remark(?:ed|s)|observ(?:ed|es)|conced(?:ed|es)"
    r"|admit(?:ted|s)|acknowledg(?:ed|es)|maintain(?:ed|s)|conclud(?:ed|es)|wrote|writes"
    r"|refus(?:ed|es)|suggest(?:ed|s)|report(?:ed|s)|oppos(?:ed|es)|support(?:ed|s)"
    r"|congratulat(?:ed|es)|invit(?:ed|es)|wants|holds|considers|expects)"
)
"""Verbs whose subject is the holder."""


def words(text: str) -> list[re.Match[str]]:
    """The words of a text with their places; possessive endings and full stops are no part."""
    return list(WORD.finditer(text))


def stem(word: str) -> str:
    """What a word and its derivations share: the first letters, in lower case."""
    return word.lower().replace(".", "")[:STEM]


def content_words(text: str) -> list[str]:
    """The words of a party's name that tell it from others, in their order."""
    found = [match.group() for match in words(text)]
    return [word for word in found if word.lower() not in SMALL_WORDS and len(word) > 1]
