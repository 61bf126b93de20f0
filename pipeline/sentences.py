"""Sentences with their places: syntok's segmentation behind rules of our own.

Conventions that the gold annotations follow:

- A line break divides, unless the line plainly reads on, so a headline, a list item with its
  marker and a turn of a transcript are never joined to their neighbours.
- A speaker label ("MR. PRICE:", "Q.") or a number ("1.", "Article 5.") belongs to the first
  sentence after it.
- A quotation of several sentences is divided at its inner ends; a quotation and the words that
  say whose it is stay together; semicolons and colons never divide.
- A full stop, question or exclamation mark takes closing quotes and brackets with it.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from syntok.segmenter import segment
from syntok.tokenizer import Tokenizer

from pipeline.records import Sentence, normalise_sentence

_QUOTES = frozenset("\"'”’»")
_DOUBLE_QUOTES = frozenset('"”»')
_STRONG = frozenset("!?")
_WINDOW = 300
"""Characters that a rule may look back or ahead, so that the time stays linear in the text."""


_MONTHS = frozenset("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec".split())
_DAYS = frozenset("Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun".split())
_DATE_WORDS = _MONTHS.union(
    _DAYS,
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April".split(),
    "May June July August September October November December Eastern Pacific Central".split(),
)
_TITLES = frozenset(
    """Mr Mrs Ms Mx Messrs Dr Prof Rev Hon Fr Msgr Sen Sens Rep Reps Gov Govs Pres Sec Amb Atty Gen
    Lt Col Maj Capt Cmdr Comdr Cdr Adm Brig Sgt Cpl Pvt Supt Insp Det Dem""".split()
)
_NEVER_LAST = frozenset("vs v cf viz approx ca e.g i.e incl esp ret retd".split())
_BEFORE_NUMBERS = frozenset(
    """no nos art arts para paras subpara p pp sec secs sect ch chap vol vols fig figs cl res ser
    reg""".split()
)
_SOMETIMES_LAST = frozenset(
    """Inc Co Corp Ltd Plc Bros Cie Jr Sr Esq St Mt Ft Ave Blvd Rd Dept Univ Assn Govt Intl Natl al
    Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Md Mass Mich Minn Miss Mo Mont Neb
    Nev Okla Ore Pa Penn Tenn Tex Va Vt Wash Wis Wyo""".split()
)
_STARTERS = frozenset(
    """The This That These Those There They He She It We You I A An His Her Its Their Our My And But
    So Yet If When While Although Though Because Since As At In On For From With Without By After
    Before During Despite However Meanwhile Moreover Instead Both Each All Some Many Several Such
    What Who Why How Where Here Now Then Also According Earlier Later Let Please Thank Not Neither
    Nor Should Would Could""".split()
)
"""Words that, with a capital, begin a sentence and hardly ever a name (not "Under Secretary")."""

_ABBREVIATIONS = _MONTHS.union(_DAYS, _TITLES, _NEVER_LAST, _SOMETIMES_LAST)

_PARTS = frozenset(
    """annex appendix article part section chapter schedule series group class plan table type phase
    tier track option category division level form zone area point line pillar basket volume
    paragraph item clause unit block grade""".split()
)

_LINE_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_LIST_MARK = re.compile(r"\s*+(?:[-–—*•·▪◦‣●■o]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)])(?=\s|$)")
_LONE_MARK = re.compile(r"\s*+(?:[-–—*•·▪◦‣●■]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s*+")
_LONE_LABEL = re.compile(
    r"\s*+(?:Q|A|QUESTION|ANSWER|MODERATOR|(?i:spokes(?:man|woman|person)|question|answer"
    r"|mr\.?|ms\.?|mrs\.?|dr\.?|president|(?:prime )?minister|secretary|ambassador)"
    r"(?: [\w.'’()-]{1,30}){0,5}):\s*+"
)
_TURN = re.compile(r"\s*+(?:Q|A|[A-Z][\w.'’()-]{0,30}(?: [\w.'’()-]{1,30}){0,5}):\s")

_PLACE = re.compile(
    r"(?P<mark>[.!?…]++(?: [.!?…]++)*+)(?P<close>(?:[\"'”’»)\]}*_.!?…]|\[\d{1,3}\])*+)(?P<gap>\s*+)"
)
_LEAD = re.compile(r"(?:[^\w\s@#]++\s*+)*+")
_NEXT = re.compile(r"[\w@#][^\s]*+")
_NUMBER = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[IVXLC]{1,6})")
_ARTICLE = re.compile(r"(?:(?:Article|Section|Chapter|Part|Annex|Item|Paragraph|Clause) )?")
_INITIALISM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_TITLE_CASED = re.compile(r"(?:[A-Z][a-z]+(?:['’][a-z]+)?|[AI])(?=[\s,;:!?]|\.\s|\.?$)")
_ADDRESS = re.compile(r"@|://|www\.")
_TIME_ZONE = re.compile(r"(?:[A-Z]{1,3}T|UTC)\W*|\w++ [Tt]ime\b")
_LETTER_OR_NUMERAL = re.compile(r"[A-Z]|[IVX]{2,5}")
_NUMERAL = re.compile(r"\d|[IVX]{2,}\b|[B-HJ-Z]\b")
_ATTRIBUTION = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Gen|Sen|Gov)\. )?(?:[A-Z][\w'’-]*+ ){1,5}"
    r"(?:said|says|asked|asks|added|wrote|replied|answered|shouted|declared|told)"
    r"(?=[.,;:]|$| (?:on|in|at|to|during|after|when|as|reporters|later)\b)"
)


class _Place(NamedTuple):
    """Where a sentence may end: from `begin` to the mark, what closes it, what follows."""

    block: str
    begin: int
    at: int
    mark: str
    close: str
    gap: str
    word: str
    """The word before the mark, without quotes and brackets around it."""
    lead: str
    """Opening quotes, brackets and symbols between the gap and the next word."""
    next_word: str
    next_at: int


def _number_of_the_sentence(place: _Place) -> bool | None:
    """ "1. The parties", "Q. Is it", "Article 5. No party": the number belongs to the sentence."""
    if place.mark != "." or place.at - place.begin > 24:
        return None
    head = place.block[place.begin : place.at].lstrip("\"'“‘«([*_#-–—•· ")
    label = _ARTICLE.match(head)
    return False if label and _NUMBER.fullmatch(head, label.end()) else None


def _lower_case_follows(place: _Place) -> bool | None:
    """'"Is it over?" she asked': a sentence does not begin in lower case."""
    return False if not place.next_word or place.next_word[0].islower() else None


def _clause_goes_on(place: _Place) -> bool | None:
    """A comma, semicolon, colon or closing bracket after the mark carries the sentence on."""
    return False if place.lead[:1] in {",", ";", ":", ")", "]"} else None


def _no_space_follows(place: _Place) -> bool | None:
    """ "ended.The": a space was lost; but not in "3.5", "U.S.-led", "St.Ives" or an address."""
    if place.gap:
        return None
    is_word = len(place.word) > 1 and (place.word[-1].islower() or place.word.isdigit())
    return (
        len(place.mark) == 1
        and (is_word or place.close != "")
        and place.word not in _ABBREVIATIONS
        and not _INITIALISM.fullmatch(place.word)
        and not _ADDRESS.search(place.word + place.mark + place.next_word)
        and _TITLE_CASED.match(place.block, place.next_at) is not None
    )


def _omission(place: _Place) -> bool | None:
    """ "we will ... Orloff", "[...]": dots that stand apart mark words left out, not an end."""
    if len(place.mark) < 3 and "…" not in place.mark:
        return None
    stands_apart = place.at > 0 and place.block[place.at - 1] in " \u00a0[("
    return False if stands_apart and _STRONG.isdisjoint(place.mark) else None


def _parenthesis_of_one_word(place: _Place) -> bool | None:
    """ "Vice Admiral (ret.) Halvorsen": no sentence."""
    return (
        False if place.close == ")" and place.block[place.at - len(place.word) - 1] == "(" else None
    )


def _inside_parenthesis(place: _Place) -> bool | None:
    """Sentences in brackets within a sentence are not divided."""
    since = max(place.begin, place.at - _WINDOW)
    opening = place.block.rfind("(", since, place.at)
    if opening <= place.begin or ")" in place.close:
        return None
    closed = place.block.find(")", opening, place.next_at + _WINDOW)
    return False if closed > place.at else None


def _speaker_follows(place: _Place) -> bool | None:
    """'"Never!" President Orloff said.': a name and a verb of saying belong to the quotation."""
    if _STRONG.isdisjoint(place.mark) or _QUOTES.isdisjoint(place.close):
        return None
    if place.lead or place.next_word in _STARTERS:
        return None
    return False if _ATTRIBUTION.match(place.block, place.next_at) else None


def _emphatic_mark(place: _Place) -> bool | None:
    """Question and exclamation marks end a sentence."""
    return None if _STRONG.isdisjoint(place.mark + place.close) else True


def _abbreviation(place: _Place) -> bool | None:
    """ "Mr.", "e.g.", "No. 5", "Jan. 17": what follows them is the same sentence."""
    word, lowered = place.word, place.word.lower()
    if place.mark != ".":
        return None
    if lowered in _NEVER_LAST or (word[:1].isupper() and word.capitalize() in _TITLES):
        return False
    if lowered in _BEFORE_NUMBERS and _NUMERAL.match(place.next_word):
        return False
    if word.capitalize() in _MONTHS | _DAYS and word[:1].isupper():
        return not (place.next_word[0].isdigit() or place.next_word.strip(".,") in _DATE_WORDS)
    return None


def _time_of_day(place: _Place) -> bool | None:
    """ "at 9 a.m. Monday" and "at 9 a.m. EST" go on, "at 9 a.m. Ferries were halted" does not."""
    if place.mark != "." or place.word.lower() not in {"a.m", "p.m"}:
        return None
    is_zone = _TIME_ZONE.match(place.block, place.next_at)
    is_date = place.next_word.strip(".,;:") in _DATE_WORDS
    return not (is_zone or is_date or place.next_word[0].isdigit())


def _named_part(place: _Place) -> bool | None:
    """ "Annex C. Competition", "War II. Orloff": a letter that names a part is no initial."""
    if place.mark != "." or not _LETTER_OR_NUMERAL.fullmatch(place.word):
        return None
    if len(place.word) > 1:
        return True
    before = place.block[max(place.begin, place.at - 20) : place.at - 1].rsplit(None, 1)
    return True if before and before[-1].lower() in _PARTS else None


def _sometimes_last(place: _Place) -> bool | None:
    """ "U.S.", "Inc.", "Jr.", initials: they end a sentence only before a word that begins one."""
    word = place.word
    is_initial = len(word) == 1 and word.isupper()
    is_short = is_initial or word in _SOMETIMES_LAST or _INITIALISM.fullmatch(word)
    if place.mark != "." or not is_short:
        return None
    return place.next_word.rstrip(",;:") in _STARTERS or not _DOUBLE_QUOTES.isdisjoint(place.close)


def _ordinary_word(place: _Place) -> bool | None:
    """A word in lower case, a number, a quotation or a bracket before the mark: an end."""
    word = place.word
    is_plain = len(word) > 1 and (word.islower() or word[-1].isdigit())
    return True if is_plain or place.close or len(place.mark) > 1 else None


def _number_follows(place: _Place) -> bool | None:
    """ "in Kestan. 1,200 people": syntok never begins a sentence with a large number."""
    return True if place.next_word[0].isdigit() and len(place.word) > 1 else None


_RULES: tuple[Callable[[_Place], bool | None], ...] = (
    _number_of_the_sentence,
    _lower_case_follows,
    _clause_goes_on,
    _no_space_follows,
    _omission,
    _parenthesis_of_one_word,
    _inside_parenthesis,
    _speaker_follows,
    _emphatic_mark,
    _abbreviation,
    _time_of_day,
    _named_part,
    _sometimes_last,
    _ordinary_word,
    _number_follows,
)
"""Asked in this order; the first that answers decides, and syntok where none does."""


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order, covering every character that is not white space.

    `text[start:end]` is the raw sentence; `paragraph` counts the passages between empty lines.
    """
    sentences: list[Sentence] = []
    for offset, block, paragraph in _blocks(text):
        for start, end in _spans(block):
            sentences.append(
                Sentence(
                    index=len(sentences),
                    start=offset + start,
                    end=offset + end,
                    paragraph=paragraph,
                    text=normalise_sentence(block[start:end]),
                )
            )
    return sentences


