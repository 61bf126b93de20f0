"""The page of the desk in a browser: the whole path, by mouse, by keyboard and without a script."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_desk_page import OTHER, TEXT, Desk, running_desk

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.browser

DOUBTFUL = (
    "Nobody must welcome the delegation for that promise. They must withdraw at once. "
    "Talks on trade will go on in the spring."
)
SURE = "all => all.map(one => one.dataset.sure)"
LONG = "\n\n".join(["They must withdraw at once. We doubt that promise."] * 150)
DROP = """
([selector, files]) => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) transfer.items.add(new File([content], name));
  for (const type of ["dragover", "drop"]) {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer });
    document.querySelector(selector).dispatchEvent(event);
  }
}
"""


@pytest.fixture(scope="module")
def desk(tiny_baseline: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    store = tmp_path_factory.mktemp("annotations") / "annotations.db"
    with running_desk(tiny_baseline, store) as running:
        yield running


@pytest.fixture
def visit(browser, desk: Desk) -> Iterator[Callable]:
    """Opens the desk in a new window; in the end nothing may have left it or gone wrong in it."""
    contexts, requests, troubles = [], [], []

    def open_page(address: str = "/", width: int = 1100, **options: object):
        options = {"viewport": {"width": width, "height": 800}, "base_url": desk.url} | options
        contexts.append(context := browser.new_context(**options))
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert requests
    assert {url for url in requests if not url.startswith(f"{desk.url}/")} == set()
    refused = "the server responded with a status of 4"
    assert [trouble for trouble in troubles if refused not in trouble] == []


def read(page, *texts: str):
    """Paste the texts, have them read, and wait for the result."""
    for number, text in enumerate(texts):
        if not page.locator(f"#text{number}").count():
            page.get_by_role("button", name="Add an account").click()
        page.fill(f"#text{number}", text)
    page.locator(".primary").click()
    page.wait_for_url("**/results/*")
    return page


def shown(page) -> list[str]:
    """The stances of the sentences that are not set aside."""
    return page.eval_on_selector_all(".s:not(.aside)", "all => all.map(one => one.classList[1])")


def test_a_pasted_text_is_read_and_a_sentence_tells_its_details(visit):
    page = read(visit(), TEXT)
    assert shown(page) == ["neutral", "demanding", "skeptical"]
    detail = page.locator("#d0-1-detail")
    assert not detail.is_visible()
    page.hover("#d0-1")
    assert detail.is_visible()
    assert re.search(r"demanding\s+\d+%", detail.inner_text())
    assert "held by" in detail.inner_text()


def test_a_card_that_was_clicked_stays_while_the_mouse_goes_to_it(visit):
    page = read(visit(), TEXT)
    page.click("#d0-1 .words")
    page.hover("#d0-2 .words")
    assert page.locator("#d0-1-detail").is_visible()
    assert not page.locator("#d0-2-detail").is_visible()
    page.click("#d0-2 .words")
    assert page.locator("#d0-2-detail").is_visible()
    assert not page.locator("#d0-1-detail").is_visible()


def test_accounts_are_added_and_compared(visit):
    page = read(visit(), TEXT, OTHER)
    assert page.get_by_role("heading", name="In A only").is_visible()
    assert page.locator(".s").count() == 5
    assert page.get_by_role("heading", level=1).inner_text().endswith(".")


def test_files_are_dropped_each_into_an_account_of_its_own(visit):
    page = visit()
    files = [["ours.txt", TEXT], ["theirs.html", f"<html><body><p>{OTHER}</p></body></html>"]]
    page.evaluate(DROP, ["#text0", files])
    assert page.locator(".account").count() == 2
    names = page.eval_on_selector_all("[type=file]", "all => all.map(one => one.files[0].name)")
    assert names == ["ours.txt", "theirs.html"]
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url("**/results/*")
    assert page.locator(".s").count() == 5


def test_a_dropped_file_replaces_no_text(visit):
    page = visit()
    page.fill("#text0", OTHER)
    page.evaluate(DROP, ["#text0", [["one.txt", TEXT]]])
    assert page.input_value("#text0") == OTHER
    assert page.evaluate("document.getElementById('file1').files[0].name") == "one.txt"


def test_the_filters_leave_what_was_asked_for(visit):
    page = read(visit(), TEXT)
    page.get_by_role("checkbox", name="demanding").uncheck()
    assert shown(page) == ["neutral", "skeptical"]
    assert page.get_by_role("status").first.inner_text() == "2 of 3 sentences shown"
    assert page.locator("#d0-1").is_visible()
    page.get_by_role("checkbox", name="Hide the others").check()
    assert not page.locator("#d0-1").is_visible()
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == 3
    assert page.locator("#d0-1").is_visible()
    page.get_by_label("Probability").select_option("up to 0.7")
    assert shown(page) == []
    page.get_by_label("Probability").select_option("0.9 and more")
    assert len(shown(page)) == 3


def test_the_party_filter_leaves_one_holder(visit):
    page = visit()
    page.get_by_role("button", name="Compare two example readouts").click()
    page.wait_for_url("**/results/*")
    holders = page.eval_on_selector_all(".s", "all => all.map(one => one.dataset.holder)")
    choice = page.get_by_label("Held by")
    assert choice.locator("option").all_inner_texts() == ["anybody", *dict.fromkeys(holders)]
    choice.select_option(holders[-1])
    assert len(shown(page)) == holders.count(holders[-1]) < len(holders)


def test_the_slider_shows_as_unsure_what_is_below_it(visit):
    page = read(visit(), DOUBTFUL)
    slider = page.get_by_label("Unsure below")
    sure = [float(one) for one in page.eval_on_selector_all(".s", SURE)]
    assert sure[0] < 0.98 < sure[2] < 0.99 < sure[1]
    slider.fill("0.98")
    assert shown(page) == ["unsure", "demanding", "conciliatory"]
    assert page.locator("#d0-0 .mark").inner_text().startswith("?")
    page.hover("#d0-0")
    assert "unsure, likeliest skeptical" in page.locator("#d0-0-detail").inner_text()
    slider.press("ArrowRight")
    assert shown(page) == ["unsure", "demanding", "unsure"]
    assert "unsure of 2" in page.get_by_role("status").first.inner_text()
    page.get_by_role("checkbox", name="unsure").uncheck()
    assert shown(page) == ["demanding"]
    page.get_by_role("button", name="Show all").click()
    assert shown(page) == ["skeptical", "demanding", "conciliatory"]
    assert page.locator("#d0-0 .mark").inner_text().startswith("◆")


def test_a_sentence_is_copied_with_its_citation(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.locator("details").first.locator("summary").click()
    page.get_by_label("Issuer").fill("Ministry of Ostrana")
    page.get_by_label("Title").fill("A short call")
    page.get_by_label("Date").fill("2025-06-18")
    read(page, TEXT)
    page.click("#d0-1 .words")
    page.get_by_role("button", name="Copy with citation").click()
    page.get_by_role("button", name="Copied").wait_for()
    sure = float(page.locator("#d0-1").get_attribute("data-sure"))
    assert page.evaluate("navigator.clipboard.readText()") == (
        "“They must withdraw at once.” (Ministry of Ostrana, “A short call”, 2025-06-18, "
        f"sentence 2; stance: demanding, probability {sure:.2f})"
    )


def test_a_sentence_is_copied_where_the_clipboard_is_not_offered(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    read(page, TEXT)
    page.click("#d0-2 .words")
    page.get_by_role("button", name="Copy with citation").click()
    page.get_by_role("button", name="Copied").wait_for()
    paste = page.context.new_page()
    paste.goto("/")
    paste.focus("#text0")
    paste.keyboard.press("Control+V")
    assert paste.input_value("#text0").startswith("“We doubt that promise.” (")


def test_a_result_is_saved_in_three_forms(visit, tmp_path: Path):
    page = read(visit(), DOUBTFUL, OTHER)
    for name in ("HTML", "JSON", "CSV"):
        with page.expect_download() as saving:
            page.get_by_role("link", name=name, exact=True).click()
        path = tmp_path / saving.value.suggested_filename
        saving.value.save_as(path)
    assert len(json.loads((tmp_path / "readout.json").read_text())["accounts"]) == 2
    with (tmp_path / "readout.csv").open() as rows:
        assert len(list(csv.DictReader(rows))) == 5
    saved = page.context.browser.new_context().new_page()
    saved.goto((tmp_path / "readout.html").as_uri())
    assert saved.locator(".s").count() == 5
    saved.get_by_label("Unsure below").fill("0.99")
    assert shown(saved)[:3] == ["unsure", "demanding", "unsure"]
    saved.context.close()


def test_a_correction_is_made_shown_and_undone_without_leaving_the_text(visit):
    page = read(visit(), f"{TEXT} Corrected in a browser.")
    page.get_by_role("checkbox", name="skeptical").uncheck()
    page.click("#d0-1 .words")
    page.get_by_role("link", name="Correct sentence 2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="conciliatory").check()
    dialog.get_by_label("Held by").fill("Ostrana")
    dialog.get_by_label("Your name").fill("Ada Wen")
    dialog.get_by_role("button", name="Keep the correction").click()
    page.get_by_text("Correction kept.").wait_for()
    badge = page.locator("#d0-1 .corrected")
    assert badge.inner_text() == "corrected: conciliatory"
    assert "skeptical" not in shown(page)
    assert page.evaluate("document.activeElement.id") == "d0-1"
    page.reload()
    assert badge.is_visible()
    page.click("#d0-0 .words")
    page.get_by_role("link", name="Correct sentence 1").click()
    assert dialog.get_by_label("Your name").input_value() == "Ada Wen"
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    page.click("#d0-1 .words")
    page.get_by_role("link", name="Correct or undo sentence 2").click()
    dialog.get_by_role("button", name="Undo").click()
    page.get_by_text("Correction undone.").wait_for()
    assert badge.count() == 0


def test_a_correction_without_a_name_is_told_in_the_dialog(visit):
    page = read(visit(), f"{TEXT} Without a name.")
    page.click("#d0-1 .words")
    page.get_by_role("link", name="Correct sentence 2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your name").fill("   ")
    dialog.get_by_role("button", name="Keep the correction").click()
    assert "Enter your name" in dialog.get_by_role("alert").inner_text()


def test_an_error_stands_beside_the_form_which_keeps_text_and_file(visit):
    page = visit()
    page.evaluate(DROP, ["#text0", [["empty.txt", " "], ["good.txt", OTHER]]])
    page.get_by_role("button", name="Compare", exact=True).click()
    problem = page.locator("#problem0")
    problem.wait_for()
    assert "empty.txt" in problem.inner_text()
    assert page.evaluate("document.getElementById('file1').files[0].name") == "good.txt"
    assert page.evaluate("document.activeElement.id") == "text0"
    page.get_by_role("button", name="Compare", exact=True).click()
    problem.wait_for()


def test_sentences_are_shown_while_a_long_text_is_read_and_reading_can_be_stopped(
    visit, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    import asyncio

    stream = desk.engine.stream

    async def slow(document):
        async for item in stream(document):
            await asyncio.sleep(0.02)
            yield item

    monkeypatch.setattr(desk.engine, "stream", slow)
    page = visit()
    page.fill("#text0", LONG)
    page.locator(".primary").click()
    page.locator("#preview .tinted").nth(5).wait_for()
    assert not page.locator("#text0").is_visible()
    assert 0 < page.evaluate("document.querySelector('#progress progress').value") < 1
    page.get_by_role("button", name="Stop").click()
    page.locator("#text0").wait_for()
    assert page.locator("#problem").inner_text() == "Stopped."
    assert page.input_value("#text0") == LONG
    monkeypatch.undo()
    page.locator(".primary").click()
    page.wait_for_url("**/results/*")
    assert page.locator(".s").count() == 300


def test_back_leads_to_the_form_with_its_text(visit):
    page = read(visit(), TEXT)
    page.go_back()
    page.locator("#text0").wait_for()
    assert page.input_value("#text0") == TEXT
    assert not page.locator("#progress").is_visible()


def test_all_of_it_can_be_done_by_keyboard(visit):
    page = visit()
    press = page.keyboard.press
    press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    press("Enter")
    for _ in range(3):
        press("Tab")
    assert page.evaluate("document.activeElement.id") == "text0"
    page.keyboard.type(TEXT.replace("\n", " "))
    press("Tab")
    while page.evaluate("document.activeElement.textContent") != "Read":
        press("Tab")
    press("Enter")
    page.wait_for_url("**/results/*")
    while not page.evaluate("document.activeElement.matches('.s')"):
        press("Tab")
    assert page.locator("#d0-0-detail").is_visible()
    press("ArrowRight")
    assert page.locator("#d0-1-detail").is_visible()
    press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Copy with citation"
    press("Tab")
    press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert page.evaluate("document.activeElement.value") == "demanding"
    press("ArrowDown")
    press("Tab")
    press("Tab")
    press("Tab")
    page.keyboard.type("By Keyboard")
    press("Enter")
    page.get_by_text("Correction kept.").wait_for()
    assert page.locator("#d0-1 .corrected").inner_text() == "corrected: skeptical"
    press("Escape")
    assert not page.locator("#d0-1-detail").is_visible()


def test_it_works_without_a_script(visit, tmp_path: Path):
    page = visit(java_script_enabled=False)
    page.fill("#text0", TEXT)
    page.get_by_role("button", name="Add an account").click()
    assert page.input_value("#text0") == TEXT
    assert not page.get_by_text("or drop it on the page").first.is_visible()
    assert not page.locator("#progress").is_visible()
    path = tmp_path / "other.txt"
    path.write_text(OTHER)
    page.set_input_files("#file1", path)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url("**/results/*")
    assert page.locator(".s").count() == 5
    assert page.locator("#legend").is_visible()
    assert not page.locator("#controls").is_visible()
    page.hover("#B-1")
    assert page.locator("#B-1-detail").is_visible()
    with page.expect_download() as saving:
        page.get_by_role("link", name="CSV").click()
    assert saving.value.suggested_filename == "readout.csv"
    page.click("#B-1 .words")
    page.get_by_role("link", name="Correct sentence 2").click()
    page.get_by_role("radio", name="neutral").check()
    page.get_by_label("Your name").fill("No Script")
    page.get_by_role("button", name="Keep the correction").click()
    page.wait_for_url("**/results/*#B-1")
    assert page.locator("#B-1 .corrected").inner_text() == "corrected: neutral"
    page.click("#B-1 .words")
    page.get_by_role("link", name="Correct or undo sentence 2").click()
    page.get_by_role("button", name="Undo").click()
    page.locator("#B-1 .corrected").wait_for(state="detached")
    page.get_by_role("button", name="Forget this result").click()
    page.locator("#text0").wait_for()
    page.get_by_role("button", name="Read", exact=True).click()
    assert "There is no text yet" in page.get_by_role("alert").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_every_page_fits_is_free_of_barriers_and_follows_the_scheme(visit, scheme: str, width: int):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    page = visit("/", width, color_scheme=scheme)

    def check():
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.search(r"\d+", background)[0]) < 128) == (scheme == "dark")
        found = axe.Axe().run(page).response["violations"]
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in grave] == []

    check()
    page.goto("/compare")
    page.locator("details").first.locator("summary").click()
    check()
    page.evaluate(DROP, ["#text0", [["empty.txt", " "]]])
    page.locator(".primary").click()
    page.locator("#problem0").wait_for()
    check()
    page.goto("/")
    read(page, f"{TEXT} {'Ostrana' * 40} welcomes the offer. {scheme} {width}")
    page.click("#d0-1 .words")
    check()
    page.get_by_label("Unsure below").fill("0.6")
    page.get_by_role("checkbox", name="demanding").uncheck()
    check()
    page.get_by_role("button", name="Show all").click()
    page.click("#d0-1 .words")
    page.get_by_role("link", name="Correct sentence 2").click()
    page.get_by_role("dialog").wait_for()
    check()
    page.get_by_label("Your name").fill("Ada Wen")
    page.get_by_role("button", name="Keep the correction").click()
    page.get_by_text("Correction kept.").wait_for()
    check()
    page.goto(page.locator("#d0-1 a.correct").get_attribute("href"))
    check()
    page.goto("/compare")
    read(page, TEXT, OTHER)
    page.click("#A-1 .words")
    check()
    page.goto("/results/nothing")
    check()
