"""Labeling functions for sentences that convey nobody's position."""

import re

from pipeline.labeling.functions.registry import first_affirmed, first_found, labeling_function
from pipeline.records import SentenceInContext, Stance

ASKING = re.compile(
    r"\b(?:must|should|urged|however, |accused)\b",
    re.IGNORECASE,
)
ACT = re.compile(
    r"\b(?:urg\w+|call(?:s|ed) (?:on|for)|demand\w*|insist\w*|must|should|warn\w*|accus\w+"
    r"|critici\w+|condemn\w*|den(?:y|ied|ies)|doubt\w*|question\w*|welcom\w+|thank\w*"
    r"|prais\w+|agree\w*|offer\w*|pledg\w+|promis\w+|refus\w+|reject\w*|oppos\w+|threat\w*"
    r"|hop(?:e|es|ed|eful)|invit\w+|concern\w*|ready|support\w*|constructive|productive"
    r"|cordial|friendly|fruitful|warm|sanction\w*|tariff\w*|suspend\w*|unless|until"
    r"|cooperat\w+|commit\w*|never|cannot|satisfaction|congratulat\w+|grateful|broke\w*"
    r"|violat\w+|reaffirm\w*|deepen\w*|strengthen\w*|illegal|protest\w*|retaliat\w+"
    r"|impos\w+|no longer|lift\w*|appreciat\w+|trust\w*|blam\w+|alleg\w+|but|resolve\w*"
    r"|failed|claim\w*|protect\w*|respect\w*)\b",
    re.IGNORECASE,
)
MET = re.compile(
    r"\b(?:met (?:with|in|on|at|for|his|her|their|its|privately|briefly|again|[A-Z]\w+)"
    r"|spoke (?:by|with|on|to|today|this|in|for|at)|held (?:a |an |their |talks"
    r"|consultations)|had a (?:\w+ )?(?:call|conversation|meeting)|(?:conversation|meeting"
    r"|call|round|session|talks?) (?:\w+ )?(?:took place|was held|were held|lasted))\b",
    re.IGNORECASE,
)
DISCUSSED = re.compile(
    r"\b(?:discuss(?:ed|es)|touched (?:up)?on|reviewed|exchang(?:ed|es|e of) views|talked"
    r" about|spoke about|(?:was|were) (?:also )?(?:discussed|raised|touched upon|covered"
    r"|considered)|went over|took up|compared notes|on the agenda)\b",
    re.IGNORECASE,
)
SCHEDULED = re.compile(
    r"\b(?:(?:is|are|was|were) (?:due|scheduled|set|expected|slated) (?:to|for|in|on|at|by"
    r"|back)|will (?:meet|be held|take place|visit|travel|begin|open|arrive|convene|pay"
    r"|resume|return|depart|attend|chair|host|run|enter|expire|be (?:published|signed"
    r"|chaired|opened))|takes effect|took effect|(?:comes?|came) into (?:force|effect)"
    r"|expires?)\b",
    re.IGNORECASE,
)
ATTENDANCE = re.compile(
    r"\b(?:attended|(?:was|were) (?:also )?(?:present|on the line|in attendance|accompanied"
    r"|joined|represented|seated)|accompanied by|among those|took part|also (?:attended"
    r"|present)|delegations? (?:was|were|included|of|arrived|left)|arrived in|flew to"
    r"|travel+ed to|chaired (?:by|the)|signed (?:by|the|on|in)|paid an? (?:\w+ )?visit)\b",
    re.IGNORECASE,
)
FIGURES = re.compile(
    r"\b(?:percent|per cent|(?:[\d.,]+|\w+) (?:billion|million|trillion|tonnes?|tons?"
    r"|kilomet(?:re|er)s?|barrels|basis points|percentage points|hectares|households))\b|%"
    r"|\$\d|€\d",
    re.IGNORECASE,
)
MARKETS = re.compile(
    r"\b(?:shares|index|benchmark|bond yields?|currency|futures|prices|trade (?:between"
    r"|volume|turnover)|two-way trade|exports? (?:of|to|rose|fell|were)|imports (?:of|from"
    r"|rose|fell)|according to (?:customs|official|the (?:refugee|customs|central|national"
    r"|statistics)|figures|data)|customs (?:data|figures))\b",
    re.IGNORECASE,
)
BIOGRAPHY = re.compile(
    r"\b(?:was born|was elected|took office|came to power|has (?:served|led|headed|been"
    r" (?:in (?:office|power)|(?:foreign |prime |trade |finance )?minister|president"
    r"|ambassador))|who (?:heads|leads|chairs|runs|served|has (?:led|headed|served))|served"
    r" as|succeeded|graduated|was appointed|married|(?:a|the) former \w+ who|founded in"
    r"|joined the|(?:his|her) (?:second|third|first|fourth) (?:visit|term|trip))\b",
    re.IGNORECASE,
)
NO_COMMENT = re.compile(
    r"\b(?:declin(?:ed|es|ing) (?:to|further|comment)|did not (?:immediately )?(?:respond"
    r"|reply|comment|say|answer|give|elaborate|name|specify|return)|would not (?:say"
    r"|comment|be drawn|confirm|give)|(?:no|refused|not|without) (?:immediate )?(?:comment"
    r"|commenting|information to|details? were|reply)|gave no (?:details?|date|further"
    r"|figure|reason)|could not (?:immediately )?be reached|(?:i|we) (?:have|had) (?:no"
    r"|nothing) (?:information|further|more|to|new)|refer you to|not aware of|neither"
    r" confirmed)\b",
    re.IGNORECASE,
)
VIEWS = re.compile(
    r"\b(?:(?:exchange of|exchanged) (?:\w+ ){0,4}views|(?:frank|candid|in-depth"
    r"|wide-ranging) (?:\w+ ){0,3}(?:exchange|discussion|talks|conversation)s?|issues? of"
    r" mutual interest|issues? of common concern|matters of mutual)\b",
    re.IGNORECASE,
)
NOTED = re.compile(
    r"\b(?:took note of|takes note of|noted the|(?:has|have) (?:seen|read|noted) the"
    r" (?:report|statement|relevant)|inform(?:s|ed) (?:\w+ ){1,4}(?:about|of|on)|brief(?:s"
    r"|ed) (?:\w+ ){1,6}on|set out (?:his|her|its|their)|outlined|aware of (?:the"
    r" )?(?:reports?|relevant)|presented (?:his|her|its|their|the))\b",
    re.IGNORECASE,
)
PRESS_QUESTION = re.compile(
    r"^(?=[^?]*\?[\x22”’']?$)[^?]*\b(?:can you|could you|do you|does|what|how|when|why|is"
    r"|are|will|has|have|any|who|would|did)\b",
    re.IGNORECASE,
)
RHETORICAL = re.compile(
    r"^[\x22“‘]|\b(?:who would|who can|what good|what kind of|why should|how can|how many"
    r" (?:more|times)|is it not|are we|is this)\b|,[\x22”]",
    re.IGNORECASE,
)
PROCEDURE = re.compile(
    r"\b(?:enters? into force|in accordance with|annex(?:es)?|this (?:agreement|protocol"
    r"|statement|memorandum|communiqu)|done (?:at|in)|in (?:two|three|duplicate)\b|equally"
    r" authentic|signator(?:y|ies)|secretariat|quorum|consist(?:s|ed) of|(?:is|are|shall be"
    r"|will be) (?:composed|published|deposited|circulated|chaired|kept|reviewed) |the"
    r" (?:text|order|list|document|statement) (?:was|is|were|runs|applies|will be))\b",
    re.IGNORECASE,
)
DESCRIBES = re.compile(
    r"^(?:the|a|an|its|it|this|that|there|some|about|most|[A-Z]\w+) (?:[\w’'-]+"
    r" ){0,7}?(?:is|was|are|were|lies|links|covers|has|have|runs|accounts for|makes up"
    r"|contains?|includes?|employs?|dates) (?:[\d]|a (?:strip|town|city|port|member|small"
    r"|narrow)|about|home|located|the (?:largest|second|third|first|fourth|capital)|one of"
    r"|between|\w+ kilomet|some|roughly|nearly|built|known)",
    re.IGNORECASE,
)
LOGISTICS = re.compile(
    r"\b(?:read[- ]?out|transcript|statement (?:was )?(?:released|issued|published)|(?:told"
    r"|spoke to) reporters (?:in|on|after|at|outside)\b[^.]*\.$|photographs? |press"
    r" (?:conference|briefing|service) (?:was|will|on|of)|lasted (?:about|for|some|more"
    r"|less|nearly|just)|(?:on the )?(?:sidelines|margins) of|local time|behind closed"
    r" doors)\b",
    re.IGNORECASE,
)


