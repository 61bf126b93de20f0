"""The pages: whole, safe to open, and readable in a browser."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_compare import ONE, OTHER, account, words_as_vectors

from pipeline.compare import compare
from pipeline.predict import ScoredDocument
from pipeline.records import Annotation, Span, WordWeight
from pipeline.report import comparison_page, document_page
from pipeline.report.text import Corrections, shown_paragraphs, word_levels

HOSTILE = """</span></style><script>alert(1)</script><img src="http://x.example/y" onerror='a'>"""


class Reader(HTMLParser):
    """Collects the tags, the ids and links, and the text that is shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.ids, self.links, self.text = [], [], [], ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def comparison_html() -> str:
    return comparison_page(compare([account(ONE), account(OTHER, "other")], words_as_vectors))


def hostile() -> ScoredDocument:
    """A document with markup wherever a document can have any."""
    sentences = [("d", f"They must stop {HOSTILE} now.", HOSTILE)]
    return account(sentences, "hostile", title=HOSTILE, issuer=HOSTILE)


def test_a_page_shows_every_sentence_once_marked_and_reachable_by_keyboard():
    page = Reader(document_page([account(ONE), account(OTHER, "other")]))
    sentences = [attrs for tag, attrs in page.tags if "s" in attrs.get("class", "").split()]
    assert len(sentences) == len(ONE) + len(OTHER)
    assert {attrs["tabindex"] for attrs in sentences} == {"0"}
    assert all(attrs["aria-describedby"] in page.ids for attrs in sentences)
    for _, text in (*ONE, *OTHER):
        assert text in page.text
    assert page.text.count("▲") >= 3


