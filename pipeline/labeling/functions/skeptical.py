"""Labeling functions for sentences whose holder does not believe or trust."""

import re

from pipeline.labeling.functions.registry import first_affirmed, first_found, labeling_function
from pipeline.records import SentenceInContext, Stance

URGES_GUARD = re.compile(
    r"\b(?:urg(?:es|ed|ing)|call(?:s|ed|ing) (?:on|upon|for)|demand(?:s|ed|ing)|insist(?:s"
    r"|ed|ing)|warn(?:s|ed|ing)|must|should|(?:lodg|deliver)ed)\b",
    re.IGNORECASE,
)
PRESSES = re.compile(
    r"\b(?:ask(?:s|ed)|requested|impos\w+|departure|not up for|advise|welcomes?|demand)\b"
    r"|\?$",
    re.IGNORECASE,
)
DOUBTS = re.compile(
    r"\b(?:doubt(?:s|ed|ful|ing)?|scepti(?:c|cs|cal|cism)|skepti(?:c|cs|cal|cism)|wary"
    r"|wariness|unconvinced|dubious|misgivings)\b",
    re.IGNORECASE,
)
NO_DOUBT = re.compile(
    r"\b(?:no doubt|without (?:a )?doubt|undoubtedly|beyond doubt|never doubted|not doubt)\b",
    re.IGNORECASE,
)
QUESTIONS = re.compile(
    r"\b(?:question(?:s|ed|ing) (?:whether|how|why|the|if|its|his|their|her)|call(?:s|ed)"
    r" into question|wonder(?:s|ed)? (?:whether|why|how|if|what)|asks? (?:why|whether|how)"
    r"|asked (?:whether|why|how|what good)|open question)\b",
    re.IGNORECASE,
)
PRESS = re.compile(
    r"\?[\x22”’']?$|\breporters?\b|\b(?:was|when|were) asked\b|^asked\b",
    re.IGNORECASE,
)
DISPUTES = re.compile(
    r"\b(?:disput(?:es|ed|ing) (?:that|the|this|his|its|any|whether|claims?|reports?)"
    r"|contest(?:s|ed) (?:the|that|this)|challeng(?:es|ed) (?:the|that|this) (?:\w+"
    r" )?(?:figures?|account|claim|version|assertion)|refut(?:es|ed)|rebut(?:s|ted)"
    r"|contradict(?:s|ed)?|at odds with)\b",
    re.IGNORECASE,
)
DISPUTED_ADJECTIVE = re.compile(
    r"\bdisputed (?:territor|border|waters|islands?|shoal|area|region)",
    re.IGNORECASE,
)
DENIES = re.compile(
    r"\b(?:den(?:ies|ied|ying|ial)|is (?:not true|untrue|false)|was (?:not true|untrue"
    r"|false)|(?:groundless|baseless|unfounded|fabricat\w+|nonsense|fiction|invention|pure"
    r" invention|far-fetched))\b",
    re.IGNORECASE,
)
DENIED_ENTRY = re.compile(
    r"\bdenied (?:entry|access|visas?|a visa|passage|permission)\b",
    re.IGNORECASE,
)
REJECTS_CLAIM = re.compile(
    r"\b(?:reject(?:s|ed|ing)?|dismiss(?:es|ed|ing)?|brush(?:es|ed) (?:aside|off)|shrugged"
    r" off) (?:[\w’'-]+ ){0,4}?(?:claims?|accusations?|allegations?|charges?|suggestions?"
    r"|assertions?|notion|reports?|criticism|account|version|as (?:\w+ )?(?:baseless|false"
    r"|theat\w+|propaganda|absurd|nonsense|a (?:stunt|show|sham|ploy|gesture)))\b",
    re.IGNORECASE,
)
ACCUSES = re.compile(
    r"\b(?:accus(?:es|ed|ing)|alleg(?:es|ed|ing)|(?:is|was|are) guilty of)\b",
    re.IGNORECASE,
)
CRITICISES = re.compile(
    r"\b(?:critici[sz](?:es|ed|ing|m)|critics?|faulted|chided|rebuk(?:es|ed)|derid(?:es|ed)"
    r"|mock(?:s|ed)|ridicul(?:es|ed)|deplor(?:es|ed)|regret(?:s|ted|table)|disappoint(?:ed"
    r"|ing|ment)|lament(?:s|ed)|scold(?:s|ed)|decri(?:es|ed)|bemoaned|complain(?:s|ed))\b",
    re.IGNORECASE,
)
CONDEMNS = re.compile(
    r"\b(?:condemn(?:s|ed|ing)?|denounc(?:es|ed)|denunciation|outrag(?:e|ed|eous)"
    r"|appall(?:ed|ing)|unacceptable|shameful|disgrace\w*|hypocri(?:sy|tical|te))\b",
    re.IGNORECASE,
)
BLAMES = re.compile(
    r"\b(?:blam(?:es|ed|ing)|responsibility (?:for (?:this|the) [\w ]{1,40} )?(?:lies"
    r"|rests)|to blame|at fault|root cause|(?:is|are) (?:solely |entirely )?responsible for"
    r" (?:the|this))\b",
    re.IGNORECASE,
)
CONCERNS = re.compile(
    r"\b(?:concern(?:s|ed)? (?:about|over|at|regarding|that)|(?:grave|serious|deep|deeply"
    r"|seriously|gravely|strong|growing) concern(?:s|ed)?|(?:rais|express|voic|convey)(?:es"
    r"|ed|ing) (?:\w+ ){0,3}concerns?|alarm(?:ed|ing)?|worried|dismay(?:ed)?)\b",
    re.IGNORECASE,
)
VIOLATES = re.compile(
    r"\b(?:violat(?:es|ed|ing|ions?)|breach(?:es|ed|ing)?|in defiance of|reneg(?:es|ed|ing)"
    r"|flout(?:s|ed|ing)|broke (?:its|his|their|the) (?:word|promise|pledge)|broken (?:its"
    r"|his|their|every|the) (?:\w+ )?(?:word|promises?|pledges?)|has (?:yet|failed) to|have"
    r" (?:yet|failed) to|fail(?:s|ed) to (?:deliver|honou?r|keep|meet|comply|implement)"
    r"|never (?:delivered|kept|paid|met|honou?red|implemented))\b",
    re.IGNORECASE,
)
CHARGES = re.compile(
    r"\b(?:stalling|sabotag\w+|undermin(?:es|ed|ing)|distort(?:s|ed|ing|ion)|smear(?:s|ed"
    r"|ing)?|bull(?:ies|ied|ying)|abus(?:es|ed|ing|e)|overstretch\w+|politici[sz]\w+"
    r"|weaponi[sz]\w+|hegemon\w+|double standards?|provocative|propaganda|pretexts?"
    r"|meddl(?:es|ed)|unfair|aggression|cheat\w*|lied|far-fetched|under the guise|in the"
    r" name of)\b",
    re.IGNORECASE,
)
SO_CALLED = re.compile(
    r"\b(?:so-called|self-styled|supposedly|purported(?:ly)?|ostensibl[ey])\b",
    re.IGNORECASE,
)
CREDIBILITY = re.compile(
    r"\b(?:(?:no|little|lacks?|without|scant|any) (?:\w+ )?(?:credibility|substance"
    r"|evidence|proof|detail|teeth)|not credible|(?:theat(?:re|er)|charade|window.dressing"
    r"|photo opportunity|lip service|hollow|empty (?:words?|promises?|gestures?|phrases?)"
    r"|toothless|cosmetic|sham|worth (?:little|nothing|the paper)|meaningless))\b",
    re.IGNORECASE,
)
PROSPECT = re.compile(
    r"\b(?:(?:little|no|scant|slim|few|faint|dim) (?:\w+ )?(?:prospects?|chance|hope|sign"
    r"|signs|reason to|expectation|illusions?|indication|appetite)|unlikely|pessimis(?:m"
    r"|tic)|doomed|will (?:not|never) (?:last|hold|survive|work)|won['’]t (?:last|hold"
    r"|work)|far from (?:certain|over|clear)|(?:hard|difficult) to (?:see|believe|imagine)"
    r"|remains? to be seen|too (?:early|late|little)|settles? nothing|changes? nothing"
    r"|solves? nothing|papers? over)\b",
    re.IGNORECASE,
)
DISTRUST = re.compile(
    r"\b(?:distrust(?:s|ed|ful)?|mistrust(?:s|ed)?|suspici(?:on|ous)\w*|(?:do|does|did"
    r"|would|can) ?not (?:\w+ )?(?:trust|believe)|(?:do|does|did|would|ca)n['’]t (?:\w+"
    r" )?(?:trust|believe)|cannot (?:\w+ )?(?:trust|believe|be trusted|be believed)|never"
    r" (?:trusted|believed)|(?:is|are|was|were|am|remains?|remained) (?:not|un)"
    r" ?(?:persuaded|convinced)|not (?:persuaded|convinced|buying|impressed)|unpersuaded"
    r"|hard to take seriously|disbelie\w+|where have we heard|heard (?:this|that|it) before"
    r"|take (?:it|that|this) with)\b",
    re.IGNORECASE,
)
MOTIVES = re.compile(
    r"\b(?:aim(?:s|ed) (?:only|merely|solely) (?:to|at)|(?:merely|simply|nothing (?:more"
    r"|but)|no more than|little more than|only) (?:a|an|trying|seeking|buying|window|words"
    r"|playing|for show|another)|buy(?:s|ing)? time|for (?:domestic|home) (?:consumption"
    r"|audiences?)|real (?:aim|purpose|motive|intention)|hidden agenda|excuse|ploy|stunt"
    r"|ulterior)\b",
    re.IGNORECASE,
)
NOT_KEPT = re.compile(
    r"\b(?:(?:only|remain(?:s|ed)?) on paper|in (?:name|theory) only|so far (?:nothing|none"
    r"|produced|delivered)|nothing (?:has|had) (?:changed|come|happened|moved)|no (?:real"
    r"|meaningful|visible|tangible) \w+|yet to (?:see|be seen|deliver|produce"
    r"|materiali[sz]e|explain|publish)|ha(?:s|ve) not (?:delivered|kept|produced|explained"
    r"|paid|published)|(?:we|i) have (?:seen|heard) (?:no|this|that|nothing))\b",
    re.IGNORECASE,
)


