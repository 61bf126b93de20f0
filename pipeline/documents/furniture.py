"""Rules that tell site furniture from an article's lines.

A rule matches a whole line or paragraph, never a part of one, and is written so that a sentence
of an article does not match it: most ask for a missing full stop, a date, an address or a fixed
phrase. Repetition is possessive or bounded, so that matching takes linear time.
"""

import re

MAX_CHARACTERS = 1200
"""No furniture is longer."""
MENU_WORDS = 6
TEASER_WORDS = 16

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?)"
DATE = (
    rf"(?:(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}})"
)
_DATE = DATE.replace("?P<iso>", "?:")
_TIME_WORDS = (
    rf"(?:[\s,|·•–—()/:T+-]++|\d[\d:.]*+Z?|[ap]\.?m\.?|(?i:at|on|updated|published|and)\b|{_DAY}"
    rf"|{_MONTH}|[A-Z]{{2,5}}\b|(?i:eastern|central|local|pacific)\b(?i: time)?"
    r"|(?i:min(?:ute)?s? read|hours? ago|minutes? ago))"
)
_NOT_A_NAME = (
    r"(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:January|February|March|April|May|June|"
    r"July|August|September|October|November|December|The|This|That|A|An|His|Her|Their|Its|All)\b)"
)
_WORD = r"[A-Z][\w.'’-]{0,30}"
_FULL_NAME = (
    rf"(?:{_NOT_A_NAME}{_WORD}(?: (?:de|da|van|von|al|bin|der|la) | ){_WORD}(?: {_WORD}){{0,3}}"
    r"|AFP|AP|Reuters|Staff)"
)
_NAMES = (
    rf"{_FULL_NAME}(?: in {_WORD}(?: {_WORD})?)?"
    rf"(?:(?:, and |, | and | & |; ){_FULL_NAME}(?: in {_WORD}(?: {_WORD})?)?){{0,6}}"
)
_ADDRESS = r"[^\s@]{1,80}@[^\s@]{1,80}"
_SITES = (
    r"(?:X|Twitter|Facebook|LinkedIn|WhatsApp|Telegram|Instagram|YouTube|Threads|Bluesky|Reddit)"
)
_AGENCIES = (
    r"(?:Getty Images|Getty|Reuters|REUTERS|AFP|Agence France-Presse|Associated Press|AP|EPA|"
    r"Shutterstock|Bloomberg(?: News)?|Xinhua|TASS|Sputnik|Zuma Press|ZUMA PRESS|Press Pool)"
)


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives))


_OTHER_ARTICLES = (
    # Read more: A Headline; Related articles; Most Popular News; More from Europe
    r"(?i:read|see|watch|hear|learn) (?i:more|also|next)"
    r"(?:: .{1,200}|(?: (?:about|on|from|in|at|here)\b[^.]{0,60})?)[>›»→. ]{0,4}",
    r"(?i:related|recommended)(?i: articles?| stories| coverage| content| topics?| links"
    r"| news| reading| videos?| for you)?:?",
    r"(?i:related(?: articles?| stories)?|recommended): .{1,200}",
    r"(?i:most (?:read|popular|viewed))(?: (?:in|on) [^.]{0,40}|(?i: news| stories"
    r"| articles| opinion| videos))?",
    r"More from [A-Z][^.]{0,60}|More on this (?:story|topic)",
    r"You (?:may|might) also (?:like|be interested in)|What to (?:read|watch) next",
    r"(?i:trending(?: now)?|editor[’']?s[’']? picks)|In this (?:article|section)",
)

