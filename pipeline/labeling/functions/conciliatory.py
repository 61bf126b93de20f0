"""Labeling functions for sentences whose holder moves toward the other side."""

import re

from pipeline.labeling.functions.registry import first_affirmed, first_found, labeling_function
from pipeline.records import SentenceInContext, Stance

TURN = re.compile(
    r"\bbut\b|\bhowever\b|\bunless\b|\bonly if\b|\bprovided that\b|\bon condition\b"
    r"|\b(?:urged|demanded|insisted|accused|warned|doubted|questioned)\b",
    re.IGNORECASE,
)
"""A turn after which another act usually carries the stress (codebook, rule 5)."""

THANKS = re.compile(
    r"\b(?:thank(?:s|ed|ing)?(?! to\b)|grateful|gratitude|appreciat(?:es|ed|ion|ive)"
    r"|(?:we|i|they|and) appreciate)\b",
    re.IGNORECASE,
)
WELCOMES = re.compile(
    r"\b(?:welcom(?:es|ed|ing)|(?:we|i|leaders|sides|governments|ministers"
    r"|parties) (?:also )?welcome"
    r"|express(?:ed|es)? (?:\w+ )?satisfaction|satisfaction was expressed)\b",
    re.IGNORECASE,
)
PRAISES = re.compile(
    r"\b(?:prais(?:es|ed|ing)|commend(?:s|ed|ing)?|hail(?:s|ed|ing)|applaud(?:s|ed)?"
    r"|paid tribute|pays? tribute|(?:high(?:ly)?|positively) (?:assess|apprais|valu|prais)\w+"
    r"|speaks? highly|spoke (?:warmly|highly))\b",
    re.IGNORECASE,
)
AGREES = re.compile(
    r"\b(?:agree(?:s|d)? (?:to|that|on|in principle)|(?:was|were|have|had|has) agreed|reached "
    r"(?:an? )?(?:\w+ )?(?:agreement|understanding|consensus)|common understanding"
    r"|of one mind|settled on|concurred|shared the view|undertook to|accepted an? )\b",
    re.IGNORECASE,
)
OFFERS = re.compile(
    r"\b(?:offer(?:s|ed)? to|offer(?:s|ed) (?!no\b|little\b|few\b|not\b|only\b)|invit(?:es|ed"
    r"|ing) "
    r"|extended an invitation|propos(?:es|ed) (?:a|an|that|to|holding|joint)\b)",
    re.IGNORECASE,
)
READINESS = re.compile(
    r"\b(?:(?:stands?|stood|remains?|is|are|was|were|am|be|its|his|her|their|our) (?:always "
    r"|also )?"
    r"(?:ready|willing|prepared|open|readiness|willingness) (?:to|for)"
    r"|(?:express\w*|confirm\w*|reaffirm\w*|reiterat\w*|voic\w*) (?:\w+ ){0,2}"
    r"(?:readiness|willingness)|door (?:\w+ ){0,4}(?:remains|is|stays|stood|was) open)\b",
    re.IGNORECASE,
)
PLEDGES = re.compile(
    r"\b(?:(?:pledg(?:es|ed)|promis(?:es|ed)|vow(?:s|ed)) (?:to|that|full|more|its|his|her)"
    r"|(?:is|are|was|were|remains?|remained) (?:\w+ )?committed to"
    r"|commits? (?:itself|ourselves|themselves) to|reaffirm(?:s|ed)? (?:\w+ ){0,3}commitment"
    r"|undertakes to|assur(?:es|ed?) (?:you|him|her|them|the)|reassured)\b",
    re.IGNORECASE,
)
EARLIER_PLEDGE = re.compile(
    r"\b(?:had|been|was|were|has|have) (?:\w+ )?(?:promised|pledged|vowed)\b", re.IGNORECASE
)
CONDOLENCES = re.compile(
    r"\b(?:condolences?|sympath(?:y|ies) (?:to|with|for)|congratulat\w+|best wishes|greetings"
    r"|wish(?:es|ed)? (?:you|him|her|them|the \w+) (?:every|a |all |success|well)"
    r"|mourns?|heartfelt)\b",
    re.IGNORECASE,
)
OPTIMISM = re.compile(
    r"\b(?:optimis(?:m|tic)|encourag(?:ed by|ing)|hopeful|good progress|(?:is|was|are"
    r"|were) confident"
    r"|look(?:s|ed|ing)? forward to|pleased (?:to|that|with|by)|step forward"
    r"|(?:important|positive|useful|good|welcome) (?:first )?step|making progress)\b",
    re.IGNORECASE,
)
HOPES_TOGETHER = re.compile(
    r"\b(?:hop(?:es?|ed) (?:to (?:work|see|continue|build|deepen|expand|resume|reach|sign"
    r"|welcome)"
    r"|(?:that )?(?:the two|both|we)))\b",
    re.IGNORECASE,
)
CONSTRUCTIVE_MEETING = re.compile(
    r"\b(?:productive|constructive|cordial|fruitful|friendly|warm|positive)(?:,? (?:and )?\w+)?"
    r" (?:call|meeting|talks?|conversation|discussions?|exchange|atmosphere|dialogue|spirit)\b"
    r"|\b(?:was|were|as) (?:\w+ and )?(?:productive|constructive|cordial|fruitful)\b",
    re.IGNORECASE,
)
SUPPORT = re.compile(
    r"\b(?:support(?:s|ed)? (?:the (?:people|efforts|sovereignty|territorial|work|mediation)"
    r"|efforts|\w+['’]s (?:efforts|right|sovereignty|territorial))|(?:full|firm|strong|unwavering"
    r"|continued|steadfast) support (?:for|to)|solidarity with|stands? (?:with|by) (?!its\b"
    r"|his\b))\b",
    re.IGNORECASE,
)
SUPPORT_AGAINST = re.compile(r"\bagainst\b|\boppos(?:es|ed|ition)\b", re.IGNORECASE)
COOPERATION = re.compile(
    r"\b(?:(?:deepen|expand|strengthen|enhance|broaden|advance|promote|step up|develop"
    r"|consolidate"
    r"|continue)(?:s|ed|ing)? (?:\w+,? ){0,5}(?:cooperation|partnership|dialogue|exchanges"
    r"|mutual trust|ties|relations|friendship)|work(?:ing)? (?:closely )?(?:together|with)"
    r"|joint(?:ly)? (?:develop|build|train|finance|launch)\w*)\b",
    re.IGNORECASE,
)
JOINT_UNDERTAKING = re.compile(
    r"\b(?:the (?:two )?(?:sides|leaders|parties|ministers|participants|presidents|governments"
    r"|countries)|both (?:sides|leaders|parties|governments|ministers|countries)) (?:\w+ )?"
    r"(?:will (?!meet\b|be\b|not\b|have\b)|undertake|reaffirm(?:ed)?|reiterate|resolved?|intend"
    r"|decided|spoke in favou?r|recogni[sz]ed?|support|share)\b",
    re.IGNORECASE,
)
INCLUSIVE_MUST = re.compile(
    r"\b(?:we|(?:the )?(?:two|both) (?:sides|countries|parties|governments|peoples)|both of us) "
    r"(?:\w+ )?(?:must|should|need to|ought to) (?:\w+ ){0,3}(?:listen|talk|work together"
    r"|cooperate"
    r"|keep|find|build|respect|meet|seek|strengthen|maintain|sit down|enhance|be partners|expand"
    r"|deepen|seize|return to|settle|resolve|continue)\b",
    re.IGNORECASE,
)
EASES = re.compile(
    r"\b(?:(?:lifts|lifted|eases|eased|waives|waived|reopens|reopened|restores|restored|releases"
    r"|released|resumes|resumed|dropped|lowered|scrapped|paused) (?:[\w-]+ ){0,5}?(?:tariffs?"
    r"|dut(?:y|ies)|sanctions|restrictions?|bans?|embargo|blockade|controls?|crossings?"
    r"|prisoners?"
    r"|detainees?|crew|hotlines?|border)"
    r"|extend(?:s|ed)? (?:[\w-]+ ){0,5}?(?:truce|pause|ceasefire))\b",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:must|should|ha(?:s|ve|d) to|urg(?:es|ed?|ing)|call(?:s|ed|ing)? (?:on|for)"
    r"|demand\w*|want(?:s|ed) "
    r"|insist\w*|ask(?:s|ed)|hopes? (?:that )?the|refus\w+|reject\w*|until|oppos\w+)\b",
    re.IGNORECASE,
)
NOT_CLOSING_DOOR = re.compile(
    r"\b(?:(?:did|does|do|would|has|had|have) not (?:rule out|ruled out|object|exclude"
    r"|seek (?:a )?"
    r"(?:confrontation|conflict|war|quarrel|escalation|to))|(?:did|does|do"
    r"|would)n['’]t (?:rule out"
    r"|object|want (?:war|a|conflict))|no longer (?:insist|demand|oppos|object|require)\w*"
    r"|(?:has|have) no (?:intention|wish|desire|quarrel)|nobody is asking|not ruled out"
    r"|ruled nothing"
    r" out|poses? no threat|seeks? no)\b",
    re.IGNORECASE,
)
COMPROMISE = re.compile(
    r"\b(?:compromise|conce(?:des|ded|ding)|give and take|meet (?:them|you|us) halfway"
    r"|common ground"
    r"|mutual(?:ly)? (?:respect|benefit|beneficial|acceptable)|win-win|peaceful (?:means"
    r"|settlement|coexistence)|good faith|on an equal footing|shared (?:interest|future))\b",
    re.IGNORECASE,
)