def test_ids_are_unique_and_every_link_leads_somewhere(comparison_html: str):
    for page in (Reader(comparison_html), Reader(document_page([account(ONE), account(OTHER)]))):
        assert len(page.ids) == len(set(page.ids))
        assert page.links
        assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_nothing_is_loaded_from_elsewhere_and_no_style_stands_outside_the_policy(
    comparison_html: str,
):
    for html in (comparison_html, document_page([hostile()])):
        page = Reader(html)
        assert not [a for _, a in page.tags if "src" in a or "style" in a or "onerror" in a]
        assert not [tag for tag, _ in page.tags if tag in ("img", "link", "iframe", "form")]
        assert [tag for tag, _ in page.tags].count("script") == 1
        (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv")]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy


def test_markup_in_a_document_stays_text():
    scored = hostile()
    for html in (
        document_page([scored]),
        comparison_page(compare([scored, account(OTHER)], words_as_vectors)),
    ):
        assert "<script>alert" not in html
        assert "<img" not in html
        assert HOSTILE in Reader(html).text


def test_what_only_one_account_says_stands_above_the_texts(comparison_html: str):
    text = Reader(comparison_html).text
    assert text.index("In A only") < text.index("In B only") < text.index("The accounts")
    assert "not mentioned elsewhere" in text
    assert "nothing of the motive" in text


def test_parties_have_a_row_each():
    sentences = [("d", text, holder) for (_, text), holder in zip(ONE, "ABCDE", strict=True)]
    text = Reader(document_page([account([*sentences, ("n", "Rain fell all day.")])])).text
    for party in ("A", "B", "C", "D", "E", "the author"):
        assert f"held by {party}" in text


def test_a_document_without_a_stance_and_one_with_doubt():
    scored = account([("n", "The meeting lasted two hours.")])
    unsure = scored.predictions[0].model_copy(update={"stance": None, "abstained": True})
    page = document_page([scored.model_copy(update={"predictions": (unsure,), "n_abstained": 1})])
    text = Reader(page).text
    assert "No sentence takes a stance." in text
    assert "unsure of 1" in text


def test_cue_holder_and_target_are_marked_inside_the_sentence():
    scored = account([("d", "Ostrana said they must stop the boarding.")])
    spans = {"holder_span": (0, 7), "cue_span": (18, 27), "target_span": (13, 17)}
    changes = {name: Span(start=start, end=end) for name, (start, end) in spans.items()}
    predictions = (scored.predictions[0].model_copy(update=changes),)
    ((sentence,),) = shown_paragraphs(scored.document, predictions, "A", "x-")
    marked = [(passage.text, passage.role) for passage in sentence.passages if passage.role]
    assert marked == [("Ostrana", "holder"), ("they", "target"), ("must stop", "cue")]
    assert "".join(passage.text for passage in sentence.passages) == scored.document.text
    assert sentence.cue == "must stop"


def test_paragraphs_stay_as_in_the_document():
    scored = account([("c", "We agree."), ("n", "It rained.")])
    text = "We agree.\n\nIt rained."
    moved = scored.predictions[1].model_copy(update={"start": 11, "end": 21})
    document = scored.document.model_copy(update={"text": text})
    paragraphs = shown_paragraphs(document, (scored.predictions[0], moved), "A", "x-")
    assert [len(paragraph) for paragraph in paragraphs] == [1, 1]


def test_weightier_words_have_a_deeper_shade():
    words = [("stop", 0.5), ("must", 0.3), ("the", 0.02), ("please", -0.18)]
    explanation = [WordWeight(text=text, weight=weight) for text, weight in words]
    assert word_levels(explanation) == [
        ("stop", "w3"),
        ("must", "w2"),
        ("the", "w0"),
        ("please", "w-1"),
    ]
    scored = account(ONE[:1]).model_copy(update={"explanations": (tuple(explanation),)})
    assert re.search(r'<span class="w3">stop</span>', document_page([scored]))


def test_corrections_stand_beside_what_the_model_reads():
    made = Annotation(
        document="one",
        sentence=1,
        text_sha256="0" * 64,
        stance="demanding",
        holder="Ostrana",
        target=None,
        annotator="Ada Wen",
        codebook="1.1",
    )
    corrections = Corrections(made={1: [made]}, place=lambda number: f"/fix/{number}")
    page = Reader(document_page([account(ONE)], {0: corrections}))
    assert "corrected by Ada Wen: demanding, held by Ostrana" in page.text
    assert page.text.count("corrected: demanding") == 1
    assert [link for link in page.links if link[0] == "/"] == [f"/fix/{n}" for n in range(len(ONE))]


def test_every_holder_can_be_chosen():
    sentences = [("d", text, holder) for (_, text), holder in zip(ONE, "ABABA", strict=True)]
    page = document_page([account(sentences, issuer="C"), account(OTHER, "other", issuer="C")])
    select = page.split('<select name="holder"')[1].split("</select>")[0]
    assert re.findall(r"<option>(.*?)</option>", select) == ["A", "B", "C"]


@pytest.fixture
def opened(browser, tmp_path: Path):
    """Opens a page of that width and gathers what the browser complains of or asks for."""
    contexts = []

    def open_page(html: str, width: int = 1100, **options: object):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page, troubles = context.new_page(), []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url))
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        page.goto(path.as_uri())
        assert troubles == [path.as_uri()]
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_fits_its_width_in_light_and_dark(
    opened, comparison_html: str, width: int, scheme: str
):
    page = opened(comparison_html, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = int(re.search(r"\d+", background)[0]) < 128
    assert dark == (scheme == "dark")


@pytest.mark.browser
def test_hover_and_focus_show_the_details_and_the_linked_sentence(opened, comparison_html: str):
    page = opened(comparison_html)
    detail, linked = page.locator("#A-2-detail"), page.locator("#B-4")
    assert not detail.is_visible()
    page.hover("#A-2")
    assert detail.is_visible()
    assert "linked" in linked.get_attribute("class")
    page.mouse.move(0, 0)
    assert not detail.is_visible()
    page.focus("#A-2")
    assert detail.is_visible()
    page.keyboard.press("Escape")
    assert not detail.is_visible()
    assert "linked" not in linked.get_attribute("class")


@pytest.mark.browser
def test_a_tap_shows_the_details(opened, comparison_html: str):
    page = opened(comparison_html, 390, has_touch=True, is_mobile=True)
    page.tap("#A-1")
    assert page.locator("#A-1-detail").is_visible()


@pytest.mark.browser
def test_the_browser_keeps_to_the_policy(opened):
    page = opened(document_page([hostile()]))
    assert page.locator("#d0-0").inner_text().count("alert(1)") == 1
    assert page.evaluate("getComputedStyle(document.querySelector('.strip')).height") == "80px"
    blocked = page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s); return window.ran === undefined; }"
    )
    assert blocked


@pytest.mark.browser
def test_print_leaves_the_cards_out(opened, comparison_html: str):
    page = opened(comparison_html)
    page.focus("#A-2")
    page.emulate_media(media="print")
    assert not page.locator("#A-2-detail").is_visible()


@pytest.mark.browser
def test_a_saved_page_filters_its_sentences(opened, comparison_html: str):
    page = opened(comparison_html)
    assert not page.locator("#legend").is_visible()
    page.get_by_role("checkbox", name="conciliatory").uncheck()
    assert page.locator(".s.aside").count() == 4
    page.get_by_label("Unsure below").fill("0.95")
    assert page.locator(".s.unsure").count() == len(ONE) + len(OTHER)
    page.get_by_role("button", name="Show all").click()
    assert page.locator(".s.aside, .s.unsure").count() == 0


@pytest.mark.browser
def test_without_a_script_the_legend_stands_where_the_filters_would(opened, comparison_html: str):
    page = opened(comparison_html, java_script_enabled=False)
    assert page.locator("#legend").is_visible()
    assert not page.locator("#controls").is_visible()
