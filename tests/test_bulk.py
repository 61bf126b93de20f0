"""Shards hold every row once, whatever interrupts the run, and are never mixed with others."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.bulk import RUN, BulkSummary, score_corpus
from pipeline.bulk import parts as parts_module
from pipeline.bulk.parts import plan_parts, read_part
from pipeline.bulk.shards import COMMITTED, BulkOptions, ShardFormat
from pipeline.documents import Metadata
from pipeline.errors import DataError, DocumentError, PipelineError
from pipeline.records import Document

TEXT = "They must withdraw at once. We welcome the offer warmly."


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that a few documents make several."""
    monkeypatch.setattr(parts_module, "BYTES_PER_PART", 200)
    monkeypatch.setattr(parts_module, "FILES_PER_PART", 2)
    # One process, in which these are so; another would take seconds to start.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def json_lines(tmp_path: Path) -> Path:
    """Twelve documents, the fifth of which is malformed."""
    path = tmp_path / "press.jsonl"
    rows = [json.dumps({"text": f"{TEXT} Number {number}."}) for number in range(12)]
    rows[4] = '{"txt": "no"}'
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five documents, one of which cannot be read."""
    place = tmp_path / "press"
    place.mkdir()
    for number in range(5):
        (place / f"{number}.txt").write_text(f"{TEXT} Number {number}.")
    (place / "2.txt").write_bytes(b"\x89PNG")
    return place


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., BulkOptions]:
    """Builds options that write into an own folder, with the changes asked for."""

    def build(**changes: object) -> BulkOptions:
        values = {
            "out": tmp_path / "out",
            "output_format": ShardFormat.PARQUET,
            "metadata": Metadata(),
            "min_confidence": 0.0,
            "strict": False,
        }
        return BulkOptions(**(values | changes))

    return build


def read_shards(out: Path) -> list[dict[str, object]]:
    """All rows, in the order of the shards."""
    rows = []
    for shard in sorted(out.glob("part-*")):
        if shard.suffix == ".parquet":
            rows += pq.read_table(shard).to_pylist()
        else:
            rows += map(json.loads, shard.read_text().splitlines())
    return rows


def score(paths: list[Path], model: Path, options: BulkOptions, **how: object) -> BulkSummary:
    """What came of scoring with the model."""
    return score_corpus(paths, str(model), options, **how)


def test_lines_are_divided_without_loss(json_lines: Path) -> None:
    parts = plan_parts([json_lines])
    assert len(parts) > 2
    content = json_lines.read_bytes()
    assert b"".join(content[part.start : part.end] for part in parts) == content
    found = [one for part in parts for one in read_part(part, Metadata())]
    assert [one.id for one in found if isinstance(one, Document)] == [
        f"press-{number}" for number in range(1, 13) if number != 5
    ]
    (problem,) = (str(one) for one in found if isinstance(one, DataError))
    assert problem.startswith(f"{json_lines}:5: unknown field txt")


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"text": "They met."}')
    (part,) = plan_parts([path])
    (document,) = read_part(part, Metadata())
    assert document.text == "They met."


def test_line_that_is_too_long_spoils_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "MAX_ROW_CHARACTERS", 100)
    path = tmp_path / "long.jsonl"
    long = json.dumps({"text": "They met. " * 50})
    path.write_text(f'{long}\n{{"text": "They met."}}\n')
    found = [one for part in plan_parts([path]) for one in read_part(part, Metadata())]
    assert isinstance(found[0], DataError)
    assert [one.id for one in found[1:]] == ["long-2"]


def test_files_and_lines_give_every_sentence_once(
    json_lines: Path, folder: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    summary = score([json_lines, *sorted(folder.iterdir())], tiny_baseline, options())
    rows = read_shards(options().out)
    assert summary.documents == 11 + 4
    assert summary.sentences == len(rows) == 3 * 15
    assert len({(row["document"], row["id"]) for row in rows}) == len(rows)
    assert len(summary.failures) == 2
    assert "press.jsonl:5" in summary.failures[0]
    assert "2.txt: binary data" in summary.failures[1]


def test_json_lines_hold_the_rows_of_parquet(
    json_lines: Path, tiny_baseline: Path, options: Callable[..., BulkOptions], tmp_path: Path
) -> None:
    score([json_lines], tiny_baseline, options())
    lines = options(out=tmp_path / "lines", output_format=ShardFormat.JSONL)
    score([json_lines], tiny_baseline, lines)
    assert read_shards(lines.out) == read_shards(options().out)


def test_parquet_rows_are_documents(
    tmp_path: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    path = tmp_path / "press.parquet"
    columns = {"text": [TEXT, "They met.", None], "id": ["a", None, "c"], "extra": [1, 2, 3]}
    pq.write_table(pa.table(columns), path, row_group_size=2)
    summary = score([path], tiny_baseline, options())
    rows = read_shards(options().out)
    assert [row["document"] for row in rows] == ["a", "a", "press-2"]
    assert "row 3" in summary.failures[0]


def test_parquet_without_text_is_refused_before_anything_is_written(
    tmp_path: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    path = tmp_path / "press.parquet"
    pq.write_table(pa.table({"body": [TEXT]}), path)
    with pytest.raises(DataError, match="has no column 'text'; found body"):
        score([path], tiny_baseline, options())
    assert not options().out.exists()


def test_strict_stops_at_what_cannot_be_read_and_commits_no_half_shard(
    folder: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    with pytest.raises(DocumentError, match="2.txt"):
        score(sorted(folder.iterdir()), tiny_baseline, options(strict=True))
    out = options().out
    shards = {path.stem.removeprefix("part-") for path in out.glob("part-*")}
    assert "000001" not in shards
    assert shards == {path.stem for path in (out / COMMITTED).iterdir()}


def test_folder_of_a_run_is_not_entered_again_without_resume(
    json_lines: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    score([json_lines], tiny_baseline, options())
    with pytest.raises(DataError, match="holds this run already; add --resume"):
        score([json_lines], tiny_baseline, options())


@pytest.mark.parametrize("changes", [{"min_confidence": 0.5}, {"metadata": {"kind": "news"}}])
def test_shards_of_other_options_are_not_mixed_in(
    changes: dict[str, object],
    json_lines: Path,
    tiny_baseline: Path,
    options: Callable[..., BulkOptions],
) -> None:
    score([json_lines], tiny_baseline, options())
    with pytest.raises(DataError, match=r"shards of another run \(other options\)"):
        score([json_lines], tiny_baseline, options(**changes), resume=True)


def test_shards_of_other_inputs_are_not_mixed_in(
    json_lines: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    score([json_lines], tiny_baseline, options())
    with json_lines.open("a") as stream:
        stream.write('{"text": "They met."}\n')
    with pytest.raises(DataError, match=r"another run \(other inputs\)"):
        score([json_lines], tiny_baseline, options(), resume=True)


def test_folder_with_other_files_is_not_written_to(
    json_lines: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    options().out.mkdir()
    (options().out / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty and holds no run"):
        score([json_lines], tiny_baseline, options())


def test_resume_does_only_what_is_missing(
    json_lines: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    whole = score([json_lines], tiny_baseline, options())
    rows = read_shards(options().out)
    (options().out / COMMITTED / "000001.json").unlink()
    (options().out / "part-000001.parquet").write_bytes(b"half a shard")
    done = []
    again = score(
        [json_lines],
        tiny_baseline,
        options(),
        resume=True,
        progress=lambda result, is_new: done.append(result.number) if is_new else None,
    )
    assert done == [1]
    assert again == whole
    assert read_shards(options().out) == rows


def test_full_disk_is_told_and_resume_completes(
    json_lines: Path,
    tiny_baseline: Path,
    options: Callable[..., BulkOptions],
    small_disk: Callable[[int], Path],
) -> None:
    out = small_disk(32) / "out"
    with pytest.raises(PipelineError, match="No space left on device"):
        score([json_lines], tiny_baseline, options(out=out))
    for shard in out.glob("part-*"):
        assert pq.read_table(shard).num_rows


@pytest.mark.slow
def test_processes_write_what_one_process_writes(
    json_lines: Path,
    folder: Path,
    tiny_baseline: Path,
    options: Callable[..., BulkOptions],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    paths = [json_lines, *sorted(folder.iterdir())]
    monkeypatch.setattr("pipeline.bulk.available_cores", lambda: 2)
    together = score(paths, tiny_baseline, options(out=tmp_path / "two"))
    monkeypatch.setattr("pipeline.bulk.available_cores", lambda: 1)
    assert score(paths, tiny_baseline, options()) == together
    assert read_shards(options().out) == read_shards(tmp_path / "two")


def run_command(*arguments: str, **changes: object) -> subprocess.Popen:
    """The command `readout` in a process of its own."""
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **changes)


@pytest.mark.slow
def test_after_kill_9_resume_gives_the_rows_of_an_unbroken_run(
    tmp_path: Path, tiny_baseline: Path, options: Callable[..., BulkOptions]
) -> None:
    path = tmp_path / "press.jsonl"
    with path.open("w") as stream:
        for number in range(30_000):
            stream.write(json.dumps({"text": f"{TEXT} Number {number}."}) + "\n")
    arguments = ("score-corpus", str(path), "--model", str(tiny_baseline), "--format", "jsonl")
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    first = run_command(*arguments, str(broken))
    while not list((broken / COMMITTED).glob("*.json")):
        assert first.poll() is None, first.stderr.read()
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    n_committed = len(list((broken / COMMITTED).glob("*.json")))
    for out, more in ((broken, ["--resume"]), (whole, [])):
        process = run_command(*arguments, str(out), *more)
        _, told = process.communicate()
        assert process.returncode == 0, told
    assert 0 < n_committed < len(list((whole / COMMITTED).glob("*.json")))
    assert read_shards(broken) == read_shards(whole)
    assert len(read_shards(whole)) == 90_000


def test_predict_writes_shards_into_a_folder(
    folder: Path, tiny_baseline: Path, tmp_path: Path
) -> None:
    out = f"{tmp_path}/scored/"
    arguments = ("predict", str(folder), "--model", str(tiny_baseline), "-o", out)
    process = run_command(*arguments, "--format", "jsonl")
    _, told = process.communicate()
    assert process.returncode == 0, told
    assert "1 inputs could not be read" in " ".join(told.split())
    assert len(read_shards(Path(out))) == 12
    assert (Path(out) / RUN).is_file()


def test_shards_need_a_format_of_rows(folder: Path, tmp_path: Path) -> None:
    process = run_command("predict", str(folder), "-o", f"{tmp_path}/scored/", "--format", "json")
    _, told = process.communicate()
    assert process.returncode == 2
    assert "need --format jsonl or parquet" in told
    assert not (tmp_path / "scored").exists()
