"""Every source document is read once, and what is wrong with any of them is said at once."""

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.prepare import prepare_documents, run_prepare
from pipeline.records import Document, PreparedDocument
from pipeline.storage import read_records


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def prepared_ids(sources: Path, tmp_path: Path) -> list[str]:
    out = tmp_path / "prepared.jsonl"
    run_prepare(sources, out)
    return [record.document.id for record in read_records(out, PreparedDocument)]


def test_ids_and_events_come_from_paths(tmp_path: Path) -> None:
    write(tmp_path / "seeds" / "news" / "ferry.txt", "The ferry sails again.")
    out = tmp_path / "prepared.jsonl"
    assert run_prepare(tmp_path / "seeds", out) == 1
    (record,) = read_records(out, PreparedDocument)
    assert (record.document.id, record.document.event) == ("news/ferry", "news/ferry")
    assert [sentence.text for sentence in record.sentences] == ["The ferry sails again."]


def test_an_id_and_event_in_the_front_matter_stay(tmp_path: Path) -> None:
    write(tmp_path / "seeds" / "a.md", "---\nid: ferry-1\nevent: ferry\n---\nThe ferry sails.\n")
    out = tmp_path / "prepared.jsonl"
    run_prepare(tmp_path / "seeds", out)
    (record,) = read_records(out, PreparedDocument)
    assert (record.document.id, record.document.event) == ("ferry-1", "ferry")


def test_examples_are_left_out_and_local_documents_are_not(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    write(seeds / "examples" / "kept-out.txt", "The ferry waits.")
    write(seeds / "local" / "mine.txt", "The ferry sails.")
    write(seeds / "news" / "examples" / "deep.txt", "The ferry sinks.")
    write(seeds / "news" / ".hidden.txt", "The ferry hides.")
    write(seeds / "news" / "chart.csv", "ferry,1")
    assert prepared_ids(seeds, tmp_path) == ["local/mine", "news/examples/deep"]


def test_documents_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("c", "a", "b"):
        write(tmp_path / "seeds" / f"{name}.txt", f"Ferry {name} sails again.")
    assert prepared_ids(tmp_path / "seeds", tmp_path) == ["a", "b", "c"]


def test_progress_is_told_after_every_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "seeds" / f"{name}.txt", f"Ferry {name} sails again.")
    seen = []
    run_prepare(tmp_path / "seeds", tmp_path / "out.jsonl", lambda *step: seen.append(step))
    assert seen == [(1, 2), (2, 2)]


def test_two_files_of_one_id_are_both_named(tmp_path: Path) -> None:
    first = write(tmp_path / "seeds" / "a.md", "---\nid: ferry\n---\nThe ferry sails.\n")
    second = write(tmp_path / "seeds" / "b.md", "---\nid: ferry\n---\nThe ferry waits.\n")
    with pytest.raises(DataError, match="rename one") as caught:
        run_prepare(tmp_path / "seeds", tmp_path / "out.jsonl")
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)
    assert not (tmp_path / "out.jsonl").exists()


def test_two_files_of_one_text_are_both_named(tmp_path: Path) -> None:
    first = write(tmp_path / "seeds" / "a.txt", "The ferry sails.\n")
    second = write(tmp_path / "seeds" / "b.txt", "The  ferry\nsails.")
    with pytest.raises(DataError, match="the same text as .*; remove one") as caught:
        run_prepare(tmp_path / "seeds", tmp_path / "out.jsonl")
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)


def test_all_bad_documents_are_reported_together(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    write(seeds / "empty.txt", "")
    write(seeds / "good.txt", "The ferry sails.")
    write(seeds / "kind.md", "---\nkind: poem\n---\nThe ferry waits.\n")
    write(seeds / "rows.jsonl", '{"text": "The ferry."}\n{"text": ""}\n')
    with pytest.raises(DataError) as caught:
        run_prepare(seeds, tmp_path / "out.jsonl")
    lines = str(caught.value).split("\n")
    assert [Path(line.split(":")[0]).name for line in lines] == [
        "empty.txt",
        "kind.md",
        "rows.jsonl",
    ]


def test_a_folder_without_documents_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"seeds: holds no document .*add some"):
        run_prepare(tmp_path / "seeds", tmp_path / "out.jsonl")


def test_a_document_without_a_sentence_is_named() -> None:
    with pytest.raises(DataError, match="blank.txt: holds no sentence; remove it"):
        prepare_documents([Document.model_construct(id="a", text=" ", source="blank.txt")])


def test_sentences_point_into_the_text() -> None:
    document = Document(id="a", text="The ferry sails.\n\nThe crew waits. It rains.")
    (record,) = prepare_documents([document])
    assert [document.text[s.start : s.end] for s in record.sentences] == [
        "The ferry sails.",
        "The crew waits.",
        "It rains.",
    ]


def test_unreadable_and_contradicting_documents_are_reported_together(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    write(seeds / "a.txt", "The ferry sails.")
    write(seeds / "b.txt", "The ferry sails.")
    write(seeds / "c.txt", "")
    out = write(tmp_path / "out.jsonl", "before")
    with pytest.raises(DataError) as caught:
        run_prepare(seeds, out)
    lines = str(caught.value).split("\n")
    assert [Path(line.split(":")[0]).name for line in lines] == ["c.txt", "b.txt"]
    assert out.read_text() == "before"


def test_the_same_sources_give_the_same_file(tmp_path: Path) -> None:
    write(tmp_path / "seeds" / "a.txt", "The ferry sails.")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    run_prepare(tmp_path / "seeds", first)
    run_prepare(tmp_path / "seeds", second)
    assert first.read_bytes() == second.read_bytes()
