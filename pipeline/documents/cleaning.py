"""Take out what is not the article, and put together what line and page breaks divided."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence

from pipeline.documents.characters import (
    without_controls,
    without_invisible,
    without_surrogates,
)
from pipeline.documents.furniture import (
    DATE,
    DATED_RULES,
    HEAD_RULES,
    TEASER_WORDS,
    ends_article,
    find_rule,
    is_menu_line,
)
from pipeline.documents.paragraphs import (
    LIST_ITEM,
    TURN,
    ends_sentence,
    join_divided,
    stands_apart,
    unwrap,
    wrapped_width,
)
from pipeline.records import Record, Removal

HEADLINE_CHARACTERS = 200
BODY_WORDS = 12
"""A paragraph of so many words that ends a sentence belongs to the body of an article."""
HEAD_BLOCKS = 25
"""A menu above the headline ends within so many paragraphs."""

_TARGET = r"[^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500})?(?: \"[^\"\n]{0,300}\")?\)"
_LINK = re.compile(
    rf"!\[[^\[\]\n]{{0,500}}\]\({_TARGET}"
    r"|\[(?P<words>[^\[\]\n]{0,500})\]\((?=#|/|\.{1,2}/|https?:|mailto:|www\.|\))"
    rf"{_TARGET}"
)
"""An image, or a link; "[4](a)" is a legal reference."""
_SPACES = re.compile(r"[^\S\n]+")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})
_DATE = re.compile(DATE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class CleanedText(Record):
    """Clean text, what was removed from it, and what the text tells of itself."""

    text: str
    removed: tuple[Removal, ...]
    title: str | None
    date: str | None


class _Block(Record):
    """A paragraph, or with a rule the furniture that stood in its place."""

    text: str
    rule: str | None = None


def clean_text(text: str) -> CleanedText:
    """Remove site furniture, unwrap lines and join sentences that a page break divided.

    Paragraphs of the result are separated by one empty line; list items, headlines and the
    turns of a transcript are paragraphs of their own.
    """
    images: list[Removal] = []
    text = _LINK.sub(_keep_link_words(images), _normalise(text))
    groups = _groups([line.strip() for line in text.split("\n")])
    width = wrapped_width(groups)
    blocks = [block for group in groups for block in _blocks_of(group, width)]
    blocks = [_ruled(block) for block in blocks]
    blocks = _without_teasers(_without_menu(blocks))
    paragraphs = join_divided([block.text for block in blocks if block.rule is None])
    removed = [Removal(rule=block.rule, text=block.text) for block in blocks if block.rule]
    return CleanedText(
        text="\n\n".join(paragraphs),
        removed=(*images, *removed),
        title=_title(paragraphs),
        date=_date(removed),
    )


def _normalise(text: str) -> str:
    """Unicode NFC without invisible characters, ligatures, tabs and runs of spaces."""
    text = without_invisible(unicodedata.normalize("NFC", without_surrogates(text)))
    text = without_controls(text).translate(_LIGATURES)
    text = re.sub(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return _SPACES.sub(" ", text)


def _keep_link_words(removed: list[Removal]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        if match["words"] is not None:
            return match["words"]
        removed.append(Removal(rule="image", text=match[0]))
        return ""

    return replace


def _groups(lines: Sequence[str]) -> list[list[str]]:
    """The lines between empty ones."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if line:
            groups[-1].append(line)
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if group]


def _blocks_of(group: Sequence[str], width: int | None) -> list[_Block]:
    """A group's paragraphs and the lines of furniture that stand apart between them."""
    blocks: list[_Block] = []
    kept: list[str] = []
    for index, line in enumerate(group):
        after = group[index + 1] if index + 1 < len(group) else None
        rule = find_rule(line)
        if rule and stands_apart(kept[-1] if kept else None, line, after, width):
            blocks += [_Block(text=paragraph) for paragraph in unwrap(kept, width)]
            blocks.append(_Block(text=line, rule=rule))
            kept = []
        else:
            kept.append(line)
    return blocks + [_Block(text=paragraph) for paragraph in unwrap(kept, width)]


def _ruled(block: _Block) -> _Block:
    if block.rule:
        return block
    return _Block(text=block.text, rule=find_rule(block.text))


def _is_body(block: _Block) -> bool:
    enough = len(block.text.split(None, BODY_WORDS)) >= BODY_WORDS
    return block.rule is None and enough and ends_sentence(block.text)


def _without_menu(blocks: list[_Block]) -> list[_Block]:
    """Short lines above the site's own lines that precede the headline are a menu.

    One line stays as the headline if none stands between them and the body.
    """
    first = next((i for i, block in enumerate(blocks) if _is_body(block)), 0)
    end = max(
        (i for i in range(min(first, HEAD_BLOCKS)) if blocks[i].rule in HEAD_RULES), default=0
    )
    menu = [i for i in range(end) if not blocks[i].rule and is_menu_line(blocks[i].text)]
    if all(block.rule for block in blocks[end:first]):
        menu = menu[:-1]
    return _mark(blocks, menu, "menu")


def _without_teasers(blocks: list[_Block]) -> list[_Block]:
    """Open-ended lines after the article's end and its notices lead to other articles."""
    last = max((i for i, block in enumerate(blocks) if _is_body(block)), default=len(blocks))
    tail = enumerate(blocks[last:], last)
    start = next((i for i, b in tail if b.rule and ends_article(b.rule, b.text)), len(blocks))
    teasers = [
        i
        for i in range(start, len(blocks))
        if not blocks[i].rule
        and not LIST_ITEM.match(blocks[i].text)
        and is_menu_line(blocks[i].text, TEASER_WORDS)
    ]
    return _mark(blocks, teasers, "menu")


def _mark(blocks: list[_Block], indices: Sequence[int], rule: str) -> list[_Block]:
    marked = frozenset(indices)
    return [
        _Block(text=block.text, rule=rule) if index in marked else block
        for index, block in enumerate(blocks)
    ]


def _title(paragraphs: Sequence[str]) -> str | None:
    """The first line if it is a headline: short, open-ended and followed by a body."""
    if len(paragraphs) < 2 or len(paragraphs[0]) > HEADLINE_CHARACTERS:
        return None
    first, second = paragraphs[:2]
    is_plain = not (ends_sentence(first) or LIST_ITEM.match(first) or TURN.match(first))
    has_body = any(len(paragraph.split()) >= BODY_WORDS for paragraph in paragraphs[1:4])
    return first if is_plain and has_body and second else None


def _date(removed: Sequence[Removal]) -> str | None:
    """The day that the first date line states, else the first update line."""
    for rule in DATED_RULES:
        for removal in removed:
            match = _DATE.search(removal.text) if removal.rule == rule else None
            day = _day(match) if match else None
            if day:
                return day
    return None


def _day(match: re.Match[str]) -> str | None:
    try:
        if match["iso"]:
            return datetime.date.fromisoformat(match["iso"]).isoformat()
        month = _MONTHS.index(re.findall(r"[A-Z][a-z]{2}", match[0])[0].lower()) + 1
        day, year = re.findall(r"\d+", match[0])
        return datetime.date(int(year), month, int(day)).isoformat()
    except ValueError:
        return None
