"""The engine of the desk: common batches, limits, files that break their reader."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.places import CONFIGS
from pipeline.desk.engine import Engine
from pipeline.desk.errors import Busy, NotOffered, TooLarge, TooLong
from pipeline.desk.model import ModelInfo
from pipeline.desk.reading import Readers, Upload
from pipeline.desk.settings import DeskSettings
from pipeline.documents import Metadata
from pipeline.errors import DataError, DocumentError
from pipeline.predict import ScoredDocument, load
from pipeline.records import Document, Kind, Prediction, SentenceInContext
from pipeline.settings import load_settings

REPOSITORY = Path(__file__).parents[1]
INFO = ModelInfo(name="fake", version="0", kind="baseline", codebook="1.1", metrics={})


class FakeClassifier:
    """Reads every sentence as demanding; keeps what it was given, and waits for `go`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.go = threading.Event()
        self.go.set()

    def predict_proba(self, examples: Sequence[SentenceInContext]) -> np.ndarray:
        self.go.wait(20)
        self.batches.append([example.text for example in examples])
        if any("defect" in example.text for example in examples):
            raise RuntimeError("a defect of the classifier")
        return np.tile(np.array([0.1, 0.7, 0.1, 0.1], np.float32), (len(examples), 1))


def document(name: str, n_sentences: int) -> Document:
    sentences = [
        f"Delegation {name} must leave hall {number} now." for number in range(n_sentences)
    ]
    return Document(id=name, text=" ".join(sentences))


async def until(holds: Callable[[], object]) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
def settings() -> DeskSettings:
    found = load_settings(REPOSITORY / CONFIGS / "desk.yaml", DeskSettings)
    return found.model_copy(update={"warm_comparison": False, "readers": 1})


@pytest.fixture
def classifier() -> FakeClassifier:
    return FakeClassifier()


@pytest.fixture
def engine(classifier: FakeClassifier, settings: DeskSettings) -> Iterator[Engine]:
    found = Engine(classifier, INFO, settings)
    yield found
    classifier.go.set()
    found.close()


@pytest.fixture
def limited(classifier: FakeClassifier, settings: DeskSettings) -> Iterator[Callable[..., Engine]]:
    """Builds an engine with other limits."""
    engines = []

    def build(**limits: object) -> Engine:
        engines.append(Engine(classifier, INFO, settings.model_copy(update=limits)))
        return engines[-1]

    yield build
    classifier.go.set()
    for found in engines:
        found.close()


def test_a_text_is_read_and_scored_as_the_command_line_does(
    tiny_baseline: Path, settings: DeskSettings
):
    text = "The minister said: we doubt that promise. They must leave at once!"
    metadata = Metadata(id="text", kind=Kind.NEWS, issuer="Office of Maravel")
    engine = Engine.open(tiny_baseline, settings)

    async def answer() -> list[ScoredDocument]:
        documents = await engine.read([Upload("text.txt", text.encode(), metadata)])
        return await engine.score(documents, min_confidence=0.4)

    try:
        (scored,) = asyncio.run(answer())
    finally:
        engine.close()
    expected = load(tiny_baseline).predict(
        text, kind=Kind.NEWS, issuer="Office of Maravel", min_confidence=0.4
    )
    assert scored == expected
    assert engine.model.kind == "baseline"
    assert engine.model.name == str(tiny_baseline)


def test_requests_that_wait_share_a_batch(engine: Engine, classifier: FakeClassifier):
    async def answer() -> list[list[ScoredDocument]]:
        classifier.go.clear()
        first = asyncio.create_task(engine.score([document("first", 1)]))
        await until(lambda: engine.n_requests)
        others = [asyncio.create_task(engine.score([document(f"d{n}", 2)])) for n in range(3)]
        await until(lambda: engine.n_waiting == 6)
        classifier.go.set()
        return await asyncio.gather(first, *others)

    found = asyncio.run(answer())
    assert [len(scored.predictions) for (scored,) in found] == [1, 2, 2, 2]
    assert [len(batch) for batch in classifier.batches] == [1, 6]
    for (scored,) in found:
        assert all(p.text.split()[1] == scored.document.id for p in scored.predictions)


