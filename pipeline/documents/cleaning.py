"""Take out what is not the article, and put together what a page break divided."""

import re
import unicodedata
from collections.abc import Callable

from pipeline.documents.furniture import DATED_RULES, HEAD_RULES, find_rule, is_menu_line
from pipeline.records import Record, Removal

WRAPPED_WIDTH = 110
"""A paragraph whose lines are all at most this long was wrapped by hand or by a page."""
HEADLINE_CHARACTERS = 160
HEAD_BLOCKS = 15
UNFINISHED_WORDS = 5
PARAGRAPH_END_FRACTION = 0.75
"""A wrapped line shorter than this part of the width that ends a sentence ends a paragraph."""

_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\([^()\s]{0,2000}\)")
_LIST_ITEM = re.compile(r"(?:[-*•‣▪●]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+\S")
_TURN = re.compile(r"(?:Q|A|[A-Z][A-Z.'’ -]{2,40}|Spokesperson [A-Z]\w+|[A-Z]\w+ [A-Z]\w+):\s")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")
_OPEN_END = re.compile(
    r"(?:,|\b(?:a|an|and|at|by|for|from|his|her|in|its|of|on|or|that|the|their|to|was|were|which|"
    r"with))$"
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE = re.compile(
    rf"\d{{4}}-\d{{2}}-\d{{2}}|{_MONTH} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTH},? \d{{4}}"
)


class CleanedText(Record):
    """Clean text, what was removed from it, and what the removed lines tell."""

    text: str
    removed: tuple[Removal, ...]
    title: str | None
    date: str | None


def clean_text(text: str) -> CleanedText:
    """Remove site furniture, unwrap lines and join sentences that a page break divided.

    Paragraphs of the result are separated by one empty line; list items and the turns of a
    transcript keep lines of their own.
    """
    removed: list[Removal] = []
    text = unicodedata.normalize("NFC", text).replace("\u00ad", "").replace("\u00a0", " ")
    text = text.encode("utf-8", errors="replace").decode()
    text = text.replace(_REMOVED, "").replace(_REMOVED_HEAD, "")
    text = _LINK.sub(_keep_link_words(removed), text)
    blocks = _blocks(_without_furniture_lines(text.split("\n"), removed))
    blocks = _without_furniture_blocks(blocks, removed)
    blocks = _join_divided(blocks)
    dated = [entry.text for entry in removed if entry.rule in DATED_RULES]
    title = None
    if len(blocks) > 1 and len(blocks[0]) <= HEADLINE_CHARACTERS:
        title = None if _SENTENCE_END.search(blocks[0]) or "\n" in blocks[0] else blocks[0]
    return CleanedText(
        text="\n\n".join(blocks), removed=tuple(removed), title=title, date=_first_date(dated)
    )


def _keep_link_words(removed: list[Removal]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        if match[0].startswith("!"):
            removed.append(Removal(rule="image", text=match[0]))
            return ""
        return match[1]

    return replace


def _without_furniture_lines(lines: list[str], removed: list[Removal]) -> list[str]:
    """Lines without furniture; a removed line becomes an empty one, marked by its removal."""
    kept = []
    for line in lines:
        line = line.strip()
        within = kept and line[:1].islower() and _is_unfinished(kept[-1])
        rule = None if within else find_rule(line)
        if rule:
            removed.append(Removal(rule=rule, text=line))
            kept.append(_REMOVED_HEAD if rule in HEAD_RULES else _REMOVED)
        else:
            kept.append(line)
    return kept


def _is_unfinished(line: str) -> bool:
    """Whether the line is so long, and so ends, that its sentence goes on in the next one."""
    return len(line.split()) >= UNFINISHED_WORDS and not _SENTENCE_END.search(line)


_REMOVED, _REMOVED_HEAD = "\x00", "\x01"


def _blocks(lines: list[str]) -> list[str]:
    """Unwrapped paragraphs; a removed line stays as a mark of its own."""
    blocks: list[str] = []
    group: list[str] = []
    for line in [*lines, ""]:
        if line and line not in (_REMOVED, _REMOVED_HEAD):
            group.append(line)
            continue
        if group:
            blocks += _unwrap(group)
            group = []
        if line:
            blocks.append(line)
    return blocks


def _unwrap(lines: list[str]) -> list[str]:
    width = max(map(len, lines))
    if width > WRAPPED_WIDTH:
        return lines
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        here = paragraphs[-1]
        if here and (_LIST_ITEM.match(line) or _TURN.match(line)):
            paragraphs.append([line])
            continue
        here.append(line)
        if _SENTENCE_END.search(line) and len(line) < PARAGRAPH_END_FRACTION * width:
            paragraphs.append([])
    return [_join_lines(paragraph) for paragraph in paragraphs if paragraph]


def _join_lines(lines: list[str]) -> str:
    joined = [lines[0]]
    for line in lines[1:]:
        if _divides_word(joined[-1], line):
            joined[-1] = joined[-1][:-1] + line
        else:
            joined.append(line)
    return " ".join(joined)


def _divides_word(before: str, after: str) -> bool:
    return len(before) > 1 and before[-1] == "-" and before[-2].islower() and after[:1].islower()


def _without_furniture_blocks(blocks: list[str], removed: list[Removal]) -> list[str]:
    """Paragraphs without furniture, and without the menus before and after the article."""
    marks = (_REMOVED, _REMOVED_HEAD)
    for index, block in enumerate(blocks):
        rule = None if block in marks else find_rule(block)
        if rule:
            removed.append(Removal(rule=rule, text=block))
            blocks[index] = _REMOVED_HEAD if rule in HEAD_RULES else _REMOVED
    body = [i for i, block in enumerate(blocks) if len(block.split()) >= 12]
    first, last = (body[0], body[-1]) if body else (0, len(blocks))
    head = [i for i in range(min(first, HEAD_BLOCKS)) if blocks[i] == _REMOVED_HEAD]
    tail = [i for i in range(last, len(blocks)) if blocks[i] in marks]
    menu = set(range(head[-1])) if head else set()
    menu |= set(range(tail[0], len(blocks))) if tail else set()
    for index in sorted(menu):
        if blocks[index] not in marks and is_menu_line(blocks[index]):
            removed.append(Removal(rule="menu", text=blocks[index]))
            blocks[index] = _REMOVED
    return [block for block in blocks if block not in marks]


def _join_divided(blocks: list[str]) -> list[str]:
    joined: list[list[str]] = []
    for block in blocks:
        if joined and _continues(joined[-1], block):
            joined[-1].append(block)
        else:
            joined.append([block])
    return [_join_lines(parts) for parts in joined]


def _continues(before: list[str], after: str) -> bool:
    """Whether the parts of a paragraph end in mid-sentence and `after` goes on with it."""
    if _SENTENCE_END.search(before[-1]) or _LIST_ITEM.match(after) or _TURN.match(after):
        return False
    if after[:1].islower():
        return True
    is_long = len(before) > 1 or len(before[-1].split()) >= 8
    return is_long and bool(_OPEN_END.search(before[-1]))


def _first_date(lines: list[str]) -> str | None:
    from dateutil import parser

    for line in lines:
        match = _DATE.search(line)
        if match:
            try:
                return parser.parse(match[0]).date().isoformat()
            except (ValueError, OverflowError):
                continue
    return None
