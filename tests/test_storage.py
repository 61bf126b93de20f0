"""Files are whole or absent, and what is wrong with them is said all at once."""

import errno
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import DataError, ModelError, PipelineError
from pipeline.records import SentenceInContext
from pipeline.storage import (
    MANIFEST,
    MAX_REPORTED_ROWS,
    atomic_file,
    atomic_folder,
    check_manifest,
    file_sha256,
    read_records,
    write_json,
    write_manifest,
    write_records,
    write_text,
)


def no_space(*args: object, **kwargs: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def saved_folder(tmp_path: Path) -> Path:
    """A folder with two files and their manifest."""
    folder = tmp_path / "model"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("first")
    (folder / "inner" / "b.txt").write_text("second")
    write_manifest(folder)
    return folder


def test_a_file_takes_its_place_when_the_block_ends_well(tmp_path: Path):
    path = tmp_path / "new" / "a.txt"
    with atomic_file(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_stays_as_it_was_when_the_block_raises(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_replaces_the_earlier_one_whole(tmp_path: Path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old.txt").write_text("old")
    with atomic_folder(path) as temporary:
        (temporary / "new.txt").write_text("new")
        assert (path / "old.txt").is_file()
    assert [p.name for p in path.iterdir()] == ["new.txt"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_stays_as_it_was_when_the_block_raises(tmp_path: Path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_folder(path) as temporary:
        (temporary / "new.txt").write_text("half")
        raise KeyboardInterrupt
    assert [p.name for p in path.iterdir()] == ["old.txt"]
    assert (path / "old.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_earlier_folder_comes_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old.txt").write_text("old")
    replace, calls = os.replace, []

    def replace_unless_second(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            no_space()
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_unless_second)
    with pytest.raises(PipelineError), atomic_folder(path) as temporary:
        (temporary / "new.txt").write_text("new")
    assert [p.name for p in path.iterdir()] == ["old.txt"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_full_at_the_last_step_is_explained_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(PipelineError, match="a.txt: cannot be written: No space left on device"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_disk_full_while_records_are_written_is_explained_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.jsonl"
    path.write_text("old")
    open_path = Path.open
    monkeypatch.setattr(Path, "open", lambda _, *a, **k: open_path(Path("/dev/full"), *a, **k))
    with pytest.raises(PipelineError, match="No space left on device"):
        write_records(path, [SentenceInContext(text="Text.")])
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_really_full_disk_is_explained_and_changes_nothing(small_disk: Callable[[int], Path]):
    folder = small_disk(40)
    write_text(folder / "rows.txt", "earlier")
    with pytest.raises(PipelineError, match=r"rows\.txt: cannot be written: No space left"):
        write_text(folder / "rows.txt", "x" * 100_000)
    assert (folder / "rows.txt").read_text() == "earlier"
    assert os.listdir(folder) == ["rows.txt"]


def test_a_full_disk_met_by_a_library_is_explained(small_disk: Callable[[int], Path]):
    import numpy as np
    from safetensors.numpy import save_file

    place = small_disk(40) / "model"
    place.mkdir()
    (place / "earlier.txt").write_text("earlier")
    full = pytest.raises(PipelineError, match="model: cannot be written: No space left")
    with full, atomic_folder(place) as folder:
        save_file({"weights": np.zeros(100_000)}, folder / "weights.safetensors")
    assert os.listdir(place.parent) == ["model"]
    assert os.listdir(place) == ["earlier.txt"]


def test_another_failure_of_a_library_is_no_full_disk(tmp_path: Path):
    with pytest.raises(RuntimeError, match="ours"), atomic_folder(tmp_path / "model"):
        raise RuntimeError("ours")


def test_a_device_is_written_and_not_replaced():
    device = Path("/dev/full")
    if not device.is_char_device():
        pytest.skip("no /dev/full here")
    with pytest.raises(PipelineError, match="/dev/full: cannot be written: No space left"):
        write_text(device, "text")
    assert device.is_char_device()


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "text")
    reader.join(timeout=10)
    assert read == ["text"]
    assert pipe.is_fifo()


def test_a_link_keeps_pointing_where_it_does(tmp_path: Path):
    (tmp_path / "target.txt").write_text("earlier")
    (tmp_path / "link.txt").symlink_to("target.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "target.txt").read_text() == "new"


def test_everybody_may_read_the_files_of_a_folder(tmp_path: Path):
    with atomic_folder(tmp_path / "model") as folder:
        (folder / "private").touch(mode=0o600)
    assert (tmp_path / "model" / "private").stat().st_mode & 0o777 == 0o644


def test_a_place_that_is_a_file_cannot_hold_a_folder(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PipelineError, match="cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "new")


def test_not_a_number_is_refused_and_changes_nothing(tmp_path: Path):
    path = tmp_path / "a.json"
    write_json(path, {"f1": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"f1": float("nan")})
    assert json.loads(path.read_text()) == {"f1": 0.5}


def test_records_are_equal_after_writing_and_reading(tmp_path: Path):
    records = [
        SentenceInContext(text="Caf\u00e9 \u2014 \u201cyes\u201d."),
        SentenceInContext(text="B."),
    ]
    write_records(tmp_path / "a.jsonl", records)
    assert read_records(tmp_path / "a.jsonl", SentenceInContext) == records


def test_an_error_among_the_records_leaves_the_file_as_it_was(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    write_records(path, [SentenceInContext(text="Old.")])

    def broken() -> Iterator[SentenceInContext]:
        yield SentenceInContext(text="New.")
        raise DataError("broken source")

    with pytest.raises(DataError, match="broken source"):
        write_records(path, broken())
    assert read_records(path, SentenceInContext) == [SentenceInContext(text="Old.")]


def test_all_bad_rows_are_named_together_with_their_lines(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    rows = ['{"text": "A."}', '{"text": ""}', "", '{"text": "B.", "kindd": 1}', "{broken"]
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(DataError) as caught:
        read_records(path, SentenceInContext)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}:2", f"{path}:4", f"{path}:5"]
    assert "text" in lines[0]
    assert "kindd" in lines[1]
    assert "Invalid JSON" in lines[2]


def test_a_row_that_is_not_utf8_is_named(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "A."}\n\xff\xfe\n')
    with pytest.raises(DataError, match=r"a\.jsonl:2: "):
        read_records(path, SentenceInContext)


def test_a_text_with_a_byte_that_is_not_utf8_is_named(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "Caf\xe9."}\n')
    with pytest.raises(DataError, match=r"a\.jsonl:1: "):
        read_records(path, SentenceInContext)


def test_many_bad_rows_are_counted_after_the_first_ones(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n" * (MAX_REPORTED_ROWS + 3))
    with pytest.raises(DataError) as caught:
        read_records(path, SentenceInContext)
    lines = str(caught.value).splitlines()
    assert len(lines) == MAX_REPORTED_ROWS + 1
    assert lines[-1] == "... and 3 more"


def test_a_missing_file_of_records_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"a\.jsonl: no such file"):
        read_records(tmp_path / "a.jsonl", SentenceInContext)


def test_an_untouched_folder_matches_its_manifest(saved_folder: Path):
    assert check_manifest(saved_folder) == file_sha256(saved_folder / MANIFEST)


def test_a_manifest_names_every_file_but_itself(saved_folder: Path):
    names = set(json.loads((saved_folder / MANIFEST).read_text())["sha256"])
    assert names == {"a.txt", "inner/b.txt"}


def test_a_manifest_notices_missing_and_altered_files_together(saved_folder: Path):
    (saved_folder / "a.txt").write_text("First")
    (saved_folder / "inner" / "b.txt").unlink()
    with pytest.raises(ModelError) as caught:
        check_manifest(saved_folder)
    assert f"{saved_folder / 'a.txt'}: altered" in str(caught.value)
    assert f"{saved_folder / 'inner' / 'b.txt'}: missing" in str(caught.value)


def test_a_folder_without_a_manifest_is_no_model(tmp_path: Path):
    with pytest.raises(ModelError, match="no trained model here"):
        check_manifest(tmp_path)


@pytest.mark.parametrize("text", ["{broken", "[]", "{}", '{"sha256": 3}', "\x00"])
def test_a_broken_manifest_is_named(saved_folder: Path, text: str):
    (saved_folder / MANIFEST).write_text(text)
    with pytest.raises(ModelError, match="not a manifest"):
        check_manifest(saved_folder)
