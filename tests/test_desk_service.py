"""The JSON API: what it answers, what it refuses and how, and that its description is true."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.cli.places import CONFIGS
from pipeline.desk.engine import Engine
from pipeline.desk.errors import Busy, NotOffered, TooLong
from pipeline.desk.service import create_app
from pipeline.desk.settings import DeskSettings
from pipeline.output import Format, render
from pipeline.predict import load
from pipeline.records import Kind
from pipeline.settings import load_settings

REPOSITORY = Path(__file__).parents[1]
TEXT = "We welcome the offer warmly. They must withdraw at once. The meeting lasted two hours."
OTHER = "They must leave at once. We doubt that promise. The delegation arrived for two hours."
TOKEN = "a-token-of-the-tests-7391"


@pytest.fixture(scope="module")
def settings() -> DeskSettings:
    found = load_settings(REPOSITORY / CONFIGS / "desk.yaml", DeskSettings)
    limits = {"warm_comparison": False, "readers": 1, "body_bytes": 100_000, "receive_seconds": 1}
    return found.model_copy(update=limits | {"characters": 20_000})


@pytest.fixture(scope="module")
def engine(tiny_baseline: Path, settings: DeskSettings) -> Iterator[Engine]:
    found = Engine.open(tiny_baseline, settings)
    yield found
    found.close()


@pytest.fixture(scope="module")
def app(engine: Engine, settings: DeskSettings) -> FastAPI:
    return create_app(engine, settings)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://localhost")


def assert_problem(response, status: int, expected: str) -> None:
    """The one form of errors, with what was found and the remedy."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["title"]
    assert expected in found["detail"]
    assert "Traceback" not in response.text


def test_a_text_gets_what_the_command_line_says(client: TestClient, tiny_baseline: Path):
    sent = {"text": TEXT, "kind": "news", "issuer": "The Maravel Courier", "id": "t1"}
    response = client.post("/v1/predict", json={"documents": [sent], "min_confidence": 0.3})
    assert response.status_code == 200
    predictor = load(tiny_baseline)
    expected = predictor.predict(
        TEXT, kind=Kind.NEWS, issuer="The Maravel Courier", min_confidence=0.3
    )
    found = response.json()
    assert found.keys() == json.loads(render([expected], Format.JSON)).keys()
    (document,) = found["documents"]
    assert document["document"] | {"id": "text", "source": "text.txt"} == (
        expected.document.model_dump(mode="json")
    )
    assert document["document"]["id"] == "t1"
    assert [p["probabilities"] for p in document["predictions"]] == [
        list(p.probabilities) for p in expected.predictions
    ]
    assert document["shares"] == expected.model_dump(mode="json")["shares"]


def test_several_texts_are_answered_in_their_order(client: TestClient):
    texts = [{"text": TEXT}, {"text": OTHER}, {"text": TEXT, "id": "third"}]
    found = client.post("/v1/predict", json={"documents": texts}).json()["documents"]
    assert [document["document"]["id"] for document in found] == ["text-1", "text-2", "third"]
    assert found[0]["predictions"][0]["text"] == "We welcome the offer warmly."


def test_files_are_read_by_their_content(client: TestClient):
    files = [
        ("files", ("page.html", f"<html><body><p>{TEXT}</p></body></html>".encode())),
        ("files", ("rows.jsonl", json.dumps({"id": "row", "text": OTHER}).encode())),
    ]
    response = client.post("/v1/predict/files", files=files, data={"kind": "news"})
    assert response.status_code == 200, response.text
    found = response.json()["documents"]
    assert [(d["document"]["id"], d["document"]["kind"]) for d in found] == [
        ("page", "news"),
        ("row", "news"),
    ]


@pytest.mark.slow
def test_accounts_are_compared(client: TestClient, tmp_path: Path):
    response = client.post("/v1/compare", json={"accounts": [{"text": TEXT}, {"text": OTHER}]})
    assert response.status_code == 200, response.text
    found = response.json()
    assert [account["letter"] for account in found["accounts"]] == ["A", "B"]
    files = [("files", ("a.txt", TEXT.encode())), ("files", ("b.txt", OTHER.encode()))]
    again = client.post("/v1/compare/files", files=files).json()
    assert again["verdict"] == found["verdict"].replace("text-1", "a").replace("text-2", "b")
    assert again["overlap"] == found["overlap"]


