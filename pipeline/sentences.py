"""Sentences with their places: syntok's segmentation behind rules of our own.

Conventions that the gold annotations follow:

- A line break divides, unless the line plainly reads on, so that a headline, a list item with
  its marker and a turn of a transcript are never joined to their neighbours.
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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DATES = _words("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun")
_DATE_WORDS = _DATES | _words(
    """Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May
    June July August September October November December Eastern Pacific Central"""
)
_TITLES = _words(
    """Mr Mrs Ms Mx Messrs Dr Prof Rev Hon Fr Msgr Sen Sens Rep Reps Gov Govs Pres Sec Amb Atty
    Gen Lt Col Maj Capt Cmdr Comdr Cdr Adm Brig Sgt Cpl Pvt Supt Insp Det Dem"""
)
_NEVER_LAST = _words("hon vs v cf viz approx ca e.g i.e incl esp ret retd")
_BEFORE_NUMBERS = _words(
    "no nos art arts para paras p pp sec secs sect ch vol vols fig figs cl res"
)
_SOMETIMES_LAST = _words(
    """Inc Co Corp Ltd Plc Bros Cie Jr Sr Esq St Mt Ft Ave Blvd Rd Dept Univ Assn Govt Intl Natl al
    Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Md Mass Mich Minn Miss Mo Mont Neb
    Nev Okla Ore Pa Penn Tenn Tex Va Vt Wash Wis Wyo"""
)
_ABBREVIATIONS = _DATES | _TITLES | _NEVER_LAST | _SOMETIMES_LAST
_STARTERS = _words(
    """The This That These Those There They He She It We You I A An His Her Its Their Our My And But
    So Yet If When While Although Though Because Since As At In On For From With Without By After
    Before During Despite However Meanwhile Moreover Instead Both Each All Some Many Several Such
    What Who Why How Where Here Now Then Also According Earlier Later Let Please Thank Not Neither
    Nor Should Would Could Nobody Everyone Others"""
)
"""Words that, with a capital, begin a sentence and hardly ever a name (not "Under Secretary")."""

_PARTS = _words(
    """annex appendix article part section chapter schedule series group class plan table type phase
    tier track option category division level form zone area point line pillar basket volume
    paragraph item clause unit block grade"""
)

_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_LIST_MARK = re.compile(r"\s*+(?:[-–—*•·▪◦‣●■o]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)])(?=\s|$)")
_LABEL = re.compile(
    r"\s*+(?:Q|A|QUESTION|ANSWER|MODERATOR|(?i:spokes(?:man|woman|person)|question|answer"
    r"|mr\.?|ms\.?|mrs\.?|dr\.?|president|(?:prime )?minister|secretary|ambassador)"
    r"(?: [\w.'’()-]{1,30}){0,5}):\s*+"
)
_TURN = re.compile(r"\s*+(?:[A-Z][\w.'’()-]{0,30}(?: [\w.'’()-]{1,30}){0,5}):\s")

_END = re.compile(
    r"(?P<mark>[.!?…]++(?: [.!?…]++)*+)(?P<close>(?:[\"'”’»)\]}*_.!?…]|\[\d{1,3}\])*+)(?P<gap>\s*+)"
)
_NEXT = re.compile(r"(?P<lead>(?:[^\w\s@#]++\s*+)*+)(?P<word>[\w@#]\S*+)")
_AROUND_A_WORD = "\"'“”‘’«»()[]{}*_,;:—–-$€£"

_NUMBERED = re.compile(
    r"[^\w]*+(?:(?:Article|Section|Chapter|Part|Annex|Item|Paragraph|Clause) )?"
    r"(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[IVXLC]{1,6})"
)
_NUMBER = re.compile(r"\d|[IVX]{2,}\b|[B-HJ-Z]\b")
_LETTER_OR_NUMERAL = re.compile(r"[A-Z]|[IVX]{2,5}")
_INITIALISM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_CAPITALISED = re.compile(r"(?:[A-Z][a-z]+(?:['’][a-z]+)?|[AI])(?=[\s,;:!?]|\.\s|\.?$)")
_ADDRESS = re.compile(r"@|://|www\.")
_TIME_ZONE = re.compile(r"(?:[A-Z]{1,3}T|UTC)\W*|\w++ [Tt]ime\b")
_NAME_AND_VERB = re.compile(
    r"(?:[A-Z][\w.'’-]*+ ){1,6}"
    r"(?:said|says|asked|asks|added|wrote|replied|answered|shouted|declared|told)"
    r"(?=[.,;:]|$| (?:on|in|at|to|during|after|when|as|reporters|later)\b)"
)


class _Place(NamedTuple):
    """Where a sentence that began at `begin` may end, with what stands around.

    `word` precedes a single full stop and is empty before any other mark; `lead` holds the
    quotes, brackets and symbols that open what follows.
    """

    block: str
    begin: int
    at: int
    mark: str
    close: str
    gap: str
    word: str
    lead: str
    next_word: str
    next_at: int


def _numbers_the_sentence(place: _Place) -> bool | None:
    """A number or letter alone opens its sentence: "1. The parties", "Q. Is it", "Article 5."."""
    if not place.word or place.at - place.begin > 24:
        return None
    return False if _NUMBERED.fullmatch(place.block, place.begin, place.at) else None


def _goes_on(place: _Place) -> bool | None:
    """Lower case, a comma or a closing bracket carries on: '"Is it over?" she asked'."""
    is_clause = place.lead.startswith((",", ";", ":", ")", "]"))
    if is_clause or place.at == place.begin or not place.next_word:
        return False
    return False if place.next_word[0].islower() else None


def _space_is_missing(place: _Place) -> bool | None:
    """A lost space, as in "ended.The", but not "3.5", "U.S.-led", "St.Ives" or an address."""
    if place.gap:
        return None
    word = place.word
    is_word = len(word) > 1 and (word[-1].islower() or word.isdigit())
    return (
        len(place.mark) == 1
        and (is_word or place.mark in "!?" or place.close != "")
        and not (word in _ABBREVIATIONS or _INITIALISM.fullmatch(word))
        and not _ADDRESS.search(f"{word}.{place.next_word}")
        and _CAPITALISED.match(place.block, place.next_at) is not None
    )


def _omits_words(place: _Place) -> bool | None:
    """Dots that stand apart are no end: "we will ... Orloff", "[...]"."""
    if not place.mark.startswith(("..", "…", ". .")):
        return None
    return False if place.at > 0 and place.block[place.at - 1] in " \u00a0[(" else None


def _is_inside_brackets(place: _Place) -> bool | None:
    """Sentences in brackets within a sentence are not divided."""
    opening = place.block.rfind("(", max(place.begin, place.at - 300), place.at)
    if opening <= place.begin or ")" in place.close:
        return None
    return False if place.block.find(")", opening, place.next_at + 300) > place.at else None


def _speaker_follows(place: _Place) -> bool | None:
    """A name and a verb of saying belong to the quotation: '"Never!" President Orloff said.'."""
    is_quotation = place.mark[-1] in "!?" and place.close[-1:] in {'"', "'", "”", "’", "»"}
    if not is_quotation or place.lead or place.next_word in _STARTERS:
        return None
    return False if _NAME_AND_VERB.match(place.block, place.next_at) else None


def _abbreviates(place: _Place) -> bool | None:
    """What follows these belongs to them: "Mr.", "e.g.", "No. 5", "Jan. 17"."""
    word, lowered, capitalised = place.word, place.word.lower(), place.word.capitalize()
    if lowered in _NEVER_LAST or (capitalised in _TITLES and word[0].isupper()):
        return False
    if capitalised in _DATES and word[0].isupper():
        return not (place.next_word[0].isdigit() or place.next_word.strip(".,") in _DATE_WORDS)
    return False if lowered in _BEFORE_NUMBERS and _NUMBER.match(place.next_word) else None


def _is_time_of_day(place: _Place) -> bool | None:
    """A day, zone or number goes with the time: "9 a.m. Monday", "9 a.m. EST"; others do not."""
    if place.word.lower() not in {"a.m", "p.m"}:
        return None
    is_date = place.next_word[0].isdigit() or place.next_word.strip(".,;:") in _DATE_WORDS
    return not is_date and not _TIME_ZONE.match(place.block, place.next_at)


def _names_a_part(place: _Place) -> bool | None:
    """A letter or numeral that names a part is no initial: "Annex C. Duties", "War II. Orloff"."""
    if not _LETTER_OR_NUMERAL.fullmatch(place.word):
        return None
    before = place.block[max(place.begin, place.at - 20) : place.at - 1].split()
    return True if len(place.word) > 1 or (before and before[-1].lower() in _PARTS) else None


def _may_be_last(place: _Place) -> bool | None:
    """Before a word that begins a sentence these end one: "U.S.", "Inc.", "Jr.", initials."""
    is_initial = len(place.word) == 1 and place.word.isupper()
    if is_initial or place.word in _SOMETIMES_LAST or _INITIALISM.fullmatch(place.word):
        return place.next_word.rstrip(",;:") in _STARTERS or place.close[:1] in {'"', "”", "»"}
    return None


def _is_plain_end(place: _Place) -> bool | None:
    """After a quotation, a number, an address or a word in lower case, or before a number."""
    word = place.word
    is_plain = word.islower() or "." in word or word[-1:].isdigit() or place.next_word[0].isdigit()
    return True if not word or place.close or (is_plain and len(word) > 1) else None


_RULES: tuple[Callable[[_Place], bool | None], ...] = (
    _numbers_the_sentence,
    _goes_on,
    _space_is_missing,
    _omits_words,
    _is_inside_brackets,
    _speaker_follows,
    _abbreviates,
    _is_time_of_day,
    _names_a_part,
    _may_be_last,
    _is_plain_end,
)
"""Asked in this order; the first that answers decides, and syntok where none does."""


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order, covering every character that is not white space.

    `text[start:end]` is the raw sentence; `paragraph` counts the passages between empty lines.
    """
    spans = (
        (offset + start, offset + end, paragraph, normalise_sentence(block[start:end]))
        for offset, block, paragraph in _blocks(text)
        for start, end in _spans(block)
    )
    return [
        Sentence(index=index, start=start, end=end, paragraph=paragraph, text=normalised)
        for index, (start, end, paragraph, normalised) in enumerate(spans)
    ]


