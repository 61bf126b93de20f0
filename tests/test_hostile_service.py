"""The hostile inputs sent to the service: refused or answered, and the next one is answered too."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hostile import Hostile
from hostile.case import PROSE
from lxml import etree
from test_hostile import SMALL

from pipeline.cli.places import CONFIGS
from pipeline.desk.engine import Engine
from pipeline.desk.service import create_app
from pipeline.desk.settings import DeskSettings
from pipeline.settings import load_settings

REPOSITORY = Path(__file__).parents[1]
OK, TOO_LARGE = 200, 413
REFUSED = {TOO_LARGE, 422}


@pytest.fixture(scope="module")
def client(tiny_baseline: Path) -> Iterator[TestClient]:
    """A client of the service as it is set up, with one reader."""
    settings = load_settings(REPOSITORY / CONFIGS / "desk.yaml", DeskSettings)
    settings = settings.model_copy(update={"warm_comparison": False, "readers": 1})
    engine = Engine.open(tiny_baseline, settings)
    yield TestClient(create_app(engine, settings), base_url="http://localhost")
    engine.close()


@pytest.mark.parametrize("hostile", SMALL, ids=[hostile.name for hostile in SMALL])
def test_it_is_answered_or_refused_by_the_service_as_a_file(
    client: TestClient, hostile: Hostile
) -> None:
    sent = {"files": (hostile.file, hostile.content())}
    answer = client.post("/v1/predict/files", files=sent)
    assert "Traceback" not in answer.text
    if hostile.refused:
        assert answer.status_code in REFUSED, answer.text
        assert hostile.refused in answer.json()["detail"]
    elif answer.status_code == TOO_LARGE:
        assert "one request may hold" in answer.json()["detail"]
    else:
        assert answer.status_code == OK, answer.text
        documents = answer.json()["documents"]
        assert len(documents) == hostile.n_documents
        assert hostile.holds in documents[0]["document"]["text"]


TEXTS = [one for one in SMALL if one.file.endswith((".txt", ".md"))]


@pytest.mark.parametrize("hostile", TEXTS, ids=[hostile.name for hostile in TEXTS])
def test_it_is_answered_or_refused_by_the_service_as_a_pasted_text(
    client: TestClient, hostile: Hostile
) -> None:
    text = hostile.content().decode("utf-8", errors="surrogateescape")
    title = text[:200]
    body = json.dumps({"documents": [{"text": text, "title": title, "issuer": title}]})
    answer = client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {OK, *REFUSED}, answer.text
    assert answer.headers["content-type"].partition(";")[0].startswith("application/")
    assert "Traceback" not in answer.text


@pytest.fixture(scope="module")
def own_scripts(client: TestClient) -> set[tuple[str | None, str | None]]:
    """The scripts of the form and of a result, each with its address and its text."""
    pages = [client.get("/"), client.post("/read", data={"text0": PROSE})]
    return {script for page in pages for script in scripts(parsed(page.text))}


def parsed(page: str) -> etree._Element:
    return etree.fromstring(page, etree.HTMLParser(huge_tree=True))


def scripts(page: etree._Element) -> set[tuple[str | None, str | None]]:
    return {(script.get("src"), script.text) for script in page.iter("script")}


@pytest.mark.parametrize("hostile", SMALL, ids=[hostile.name for hostile in SMALL])
def test_the_page_shows_it_or_says_why_not(
    client: TestClient, hostile: Hostile, own_scripts: set[tuple[str | None, str | None]]
) -> None:
    content = hostile.content()
    known = content.decode("utf-8", errors="replace")[:200]
    answer = client.post(
        "/read",
        files={"file0": (hostile.file, content)},
        data={"title0": known, "issuer0": known},
    )
    assert answer.status_code in {OK, *REFUSED}, answer.text
    assert "Traceback" not in answer.text
    page = parsed(answer.text)
    assert scripts(page) <= own_scripts
    assert not [*page.iter("iframe", "object", "embed", "base")]
    for element in page.iter(etree.Element):
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not value.strip().lower().startswith(("javascript:", "data:text"))


def test_after_all_of_them_the_service_answers(client: TestClient) -> None:
    answer = client.post("/v1/predict", json={"documents": [{"text": PROSE}]})
    assert answer.status_code == OK
    assert len(answer.json()["documents"][0]["predictions"]) == 3
