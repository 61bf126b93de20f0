"""Do a hundred thousand files and gigabytes of JSON lines run in bounded memory, and go on?

    python benchmarks/streaming.py [--files 100000] [--gigabytes 5] [--seconds 180] [OUT.md]

Makes both inputs from the texts in seeds/, scores each with `predict -o FOLDER/` for so long, kills
it (kill -9), goes on with --resume for as long again, and looks whether a sentence is there twice
or missing. Memory is that of all processes together, over time. Reading alone is measured too.
The figures go into a JSON file beside the report.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpora import committed, steady_rate
from figures import Streamed
from rich.console import Console
from tabulate import tabulate
from watched import Watched, watch

from pipeline.bulk.parts import plan_parts, read_part
from pipeline.bulk.shards import COMMITTED
from pipeline.cores import available_cores
from pipeline.documents import Metadata, read_documents
from pipeline.predict import find_files
from pipeline.records import Document
from pipeline.storage import write_json, write_text

SEEDS = Path("seeds")
WORDS_PER_FILE = 60
"""A short wire."""
FILES_PER_FOLDER = 1_000
SECONDS_OF_READING = 20.0

errors = Console(stderr=True)


def texts_of(seeds: Path) -> list[str]:
    """The bodies of the documents in a folder."""
    paths = sorted(seeds.glob("*/*.md"))
    return [document.text for path in paths for document in read_documents(path, Metadata())]


def write_files(folder: Path, texts: Sequence[str], n_files: int) -> None:
    """Short text files in folders of a thousand, no two alike."""
    for number in range(n_files):
        if number % FILES_PER_FOLDER == 0:
            place = folder / f"{number // FILES_PER_FOLDER:04}"
            place.mkdir(parents=True)
        words = texts[number % len(texts)].split()[:WORDS_PER_FILE]
        (place / f"{number:07}.txt").write_text(f"{' '.join(words)}. Wire {number}.\n", "utf-8")


def write_lines(path: Path, texts: Sequence[str], n_bytes: int) -> None:
    """JSON lines of so many bytes or a little more, each document with a number of its own."""
    written = number = 0
    with path.open("w", encoding="utf-8") as lines:
        while written < n_bytes:
            text = f"{texts[number % len(texts)]}\n\nWire {number}."
            written += lines.write(json.dumps({"text": text}) + "\n")
            number += 1


def read_for(paths: Sequence[Path], limit_seconds: float) -> tuple[float, float, float]:
    """Seconds that planning takes; documents and MB a second of reading alone, in one thread."""
    start = time.perf_counter()
    parts = plan_parts(paths)
    planned = time.perf_counter() - start
    start, n_documents, n_characters = time.perf_counter(), 0, 0
    for part in parts:
        for document in read_part(part, Metadata()):
            n_documents += 1
            n_characters += len(document.text) if isinstance(document, Document) else 0
        if time.perf_counter() - start > limit_seconds:
            break
    seconds = time.perf_counter() - start
    return planned, n_documents / seconds, n_characters / 1e6 / seconds


def twice_or_missing(out: Path) -> tuple[int, int, int]:
    """Sentences in shards of parts that are done; those there twice; those that are missing.

    A sentence is known by its document and its place in it.
    """
    known: set[tuple[str, str]] = set()
    n_rows = 0
    told = 0
    for note in (out / COMMITTED).glob("*.json"):
        told += json.loads(note.read_text(encoding="utf-8"))["sentences"]
        for place in _rows(out / f"part-{note.stem}.jsonl"):
            n_rows += 1
            known.add(place)
    return n_rows, n_rows - len(known), told - n_rows


def _rows(shard: Path) -> Iterator[tuple[str, str]]:
    if shard.is_file():
        with shard.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield row["document"], row["id"]


def stream(name: str, source: Path, model: str, seconds: float, folder: Path) -> Streamed:
    """Score for a while, be killed, go on for a while, and count."""
    start = time.perf_counter()
    paths = find_files([str(source)], _raise)
    listed = time.perf_counter() - start
    planned, documents, megabytes = read_for(paths, min(SECONDS_OF_READING, seconds))
    out = folder / f"{source.name}-out"
    command = ["-m", "pipeline.cli", "predict", str(source), "--model", model, "--format", "jsonl"]
    command += ["-o", f"{out}/"]
    errors.print(f"{name}: scoring for {seconds:.0f} s")
    first = watch(command, limit_seconds=seconds)
    before = committed(out)
    errors.print(f"{name}: going on for {seconds:.0f} s")
    begin = time.time()
    second = watch([*command, "--resume"], limit_seconds=seconds)
    after = committed(out)
    untouched = [commit for commit in after if commit[0] < begin]
    n_rows, twice, missing = twice_or_missing(out)
    return Streamed(
        name=name,
        files=len(paths),
        gigabytes=sum(path.stat().st_size for path in paths) / 1e9,
        list_seconds=listed,
        plan_seconds=planned,
        read_documents=documents,
        read_megabytes=megabytes,
        scored=n_rows,
        rate=steady_rate(before, available_cores()),
        peak_mb=max(first.peak_mb, second.peak_mb),
        memory=tuple(thinned(first)),
        ended=second.ended,
        done_again=len(before) - len(untouched),
        twice=twice,
        missing=missing,
    )


def thinned(seen: Watched, n: int = 12) -> list[tuple[float, float]]:
    """About `n` of the samples, evenly spread, with the last."""
    step = max(1, len(seen.memory) // n)
    return [(round(s, 1), round(mb, 1)) for s, mb in (*seen.memory[::step], *seen.memory[-1:])]


def report(runs: Sequence[Streamed]) -> str:
    """The figures in Markdown."""
    rows = [
        [
            run.name,
            f"{run.files:,}",
            f"{run.gigabytes:.2f}",
            f"{run.list_seconds:.1f}",
            f"{run.plan_seconds:.1f}",
            f"{run.read_documents:.0f}",
            f"{run.scored:,}",
            "" if run.rate is None else f"{run.rate:.0f}",
            f"{run.peak_mb:.0f}",
            run.done_again,
            run.twice,
            run.missing,
        ]
        for run in runs
    ]
    headers = ["input", "files", "GB", "to list, s", "to plan, s", "read alone, documents/s"]
    headers += ["sentences done", "sentences/s", "peak MB", "parts done again", "twice", "missing"]
    over_time = "\n\n".join(
        f"{run.name}, MB after seconds: "
        + ", ".join(f"{megabytes:.0f} ({seconds:.0f})" for seconds, megabytes in run.memory)
        + "."
        for run in runs
    )
    table = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    return (
        "# Many documents\n\nScored, killed (kill -9) and gone on with `--resume`; "
        f"`benchmarks/streaming.py` repeats it.\n\n{table}\n\n{over_time}\n"
    )


def _raise(error: Exception) -> None:
    raise error


def main() -> None:
    """Make the inputs, score them, write the report; fail where a sentence is twice or missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=180.0, help="of each scoring")
    parser.add_argument("--model", default="models/encoder-onnx")
    parser.add_argument("--folder", type=Path, help="where the inputs are made (needs their size)")
    parser.add_argument("out", type=Path, nargs="?", default=Path("reports/streaming.md"))
    arguments = parser.parse_args()
    texts = texts_of(SEEDS)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as place:
        folder = Path(place)
        files, lines = folder / "files", folder / "press.jsonl"
        errors.print(f"making {arguments.files} files and {arguments.gigabytes} GB of lines")
        write_files(files, texts, arguments.files)
        write_lines(lines, texts, int(arguments.gigabytes * 1e9))
        runs = [
            stream(name, source, arguments.model, arguments.seconds, folder)
            for name, source in (("folder of files", files), ("JSON lines", lines))
        ]
    write_json(arguments.out.with_suffix(".json"), [run.model_dump() for run in runs])
    write_text(arguments.out, report(runs))
    errors.print(f"report -> {arguments.out}")
    if any(run.twice or run.missing or run.done_again for run in runs):
        sys.exit("a sentence is there twice, or missing, or a part was done again")


if __name__ == "__main__":
    main()