def _blocks(text: str) -> Iterator[tuple[int, str, int]]:
    """Offset, text and paragraph of each line together with the lines that it reads on into."""
    start, end, paragraph, line = 0, 0, 0, ""
    for match in _LINE.finditer(text):
        following = match.group()
        if not following.strip():
            continue
        after_gap = len(_LINE_BREAK.findall(text, end, match.start())) > 1
        if line and (after_gap or not _reads_on(line, following)):
            yield start, text[start:end], paragraph
            paragraph += after_gap
            line = ""
        start = start if line else match.start()
        line, end = following, match.end()
    if line:
        yield start, text[start:end], paragraph


def _reads_on(line: str, following: str) -> bool:
    """Whether a line continues on the next: a broken one, a lone list mark or speaker label."""
    if _LIST_MARK.fullmatch(line.rstrip()) or _LABEL.fullmatch(line):
        return True
    if _LIST_MARK.match(following) or _TURN.match(following):
        return False
    last, first = line.rstrip()[-1], following.lstrip()[0]
    return last == "," or (first.islower() and last not in ".!?…:;")


def _spans(block: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a block."""
    begin, last = len(block) - len(block.lstrip()), len(block.rstrip())
    proposed: frozenset[int] | None = None
    for match in _END.finditer(block, begin, last):
        if match.end() == last:
            break
        place = _place(block, begin, match)
        verdict = next((answer for rule in _RULES if (answer := rule(place)) is not None), None)
        if verdict is None:
            proposed = _syntok_ends(block) if proposed is None else proposed
            verdict = not proposed.isdisjoint(range(match.start() + 1, match.end() + 1))
        if verdict:
            yield begin, match.end("close")
            begin = match.end()
    yield begin, last


def _place(block: str, begin: int, match: re.Match[str]) -> _Place:
    at, after = match.span()
    before = block[max(begin, at - 40) : at] if match["mark"] == "." else ""
    word = before.split()[-1].strip(_AROUND_A_WORD) if before.rstrip() == before != "" else ""
    following = _NEXT.match(block, after, after + 60)
    lead, next_word = following.groups() if following else ("", "")
    return _Place(block, begin, at, *match.groups(), word, lead, next_word, after + len(lead))


def _syntok_ends(block: str) -> frozenset[int]:
    """The offsets at which syntok ends a sentence."""
    tokens = Tokenizer(replace_not_contraction=False).tokenize(block)
    return frozenset(sentence[-1].offset + len(sentence[-1].value) for sentence in segment(tokens))
