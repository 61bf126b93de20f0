"""The page of the desk as HTML: forms, results, downloads, corrections, errors, hostile texts."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from cachetools import Cache
from conftest import Call, assert_one_message
from test_compare import words_as_vectors
from test_report import HOSTILE, Reader

from pipeline.compare import Comparison
from pipeline.desk.accounts import EXAMPLES, MAX_ACCOUNTS
from pipeline.desk.engine import Engine
from pipeline.desk.errors import Busy, TooLarge, TooLong
from pipeline.desk.results import Gone, Results
from pipeline.desk.server import bind
from pipeline.desk.service import create_app
from pipeline.desk.settings import DeskSettings
from pipeline.output import Format, render
from pipeline.predict import ScoredDocument
from pipeline.records import CODEBOOK_VERSION
from pipeline.settings import load_settings

httpx = pytest.importorskip("httpx2", reason="the desk's client is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="what the desk needs is not installed")

CONFIG = Path(__file__).parents[1] / "configs" / "desk.yaml"
SEEDS = Path(__file__).parents[1] / "seeds" / "examples"
TEXT = "The delegation arrived for two hours. They must withdraw at once.\n\nWe doubt that promise."
OTHER = "We welcome the offer warmly. Troops must leave at once."
PAGE = {"Accept": "text/html"}


class Desk:
    """A desk that answers, with a client that follows no redirect."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine, self.url = engine, url
        self.client = httpx.Client(base_url=url, timeout=60)

    def read(self, files: dict | None = None, **fields: str) -> httpx.Response:
        return self.client.post("/read", data=fields, files=files, headers=PAGE)

    def result(self, **fields: str) -> tuple[str, str]:
        """The address of a result and its page."""
        place = self.read(**fields).headers["location"]
        return place, self.client.get(place).text


def annotation_store() -> ModuleType:
    return pytest.importorskip(
        "pipeline.annotations.store", reason="what keeps annotations is not installed"
    )


@contextmanager
def running_desk(model: Path, store: Path | None = None, **changes: object) -> Iterator[Desk]:
    """A desk with that model on a free port; comparing goes by words in common."""
    limits = {"warm_comparison": False, "readers": 1} | changes
    settings = load_settings(CONFIG, DeskSettings).model_copy(update=limits)
    annotations = None
    if store is not None:
        annotations = annotation_store().AnnotationStore(store)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.compare.meaning.MeaningEncoder", lambda: words_as_vectors)
        engine = Engine.open(model, settings)
        app = create_app(engine, settings, annotations)
        with bind("127.0.0.1", 0) as listening:
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                while not server.started:
                    time.sleep(0.02)
                    assert thread.is_alive()
                desk = Desk(engine, f"http://127.0.0.1:{listening.getsockname()[1]}")
                with desk.client:
                    yield desk
            finally:
                server.should_exit = True
                thread.join()


