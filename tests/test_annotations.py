"""The store of annotations: what counts, what is kept, and what it says when it cannot."""

import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.annotations.store import AnnotationStore, NewReading, StoreBusyError, StoreError
from pipeline.errors import DataError
from pipeline.records import CODEBOOK_VERSION, Document, Kind, Stance, sentence_sha256

TEXT = "Belmar welcomes the offer. It must be made good.\n\nThe talks lasted two hours."
LETTER = Document(id="letter", text=TEXT, source="letter.txt")


@pytest.fixture
def store(tmp_path: Path) -> AnnotationStore:
    return AnnotationStore(tmp_path / "annotations.sqlite")


def test_a_reading_is_kept_with_its_sentence_and_document(store: AnnotationStore):
    before = datetime.now(UTC)
    made = store.add(LETTER, 1, Stance.DEMANDING, "Belmar", None, "ada")
    assert made.text_sha256 == sentence_sha256("It must be made good.")
    assert (made.document, made.sentence, made.codebook) == ("letter", 1, CODEBOOK_VERSION)
    assert (made.stance, made.holder, made.target) == (Stance.DEMANDING, "Belmar", None)
    (reading,) = AnnotationStore(store.path).readings()
    assert reading.annotation == made
    assert reading.text == "It must be made good."
    assert before <= reading.made_at <= before + timedelta(minutes=1)
    assert store.documents() == [LETTER]


def test_the_last_reading_by_an_annotator_counts_and_the_earlier_ones_are_kept(
    store: AnnotationStore,
):
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    store.add(LETTER, 0, Stance.SKEPTICAL, "Belmar", None, "bo")
    last = store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", "the offer", "ada")
    assert [a.stance for a in store.annotations()] == [Stance.SKEPTICAL, Stance.CONCILIATORY]
    assert store.annotations(annotator="ada") == [last]
    assert [r.annotation.stance for r in store.history()] == [
        Stance.NEUTRAL,
        Stance.SKEPTICAL,
        Stance.CONCILIATORY,
    ]


def test_what_is_undone_gives_way_to_the_reading_before_it(store: AnnotationStore):
    first = store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    second = store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    undone = store.undo("ada")
    assert undone is not None and undone.annotation == second
    assert undone.undone_at is not None and undone.undone_at >= undone.made_at
    assert store.annotations() == [first]
    assert store.undo("ada", LETTER, 0) is not None
    assert store.annotations() == []
    assert store.documents() == []
    assert store.undo("ada") is None
    assert len(store.history()) == 2


def test_only_the_sentence_that_is_meant_is_undone(store: AnnotationStore):
    first = store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    other = store.add(LETTER, 2, Stance.NEUTRAL, None, None, "ada")
    theirs = store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "bo")
    undone = store.undo("ada", LETTER, 0)
    assert undone is not None and undone.annotation == first
    assert store.annotations() == [theirs, other]
    assert store.undo("ada", Document(id="never seen", text="Nothing here.")) is None


def test_a_text_is_one_document_under_whatever_name(store: AnnotationStore):
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    copy = Document(id="copy", text=TEXT, kind=Kind.STATEMENT, issuer="Belmar")
    assert store.add(copy, 1, Stance.DEMANDING, "Belmar", None, "bo").document == "letter"
    assert len(store.annotations(copy)) == 2
    (document,) = store.documents()
    assert document == LETTER.model_copy(update={"kind": Kind.STATEMENT, "issuer": "Belmar"})


def test_texts_of_one_name_stay_apart(store: AnnotationStore):
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    other = Document(id="letter", text="Kestan refuses.")
    made = store.add(other, 0, Stance.SKEPTICAL, "Kestan", None, "ada")
    assert made.document.startswith("letter-")
    assert store.add(other, 0, Stance.DEMANDING, "Kestan", None, "bo").document == made.document
    assert [document.id for document in store.documents()] == ["letter", made.document]
    assert [a.document for a in store.annotations(other)] == [made.document] * 2


def test_a_text_with_other_paragraphs_finds_its_sentences(store: AnnotationStore):
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    spread = Document(id="spread", text=TEXT.replace("offer. ", "offer.\n\n"))
    assert store.add(spread, 1, Stance.DEMANDING, "Belmar", None, "bo").sentence == 1
    broken = Document(id="broken", text=TEXT.replace("be made", "be\n\nmade"))
    with pytest.raises(DataError, match=r"broken:1: this text is known with other paragraphs"):
        store.add(broken, 1, Stance.DEMANDING, "Belmar", None, "bo")


@pytest.mark.parametrize(
    ("index", "stance", "annotator", "message"),
    [
        (3, Stance.NEUTRAL, "ada", "letter: has 3 sentences, counted from 0; found 3"),
        (-1, Stance.NEUTRAL, "ada", "letter: has 3 sentences, counted from 0; found -1"),
        (0, "sceptical", "ada", "letter:0: stance: Input should be 'conciliatory'"),
        (0, Stance.NEUTRAL, " ", "letter:0: annotator: String should have at least 1 character"),
    ],
)
def test_what_is_not_allowed_is_told_and_nothing_is_kept(
    store: AnnotationStore, index: int, stance: Stance, annotator: str, message: str
):
    with pytest.raises(DataError) as raised:
        store.add(LETTER, index, stance, None, None, annotator)
    assert message in str(raised.value)
    assert store.history() == []


