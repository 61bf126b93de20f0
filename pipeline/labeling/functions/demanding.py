"""Labeling functions for sentences whose holder wants the other side to move or holds a line."""

import re

from pipeline.labeling.functions.registry import first_affirmed, first_found, labeling_function
from pipeline.records import SentenceInContext, Stance

ASIDE = re.compile(
    r"\b(?:no longer (?:insist|demand|oppos|object|require)|nobody is asking|did not (?:ask"
    r"|demand|insist)|dropped (?:its|their|the) (?:demand|insistence|objection))",
    re.IGNORECASE,
)
URGES = re.compile(
    r"\b(?:urg(?:es|ed|ing)|(?:we|i|they|and|to|again|strongly|sides?|leaders) urge"
    r"|implor(?:es|ed)|appeal(?:s|ed) to|exhort(?:s|ed)|press(?:es|ed) (?:the|him|her|his"
    r"|its|for|them)|pushed (?:for|the|him|her))\b",
    re.IGNORECASE,
)
CALLS_ON = re.compile(
    r"\b(?:call(?:s|ed|ing)? (?:\w+ )?(?:on|upon) (?!\w+day\b)|call(?:s|ed|ing) for|(?:we"
    r"|i) call for)\b",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:ask(?:s|ed|ing)? (?:the (?!press|question|reporter)|that|for|him to|her to|them"
    r" to|its|his|both)|request(?:s|ed) (?:that|the)|sought (?:an? )?(?:explanation"
    r"|assurance|guarantee)s?|wants? (?:the|all|a|an|its|them|him) |told (?:\w+ ){1,4}to )",
    re.IGNORECASE,
)
DEMANDS = re.compile(
    r"\b(?:demand(?:s|ed|ing)|(?:we|i|and) demand|insist(?:s|ed|ing)?|requir(?:es|ed)"
    r" (?:the|that))\b",
    re.IGNORECASE,
)
MUST = re.compile(
    r"\b(?:must|has to|have to|ought to|had to) (?!be said\b|admit\b|note\b)",
    re.IGNORECASE,
)
SHOULD = re.compile(
    r"\b(?:should|needs? to|need not|had better|would do well to|is (?:obliged|required"
    r"|bound) to|are (?:obliged|required|bound) to|it is (?:up to|for) (?:the|them))\b",
    re.IGNORECASE,
)
INCLUSIVE = re.compile(
    r"\b(?:we|both (?:sides|countries|parties|governments)|(?:the )?two (?:sides|countries"
    r"|governments|peoples|teams)|both of us) (?:\w+ )?(?:must|should|need to|have to|ought"
    r" to)\b",
    re.IGNORECASE,
)
REPORTER = re.compile(
    r"\?[\x22”’']?$",
    re.IGNORECASE,
)
HOPES_OTHER = re.compile(
    r"\b(?:hop(?:es?|ed|ing)|expect(?:s|ed)) (?:that )?(?:[\w’'-]+ ){1,6}?(?:will|would|can"
    r"|to) (?:\w+ly )?(?:stop|correct|respect|provide|take|handle|reconsider|refrain|act"
    r"|abide|honou?r|withdraw|lift|end|release|change|heed|fulfil|cease|do its|do their)\b"
    r"|\bhop(?:es?|ed|ing) (?:that )?(?:[\w’'-]+ ){1,3}side (?:will|would|can)\b",
    re.IGNORECASE,
)
HOPE_SHARED = re.compile(
    r"\b(?:progress|talks|visit|cooperation|together|success)\b",
    re.IGNORECASE,
)
CONDITION = re.compile(
    r"\b(?:(?:no|not|cannot|nothing|never|only|n['’]t)\b[^.;]{1,100}\buntil\b|unless"
    r"|provided (?:that|the)|only (?:if|when|once)|on (?:the )?condition that (?!they not)"
    r"|conditional on|precondition|prerequisite|depends? (?:up)?on whether|before (?:any"
    r"|there can))\b",
    re.IGNORECASE,
)
REFUSES = re.compile(
    r"\b(?:refus(?:es|ed|ing|al)|ruled (?:that |it )?out|rules out|will not (?:accept|allow"
    r"|tolerate|agree|sign|negotiate|recogni[sz]e|discuss|be (?:bullied|intimidated|drawn"
    r"|forced|moved|part|bound))|would not (?:accept|allow|tolerate|agree|sign|negotiate"
    r"|recogni[sz]e|discuss|be)|cannot (?:accept|agree|tolerate|be (?:accepted|tolerated"
    r"|negotiated|traded|bought))|will never|would never|not negotiable|non-negotiable|not"
    r" for sale|brooks? no)\b",
    re.IGNORECASE,
)
REFUSED_SPEECH = re.compile(
    r"\b(?:refus\w+ (?:to )?(?:comment|say|condemn|believe|discuss)|not ruled? out|n['’]t"
    r" rule|refused entry)\b",
    re.IGNORECASE,
)
REJECTS_PLAN = re.compile(
    r"\b(?:reject(?:s|ed|ing)?|turn(?:s|ed) down|rebuff(?:s|ed)|dismiss(?:es|ed) (?:calls"
    r"|the (?:offer|proposal|request))|veto(?:es|ed)?) (?:[\w-]+ ){0,5}?(?:plans?"
    r"|proposals?|offers?|requests?|calls?|demands?|drafts?|any|attempts?|moves?|idea"
    r"|ultimatum|measures?|text|resolution)\b",
    re.IGNORECASE,
)
WARNS = re.compile(
    r"\b(?:warn(?:s|ed|ing)?|caution(?:s|ed))\b",
    re.IGNORECASE,
)
FORECAST = re.compile(
    r"\b(?:analysts?|economists?|forecasters?|warning (?:shots?|system|lights?)|early"
    r" warning)\b",
    re.IGNORECASE,
)
THREATENS = re.compile(
    r"\b(?:threaten(?:s|ed|ing) (?:to|with|that|new|further)|(?:will|would|shall|must)"
    r" (?:\w+ )?(?:retaliate|respond|face|pay|bear|take (?:all )?(?:necessary|resolute"
    r"|further|strong|reciprocal)|defend|not (?:hesitate|stand by|sit))|retaliat(?:e|ion"
    r"|ory)|counter-?measures?|consequences|reserves? the right|at (?:its|their|his) (?:own"
    r" )?peril|bear (?:all|full) (?:the )?(?:responsibility|consequences))\b",
    re.IGNORECASE,
)
RED_LINE = re.compile(
    r"\b(?:red lines?|brooks? no|(?:inalienable|integral|inseparable) part|core"
    r" (?:interests?|of (?:its|our)|concern)|internal affairs?|under no circumstances|in no"
    r" circumstances|no (?:one|country|outside force|third party|external force) (?:has|is"
    r"|may|can)|step(?:s|ped)? back|bottom line|sovereignty (?:is|over)|not (?:up )?for"
    r" (?:discussion|debate|negotiation))\b",
    re.IGNORECASE,
)
PRESSURE = re.compile(
    r"\b(?:impos(?:es|ed|ing|e)|slapp?(?:s|ed)|introduc(?:es|ed)|expand(?:s|ed)|tighten(?:s"
    r"|ed|ing)?|rais(?:es|ed|ing|e)|announc(?:es|ed)|add(?:s|ed)|blacklist(?:s|ed)|doubled"
    r"|restrict(?:s|ed)|ban(?:s|ned)|halt(?:s|ed)|block(?:s|ed)|froze|freezes) (?:[\w%.-]+"
    r" ){0,6}?(?:tariffs?|dut(?:y|ies)|sanctions|controls?|restrictions?|bans?|embargo"
    r"|curbs?|lev(?:y|ies)|quotas?|assets|exports?|imports?|licen[cs]es|list)\b",
    re.IGNORECASE,
)
EASED = re.compile(
    r"\b(?:eas\w+|lift\w*|roll(?:ed)? back|refrain|criticis\w+|would have|until|avoid)\b",
    re.IGNORECASE,
)
ENVOYS = re.compile(
    r"\b(?:recall(?:s|ed|ing)? (?:its|his|her|their|the|our) (?:\w+ )?(?:ambassador|envoy"
    r"|consul|minister)|expel(?:s|led|ling)?|expulsion|persona non grata|summon(?:s|ed"
    r"|ing)? (?:\w+['’]?s? ){0,3}(?:ambassador|envoy|charg|diplomat|consul))",
    re.IGNORECASE,
)
REPRESENTATIONS = re.compile(
    r"\b(?:representations|d[eé]marches?|(?:formal|stern|solemn|strong|official) (?:\w+"
    r" )?(?:protests?|note)|note of protest|(?:lodg|deliver|hand|fil)(?:es|ed) (?:an?"
    r" )?(?:\w+ )?(?:protests?|complaints?))\b",
    re.IGNORECASE,
)
OPPOSES = re.compile(
    r"\b(?:oppos(?:es|ed)|(?:firmly|resolutely|strongly|categorically) (?:oppos\w+"
    r"|reject\w*)|(?:we|i) (?:\w+ )?oppose|(?:is|are|was|were) (?:firmly |strongly"
    r" )?(?:opposed to)|object(?:s|ed) to)\b",
    re.IGNORECASE,
)
MADE_CLEAR = re.compile(
    r"\b(?:made (?:it )?(?:clear|plain)|makes? (?:it )?(?:clear|plain)|stress(?:es|ed) that"
    r"|underscored that|underlin(?:es|ed) that|emphasi[sz](?:es|ed) that)\b",
    re.IGNORECASE,
)
MILD = re.compile(
    r"\b(?:does not seek|welcom\w+|cooperat\w+|ready|mutual|both|two (?:countries|sides"
    r"|peoples)|partnership|friend\w*|dialogue|open|willing|common|committed|progress"
    r"|joint\w*|peace|support\w*|grateful)\b",
    re.IGNORECASE,
)
IMPORTANCE = re.compile(
    r"\b(?:(?:importance of|need (?:for|to)|necessity of) (?:\w+ )?(?:respect\w*|stop\w*"
    r"|end(?:ing)?|uphold\w*|protect\w*|ensur\w+|freedom|navigation|restor\w+|full"
    r"|immediate|complian\w+|implement\w*|return\w*|releas\w+|peace and stability"
    r"|preserv\w+|defend\w*|transparen\w+|fair|level|honou?r\w*))\b",
    re.IGNORECASE,
)
DEADLINE = re.compile(
    r"\b(?:deadline|ultimatum|(?:immediately|without (?:further )?(?:delay|conditions?)|at"
    r" once|at an early date|immediate(?:ly)? (?:halt|end|stop|withdraw|cease|release)))\b",
    re.IGNORECASE,
)
STOP = re.compile(
    r"(?:^|[\x22“]|: |[,;] )(?:stop|end|release|withdraw|let|show|lift|open|cease|keep|do"
    r" not|don['’]t|give|put|take|publish|return|drop|leave) (?!of|the day|[\w-]+ing )",
    re.IGNORECASE,
)


@labeling_function(Stance.DEMANDING)
def urges(sentence: SentenceInContext) -> re.Match[str] | None:
    """Whoever urges is demanding, however politely (codebook, rule 2)."""
    return first_affirmed(URGES, sentence, ASIDE)


@labeling_function(Stance.DEMANDING)
def calls_on(sentence: SentenceInContext) -> re.Match[str] | None:
    """Calling on another party is demanding (codebook, label demanding)."""
    return first_affirmed(CALLS_ON, sentence, ASIDE)


@labeling_function(Stance.DEMANDING)
def asks_of_another(sentence: SentenceInContext) -> re.Match[str] | None:
    """Asking another party to act is demanding (codebook, label demanding)."""
    return first_affirmed(ASKS, sentence, ASIDE, REPORTER)


@labeling_function(Stance.DEMANDING)
def demands_or_insists(sentence: SentenceInContext) -> re.Match[str] | None:
    """Demanding and insisting hold a line (codebook, label demanding)."""
    return first_affirmed(DEMANDS, sentence, ASIDE)


@labeling_function(Stance.DEMANDING)
def must_at_another(sentence: SentenceInContext) -> re.Match[str] | None:
    """A must aimed at another party is the act (codebook, rule 2)."""
    return first_affirmed(MUST, sentence, INCLUSIVE, REPORTER)


@labeling_function(Stance.DEMANDING)
def should_at_another(sentence: SentenceInContext) -> re.Match[str] | None:
    """A should aimed at another party is the act (codebook, rule 2)."""
    return first_affirmed(SHOULD, sentence, INCLUSIVE, REPORTER)


@labeling_function(Stance.DEMANDING)
def hopes_other_side_changes(sentence: SentenceInContext) -> re.Match[str] | None:
    """To hope that the other side changes its conduct asks for it (codebook, rule 2)."""
    return first_affirmed(HOPES_OTHER, sentence, HOPE_SHARED)


@labeling_function(Stance.DEMANDING)
def sets_conditions(sentence: SentenceInContext) -> re.Match[str] | None:
    """No progress until or unless is a condition (codebook, rule 6)."""
    return first_found(CONDITION, sentence, ASIDE)


@labeling_function(Stance.DEMANDING)
def refuses(sentence: SentenceInContext) -> re.Match[str] | None:
    """Refusing to do something is demanding (codebook, rule 4)."""
    return first_affirmed(REFUSES, sentence, REFUSED_SPEECH)


@labeling_function(Stance.DEMANDING)
def rejects_a_plan(sentence: SentenceInContext) -> re.Match[str] | None:
    """Rejecting a plan is a refusal (codebook, rule 4)."""
    return first_affirmed(REJECTS_PLAN, sentence)


@labeling_function(Stance.DEMANDING)
def warns(sentence: SentenceInContext) -> re.Match[str] | None:
    """Warning is demanding (codebook, label demanding)."""
    return first_affirmed(WARNS, sentence, FORECAST)


@labeling_function(Stance.DEMANDING)
def threatens(sentence: SentenceInContext) -> re.Match[str] | None:
    """A threat is demanding (codebook, label demanding)."""
    return first_affirmed(THREATENS, sentence)


@labeling_function(Stance.DEMANDING)
def draws_red_line(sentence: SentenceInContext) -> re.Match[str] | None:
    """Drawing a red line is demanding (codebook, label demanding)."""
    return first_found(RED_LINE, sentence)


@labeling_function(Stance.DEMANDING)
def imposes_pressure(sentence: SentenceInContext) -> re.Match[str] | None:
    """Imposing tariffs, sanctions or controls counts, also when past (codebook, rule 3)."""
    return first_affirmed(PRESSURE, sentence, EASED)


@labeling_function(Stance.DEMANDING)
def recalls_or_expels(sentence: SentenceInContext) -> re.Match[str] | None:
    """Recalling an envoy or expelling diplomats is pressure (codebook, label demanding)."""
    return first_affirmed(ENVOYS, sentence)


@labeling_function(Stance.DEMANDING)
def lodges_representations(sentence: SentenceInContext) -> re.Match[str] | None:
    """Lodging stern representations is demanding (codebook, rule 7)."""
    return first_affirmed(REPRESENTATIONS, sentence)


@labeling_function(Stance.DEMANDING)
def opposes(sentence: SentenceInContext) -> re.Match[str] | None:
    """Opposing holds a line against the other side (codebook, label demanding)."""
    return first_affirmed(OPPOSES, sentence, ASIDE)


@labeling_function(Stance.DEMANDING)
def makes_position_plain(sentence: SentenceInContext) -> re.Match[str] | None:
    """Making a line plain to the other side is demanding (codebook, label demanding)."""
    return first_affirmed(MADE_CLEAR, sentence, MILD)


@labeling_function(Stance.DEMANDING)
def stresses_importance(sentence: SentenceInContext) -> re.Match[str] | None:
    """The need for X put to the other side as a line is demanding (codebook, hard cases)."""
    return first_affirmed(IMPORTANCE, sentence)


@labeling_function(Stance.DEMANDING)
def sets_deadline(sentence: SentenceInContext) -> re.Match[str] | None:
    """A deadline or a call for an act at once is demanding (codebook, label demanding)."""
    return first_affirmed(DEADLINE, sentence)


@labeling_function(Stance.DEMANDING)
def gives_an_order(sentence: SentenceInContext) -> re.Match[str] | None:
    """A bare imperative wants the other side to move (codebook, label demanding)."""
    return first_found(STOP, sentence)