def test_a_long_document_does_not_keep_a_short_one_waiting(
    engine: Engine, classifier: FakeClassifier, settings: DeskSettings
):
    async def answer() -> list[str]:
        classifier.go.clear()
        done: list[str] = []

        async def scored(name: str, n_sentences: int) -> None:
            await engine.score([document(name, n_sentences)])
            done.append(name)

        long = asyncio.create_task(scored("long", 10 * settings.batch_sentences))
        await until(lambda: engine.n_waiting)
        short = asyncio.create_task(scored("short", 3))
        await until(lambda: engine.n_waiting == 9 * settings.batch_sentences + 3)
        classifier.go.set()
        await asyncio.gather(long, short)
        return done

    assert asyncio.run(answer()) == ["short", "long"]
    with_short = [n for n, batch in enumerate(classifier.batches) if "short" in " ".join(batch)]
    assert with_short == [1]
    order = [text for batch in classifier.batches for text in batch if "long" in text]
    assert order == [f"Delegation long must leave hall {n} now." for n in range(len(order))]


def test_a_stream_tells_each_sentence_and_then_the_document(
    engine: Engine, classifier: FakeClassifier
):
    long = document("long", 150)

    async def answer() -> tuple[list[Prediction | ScoredDocument], list[ScoredDocument]]:
        told = [part async for part in engine.stream(long)]
        return told, await engine.score([long])

    (*predictions, last), (scored,) = asyncio.run(answer())
    assert last == scored
    assert [p.id for p in predictions] == [p.id for p in scored.predictions]
    assert [p.stance for p in predictions] == [p.stance for p in scored.predictions]


def test_a_stream_that_is_left_frees_its_place(engine: Engine, settings: DeskSettings):
    async def leave() -> None:
        parts = engine.stream(document("long", 10 * settings.batch_sentences))
        await anext(parts)
        assert engine.n_requests == 1
        assert engine.n_waiting
        await parts.aclose()

    asyncio.run(leave())
    assert engine.n_requests == 0
    assert engine.n_waiting == 0


def test_a_request_that_is_cancelled_frees_its_place(
    engine: Engine, classifier: FakeClassifier, settings: DeskSettings
):
    async def cancel() -> list[ScoredDocument]:
        classifier.go.clear()
        gone = asyncio.create_task(engine.score([document("gone", 500)]))
        await until(lambda: engine.n_waiting)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        assert engine.n_requests == 0
        assert engine.n_waiting == 0
        classifier.go.set()
        return await engine.score([document("next", 2)])

    (scored,) = asyncio.run(cancel())
    assert len(scored.predictions) == 2
    assert (
        sum("gone" in text for batch in classifier.batches for text in batch)
        <= settings.batch_sentences
    )


def test_there_are_so_many_places_and_no_more(
    limited: Callable[..., Engine], classifier: FakeClassifier
):
    engine = limited(requests=2)

    async def crowd() -> None:
        classifier.go.clear()
        tasks = [asyncio.create_task(engine.score([document(f"d{n}", 1)])) for n in range(2)]
        await until(lambda: engine.n_requests == 2)
        with pytest.raises(Busy, match="2 requests are in work") as refused:
            await engine.score([document("third", 1)])
        assert refused.value.retry_after_seconds >= 1
        classifier.go.set()
        await asyncio.gather(*tasks)
        assert len(await engine.score([document("third", 1)])) == 1

    asyncio.run(crowd())


def test_a_request_has_limited_time(limited: Callable[..., Engine], classifier: FakeClassifier):
    engine = limited(request_seconds=0.2)
    classifier.go.clear()

    async def wait() -> None:
        with pytest.raises(TooLong, match="not done within 0.2 s"):
            await engine.score([document("d", 3)])
        with pytest.raises(TooLong, match="not done within 0.2 s"):
            await anext(engine.stream(document("e", 3)))

    asyncio.run(wait())
    assert engine.n_requests == 0


def test_the_time_that_a_reader_of_a_stream_takes_is_not_cut_off(limited: Callable[..., Engine]):
    engine = limited(request_seconds=0.3, batch_sentences=2)

    async def slow_reader() -> list[Prediction | ScoredDocument]:
        told = []
        async for part in engine.stream(document("d", 3)):
            if not told:
                await asyncio.sleep(0.5)
            told.append(part)
        return told

    assert len(asyncio.run(slow_reader())) == 4


