"""Rules that tell site furniture from an article's lines; each matches a whole line."""

import re

MENU_WORDS = 6
_NAME = r"[A-Z][\w.'’-]{0,30}(?: (?:[A-Z][\w.'’-]{0,30}|de|van|von|al|bin|der)){0,4}"
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"

RULES: dict[str, re.Pattern[str]] = {
    "address": re.compile(r"<?(?:https?://|www\.)\S+>?"),
    "contact": re.compile(
        r"(?:write to|contact|e-?mail|(?:media|press) (?:contact|enquiries|inquiries))\b"
        r".{0,200}(?:\S@\S|\d{3}[ -]\d{3}).{0,100}",
        re.IGNORECASE,
    ),
    "byline": re.compile(
        rf"By {_NAME}(?: Follow)?(?:(?:, | and |, and ){_NAME}(?: Follow)?){{0,4}}"
        r"(?:,? [A-Z][\w ]{0,30} (?:correspondent|editor|reporter))?"
    ),
    "update": re.compile(
        r"(?:last |first )?(?:updated|published|posted|modified)\b(?: on| at)?:?[^!?]{0,20}\d"
        r"[^!?]{0,60}[^.!?]",
        re.IGNORECASE,
    ),
    "date line": re.compile(
        rf"(?:\w+day,? )?(?:{_MONTHS} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTHS},? \d{{4}}"
        r"|\d{4}-\d{2}-\d{2})(?:,? (?:at )?\d{1,2}[:.]\d{2}.{0,12})?"
    ),
    "copyright": re.compile(
        r"(?:©|\(c\) ?(?=\d{4}|copyright)|copyright (?:©|\(c\)|\d{4})).{0,300}"
        r"|.{0,200}\ball rights reserved(?: ?[^\w ].{0,100})?"
        r"|this copy is for your personal, non-commercial use.{0,800}"
        r"|(?:to order|for) (?:multiple )?(?:copies|reprints)\b.{0,300}"
        r"|.{0,80}\bgoverned by our subscriber agreement\b.{0,400}",
        re.IGNORECASE,
    ),
    "print edition": re.compile(
        r"(?:a version of this (?:article|story) )?appeared in .{0,120}print edition.{0,300}",
        re.IGNORECASE,
    ),
    "sharing": re.compile(
        r"(?:(?:share|save|print|tweet|email|e-mail|like|follow(?: us)?|gift|listen|comments?|"
        r"facebook|twitter|whatsapp|linkedin|telegram|copy link)"
        r"(?: (?:this|on|via|the|article|story|page|facebook|twitter|x|linkedin|whatsapp|email))*"
        r"[ |/·•]*){1,8}",
        re.IGNORECASE,
    ),
    "promotion": re.compile(
        r"advertisement(?: - .{0,60})?|(?:sign up|subscribe)\b.{0,150}\b(?:newsletters?|inbox|"
        r"briefing|alerts?|today|now|here)\b.{0,60}|(?:read|see|watch|hear) (?:more|also|next)\b"
        r"(?::.{0,150}|[^.]{0,40})|(?:related|recommended|most (?:read|popular)|more from)\b"
        r"[^.]{0,60}|(?:continue reading|click here|skip to)\b[^.]{0,60}|newsletters?|podcasts?"
        r"|(?:podcast|video|videos|opinion|live) \| .{0,80}|story continues below.{0,40}",
        re.IGNORECASE,
    ),
    "section": re.compile(r"[A-Z][A-Z&.' -]{1,30}(?: ?[|›»/>] ?[A-Z][A-Z&.' -]{1,30}){1,4}"),
    "image": re.compile(
        r"(?:photo|image|picture|credit|illustration|photograph)(?: credit| by)?: .{1,200}"
        r"|.{0,200}(?:/|via )(?:getty images|reuters|afp|associated press)\)?",
        re.IGNORECASE,
    ),
    "footer": re.compile(
        r"#{2,}|\*{3,}|-{3,}|_{3,}|[-–—] ?(?:end|ends|30) ?[-–—]|for immediate release"
        r"|(?:videos?|terms of use|privacy policy|cookie policy|about us|contact us|back to top)",
        re.IGNORECASE,
    ),
}
HEAD_RULES = frozenset(RULES) - {"byline", "update", "date line", "image"}
"""Rules whose lines stand above a headline; short lines before them are menus."""
DATED_RULES = frozenset({"update", "date line", "byline"})
"""Rules whose lines may state the document's date."""
_LONGEST = 1200


def find_rule(line: str) -> str | None:
    """The name of the rule that the whole line matches, or None for a line of the article."""
    if not line or len(line) > _LONGEST:
        return None
    return next((name for name, pattern in RULES.items() if pattern.fullmatch(line)), None)


def is_menu_line(line: str) -> bool:
    """Whether a line is too short and open-ended to be a sentence."""
    return len(line.split()) <= MENU_WORDS and not re.search(r"[.!?:,;][\"'”’)]*$", line)
