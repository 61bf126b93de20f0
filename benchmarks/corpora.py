"""`score-corpus` by size, cores and engine, as benchmarks/speed.py measures it."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from figures import CorpusRun
from watched import Watched, watch

from pipeline.bulk.shards import COMMITTED

SENTENCES_PER_DOCUMENT = 20


def corpus_run(
    name: str,
    texts: Sequence[str],
    size: int,
    cores: int,
    *,
    model: Path,
    engine: str = "local",
    limit_seconds: float | None = None,
) -> CorpusRun:
    """Score a corpus of `size` sentences, or what the limit leaves time for."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "corpus.jsonl", Path(folder) / "out"
        write_corpus(source, texts, size)
        arguments = ["-m", "pipeline.cli", "score-corpus", str(source), str(out)]
        arguments += ["--model", str(model), "--engine", engine]
        seen = watch(arguments, cores=cores, limit_seconds=limit_seconds)
        commits = committed(out)
        rate = steady_rate(commits, cores)
        return CorpusRun(
            name=name,
            engine=engine,
            sentences=size,
            scored=sum(count for _, count in commits),
            cores=cores,
            seconds=seen.seconds,
            steady_rate=rate,
            peak_mb=seen.peak_mb,
            slope_mb=slope(seen, rate),
        )


def write_corpus(path: Path, texts: Sequence[str], n_sentences: int) -> None:
    """Documents of twenty sentences, each with a number so that none is read twice."""
    with path.open("w", encoding="utf-8") as lines:
        for start in range(0, n_sentences, SENTENCES_PER_DOCUMENT):
            numbers = range(start, min(start + SENTENCES_PER_DOCUMENT, n_sentences))
            paragraphs = (f"{texts[i % len(texts)].rstrip('.')} ({i})." for i in numbers)
            lines.write(json.dumps({"text": "\n\n".join(paragraphs)}) + "\n")


def committed(out: Path) -> list[tuple[float, int]]:
    """When each part was done (seconds since the epoch), and its sentences; in that order."""
    notes = (out / COMMITTED).glob("*.json")
    return sorted(
        (note.stat().st_mtime, json.loads(note.read_text(encoding="utf-8"))["sentences"])
        for note in notes
    )


def steady_rate(commits: Sequence[tuple[float, int]], cores: int) -> float | None:
    """Sentences a second after each core has done its first part; None where that is all."""
    if len(commits) <= 2 * cores:
        return None
    begin, rest = commits[cores - 1][0], commits[cores:]
    seconds = rest[-1][0] - begin
    return sum(count for _, count in rest) / seconds if seconds > 0 else None


def slope(seen: Watched, rate: float | None) -> float | None:
    """MB that 100,000 sentences more take: a line through the second half of the samples."""
    samples = [sample for sample in seen.memory if sample[0] > seen.seconds / 2]
    if rate is None or len(samples) < 20:
        return None
    seconds, megabytes = zip(*samples, strict=True)
    return float(np.polyfit(seconds, megabytes, 1)[0] * 100_000 / rate)