@labeling_function(Stance.NEUTRAL)
def bare_meeting(sentence: SentenceInContext) -> re.Match[str] | None:
    """A meeting or call that merely took place is neutral (codebook, rule 3)."""
    return first_affirmed(MET, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def bare_discussion(sentence: SentenceInContext) -> re.Match[str] | None:
    """In discussed or spoke about, the carrier verb wins (codebook, hard cases)."""
    return first_affirmed(DISCUSSED, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def scheduled(sentence: SentenceInContext) -> re.Match[str] | None:
    """Dates and schedules are neutral (codebook, label neutral)."""
    return first_affirmed(SCHEDULED, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def attendance(sentence: SentenceInContext) -> re.Match[str] | None:
    """Attendance and travel are neutral (codebook, label neutral)."""
    return first_affirmed(ATTENDANCE, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def figures(sentence: SentenceInContext) -> re.Match[str] | None:
    """A bare statistic is neutral (codebook, hard cases)."""
    return first_found(FIGURES, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def market_data(sentence: SentenceInContext) -> re.Match[str] | None:
    """Market and trade figures are background (codebook, label neutral)."""
    return first_found(MARKETS, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def biography(sentence: SentenceInContext) -> re.Match[str] | None:
    """Biography is background (codebook, label neutral)."""
    return first_affirmed(BIOGRAPHY, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def declined_to_comment(sentence: SentenceInContext) -> re.Match[str] | None:
    """Declining to comment takes no position (codebook, label neutral)."""
    return first_found(NO_COMMENT, sentence, ASKING)


@labeling_function(Stance.NEUTRAL)
def exchange_of_views(sentence: SentenceInContext) -> re.Match[str] | None:
    """A frank exchange of views is neutral (codebook, rule 7)."""
    return first_affirmed(VIEWS, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def took_note(sentence: SentenceInContext) -> re.Match[str] | None:
    """Taking note and informing are neutral (codebook, rule 7)."""
    return first_affirmed(NOTED, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def reporters_question(sentence: SentenceInContext) -> re.Match[str] | None:
    """A question put by a reporter is neutral (codebook, rule 9)."""
    return first_found(PRESS_QUESTION, sentence, RHETORICAL)


@labeling_function(Stance.NEUTRAL)
def procedure(sentence: SentenceInContext) -> re.Match[str] | None:
    """Procedure of an agreement is neutral (codebook, hard cases)."""
    return first_found(PROCEDURE, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def description(sentence: SentenceInContext) -> re.Match[str] | None:
    """A description is neutral (codebook, label neutral)."""
    return first_found(DESCRIBES, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def logistics(sentence: SentenceInContext) -> re.Match[str] | None:
    """Place, length and form of an occasion are neutral (codebook, label neutral)."""
    return first_found(LOGISTICS, sentence, ACT)