@pytest.mark.parametrize(
    ("limits", "n_documents", "expected"),
    [
        ({"sentences": 5}, 2, "6 sentences; one request may hold 5"),
        ({"characters": 200}, 2, "characters; one request may hold 200"),
    ],
)
def test_what_is_too_long_is_refused(
    limited: Callable[..., Engine],
    classifier: FakeClassifier,
    limits: dict[str, int],
    n_documents: int,
    expected: str,
):
    engine = limited(**limits)
    documents = [document(f"d{n}", 3) for n in range(n_documents)]
    with pytest.raises(TooLarge, match=expected):
        asyncio.run(engine.score(documents))
    assert classifier.batches == []


def test_too_many_files_are_refused_unread(limited: Callable[..., Engine]):
    engine = limited(files=2)
    with pytest.raises(TooLarge, match="3 files or texts; one request may hold 2"):
        asyncio.run(engine.read([Upload("a.txt", b"They met.")] * 3))


def test_a_document_without_a_sentence_is_refused(engine: Engine):
    with pytest.raises(DocumentError, match="blank: holds no sentence"):
        asyncio.run(engine.score([Document(id="blank", text="\x1c")]))


def test_a_defect_of_the_classifier_ends_its_requests_and_no_other(
    engine: Engine, classifier: FakeClassifier
):
    async def answer() -> list[ScoredDocument]:
        with pytest.raises(RuntimeError, match="a defect"):
            await engine.score([Document(id="bad", text="This is a defect.")])
        return await engine.score([document("good", 2)])

    assert len(asyncio.run(answer())) == 1
    assert engine.n_requests == 0


def test_one_account_cannot_be_compared(engine: Engine):
    with pytest.raises(DataError, match="two accounts or more"):
        asyncio.run(engine.compare([document("one", 2)]))


def test_comparing_without_torch_is_not_offered(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pipeline.compare.meaning", None)
    accounts = [document("one", 2), document("two", 2)]
    with pytest.raises(NotOffered, match="which is not installed; run `pip install"):
        asyncio.run(engine.compare(accounts))


def test_several_files_come_in_their_order_and_a_bad_one_is_named(engine: Engine):
    rows = b'{"id": "r1", "text": "They met."}\n{"id": "r2", "text": "They left."}\n'
    uploads = [
        Upload("rows.jsonl", rows),
        Upload(
            "page.html", b"<html><body><p>We welcome the long and open talks.</p></body></html>"
        ),
        Upload("text 3", b"They must leave.", default_id="text-3"),
    ]

    async def read() -> list[str]:
        with pytest.raises(DocumentError, match="picture.png: binary data"):
            await engine.read([*uploads, Upload("picture.png", b"\x89PNG....")])
        return [document.id for document in await engine.read(uploads)]

    assert asyncio.run(read()) == ["r1", "r2", "page", "text-3"]
    assert engine.n_requests == 0


def breaking(how: str) -> Upload:
    """An upload whose content does harm when it is looked at, in the reader's process."""
    return Upload("bomb.txt", b"text", Bomb(how))


class Bomb(Metadata):
    """Metadata that does harm once it arrives in the reader's process."""

    how: str

    def __init__(self, how: str) -> None:
        super().__init__(how=how)

    def model_dump(self, **options: object) -> dict[str, object]:
        if self.how == "memory":
            kept = [bytearray(2**24) for _ in range(1000)]
            return {"n": len(kept)}
        if self.how == "time":
            time.sleep(60)
        if self.how == "computing":
            while True:
                pass
        os.kill(os.getpid(), signal.SIGKILL)
        return {}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("memory", "reading it takes more than the 512 MB"),
        ("time", "not read within 1 s"),
        ("computing", "not read within 1 s|takes more than the 512 MB"),
        ("death", "or breaks its reader"),
    ],
)
def test_a_file_that_breaks_its_reader_is_refused_and_the_next_is_read(how: str, expected: str):
    readers = Readers(1, seconds=20, megabytes=512)

    async def read() -> list[Document]:
        await readers.read(Upload("text.txt", b"They met."))
        readers.seconds = 1
        with pytest.raises(DocumentError, match=expected):
            await readers.read(breaking(how))
        readers.seconds = 20
        return await readers.read(Upload("text.txt", b"They met again."))

    try:
        (document,) = asyncio.run(read())
    finally:
        readers.close()
    assert document.text == "They met again."