def _blocks(text: str) -> Iterator[tuple[int, str, int]]:
    """Offset, text and paragraph of each line, with the lines that it reads on into."""
    paragraph, start, end, previous = 0, -1, 0, ""
    position, is_gap = 0, False
    while position <= len(text):
        line_break = _LINE_BREAK.search(text, position)
        line_end = line_break.start() if line_break else len(text)
        line = text[position:line_end]
        if not line.strip():
            is_gap = start >= 0
        else:
            if start >= 0 and (is_gap or not _reads_on(previous, line)):
                yield start, text[start:end], paragraph
                paragraph += is_gap
                start = -1
            start = position if start < 0 else start
            end, previous, is_gap = line_end, line, False
        position = line_break.end() if line_break else len(text) + 1
    if start >= 0:
        yield start, text[start:end], paragraph


def _reads_on(line: str, following: str) -> bool:
    """Whether a line continues on the next one: a broken line, a lone list mark or label."""
    if _LONE_MARK.fullmatch(line) or _LONE_LABEL.fullmatch(line):
        return True
    if _LIST_MARK.match(following) or _TURN.match(following):
        return False
    last, first = line.rstrip()[-1], following.lstrip()[0]
    return last == "," or (first.islower() and last not in ".!?…:;")


def _spans(block: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a block."""
    begin, last = len(block) - len(block.lstrip()), len(block.rstrip())
    proposed: frozenset[int] | None = None
    for match in _PLACE.finditer(block, begin, last):
        if match.end() >= last:
            break
        place = _place(block, begin, match)
        verdict = next((v for rule in _RULES if (v := rule(place)) is not None), None)
        if verdict is None:
            proposed = _syntok_ends(block) if proposed is None else proposed
            verdict = not proposed.isdisjoint(range(match.start() + 1, match.end() + 1))
        if verdict:
            yield begin, match.end("close")
            begin = match.end()
    yield begin, last


def _place(block: str, begin: int, match: re.Match[str]) -> _Place:
    chunk = block[max(begin, match.start() - 40) : match.start()].rsplit(None, 1)
    is_apart = match.start() == begin or block[match.start() - 1].isspace()
    lead = _LEAD.match(block, match.end(), match.end() + 40)
    next_at = lead.end() if lead else match.end()
    following = _NEXT.match(block, next_at, next_at + 40)
    return _Place(
        block,
        begin,
        match.start(),
        match["mark"],
        match["close"],
        match["gap"],
        "" if is_apart or not chunk else chunk[-1].strip("\"'“”‘’«»()[]{}*_,;:—–-$€£"),
        lead.group() if lead else "",
        following.group() if following else "",
        next_at,
    )


def _syntok_ends(block: str) -> frozenset[int]:
    """The offsets at which syntok ends a sentence."""
    tokens = Tokenizer(replace_not_contraction=False).tokenize(block)
    return frozenset(
        next(token.offset + len(token.value) for token in reversed(sentence) if token.value)
        for sentence in segment(tokens)
        if any(token.value for token in sentence)
    )