def test_several_readings_are_kept_together_or_not_at_all(store: AnnotationStore):
    good, bad = (
        NewReading(document=LETTER, index=index, stance=Stance.NEUTRAL, annotator="ada")
        for index in (0, 9)
    )
    with pytest.raises(DataError):
        store.add_all([good, bad])
    assert store.history() == []
    assert store.document("letter") is None
    assert len(store.add_all([good, good.model_copy(update={"index": 2})])) == 2


def test_a_document_is_kept_before_anybody_reads_it(store: AnnotationStore):
    assert store.keep([LETTER, LETTER]) == [LETTER, LETTER]
    assert store.document("letter") == LETTER
    assert store.document("absent") is None
    assert store.documents() == []


def test_threads_lose_nothing(store: AnnotationStore):
    def work(number: int) -> None:
        document = Document(id="letter", text=f"{TEXT} Number {number % 4}.")
        store.add(document, number % 3, Stance.NEUTRAL, None, None, f"annotator {number}")
        store.annotations()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(40)))
    assert len(store.history()) == 40
    assert len(store.documents()) == 4


def _write_ten(path: Path, number: int) -> None:
    store = AnnotationStore(path)
    for index in range(10):
        store.add(LETTER, index % 3, Stance.NEUTRAL, None, None, f"annotator {number}")


def test_processes_that_make_the_same_store_lose_nothing(tmp_path: Path):
    path = tmp_path / "annotations.sqlite"
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_write_ten, args=(path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    store = AnnotationStore(path)
    assert len(store.history()) == 30
    assert len(store.annotations()) == 9


def test_a_lock_that_lasts_is_told_and_readers_go_on(
    store: AnnotationStore, monkeypatch: pytest.MonkeyPatch
):
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    monkeypatch.setattr("pipeline.annotations.store_file.WAIT_SECONDS", 0.05)
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreBusyError, match="locked by another process"):
            store.add(LETTER, 1, Stance.NEUTRAL, None, None, "ada")
        assert len(store.annotations()) == 1
    finally:
        holder.close()
    store.add(LETTER, 1, Stance.NEUTRAL, None, None, "ada")
    assert len(store.annotations()) == 2


def test_a_file_that_is_no_store_is_left_as_it_is(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("Notes on the talks, nothing else. " * 40, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"notes\.txt: not a store of annotations"):
        AnnotationStore(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path):
    path = tmp_path / "other.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE runs (number INTEGER)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="a database of another program"):
        AnnotationStore(path)
    assert path.read_bytes() == before


def test_a_store_of_another_version_is_told(store: AnnotationStore):
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(StoreError, match="a store of version 7, but this is made for version 1"):
        AnnotationStore(store.path)


def test_a_path_that_cannot_hold_a_store(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be opened; see that the folder"):
        AnnotationStore(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened: "):
        AnnotationStore(tmp_path / "file" / "annotations.sqlite")


def test_a_store_that_may_not_be_written_can_be_read(
    store: AnnotationStore, monkeypatch: pytest.MonkeyPatch
):
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    _with_pragma(store, "query_only = ON")
    with pytest.raises(StoreError, match="may not be written"):
        store.add(LETTER, 1, Stance.NEUTRAL, None, None, "ada")
    assert len(store.annotations()) == 1


def test_a_full_disk_is_told_and_the_store_is_as_before(small_disk, tmp_path: Path):
    store = AnnotationStore(small_disk(256) / "annotations.sqlite")
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    large = Document(id="large", text="We wait. " * 50_000)
    with pytest.raises(StoreError, match="full"):
        store.add(large, 0, Stance.NEUTRAL, None, None, "ada")
    assert len(store.annotations()) == 1
    assert store.add(LETTER, 2, Stance.NEUTRAL, None, None, "ada").sentence == 2


def test_a_store_that_is_gone_is_told(store: AnnotationStore):
    store.path.unlink()
    with pytest.raises(StoreError, match="is gone"):
        store.annotations()
    assert not store.path.exists()


def test_a_file_name_of_any_letters(tmp_path: Path):
    store = AnnotationStore(tmp_path / "a b?c#d%20'ä.sqlite")
    store.add(LETTER, 0, Stance.NEUTRAL, None, None, "ada")
    assert store.path.is_file()
    assert {path.name[:8] for path in tmp_path.iterdir()} == {"a b?c#d%"}


def _with_pragma(store: AnnotationStore, pragma: str) -> None:
    """Set a pragma on every connection that the store makes from now on."""
    from sqlalchemy import event

    @event.listens_for(store._engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA {pragma}")
