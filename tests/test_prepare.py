"""Sources are read whole, checked against each other and split."""

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.prepare import run_prepare
from pipeline.records import PreparedDocument
from pipeline.storage import read_records


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    for name in ("a/one.md", "local/two.txt", "examples/three.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "a/one.md").write_text("---\nid: one\nevent: e\n---\n\nThey met. They agreed.\n")
    (folder / "local/two.txt").write_text("The ministry urged the other side to answer.\n")
    (folder / "examples/three.md").write_text("---\nid: three\n---\n\nKept out.\n")
    return folder


def prepared(seeds: Path) -> list[PreparedDocument]:
    out = seeds.parent / "documents.jsonl"
    run_prepare(seeds, out)
    return read_records(out, PreparedDocument)


def test_ids_come_from_front_matter_or_the_path_and_examples_stay_out(seeds: Path):
    assert [entry.document.id for entry in prepared(seeds)] == ["one", "local/two"]


def test_a_document_without_event_is_an_event_of_its_own(seeds: Path):
    assert [entry.document.event for entry in prepared(seeds)] == ["e", "local/two"]


def test_documents_are_split_into_sentences(seeds: Path):
    assert [s.text for s in prepared(seeds)[0].sentences] == ["They met.", "They agreed."]


def test_twins_are_named_with_both_files(seeds: Path):
    (seeds / "a/copy.md").write_text("---\nid: one\n---\n\nThey met. They agreed.\n")
    with pytest.raises(DataError) as caught:
        prepared(seeds)
    message = str(caught.value)
    assert "id 'one' is that of" in message and "the same text as" in message
    assert message.count("copy.md") == 2 and message.count("one.md") == 2


def test_all_documents_that_cannot_be_read_are_named_together(seeds: Path):
    (seeds / "local/empty.txt").write_text("")
    (seeds / "local/broken.pdf").write_bytes(b"%PDF-1.4 broken")
    with pytest.raises(DataError) as caught:
        prepared(seeds)
    assert "empty.txt" in str(caught.value) and "broken.pdf" in str(caught.value)


def test_a_folder_without_documents_is_an_error(tmp_path: Path):
    with pytest.raises(DataError, match="holds no document"):
        run_prepare(tmp_path, tmp_path / "out.jsonl")
