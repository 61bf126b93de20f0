"""Put together what line and page breaks divided: wrapped lines, words, sentences."""

import re
from collections.abc import Sequence

WRAPPED_WIDTHS = (30, 200)
"""Lines are wrapped where most are this wide and end in mid-sentence."""
PARAGRAPH_END_FRACTION = 0.75
"""A wrapped line shorter than this part of the width that ends a sentence ends a paragraph."""
HEADLINE_FRACTION = 0.6
"""A wrapped line shorter than this part of the width stands alone, unless lower case follows."""
MIN_OPEN_WORDS = 8
"""A paragraph at least this long that ends in "of the" is no salutation or headline."""
MIN_REST_WORDS = 6
"""A paragraph at least this long may be the rest of a sentence that begins with a capital."""
_TAIL = 400
"""How many characters of a paragraph's end are looked at."""

LIST_ITEM = re.compile(r"(?:[-*•‣▪●◦–—]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s+\S")
_BULLET = re.compile(r"[*•‣▪●◦]\s+\S")
TURN = re.compile(
    r"(?:[QA]\.?|[A-Z][A-Z.'’ -]{2,40}"
    r"|(?:Spokes(?:wo)?man|Spokesperson|(?:Prime |Foreign )?Minister|President|Secretary|Ambassador"
    r"|Mr\.?|Ms\.?|Mrs\.?|Dr\.?)(?: [A-Z][\w.'’-]{1,30}){0,3}"
    r"|[A-Z][\w.'’-]{1,30}(?: [A-Z][\w.'’-]{1,30}){0,2}):\s"
)
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*+(?:\[\d{1,3}\])?$")
_OPEN_END = re.compile(
    r"(?:,|\b(?:a|an|and|at|between|but|by|for|from|his|her|in|into|its|of|on|or|our|that|the|"
    r"their|to|was|were|which|with))$"
)
_INNER_END = re.compile(r"[a-z\d)][.!?][\"'”’)]? [A-Z\"“‘']")
_WHOLE_FIRST_PARTS = re.compile(
    r"all|anti|co|cross|ex|far|full|half|hard|high|inter|long|low|mid|multi|near|non|post|pre|pro"
    r"|self|semi|short|well|north|south|east|west|two|three|four|five|six|seven|eight|nine|ten"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|war|law|policy|peace|state"
)
"""First parts of words written with a hyphen, which stays at the end of a line."""


def ends_sentence(text: str) -> bool:
    """Whether the text ends with a mark that ends a sentence or introduces a list."""
    return _SENTENCE_END.search(text[-_TAIL:]) is not None


def wrapped_width(groups: Sequence[Sequence[str]]) -> int | None:
    """The width at which a text's lines were wrapped, or None where each line is a paragraph.

    A text is wrapped if most of the lines that another follows at once end in mid-sentence.
    """
    followed = [line for group in groups for line in group[:-1]]
    if not followed:
        return None
    lengths = sorted(map(len, followed))
    width = lengths[int(0.8 * (len(lengths) - 1))]
    if not WRAPPED_WIDTHS[0] <= width <= WRAPPED_WIDTHS[1]:
        return None
    wide = [line for line in followed if len(line) >= HEADLINE_FRACTION * width]
    n_open = sum(not ends_sentence(line) for line in wide)
    return width if n_open > len(wide) / 2 else None


def stands_apart(before: str | None, line: str, after: str | None, width: int | None) -> bool:
    """Whether a line among others is no part of a sentence that runs over it.

    `before` and `after` are its neighbours, None where there is none or it is furniture.
    """
    if width is None:
        return True
    if after is not None and after[:1].islower() and not is_short(line, width):
        return False
    return before is None or ends_sentence(before) or is_short(before, width)


def is_short(line: str, width: int) -> bool:
    """Whether a wrapped line ends well before the width."""
    return len(line) < HEADLINE_FRACTION * width


def unwrap(lines: Sequence[str], width: int | None) -> list[str]:
    """The paragraphs of lines without an empty one between them."""
    if width is None:
        return list(lines)
    paragraphs: list[list[str]] = []
    for line in lines:
        if paragraphs and not _divides(paragraphs[-1], line, width):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return [join_lines(paragraph) for paragraph in paragraphs]


def _divides(paragraph: Sequence[str], after: str, width: int) -> bool:
    """Whether a wrapped line begins a paragraph of its own.

    "17. The" and "– he" may also go on with a sentence: they open a list item only after the end
    of a sentence, a short line, or another item. So does the name before a turn's colon.
    """
    before = paragraph[-1]
    is_ended = ends_sentence(before) or before.endswith(("-", "–", "—"))
    if _BULLET.match(after):
        return True
    if LIST_ITEM.match(after):
        return is_ended or is_short(before, width) or LIST_ITEM.match(paragraph[0]) is not None
    if TURN.match(after):
        return is_ended or is_short(before, width)
    if ends_sentence(before):
        return len(before) < PARAGRAPH_END_FRACTION * width
    return is_short(before, width) and not after[:1].islower() and not _OPEN_END.search(before)


def join_lines(lines: Sequence[str]) -> str:
    """One line, with the words that a hyphen divides at line ends put together."""
    parts = [lines[0]]
    for line in lines[1:]:
        before = parts[-1]
        if len(before) > 1 and before[-1] == "-" and before[-2].isalpha() and line[:1].isalpha():
            parts[-1] = before if _keeps_hyphen(before, line) else before[:-1]
        else:
            parts.append(" ")
        parts.append(line)
    return "".join(parts)


def _keeps_hyphen(before: str, after: str) -> bool:
    """Whether the hyphen at a line's end is the word's own: "long-term", "Franco-German"."""
    first = before[-_TAIL:-1].rpartition(" ")[2].lower()
    is_word = before[-2].islower() and after[0].islower()
    return not is_word or "-" in first or _WHOLE_FIRST_PARTS.fullmatch(first) is not None


def join_divided(paragraphs: Sequence[str]) -> list[str]:
    """Paragraphs, with those joined that a page or column break divided in mid-sentence."""
    groups: list[list[str]] = []
    for paragraph in paragraphs:
        if groups and _goes_on(groups[-1], paragraph):
            groups[-1].append(paragraph)
        else:
            groups.append([paragraph])
    return [join_lines(group) for group in groups]


def _goes_on(group: Sequence[str], after: str) -> bool:
    """Whether the last paragraph ends in mid-sentence and the next one goes on with it.

    A continuation begins in lower case; with a capital (a name) it follows an open word, or a
    paragraph of several sentences that does not end its last.
    """
    before = group[-1]
    if ends_sentence(before) or LIST_ITEM.match(after) or TURN.match(after):
        return False
    if after[:1].islower():
        return True
    if LIST_ITEM.match(group[0]):
        return False
    if len(before[-_TAIL:].split()) >= MIN_OPEN_WORDS and _OPEN_END.search(before[-_TAIL:]):
        return True
    if len(after.split(None, MIN_REST_WORDS)) < MIN_REST_WORDS:
        return False
    return before[-1:].islower() and _INNER_END.search(before[-_TAIL:]) is not None
