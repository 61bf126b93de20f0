"""Ray writes the rows that one process writes, and a cluster that is not there is told."""

import json
from pathlib import Path

import pytest

from pipeline.bulk import Engine, score_corpus
from pipeline.bulk.shards import BulkOptions, ShardFormat
from pipeline.documents import Metadata
from pipeline.errors import PipelineError

pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
pytestmark = [
    pytest.mark.slow,
    # Ray leaves sockets and processes for the interpreter's end.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def corpus(tmp_path: Path) -> list[Path]:
    """Two files of JSON lines."""
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path in paths:
        rows = [{"text": f"They must leave. We welcome number {number}."} for number in range(20)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths


def build_options(out: Path) -> BulkOptions:
    """Options that write JSON lines into a folder."""
    return BulkOptions(
        out=out,
        output_format=ShardFormat.JSONL,
        metadata=Metadata(),
        min_confidence=0.0,
        strict=False,
    )


def test_ray_writes_the_same_shards(
    corpus: list[Path], tiny_baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    summaries = [
        score_corpus(corpus, str(tiny_baseline), build_options(tmp_path / engine), engine=engine)
        for engine in Engine
    ]
    assert summaries[0] == summaries[1]
    here, there = (sorted((tmp_path / engine).rglob("*.json*")) for engine in Engine)
    assert [path.read_bytes() for path in here] == [path.read_bytes() for path in there]
    assert len(list((tmp_path / "ray").glob("part-*.jsonl"))) == 2


def test_cluster_that_is_not_there_is_told_and_nothing_written(
    corpus: list[Path], tiny_baseline: Path, tmp_path: Path
) -> None:
    options = build_options(tmp_path / "out")
    with pytest.raises(PipelineError, match="no Ray cluster answers there"):
        score_corpus(
            corpus, str(tiny_baseline), options, engine=Engine.RAY, address="127.0.0.1:6399"
        )
    assert not options.out.exists()
