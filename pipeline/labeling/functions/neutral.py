"""Labeling functions for sentences that convey nobody's position."""

import re

from pipeline.labeling.functions.registry import first_affirmed, first_found, labeling_function
from pipeline.records import SentenceInContext, Stance

ASKING = re.compile(
    r"\b(?:must|should|urged|however, |accused)\b",
    re.IGNORECASE,
)
ACT = re.compile(
    r"\b(?:urg\w+|call(?:s|ed) "
    r"(?:on|for)|demand\w*|insist\w*|must|should|warn\w*|accus\w+|critici\w+|condemn\w*|den(?:y|ied|ies)|doubt\w*|question\w*|welcom\w+|thank\w*|prais\w+|agree\w*|offer\w*|pledg\w+|promis\w+|refus\w+|reject\w*|oppos\w+|threat\w*|hop(?:e|es|ed|eful)|invit\w+|concern\w*|ready|support\w*|constructive|productive|cordial|friendly|fruitful|warm|sanction\w*|tariff\w*|suspend\w*|unless|until|cooperat\w+|commit\w*|never|cannot|satisfaction|congratulat\w+|grateful|broke\w*|violat\w+|reaffirm\w*|deepen\w*|strengthen\w*|illegal|protest\w*|retaliat\w+|impos\w+|no"
    r" "
    r"longer|lift\w*|appreciat\w+|trust\w*|blam\w+|alleg\w+|but|resolve\w*|failed|claim\w*|protect\w*|respect\w*)\b",
    re.IGNORECASE,
)
MET = re.compile(
    r"\b(?:met (?:with|in|on|at|for|his|her|their|its|privately|briefly|again|[A-Z]\w+)|spoke "
    r"(?:by|with|on|to|today|this|in|for|at)|held (?:a |an |their |talks|consultations)|had a "
    r"(?:\w+ "
    r")?(?:call|conversation|meeting)|(?:conversation|meeting|call|round|session|talks?) "
    r"(?:\w+ )?(?:took place|was held|were held|lasted))\b",
    re.IGNORECASE,
)
DISCUSSED = re.compile(
    r"\b(?:discuss(?:ed|es)|touched (?:up)?on|reviewed|exchang(?:ed|es|e of) views|talked "
    r"about|spoke about|(?:was|were) (?:also )?(?:discussed|raised|touched "
    r"upon|covered|considered)|went over|took up|compared notes|on the agenda)\b",
    re.IGNORECASE,
)
SCHEDULED = re.compile(
    r"\b(?:(?:is|are|was|were) (?:due|scheduled|set|expected|slated) "
    r"(?:to|for|in|on|at|by|back)|will (?:meet|be held|take "
    r"place|visit|travel|begin|open|arrive|convene|pay|resume|return|depart|attend|chair|host|run|enter|expire|be"
    r" (?:published|signed|chaired|opened))|takes effect|took effect|(?:comes?|came) into "
    r"(?:force|effect)|expires?)\b",
    re.IGNORECASE,
)
ATTENDANCE = re.compile(
    r"\b(?:attended|(?:was|were) (?:also )?(?:present|on the line|in "
    r"attendance|accompanied|joined|represented|seated)|accompanied by|among those|took "
    r"part|also (?:attended|present)|delegations? "
    r"(?:was|were|included|of|arrived|left)|arrived in|flew to|travel+ed to|chaired "
    r"(?:by|the)|signed (?:by|the|on|in)|paid an? (?:\w+ )?visit)\b",
    re.IGNORECASE,
)
FIGURES = re.compile(
    r"\b(?:percent|per cent|(?:[\d.,]+|\w+) "
    r"(?:billion|million|trillion|tonnes?|tons?|kilomet(?:re|er)s?|barrels|basis "
    r"points|percentage points|hectares|households))\b|%|\$\d|€\d",
    re.IGNORECASE,
)
MARKETS = re.compile(
    r"\b(?:shares|index|benchmark|bond yields?|currency|futures|prices|trade "
    r"(?:between|volume|turnover)|two-way trade|exports? (?:of|to|rose|fell|were)|imports "
    r"(?:of|from|rose|fell)|according to (?:customs|official|the "
    r"(?:refugee|customs|central|national|statistics)|figures|data)|customs "
    r"(?:data|figures))\b",
    re.IGNORECASE,
)
BIOGRAPHY = re.compile(
    r"\b(?:was born|was elected|took office|came to power|has (?:served|led|headed|been (?:in "
    r"(?:office|power)|(?:foreign |prime |trade |finance )?minister|president|ambassador))|who"
    r" (?:heads|leads|chairs|runs|served|has (?:led|headed|served))|served "
    r"as|succeeded|graduated|was appointed|married|(?:a|the) former \w+ who|founded in|joined "
    r"the|(?:his|her) (?:second|third|first|fourth) (?:visit|term|trip))\b",
    re.IGNORECASE,
)
NO_COMMENT = re.compile(
    r"\b(?:declin(?:ed|es|ing) (?:to|further|comment)|did not (?:immediately "
    r")?(?:respond|reply|comment|say|answer|give|elaborate|name|specify|return)|would not "
    r"(?:say|comment|be drawn|confirm|give)|(?:no|refused|not|without) (?:immediate "
    r")?(?:comment|commenting|information to|details? were|reply)|gave no "
    r"(?:details?|date|further|figure|reason)|could not (?:immediately )?be reached|(?:i|we) "
    r"(?:have|had) (?:no|nothing) (?:information|further|more|to|new)|refer you to|not aware "
    r"of|neither confirmed)\b",
    re.IGNORECASE,
)
VIEWS = re.compile(
    r"\b(?:(?:exchange of|exchanged) (?:\w+ ){0,4}views|frank|candid|in-depth|wide-ranging) "
    r"?|\b(?:issues? of mutual interest|issues? of common concern|matters of mutual)\b",
    re.IGNORECASE,
)
NOTED = re.compile(
    r"\b(?:took note of|takes note of|noted the|(?:has|have) (?:seen|read|noted) the "
    r"(?:report|statement|relevant)|inform(?:s|ed) (?:\w+ ){1,4}(?:about|of|on)|brief(?:s|ed) "
    r"(?:\w+ ){1,6}on|set out (?:his|her|its|their)|outlined|aware of (?:the "
    r")?(?:reports?|relevant)|presented (?:his|her|its|their|the))\b",
    re.IGNORECASE,
)
PRESS_QUESTION = re.compile(
    r"^[^?]*\b(?:can you|could you|do "
    r"you|does|what|how|when|why|is|are|will|has|have|any|who|would|did)\b[^?]*\?[\\x22”’']?$",
    re.IGNORECASE,
)
RHETORICAL = re.compile(
    r"^[\\x22“‘]|\b(?:who would|who can|what good|what kind of|why should|how can|how many "
    r"(?:more|times)|is it not|are we|is this)\b|,[\\x22”]",
    re.IGNORECASE,
)
PROCEDURE = re.compile(
    r"\b(?:enters? into force|in accordance with|annex(?:es)?|this "
    r"(?:agreement|protocol|statement|memorandum|communiqu)|done (?:at|in)|in "
    r"(?:two|three|duplicate)\b|equally "
    r"authentic|signator(?:y|ies)|secretariat|quorum|consist(?:s|ed) of|(?:is|are|shall "
    r"be|will be) (?:composed|published|deposited|circulated|chaired|kept|reviewed) |the "
    r"(?:text|order|list|document|statement) (?:was|is|were|runs|applies|will be))\b",
    re.IGNORECASE,
)
DESCRIBES = re.compile(
    r"^(?:the|a|an|its|it|this|that|there|some|about|most|[A-Z]\w+) (?:[\w’'-]+ "
    r"){0,7}?(?:is|was|are|were|lies|links|covers|has|have|runs|accounts for|makes "
    r"up|contains?|includes?|employs?|dates) (?:[\d]|a "
    r"(?:strip|town|city|port|member|small|narrow)|about|home|located|the "
    r"(?:largest|second|third|first|fourth|capital)|one of|between|\w+ "
    r"kilomet|some|roughly|nearly|built|known)",
    re.IGNORECASE,
)
TIMELINE = re.compile(
    r"^(?:on \d|in "
    r"(?:\d{4}|january|february|march|april|may|june|july|august|september|october|november|december|the)|on"
    r" (?:the "
    r"(?:evening|morning|afternoon|sidelines|margins)|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|at"
    r" the (?:invitation|request)|since|earlier|last|the "
    r"(?:last|first|next|previous|latest|second|third) (?:\w+ "
    r")?(?:round|meeting|session|call|visit|summit|time|talks))\b",
    re.IGNORECASE,
)
LOGISTICS = re.compile(
    r"\b(?:read[- ]?out|transcript|statement (?:was "
    r")?(?:released|issued|published)|(?:told|spoke to) reporters "
    r"(?:in|on|after|at|outside)\b[^.]*\.$|photographs? |press (?:conference|briefing|service)"
    r" (?:was|will|on|of)|lasted (?:about|for|some|more|less|nearly|just)|(?:on the "
    r")?(?:sidelines|margins) of|local time|behind closed doors)\b",
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
def timeline(sentence: SentenceInContext) -> re.Match[str] | None:
    """An event that is only dated is neutral (codebook, rule 3)."""
    return first_found(TIMELINE, sentence, ACT)


@labeling_function(Stance.NEUTRAL)
def logistics(sentence: SentenceInContext) -> re.Match[str] | None:
    """Place, length and form of an occasion are neutral (codebook, label neutral)."""
    return first_found(LOGISTICS, sentence, ACT)