RULES: dict[str, re.Pattern[str]] = {
    # A bare link: <https://www.example.org/world/talks>
    "address": _any(r"<?(?:https?://|www\.)\S++"),
    # Write to A Writer at a@example.org; Media contact: ...; +44 ...
    "contact": _any(
        rf"Write to .{{1,200}} at {_ADDRESS}(?:,? and .{{1,150}} at {_ADDRESS})*+",
        _ADDRESS,
        r"(?:T(?:el)?[.:] ?)?\+\d[\d ()/-]{7,20}",
        r"(?i:(?:media |press |for )*+(?:contacts?|enquiries|inquiries)(?: details| officer)?:?)",
        r"(?i:(?:media |press |for )*+(?:contacts?|enquiries|inquiries|e-?mail|tel|telephone|phone"
        r"|fax)(?: details| officer)?:) .{0,150}(?:@|\d{3}).{0,80}",
        r"(?i:for (?:more|further) information|for (?:media|press) (?:enquiries|inquiries)),?"
        rf" .{{0,150}}(?:{_ADDRESS}|https?://\S|www\.\S|\+\d).{{0,80}}",
    ),
    # By A Writer and B Writer; By A Writer, Diplomatic Correspondent
    "byline": _any(
        rf"(?:By|BY|Story by|Analysis by|Written by) {_NAMES}"
        r"(?:(?:,| \|| -| –) [A-Z][\w&.' -]{1,60})?",
        # A Writer contributed to this article. (Reporting by A Writer; Editing by B Writer)
        rf"[—–-]? ?{_NAMES} contributed (?:reporting |research )?to this"
        r" (?:article|report|story)\.?",
        rf"\(?(?:Additional )?(?:[Rr]eporting|[Ww]riting) by {_NAMES}"
        rf"(?:[;,.] (?:[Ee]diting|[Ww]riting|[Rr]eporting) by {_NAMES}){{0,3}}\.?\)?",
    ),
    # Updated 2024-11-23 at 4:50 pm ET; Published: 23 November 2024; Updated 3 hours ago
    "update": _any(
        r"(?i:(?:last |first |originally )?(?:updated|published|posted|modified))(?i: on| at)?:? "
        rf"(?:{_DAY},? )?(?:{_DATE}|\d{{1,2}}:\d{{2}}|\d{{1,2}} (?:hours?|minutes?) ago)"
        rf"{_TIME_WORDS}*+"
    ),
    # November 23, 2024; Saturday, 23 November 2024, 16:50 GMT
    "date line": _any(rf"(?:Date: )?(?:{_DAY},? )?{_DATE}{_TIME_WORDS}*+"),
    # © 2024 A Paper. All rights reserved.
    "copyright": _any(
        r"(?i:copyright )?©.{0,300}",
        r"(?i:copyright )?\([cC]\) ?\d{4}\b.{0,300}",
        r"(?i:copyright) \d{4}\b[^.]{0,100}(?:\.(?i: all rights reserved\.?)?.{0,60})?",
        r"(?:[^.]{0,80}\. )?(?i:all rights reserved)\.?",
        # This copy is for your personal, non-commercial use only. ...
        r"This copy is for your personal, non-?commercial use\b.{0,900}",
        r"(?:Distribution|Use) [^.]{0,60}\bgoverned by our\b.{0,600}",
        r"To order (?:presentation-ready |multiple )*+(?:copies|reprints)\b.{0,300}",
        r"For (?:non-personal use|reprints|reprint rights|reprint permission)\b.{0,300}",
        r"(?:Reproduction|Republication|Redistribution)\b[^.]{0,120}\bwithout (?:[a-z]+ ){0,3}"
        r"(?:permission|consent)\b.{0,100}",
    ),
    # Appeared in the November 24, 2024, print edition as 'A Headline'.
    "print edition": _any(
        r"(?:(?:A version of )?[Tt]his (?:article|story) )?"
        r"(?:[Aa]ppear(?:s|ed) in|was published in) .{0,120}\bprint(?:ed)? edition\b.{0,300}"
    ),
    # Share this article; Share on X; Save; Print; Follow us on X; 5 min read
    "sharing": _any(
        r"(?:(?i:share|save|print|tweet|e-?mail|follow|gift|listen|comments?|bookmark|copy link"
        rf"|resize)\b|{_SITES}\b)(?:[\s|/·•,:()]++|\d++|{_SITES}\b|(?i:share|save|print|tweet|e-?mail"
        r"|follow|gift|listen|comments?|copy|link|this|on|via|article|story|page|post|us|to|text|min"
        r"|minutes)\b)*+[.!]?",
        rf"Follow (?:us|@?[\w.]{{1,30}}(?: [\w.]{{1,30}}){{0,4}}) on {_SITES}\b[^.]{{0,60}}\.?",
        r"\d{1,2}[ -](?i:min(?:ute)?s?) (?:read|listen)",
        r"\d{1,5} (?i:comments|shares)",
    ),
    # Advertisement; Story continues below; Skip to main content
    "promotion": _any(
        r"(?i:advertisements?|sponsored(?: content)?|ad)(?: ?[-–—] ?[^.]{0,60})?",
        r"(?i:(?:story|article) continues below|scroll to continue)[^.]{0,40}",
        r"(?i:(?:continue|keep) reading)(?: below| here| the main story)?",
        r"(?i:click here)[^.]{0,60}\.?",
        r"Skip (?:to|past) (?:main|content|the|newsletter|navigation|advertisement)[^.]{0,60}",
        r"Skip advertisement",
        # Sign up for our newsletter; Get our newsletter every morning
        r"(?i:sign up|subscribe|register)(?: here| now| today| free| for free)?[.!]?",
        r"(?i:sign up|subscribe|register)\b.{0,150}\b(?i:newsletters?|inbox|e-?mail alerts"
        r"|to continue reading|(?:daily|weekly|morning|evening) briefing)\b.{0,100}",
        r"Get (?:our|the|more)\b.{0,120}\b(?:newsletter|inbox)\b.{0,80}",
        r"(?i:newsletters?)(?: ?[|›»:] ?[^.]{1,80})?",
        *_OTHER_ARTICLES,
        # Podcast | The Long Table; Videos; Watch: Leaders arrive
        r"(?i:podcasts?|videos?|audio|opinion|analysis|explainer|live|watch|listen)"
        r" ?[|›»] ?.{1,80}",
        r"(?i:podcast|video|watch|listen): [^.]{1,120}",
        r"(?i:podcasts?|videos?)",
    ),
    # WORLD | REGION; Home > World > Europe
    "section": _any(
        r"[A-Z][A-Z&.' -]{1,30}(?: ?[|›»>] ?[A-Z][A-Z&.' -]{1,30}){1,4}",
        r"[A-Z][\w&.' -]{1,30}(?: [|›»>] [A-Z][\w&.' -]{1,30}){1,4}",
    ),
    # Photo: A Photographer/Agency; Leaders at the summit. A Photographer/Agency
    "image": _any(
        r"(?i:photo|image|picture|illustration|photograph|graphic|credit)s?(?i: credit| by)?:"
        r" .{1,200}",
        rf".{{0,300}}(?:/| via ){_AGENCIES}(?:/.{{0,30}})?\)?",
        rf"\(?{_AGENCIES} (?i:photo)\b.{{0,40}}",
        r"(?i:enlarge|view)(?i: (?:this )?images?| photos?| in full screen)",
    ),
    # FOR IMMEDIATE RELEASE; ###; -END-; Terms of use
    "footer": _any(
        r"#{2,}|(?:# ?){3,6}|[-–— ]{0,3}(?:END|End|ENDS|Ends|30)[-–— ]{0,3}",
        r"(?i:(?:for|not for) immediate release):?",
        r"(?i:page) \d{1,4}(?: ?(?:of|/) ?\d{1,4})?",
        r"(?i:terms of (?:use|service)|privacy (?:policy|notice)|cookie (?:policy|settings))",
        r"(?i:about us|contact us|back to (?:the )?top|site ?map|log ?in|sign ?in|menu|search)",
        # ---; * * *
        r"(?:[*_=~–—-] ?){3,}|(?:[•·] ?){2,}",
    ),
}
HEAD_RULES = frozenset({"address", "copyright", "promotion", "section"})
"""Rules whose lines stand above a headline; short lines before them are menus."""
_END_RULES = frozenset({"contact", "copyright", "print edition"})
_LEADS_ELSEWHERE = _any(*_OTHER_ARTICLES)
DATED_RULES = ("date line", "update")
"""Rules whose lines state the document's date; the first that does counts."""

_ENDS_SENTENCE = re.compile(r"[.!?…:;,][\"'”’)\]]*+$")
_ENDING_CHARACTERS = 20


def find_rule(line: str) -> str | None:
    """The name of the rule that the whole line matches, or None for a line of the article.

    A line that begins in lower case goes on with a sentence, unless it is a word or two.
    """
    if not line or len(line) > MAX_CHARACTERS:
        return None
    if line[0].islower() and line.count(" ") > 1 and not line.startswith(("http", "www.")):
        return None
    return next((name for name, pattern in RULES.items() if pattern.fullmatch(line)), None)


def is_menu_line(line: str, n_words: int = MENU_WORDS) -> bool:
    """Whether a line is too short and open-ended to be a sentence."""
    if len(line) > MAX_CHARACTERS or _ENDS_SENTENCE.search(line[-_ENDING_CHARACTERS:]):
        return False
    return len(line.split()) <= n_words


def ends_article(rule: str, line: str) -> bool:
    """Whether a line of furniture stands below an article; open-ended lines after it are menus."""
    return rule in _END_RULES or _LEADS_ELSEWHERE.fullmatch(line) is not None