def test_the_model_tells_of_itself(client: TestClient, tiny_baseline: Path):
    found = client.get("/v1/model").json()
    assert found["name"] == str(tiny_baseline)
    assert found["kind"] == "baseline"
    assert re.fullmatch("[0-9a-f]{12}", found["version"])
    assert 0 <= found["metrics"]["validation_macro_f1"] <= 1


def test_the_service_counts(client: TestClient):
    def figure(name: str) -> float:
        text = client.get("/metrics").text
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])

    posted = 'readout_requests_total{method="POST",route="/v1/predict",status="200"}'
    client.post("/v1/predict", json={"documents": [{"text": TEXT}]})
    before = figure(posted), figure("readout_sentences_total")
    client.post("/v1/predict", json={"documents": [{"text": TEXT}]})
    assert (figure(posted), figure("readout_sentences_total")) == (before[0] + 1, before[1] + 3)
    client.get("/absent")
    assert figure('readout_refusals_total{status="404"}') >= 1
    assert figure("readout_requests_in_work") == 0
    assert figure("readout_queue_sentences") == 0
    assert figure("readout_batch_sentences_count") >= 2
    assert figure('readout_request_seconds_count{route="/v1/predict"}') >= 2


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"documents": []}, "documents: List should have at least 1 item"),
        ({"documents": [{"text": "  "}]}, "documents.0.text: String should have at least 1"),
        ({"documents": [{"text": TEXT, "kind": "poem"}]}, "(found 'poem')"),
        ({"documents": [{"text": TEXT, "date": "2024-02-30"}]}, "documents.0.date"),
        ({"documents": [{"text": TEXT, "author": "x"}]}, "documents.0.author: Extra inputs"),
        ({"documents": [{"text": TEXT}], "min_confidence": 2}, "min_confidence: Input should be"),
        ({"texts": []}, "documents: Field required"),
        ({"documents": [{"text": '{"id": 1}'}]}, "text 1:1: "),
        ({"documents": [{"text": "---\nkind: poem\n---\nThey met."}]}, "text 1:2: front matter"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(client: TestClient, sent, expected: str):
    assert_problem(client.post("/v1/predict", json=sent), 422, expected)


def test_what_is_no_json_is_told_so(client: TestClient):
    headers = {"content-type": "application/json"}
    response = client.post("/v1/predict", content=b'{"documents": [', headers=headers)
    assert_problem(response, 422, "JSON decode error")
    deep = b"[" * 50_000
    assert_problem(client.post("/v1/predict", content=deep, headers=headers), 400, "body")
    response = client.post("/v1/predict", content=b"\xff\xfe{}", headers=headers)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_file_that_cannot_be_read_is_named(client: TestClient):
    files = [("files", ("scan.png", b"\x89PNG\r\n\x1a\n....")), ("files", ("a.txt", b"They met."))]
    assert_problem(client.post("/v1/predict/files", files=files), 422, "scan.png: binary data")
    assert_problem(client.post("/v1/predict/files", data={"kind": "news"}), 422, "files")
    response = client.post(
        "/v1/predict/files",
        content=b"no multipart",
        headers={"content-type": "multipart/form-data"},
    )
    assert_problem(response, 400, "boundary")


def test_one_account_is_no_comparison(client: TestClient):
    assert_problem(client.post("/v1/compare", json={"accounts": [{"text": TEXT}]}), 422, "accounts")
    files = [("files", ("a.txt", TEXT.encode()))]
    assert_problem(client.post("/v1/compare/files", files=files), 422, "two accounts or more")
    same = {"accounts": [{"text": TEXT}, {"text": TEXT}]}
    assert_problem(client.post("/v1/compare", json=same), 422, "hold the same text")


def test_an_unknown_path_and_a_wrong_method(client: TestClient):
    assert_problem(client.get("/absent"), 404, "/absent")
    response = client.get("/v1/predict")
    assert_problem(response, 405, "POST")
    assert response.headers["allow"] == "POST"


def test_too_large_a_request_is_refused(client: TestClient, settings: DeskSettings):
    sent = {"documents": [{"text": "They met. " * 20_000}]}
    assert_problem(client.post("/v1/predict", json=sent), 413, "100000 bytes")

    def parts() -> Iterator[bytes]:
        yield b'{"documents": [{"text": "'
        for _ in range(20):
            yield b"They met. " * 1000

    headers = {"content-type": "application/json"}
    response = client.post("/v1/predict", content=parts(), headers=headers)
    assert_problem(response, 413, "100000 bytes")
    sent = {"documents": [{"text": "They met. " * 2_100}]}
    assert_problem(client.post("/v1/predict", json=sent), 413, "characters; one request may hold")
    sent = {"documents": [{"text": TEXT}] * (settings.files + 1)}
    assert_problem(client.post("/v1/predict", json=sent), 413, "files or texts")


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (Busy("64 requests are in work", 7), 503, "7"),
        (TooLong("not done within 60 s", 9), 503, "9"),
        (NotOffered("comparing needs torch"), 501, None),
    ],
)
def test_what_cannot_be_done_now_says_when(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch, error, status, retry
):
    async def refuse(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(engine, "score", refuse)
    response = client.post("/v1/predict", json={"documents": [{"text": TEXT}]})
    assert_problem(response, status, str(error))
    assert response.headers.get("retry-after") == retry


def test_a_defect_tells_and_logs_no_text(
    client: TestClient,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    async def fail(*arguments: object, **options: object) -> None:
        raise KeyError(TEXT)

    monkeypatch.setattr(engine, "score", fail)
    response = client.post("/v1/predict", json={"documents": [{"text": TEXT}]})
    assert_problem(response, 500, "a defect of the service")
    assert TEXT not in response.text + caplog.text
    assert "KeyError" in caplog.text


def test_texts_are_logged_only_where_that_is_asked_for(
    client: TestClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "pipeline")
    client.post("/v1/predict", json={"documents": [{"text": TEXT}]})
    assert "POST /v1/predict 200" in caplog.text
    assert "We welcome" not in caplog.text
    caplog.set_level("DEBUG", "pipeline.desk.texts")
    client.post("/v1/predict", json={"documents": [{"text": TEXT}]})
    assert "We welcome" in caplog.text


def test_browsers_are_told_what_an_answer_may_do(client: TestClient):
    for path in ("/v1/model", "/absent", "/openapi.json"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("192.0.2.7", 200),
        ("desk.example.org", 200),
        ("rebound.example.com", 421),
        ("localhost.example.com", 421),
        ("127.0.0.1.example.com:8000", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_only_its_own_names_reach_the_service(
    engine: Engine, settings: DeskSettings, host: str, status: int
):
    app = create_app(engine, settings, hosts=["desk.example.org"])
    response = TestClient(app).get("/healthz", headers={"host": host})
    assert response.status_code == status
    if status == 421:
        assert_problem(response, 421, "--allow-host")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://localhost"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
    ],
)
def test_pages_of_other_sites_cannot_post(client: TestClient, headers: dict[str, str], status: int):
    sent = {"documents": [{"text": TEXT}]}
    assert client.post("/v1/predict", json=sent, headers=headers).status_code == status


@pytest.fixture
def guarded(engine: Engine, settings: DeskSettings) -> TestClient:
    app = create_app(engine, settings, token=TOKEN)
    return TestClient(app, base_url="http://localhost", follow_redirects=False)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        ("Bearer ", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer \xe9", 401),
    ],
)
def test_with_a_token_who_does_not_state_it_is_refused(
    guarded: TestClient, authorization: str | None, status: int
):
    headers = {"authorization": authorization.encode("latin-1")} if authorization else {}
    for path in ("/v1/model", "/metrics", "/openapi.json"):
        response = guarded.get(path, headers=headers)
        assert response.status_code == status
        if status == 401:
            assert_problem(response, 401, "access token is missing or wrong")
            assert response.headers["www-authenticate"] == "Bearer"
    assert guarded.get("/healthz", headers=headers).status_code == 200


def test_a_browser_logs_in_by_a_form(guarded: TestClient):
    asked = guarded.get("/v1/model", headers={"accept": "text/html"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/login")
    assert 'type="password"' in guarded.get("/login").text
    wrong = guarded.post("/login", data={"token": "x"})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    right = guarded.post("/login", data={"token": TOKEN})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert guarded.get("/v1/model").status_code == 200
    guarded.cookies.clear()
    guarded.cookies.set("readout_session", "x" * 64)
    assert guarded.get("/v1/model").status_code == 401


def scope(path: str, **headers: str) -> dict[str, object]:
    """A POST as a server hands it on."""
    sent = {"host": "localhost", "content-type": "application/json"} | headers
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }


def call(app: FastAPI, messages: Callable[[], AsyncIterator[dict]]) -> list[dict]:
    """What the application sends to a client that sends those messages."""

    async def answered() -> list[dict]:
        sent: list[dict] = []
        parts = messages()

        async def send(message: dict) -> None:
            sent.append(message)

        await app(scope("/v1/predict"), lambda: anext(parts), send)
        return sent

    return asyncio.run(answered())


def test_a_slow_sender_is_told_so(app: FastAPI):
    async def slow() -> AsyncIterator[dict]:
        while True:
            yield {"type": "http.request", "body": b"x", "more_body": True}
            await asyncio.sleep(0.3)

    start, body = call(app, slow)
    assert start["status"] == 408
    assert "did not come whole within 1 s" in json.loads(body["body"])["detail"]


def test_a_client_that_goes_away_frees_its_place(
    app: FastAPI, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    cancelled = []
    arrived = asyncio.Event()

    async def endless(*arguments: object, **options: object) -> None:
        arrived.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    monkeypatch.setattr(engine, "score", endless)

    async def leaving() -> AsyncIterator[dict]:
        body = json.dumps({"documents": [{"text": TEXT}]}).encode()
        yield {"type": "http.request", "body": body, "more_body": False}
        await arrived.wait()
        yield {"type": "http.disconnect"}

    assert call(app, leaving) == []
    assert cancelled == [True]


def test_a_client_that_leaves_while_it_sends_is_forgotten(app: FastAPI):
    async def leaving() -> AsyncIterator[dict]:
        yield {"type": "http.request", "body": b'{"doc', "more_body": True}
        yield {"type": "http.disconnect"}

    assert call(app, leaving) == []


def test_no_more_bodies_are_taken_in_than_there_are_places(engine: Engine, settings: DeskSettings):
    app = create_app(engine, settings.model_copy(update={"requests": 1}))

    async def crowd() -> list[tuple[int, bytes | None]]:
        first = asyncio.Event()
        statuses = []

        async def waiting() -> dict:
            await first.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            if message["type"] == "http.response.start":
                statuses.append((message["status"], dict(message["headers"]).get(b"retry-after")))

        holding = asyncio.create_task(app(scope("/v1/predict"), waiting, send))
        await asyncio.sleep(0)
        await app(scope("/v1/predict"), waiting, send)
        refused = statuses.copy()
        await app(scope("/healthz") | {"method": "GET"}, waiting, send)
        assert statuses[1:] == [(200, None)]
        first.set()
        await holding
        return refused

    assert asyncio.run(crowd()) == [(503, b"2")]


def test_the_description_names_no_other_host(client: TestClient):
    assert client.get("/docs").status_code == 404
    described = client.get("/openapi.json").text
    assert not re.search(r"https?://", described)


def random_vectors(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors in place of those of the sentence encoder."""
    vectors = np.random.default_rng(3).normal(size=(len(texts), 8))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_every_answer_is_as_the_description_says(
    engine: Engine, settings: DeskSettings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engine._meanings, "_load", lambda: random_vectors)
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, given
    from hypothesis import settings as bounded
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    app = create_app(engine, settings, hosts=["testserver"])
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    paths = {operation.path for operation in operations}
    assert paths >= {"/v1/predict", "/v1/predict/files", "/v1/compare", "/v1/model", "/healthz"}
    statuses = set()
    for operation in operations:

        @given(case=operation.as_strategy())
        @bounded(
            max_examples=20,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def answered_as_described(case: object) -> None:
            # A text that fits the description may still hold nothing to read.
            response = case.call_and_validate(
                excluded_checks=[positive_data_acceptance], timeout=60
            )
            statuses.add(response.status_code)

        answered_as_described()
    assert {200, 422} <= statuses
    assert 500 not in statuses