@pytest.fixture(scope="module")
def desk(tiny_baseline: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    store = tmp_path_factory.mktemp("annotations") / "annotations.db"
    with running_desk(tiny_baseline, store) as running:
        yield running


@pytest.fixture
def no_corrections(tiny_baseline: Path) -> Iterator[Desk]:
    with running_desk(tiny_baseline) as running:
        yield running


def problems(page: str) -> dict[str, str]:
    """The problems that a page shows, by their ids."""
    shown = re.findall(r'<p class="problem"(?: id="(\w+)")?[^>]*?(hidden)?>(.*?)</p>', page)
    return {identity: text for identity, hidden, text in shown if not hidden}


def sentences(page: str) -> list[dict[str, str]]:
    return [a for _, a in Reader(page).tags if "s" in (a.get("class") or "").split()]


def test_a_pasted_text_becomes_a_report_with_what_is_known_of_it(desk: Desk):
    known = {"issuer0": "Ministry of Ostrana", "date0": "2025-06-18", "kind0": "readout"}
    place, page = desk.result(text0=TEXT, title0="A short call", **known)
    assert re.fullmatch(r"/results/[\w-]{32}", place)
    assert [one["data-stance"] for one in sentences(page)] == ["neutral", "demanding", "skeptical"]
    text = Reader(page).text
    assert "A short call" in text
    assert "Ministry of Ostrana, readout, 2025-06-18; 3 sentences" in text
    assert 'data-source="Ministry of Ostrana, “A short call”, 2025-06-18"' in page


def test_a_file_is_read_by_its_content(desk: Desk):
    html = f"<html><head><title>Call</title></head><body><article><p>{TEXT}</p></article></body>"
    answer = desk.read(files={"file0": ("C:\\press\\call.html", html.encode())}, text0="")
    page = desk.client.get(answer.headers["location"]).text
    assert len(sentences(page)) == 3


def test_two_accounts_are_compared_and_blank_ones_left_out(desk: Desk):
    page = desk.result(text0=TEXT, text1="  ", text2=OTHER, issuer2="Ostrana")[1]
    text = Reader(page).text
    assert "In A only" in text
    assert "In B only" in text
    assert "In C only" not in text
    assert len(sentences(page)) == 5


def test_pages_load_from_the_desk_alone_and_hold_no_style_or_script(desk: Desk):
    place, _ = desk.result(text0=TEXT, text1=OTHER)
    for address in ("/", "/compare", place, f"{place}/0/1"):
        answer = desk.client.get(address)
        page = Reader(answer.text)
        assert not [a for _, a in page.tags if "style" in a or any(n.startswith("on") for n in a)]
        assert not [tag for tag, _ in page.tags if tag in ("style", "img", "iframe")]
        loaded = [a["src"] for tag, a in page.tags if tag == "script"]
        loaded += [a["href"] for tag, a in page.tags if tag == "link"]
        assert len(loaded) == 4
        for one in loaded:
            assert one.startswith("/static/")
            assert desk.client.get(one).status_code == 200
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert len(page.ids) == len(set(page.ids))
        local = {link[1:] for link in page.links if link.startswith("#")}
        assert local <= set(page.ids)
    assert desk.client.get("/static/page.py").status_code == 404
    assert desk.client.get("/static/..%2Fpage.py").status_code == 404


def test_nothing_of_a_text_is_in_an_address_and_no_address_can_be_guessed(desk: Desk):
    first, second = desk.result(text0=TEXT)[0], desk.result(text0=TEXT)[0]
    assert first != second
    assert len(first.removeprefix("/results/")) == 32
    assert desk.client.get(first).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("example", [1, 2])
def test_an_example_can_be_read_at_once(desk: Desk, example: int):
    page = desk.result(example=str(example))[1]
    assert len(sentences(page)) == 10 * example


def test_the_examples_are_those_of_the_project():
    shipped = Path(__file__).parents[1] / "pipeline" / "desk" / "examples"
    for name in EXAMPLES:
        assert (shipped / name).read_bytes() == (SEEDS / name).read_bytes()


def test_an_account_can_be_added_without_a_script(desk: Desk):
    page = desk.read(text0=TEXT, issuer0="Ostrana", add="1")
    assert page.status_code == 200
    assert "They must withdraw at once." in page.text
    assert 'name="text1"' in page.text
    assert 'value="Ostrana"' in page.text
    full = desk.read(**{f"text{n}": "x" for n in range(MAX_ACCOUNTS)}, add="1").text
    assert full.count("<textarea") == MAX_ACCOUNTS + 1  # and the one to copy
    assert 'name="add"' not in full


def test_a_form_without_a_text_says_so(desk: Desk):
    answer = desk.read(text0=" \n")
    assert answer.status_code == 422
    assert problems(answer.text) == {
        "problem": "There is no text yet: paste one, or choose a file."
    }


def test_each_account_is_told_its_own_problem_and_the_rest_is_kept(desk: Desk):
    files = {"file1": ("table.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))}
    answer = desk.read(files=files, text0=OTHER, date0="2025-02-30", text2=TEXT)
    assert answer.status_code == 422
    found = problems(answer.text)
    assert set(found) == {"problem0", "problem1"}
    assert "date" in found["problem0"]
    assert "2025-02-30" in found["problem0"]
    assert "table.xls" in found["problem1"]
    assert OTHER in answer.text
    assert "We doubt that promise." in answer.text
    assert "Choose table.xls again" in answer.text


def test_a_text_and_a_file_in_one_account_are_too_many(desk: Desk):
    answer = desk.read(files={"file0": ("a.txt", TEXT.encode())}, text0=OTHER)
    assert answer.status_code == 422
    assert "leave one of them out" in problems(answer.text)["problem0"]


def test_the_same_text_twice_cannot_be_compared(desk: Desk):
    answer = desk.read(text0=TEXT, text1=TEXT)
    assert answer.status_code == 422
    assert "account A and account B hold the same text" in problems(answer.text)["problem"]


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (Busy("no place; try again", 7), 503, "7"),
        (TooLong("took too long; send less", 3), 503, "3"),
        (TooLarge("too many sentences; send fewer"), 413, None),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/x-ndjson"])
def test_a_refusal_keeps_the_input(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, retry, accept: str
):
    async def refuse(*_: object, **__: object):
        raise error
        yield

    monkeypatch.setattr(desk.engine, "stream", refuse)
    answer = desk.client.post("/read", data={"text0": TEXT}, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == retry
    assert problems(answer.text) == {"problem": str(error)}
    assert "We doubt that promise." in answer.text


def test_a_text_beyond_the_limit_is_refused_beside_its_account(tiny_baseline: Path):
    with running_desk(tiny_baseline, characters=80) as desk:
        answer = desk.read(text0=OTHER, text1=TEXT)
        assert answer.status_code == 413
        assert set(problems(answer.text)) == {"problem1"}


def test_a_request_beyond_the_limit_is_told_on_a_page(tiny_baseline: Path):
    with running_desk(tiny_baseline, body_bytes=2000) as desk:
        answer = desk.read(text0=TEXT * 50)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "send less at once" in Reader(answer.text).text
        script = {"Accept": "application/x-ndjson"}
        answer = desk.client.post("/read", data={"text0": TEXT * 50}, headers=script)
        assert "send less at once" in answer.json()["detail"]


def test_errors_are_pages_for_browsers_and_json_for_programs(desk: Desk):
    answer = desk.client.get("/results/nothing", headers=PAGE)
    assert answer.status_code == 404
    assert "no longer kept" in Reader(answer.text).text
    assert desk.client.get("/results/nothing").json()["status"] == 404
    assert desk.client.get("/nowhere", headers=PAGE).status_code == 404


def test_sentences_arrive_as_they_are_read_and_the_address_last(desk: Desk):
    many = " ".join(["They must withdraw at once."] * 200) + "\n\nWe doubt that promise."
    lines = {"Accept": "application/x-ndjson"}
    with desk.client.stream("POST", "/read", data={"text0": many}, headers=lines) as answer:
        assert answer.status_code == 200
        found = [json.loads(line) for line in answer.iter_lines()]
    *shown, last = found
    assert [one["stance"] for one in shown] == ["demanding"] * 200 + ["skeptical"]
    assert [one["paragraph"] for one in shown][-2:] == [False, True]
    assert shown[-1]["done"] == 1
    assert len(sentences(desk.client.get(last["location"]).text)) == 201


def test_what_fails_midway_is_told_in_the_last_line(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    stream = desk.engine.stream

    async def broken(document):
        async for item in stream(document):
            yield item
            raise TooLong("took too long; send less", 3)

    monkeypatch.setattr(desk.engine, "stream", broken)
    lines = {"Accept": "application/x-ndjson"}
    answer = desk.client.post("/read", data={"text0": TEXT}, headers=lines)
    assert json.loads(answer.text.splitlines()[-1]) == {"problem": "took too long; send less"}


def test_json_lines_give_a_report_of_several_documents(desk: Desk):
    rows = "".join(json.dumps({"id": f"d{n}", "text": OTHER}) + "\n" for n in range(3))
    answer = desk.read(files={"file0": ("press.jsonl", rows.encode())})
    page = desk.client.get(answer.headers["location"]).text
    assert page.count("<article") == 3


def test_documents_are_saved_as_the_command_writes_them(desk: Desk):
    place, _ = desk.result(text0=TEXT, issuer0="=1+1")
    saved = desk.client.get(f"{place}/readout.json")
    assert saved.headers["content-disposition"] == 'attachment; filename="readout.json"'
    (scored,) = map(ScoredDocument.model_validate, saved.json()["documents"])
    assert scored.predictions[0].text == "The delegation arrived for two hours."
    assert saved.content == render([scored], Format.JSON)
    table = desk.client.get(f"{place}/readout.csv")
    assert table.content == render([scored], Format.CSV)
    assert "'=1+1" in table.text
    assert desk.client.get(f"{place}/readout.exe").status_code == 422


def test_a_comparison_is_saved_whole(desk: Desk):
    place, _ = desk.result(text0=TEXT, text1=OTHER)
    saved = desk.client.get(f"{place}/readout.json")
    assert len(Comparison.model_validate(saved.json()).accounts) == 2
    table = desk.client.get(f"{place}/readout.csv").text.splitlines()
    assert len(table) == 1 + 5
    assert {row.split(",")[0] for row in table[1:]} == {"account-a", "account-b"}


@pytest.mark.parametrize("other", ["", OTHER])
def test_a_saved_page_stands_alone(desk: Desk, other: str):
    place, _ = desk.result(text0=TEXT, text1=other)
    html = desk.client.get(f"{place}/readout.html").text
    page = Reader(html)
    assert "<style>" in html
    assert {link[0] for link in page.links} == {"#"}
    assert not [tag for tag, _ in page.tags if tag in ("form", "link")]
    assert place not in html


def test_a_result_can_be_forgotten_at_once(desk: Desk):
    place, _ = desk.result(text0=TEXT)
    answer = desk.client.post(f"{place}/forget")
    assert answer.headers["location"] == "/"
    for address in (place, f"{place}/readout.html", f"{place}/0/0"):
        assert desk.client.get(address, headers=PAGE).status_code == 404


def test_results_go_when_their_time_is_over_or_there_is_no_room(desk: Desk):
    place, _ = desk.result(text0=TEXT)
    found = ScoredDocument.model_validate(
        desk.client.get(f"{place}/readout.json").json()["documents"][0]
    )
    size = len(found.model_dump_json())
    results = Results(max_bytes=int(2.5 * size), seconds=60)
    names = [results.keep((found,)) for _ in range(3)]
    with pytest.raises(Gone):
        results.get(names[0])
    assert results.get(names[2]) == (found,)
    with pytest.raises(TooLarge, match="send less at once"):
        Results(max_bytes=100, seconds=60).keep((found,))
    short = Results(max_bytes=10 * size, seconds=0.05)
    name = short.keep((found,))
    time.sleep(0.1)
    with pytest.raises(Gone):
        short.get(name)


def test_a_text_leaves_the_memory_although_nothing_else_comes(
    tiny_baseline: Path, monkeypatch: pytest.MonkeyPatch
):
    made: list[Results] = []

    def remembered(*limits: float) -> Results:
        made.append(Results(*limits))
        return made[0]

    monkeypatch.setattr("pipeline.desk.page.Results", remembered)
    with running_desk(tiny_baseline, result_seconds=0.2) as desk:
        assert desk.read(text0=TEXT).status_code == 303
        kept = made[0]._kept
        ending = time.monotonic() + 20
        while Cache.__len__(kept):  # TTLCache's own would drop what is over
            assert time.monotonic() < ending
            time.sleep(0.05)


def test_markup_in_any_field_stays_text(desk: Desk):
    fields = {"text0": f"They must stop {HOSTILE} now.", "issuer0": HOSTILE, "title0": HOSTILE}
    name = '"><script>alert(1)</script>.txt'
    file = {"file1": (name, f"{OTHER} {HOSTILE}".encode())}
    place = desk.read(files=file, **fields).headers["location"]
    fix = {"result": place.split("/")[-1], "document": "0", "sentence": "0", "stance": "demanding"}
    fix |= {"holder": HOSTILE, "target": HOSTILE, "annotator": "<script>alert(1)</script>"}
    assert desk.client.post("/corrections", data=fix).status_code == 303
    alone = desk.result(**fields)[0]
    pages = [
        desk.client.get(address).text
        for address in (place, f"{place}/0/0", f"{place}/readout.html", alone)
    ]
    pages.append(desk.read(files={"file0": (name, b"\0" * 900)}, **fields).text)
    pages.append(desk.read(**(fields | {"date0": HOSTILE, "kind0": HOSTILE})).text)
    pages.append(desk.client.post("/corrections", data=fix | {"annotator": " "}).text)
    pages.append(desk.client.get(f"/results/{HOSTILE.replace('/', '')}", headers=PAGE).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "onerror" not in {name for _, attrs in Reader(page).tags for name in attrs}
    for page in pages[:-1]:
        assert "<script>alert(1)</script>" in Reader(page).text + "".join(
            str(value) for _, attrs in Reader(page).tags for value in attrs.values()
        )


def corrected(desk: Desk, place: str, sentence: int = 1, **changes: str) -> httpx.Response:
    """Send a correction of a sentence of the first document."""
    fields = {"result": place.split("/")[-1], "document": "0", "sentence": str(sentence)}
    fields |= {"stance": "conciliatory", "holder": "Ostrana", "target": "", "annotator": "Ada Wen"}
    return desk.client.post("/corrections", data=fields | changes, headers=PAGE)


def test_a_correction_is_kept_shown_and_undone(desk: Desk):
    place, page = desk.result(text0=f"{TEXT} A sentence of its own.")
    assert f'href="{place}/0/1"' in page
    assert "that you correct is kept" in desk.client.get("/").text
    form = desk.client.get(f"{place}/0/1").text
    assert "They must withdraw at once." in Reader(form).text
    answer = corrected(desk, place)
    assert answer.headers["location"] == f"{place}#d0-1"
    page = desk.client.get(place).text
    assert "corrected: conciliatory" in Reader(page).text
    assert "corrected by Ada Wen" in Reader(page).text
    assert "corrected: conciliatory" in Reader(desk.client.get(f"{place}/readout.html").text).text
    again = desk.result(text0=f"{TEXT} A sentence of its own.")[0]
    assert "corrected by Ada Wen" in Reader(desk.client.get(again).text).text
    form = desk.client.get(f"{place}/0/1").text
    assert 'value="Ada Wen"' in form
    assert f"by Ada Wen, codebook {CODEBOOK_VERSION}" in Reader(form).text
    undo = {"result": place.split("/")[-1], "document": "0", "sentence": "1"}
    answer = desk.client.post("/corrections/undo", data=undo | {"annotator": "Ada Wen"})
    assert answer.headers["location"] == f"{place}#d0-1"
    assert "corrected" not in Reader(desk.client.get(place).text).text


def test_the_name_is_asked_once_and_kept_by_the_browser(desk: Desk):
    place, _ = desk.result(text0=TEXT)
    answer = corrected(desk, place, annotator="  Zoë   Ö; Wen ")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert 'value="Zoë Ö; Wen"' in desk.client.get(f"{place}/0/0").text
    desk.client.cookies.clear()
    assert 'name="annotator" value=""' in desk.client.get(f"{place}/0/0").text


def test_one_cannot_undo_the_correction_of_another(desk: Desk):
    place, _ = desk.result(text0=f"{OTHER} Nobody believes it, we doubt it.")
    corrected(desk, place, annotator="One")
    undo = {"result": place.split("/")[-1], "document": "0", "sentence": "1", "annotator": "Two"}
    desk.client.post("/corrections/undo", data=undo)
    assert "corrected by One" in Reader(desk.client.get(place).text).text
    desk.client.cookies.clear()


def test_a_neutral_correction_has_no_holder(desk: Desk):
    place, _ = desk.result(text0=f"{OTHER} The meeting lasted two hours.")
    corrected(desk, place, 0, stance="neutral", holder="Ostrana", target="Maravel")
    text = Reader(desk.client.get(place).text).text
    assert re.search(r"corrected by Ada Wen: neutral\s", text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotator": " "}, "Enter your name"),
        ({"annotator": "x" * 101}, "shorten it"),
        ({"stance": "angry"}, "Choose one of conciliatory"),
        ({"stance": ""}, "Choose one of conciliatory"),
        ({"holder": "x" * 201}, "shorten it"),
    ],
)
def test_a_correction_that_lacks_something_is_sent_back(desk: Desk, changes: dict, message: str):
    place, _ = desk.result(text0=TEXT)
    answer = corrected(desk, place, 2, **({"holder": "Maravel"} | changes))
    assert answer.status_code == 422
    assert message in problems(answer.text)[""]
    assert "We doubt that promise." in Reader(answer.text).text
    assert changes.get("holder", "Maravel") in answer.text


@pytest.mark.parametrize("place", ["0/99", "7/0", "0/-1"])
def test_a_sentence_that_is_not_there_cannot_be_corrected(desk: Desk, place: str):
    result, _ = desk.result(text0=TEXT)
    assert desk.client.get(f"{result}/{place}", headers=PAGE).status_code in (404, 422)
    document, sentence = place.split("/")
    answer = corrected(desk, result, document=document, sentence=sentence)
    assert answer.status_code in (404, 422)


def test_without_a_store_nothing_can_be_corrected(no_corrections: Desk):
    place, page = no_corrections.result(text0=TEXT)
    assert 'class="correct"' not in page
    assert no_corrections.client.get(f"{place}/0/0").status_code == 404
    assert corrected(no_corrections, place).status_code in (404, 405)
    assert "that you correct" not in no_corrections.client.get("/").text


def test_a_page_of_another_site_cannot_send_a_correction(desk: Desk):
    place, _ = desk.result(text0=f"{TEXT} Rain fell.")
    fields = {"result": place.split("/")[-1], "document": "0", "sentence": "0"}
    fields |= {"stance": "demanding", "annotator": "Eve"}
    elsewhere = {"Origin": "http://elsewhere.example"}
    assert desk.client.post("/corrections", data=fields, headers=elsewhere).status_code == 403
    assert "Eve" not in desk.client.get(place).text


def test_a_file_that_is_no_store_is_refused_before_anything_is_loaded(call: Call, tmp_path: Path):
    annotation_store()
    notes = tmp_path / "notes.txt"
    notes.write_text("Not a store of annotations. " * 100)
    result = call("serve", "--annotations", notes, "--configs", CONFIG.parent, "--model", "none")
    assert_one_message(result, "notes.txt")
    assert notes.read_text().startswith("Not a store")