@labeling_function(Stance.SKEPTICAL)
def doubts(sentence: SentenceInContext) -> re.Match[str] | None:
    """Doubting is skeptical (codebook, label skeptical)."""
    return first_affirmed(DOUBTS, sentence, NO_DOUBT, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def questions(sentence: SentenceInContext) -> re.Match[str] | None:
    """Questioning a claim is skeptical, a reporter's question is not (codebook, rule 9)."""
    return first_affirmed(QUESTIONS, sentence, PRESS)


@labeling_function(Stance.SKEPTICAL)
def disputes(sentence: SentenceInContext) -> re.Match[str] | None:
    """Disputing or rebutting a claim is skeptical (codebook, rule 4)."""
    return first_affirmed(DISPUTES, sentence, DISPUTED_ADJECTIVE)


@labeling_function(Stance.SKEPTICAL)
def denies(sentence: SentenceInContext) -> re.Match[str] | None:
    """Denying a claim is skeptical (codebook, rule 4)."""
    return first_found(DENIES, sentence, DENIED_ENTRY, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def rejects_a_claim(sentence: SentenceInContext) -> re.Match[str] | None:
    """Rejecting a claim, unlike a plan, is skeptical (codebook, rule 4)."""
    return first_affirmed(REJECTS_CLAIM, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def accuses(sentence: SentenceInContext) -> re.Match[str] | None:
    """Accusing with no ask is skeptical (codebook, rule 4)."""
    return first_affirmed(ACCUSES, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def criticises(sentence: SentenceInContext) -> re.Match[str] | None:
    """Criticising with no ask is skeptical (codebook, rule 4)."""
    return first_affirmed(CRITICISES, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def condemns(sentence: SentenceInContext) -> re.Match[str] | None:
    """Condemning with no ask is skeptical (codebook, rule 4)."""
    return first_affirmed(CONDEMNS, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def blames(sentence: SentenceInContext) -> re.Match[str] | None:
    """Blaming is an accusation (codebook, rule 4)."""
    return first_affirmed(BLAMES, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def raises_concerns(sentence: SentenceInContext) -> re.Match[str] | None:
    """Raised concerns about conduct are skeptical (codebook, hard cases)."""
    return first_affirmed(CONCERNS, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def charges_violation(sentence: SentenceInContext) -> re.Match[str] | None:
    """A fact that names a breach is a charge (codebook, hard cases)."""
    return first_found(VIOLATES, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def charges_misconduct(sentence: SentenceInContext) -> re.Match[str] | None:
    """A word of misconduct used of another party is a charge (codebook, hard cases)."""
    return first_affirmed(CHARGES, sentence, URGES_GUARD, PRESSES)


@labeling_function(Stance.SKEPTICAL)
def so_called(sentence: SentenceInContext) -> re.Match[str] | None:
    """So-called marks disbelief in the name (codebook, label skeptical)."""
    return first_affirmed(SO_CALLED, sentence, URGES_GUARD, PRESSES)


@labeling_function(Stance.SKEPTICAL)
def lacks_credibility(sentence: SentenceInContext) -> re.Match[str] | None:
    """Denying worth or proof is skeptical (codebook, label skeptical)."""
    return first_found(CREDIBILITY, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def little_prospect(sentence: SentenceInContext) -> re.Match[str] | None:
    """A bad omen for the deal is skeptical (codebook, hard cases)."""
    return first_found(PROSPECT, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def distrusts(sentence: SentenceInContext) -> re.Match[str] | None:
    """Not being convinced is skeptical (codebook, rule 6)."""
    return first_found(DISTRUST, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def impugns_motives(sentence: SentenceInContext) -> re.Match[str] | None:
    """Disbelief in motives is skeptical (codebook, label skeptical)."""
    return first_affirmed(MOTIVES, sentence, URGES_GUARD)


@labeling_function(Stance.SKEPTICAL)
def promise_not_kept(sentence: SentenceInContext) -> re.Match[str] | None:
    """Pointing at a promise without result is skeptical (codebook, label skeptical)."""
    return first_found(NOT_KEPT, sentence, URGES_GUARD)