@labeling_function(Stance.CONCILIATORY)
def thanks(sentence: SentenceInContext) -> re.Match[str] | None:
    """Thanking moves toward the other side (codebook, label conciliatory)."""
    return first_affirmed(THANKS, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def welcomes(sentence: SentenceInContext) -> re.Match[str] | None:
    """Welcoming an act is conciliatory, also when reported (codebook, rule 3)."""
    return first_affirmed(WELCOMES, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def praises(sentence: SentenceInContext) -> re.Match[str] | None:
    """Praising moves toward the one who is praised (codebook, label conciliatory)."""
    return first_affirmed(PRAISES, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def agrees(sentence: SentenceInContext) -> re.Match[str] | None:
    """An agreement counts whenever it is reported (codebook, rule 3)."""
    return first_affirmed(AGREES, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def offers(sentence: SentenceInContext) -> re.Match[str] | None:
    """Offering, inviting and proposing are conciliatory (codebook, label conciliatory)."""
    return first_affirmed(OFFERS, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def readiness(sentence: SentenceInContext) -> re.Match[str] | None:
    """Readiness to talk or to help is conciliatory (codebook, label conciliatory)."""
    return first_affirmed(READINESS, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def pledges(sentence: SentenceInContext) -> re.Match[str] | None:
    """A commitment or a reassurance is conciliatory (codebook, label conciliatory)."""
    return first_affirmed(PLEDGES, sentence, TURN, ASKS, EARLIER_PLEDGE)


@labeling_function(Stance.CONCILIATORY)
def courtesies(sentence: SentenceInContext) -> re.Match[str] | None:
    """Courtesies, condolences and greetings are conciliatory (codebook, rule 7)."""
    return first_affirmed(CONDOLENCES, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def optimism(sentence: SentenceInContext) -> re.Match[str] | None:
    """Voicing optimism is conciliatory (codebook, label conciliatory)."""
    return first_affirmed(OPTIMISM, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def hopes_to_work_together(sentence: SentenceInContext) -> re.Match[str] | None:
    """To hope for a common deed is conciliatory (codebook, rule 2)."""
    return first_affirmed(HOPES_TOGETHER, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def constructive_meeting(sentence: SentenceInContext) -> re.Match[str] | None:
    """A productive or constructive call is conciliatory (codebook, rule 7)."""
    return first_affirmed(CONSTRUCTIVE_MEETING, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def supports_third_party(sentence: SentenceInContext) -> re.Match[str] | None:
    """Support for a third party is conciliatory toward it (codebook, hard cases)."""
    return first_affirmed(SUPPORT, sentence, TURN, SUPPORT_AGAINST)


@labeling_function(Stance.CONCILIATORY)
def deepens_cooperation(sentence: SentenceInContext) -> re.Match[str] | None:
    """A commitment to cooperate is conciliatory (codebook, label conciliatory)."""
    return first_affirmed(COOPERATION, sentence, TURN, ASKS)


@labeling_function(Stance.CONCILIATORY)
def joint_undertaking(sentence: SentenceInContext) -> re.Match[str] | None:
    """The substance of what both sides undertake is conciliatory (codebook, hard cases)."""
    return first_affirmed(JOINT_UNDERTAKING, sentence, TURN, ASKS)


@labeling_function(Stance.CONCILIATORY)
def inclusive_must(sentence: SentenceInContext) -> re.Match[str] | None:
    """Dialogue or cooperation asked of both sides is conciliatory (codebook, hard cases)."""
    return first_affirmed(INCLUSIVE_MUST, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def eases(sentence: SentenceInContext) -> re.Match[str] | None:
    """Easing a measure is conciliatory, also when reported (codebook, rule 3)."""
    return first_affirmed(EASES, sentence, TURN, ASKS)


@labeling_function(Stance.CONCILIATORY)
def does_not_close_the_door(sentence: SentenceInContext) -> re.Match[str] | None:
    """To not rule out or no longer insist is conciliatory (codebook, rule 6)."""
    return first_found(NOT_CLOSING_DOOR, sentence, TURN)


@labeling_function(Stance.CONCILIATORY)
def compromise(sentence: SentenceInContext) -> re.Match[str] | None:
    """Conceding and seeking common ground are conciliatory (codebook, label conciliatory)."""
    return first_affirmed(COMPROMISE, sentence, TURN, ASKS)
