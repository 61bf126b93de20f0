"""Words by which holders and targets are recognised, and the small tools to compare them."""

import calendar
import re

WORD = re.compile(r"[A-Z](?:\.[A-Z])+|[^\W_]+(?:[-&][^\W_]+)*")
STEM = 5
"""So many letters tell a name from others: Kestan, Kestani."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _set(
    """
    a an her his its my our some that the their these this those your
    """
)
NUMBERS = _set(
    """
    another dozen eight eleven few five four many most nine one seven several six ten three twelve
    two
    """
)
SMALL_WORDS = (
    DETERMINERS
    | NUMBERS
    | _set(
        """
    al and at by de el for former from in la of on s senior to which who with
    """
    )
)
OPENING_WORDS = _set(
    """
    after also although and any as asked at because before besides between but by despite during
    each even every finally first following for from furthermore given here however if in instead
    meanwhile moreover no nor not now on once only perhaps responding second since so speaking such
    that then there therefore this those though thus to today under what when where while with
    within without yesterday yet
    """
)
"""Words in capitals at the beginning of sentences that are no names."""
FIRST_PERSON = _set("i me my our ours us we")
THIRD_PERSON = _set("he her him his it its she their them they")
PLAIN_PRONOUNS = FIRST_PERSON | THIRD_PERSON
AUTHORS = FIRST_PERSON | _set(
    """
    author authors board columnist commentator editorial editors issuer narrator newspaper reviewer
    speaker writer
    """
)
GOVERNMENT_ROLES = _set(
    """
    administration ambassador authorities cabinet chancellor delegate delegation department
    diplomat diplomats embassy envoy government king leader leaders leadership minister
    ministers ministry mission negotiator negotiators official officials premier presidency
    president representative secretary side spokesman spokesperson spokeswoman state team
    treasury
    """
)
"""Who bears one of these for a country speaks for it."""
PERSON_ROLES = _set(
    """
    admiral adviser ambassador analyst chairman chairwoman chancellor chief colonel commissioner
    coordinator delegate diplomat director dr economist envoy general governor head king lawyer
    leader mayor minister mr mrs ms negotiator official premier president professor prosecutor
    representative researcher secretary senator sir spokesman spokesperson spokeswoman
    """
)
SPOKEN_FOR = PERSON_ROLES - _set(
    """
    analyst dr economist lawyer mr mrs ms professor researcher sir
    """
)
"""Who bears one of these in an official text speaks for its issuer."""
OFFICE_WORDS = (
    GOVERNMENT_ROLES
    | PERSON_ROLES
    | _set(
        """
    acting affairs agriculture assistant board bureau commerce defence defense deputy economy
    energy excellency external federal finance foreign health high house interior justice
    national office parliamentary permanent personal presidential press prime prince princess
    queen relations republic security service special trade transport under vice
    """
    )
)
"""Words of offices and titles, which name nobody by themselves."""
BODIES = _set(
    """
    agency alliance army assembly association authority bank bloc board bureau chamber coalition
    commission committee community company conference congress council court directorate
    federation firm forum foundation front fund group house institute league movement office
    organisation organization panel parliament party police programme regulator senate service
    society tribunal union university
    """
)
"""Bodies that a text goes on to call by this word alone."""
GOVERNMENT_BODIES = _set("bureau directorate office")
"""Bodies that speak for their country."""
OUTSIDE_GOVERNMENT = _set(
    """
    activists analyst analysts army association bank companies company economist experts
    exporters families farmers firms former industry journalists lawyers media opposition people
    press producers professor protesters rebels residents retired students traders university
    workers
    """
)
"""Who is one of these speaks for no country."""
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


AFTER_HEAD = re.compile(r" (?:of|for|from|in|at|who|which|that|to|with|on|and)\b")
"""What follows the noun that a description is of."""
CALENDAR = frozenset([*calendar.month_name, *calendar.day_name, *calendar.month_abbr]) - {""}


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


def is_proper(word: str) -> bool:
    """Whether a word is a name's: in capitals, and no office or body."""
    low = word.lower().split("-")[-1]
    return word[0].isupper() and low not in OFFICE_WORDS and low not in BODIES


def is_pronoun(text: str, pronouns: frozenset[str] = PLAIN_PRONOUNS) -> bool:
    """Whether a passage is a pronoun, which the country "US" is not."""
    return text.lower() in pronouns and text != "US"
