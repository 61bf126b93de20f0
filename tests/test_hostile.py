"""Hostile inputs (tests/hostile/) do no harm: each is read or refused as it says, within bounds."""

import csv
import io
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import INPUTS, Hostile
from hostile.reading import outcome_of
from lxml import etree

from pipeline.documents import read_bytes, read_documents
from pipeline.errors import DocumentError
from pipeline.output import FORMULA_STARTS

READERS = ["html", "markdown", "pdf", "word", "front_matter", "json_lines"]
LARGE_BYTES = 20_000
"""Scoring and pages get the smaller inputs; what size does is told by reading."""
SMALL = [
    hostile for hostile in INPUTS if not hostile.is_bomb and len(hostile.content()) < LARGE_BYTES
]

Outcome = tuple[str, list[str]]
"""The error, or nothing and the texts of the documents."""


@pytest.fixture(scope="module")
def bounded() -> Iterator[multiprocessing.context.BaseContext]:
    """Where processes are forked that have imported the readers and nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["hostile.reading", "trafilatura", *(f"pipeline.documents.{reader}" for reader in READERS)]
    )
    return context


def read_apart(hostile: Hostile, context: multiprocessing.context.BaseContext) -> Outcome:
    """What comes of the input in a bounded process."""
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=outcome_of, args=(hostile.name, sending))
    process.start()
    sending.close()
    try:
        return receiving.recv()
    except EOFError:
        process.join()
        pytest.fail(f"reading it ended the process with exit code {process.exitcode}")
    finally:
        process.join()


@pytest.mark.parametrize("hostile", INPUTS, ids=[hostile.name for hostile in INPUTS])
def test_a_reader_reads_it_or_refuses_it_within_bounds(
    hostile: Hostile, bounded: multiprocessing.context.BaseContext
) -> None:
    refused, texts = read_apart(hostile, bounded)
    if hostile.refused:
        assert refused.startswith(hostile.file)
        assert hostile.refused in refused
        assert len(refused) < 10_000
    else:
        assert refused == ""
        assert len(texts) == hostile.n_documents
        assert hostile.holds in texts[0]


def test_there_are_many_and_each_has_its_own_name() -> None:
    names = [hostile.name for hostile in INPUTS]
    assert len(set(names)) == len(names) > 200


# Scoring, and what is written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All small inputs as files, each in a folder of its own that its name is told by."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, hostile in enumerate(SMALL):
        (folder / f"{number:03}").mkdir()
        (folder / f"{number:03}" / hostile.file).write_bytes(hostile.content())
    return folder


def predict(
    folder: Path, model: Path, output_format: str, *options: str
) -> subprocess.CompletedProcess[bytes]:
    """What `predict` says of all files; it may use 4 GB and ten minutes of processor time."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (600, 600))

    command = [sys.executable, "-m", "pipeline.cli", "predict", ".", "--model", str(model)]
    return subprocess.run(
        [*command, "--format", output_format, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        preexec_fn=limit,
        check=False,
    )


@pytest.fixture(scope="module")
def scored(folder: Path, tiny_baseline: Path) -> subprocess.CompletedProcess[bytes]:
    """All small inputs scored at once, with a page as well."""
    return predict(folder, tiny_baseline, "json", "--report", str(folder.parent / "page.html"))


def test_predict_scores_what_can_be_read_and_names_the_rest(
    scored: subprocess.CompletedProcess[bytes],
) -> None:
    assert scored.returncode == 2
    assert b"Traceback" not in scored.stderr
    told = scored.stderr.decode().replace("\n", "")
    documents = json.loads(scored.stdout)["documents"]
    by_source: dict[str, list[dict[str, object]]] = {}
    for document in documents:
        place = document["document"]["source"][:3]
        by_source.setdefault(place, []).append(document)
    for number, hostile in enumerate(SMALL):
        place = f"{number:03}"
        assert (f"{place}/{hostile.file}:" in told) >= bool(hostile.refused), hostile.name
        n_documents = 0 if hostile.refused else hostile.n_documents
        assert len(by_source.get(place, [])) == n_documents, hostile.name
        warnings = [warning for one in by_source.get(place, []) for warning in one["warnings"]]
        assert not hostile.warned or any(hostile.warned in w for w in warnings), hostile.name


def test_nothing_from_a_document_reaches_the_terminal_as_a_command(
    scored: subprocess.CompletedProcess[bytes], folder: Path, tiny_baseline: Path
) -> None:
    table = predict(folder, tiny_baseline, "table")
    assert table.returncode == 2
    for said in (scored.stderr, table.stdout, table.stderr):
        shown = said.decode()
        assert not {c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n"}


def test_no_cell_of_a_table_is_a_formula(folder: Path, tiny_baseline: Path) -> None:
    done = predict(folder, tiny_baseline, "csv")
    csv.field_size_limit(10**9)
    rows = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
    assert len(rows) > 100
    width = len(rows[0])
    for row in rows:
        assert len(row) == width
        for cell in row:
            is_number = cell.replace("-", "").replace(".", "").replace("e", "").isdigit()
            assert is_number or not cell.startswith(FORMULA_STARTS)


def test_the_page_holds_no_element_and_no_handler_of_a_document(
    scored: subprocess.CompletedProcess[bytes], folder: Path, tiny_baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "plain.txt").write_text("The two ministers met on the island for three hours.")
    plain = tmp_path / "plain.html"
    predict(tmp_path, tiny_baseline, "json", "--report", str(plain))
    hostile = etree.parse(folder.parent / "page.html", etree.HTMLParser(huge_tree=True))
    own = etree.parse(plain, etree.HTMLParser())
    assert own.findall(".//script")
    for element in ("script", "iframe", "object", "link", "base", "meta", "style", "svg", "img"):
        texts = [found.text for found in own.findall(f".//{element}")]
        found = [one.text for one in hostile.findall(f".//{element}")]
        assert len(found) == len(texts) or element == "svg", element
        if element == "script":
            assert found == texts
    for element in hostile.iter(etree.Element):
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not value.strip().lower().startswith(("javascript:", "data:text"))


def test_a_word_of_a_megabyte_is_scored_with_a_warning(tmp_path: Path, tiny_baseline: Path) -> None:
    hostile = next(one for one in INPUTS if one.name == "a word of a megabyte")
    (tmp_path / hostile.file).write_bytes(hostile.content())
    done = predict(tmp_path, tiny_baseline, "json")
    assert done.returncode == 0
    assert hostile.warned in done.stderr.decode()


# Files that are none


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("b.txt")
    (tmp_path / "b.txt").symlink_to("a.txt")
    with pytest.raises(DocumentError, match=r"a.txt: cannot be read: .*links"):
        read_documents(tmp_path / "a.txt")


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("nothing.txt")
    with pytest.raises(DocumentError, match="cannot be read"):
        read_documents(tmp_path / "a.txt")


def test_a_folder_that_links_to_itself_is_scored_once(tmp_path: Path, tiny_baseline: Path) -> None:
    (tmp_path / "a.txt").write_text("The two ministers met on the island for three hours.")
    (tmp_path / "again").symlink_to(tmp_path)
    done = predict(tmp_path, tiny_baseline, "json")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["documents"]) == 1


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_a_pipe_or_folder_named_as_a_text_is_refused_at_once(tmp_path: Path, make) -> None:
    make(tmp_path / "x.txt")
    start = time.monotonic()
    with pytest.raises(DocumentError, match=r"x.txt: (not a file|a folder)"):
        read_documents(tmp_path / "x.txt")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random", "/dev/null"])
def test_a_device_is_refused_unread(device: str) -> None:
    with pytest.raises(DocumentError, match="not a file"):
        read_documents(Path(device))


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("They met.")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(DocumentError, match="a.txt: cannot be read: Permission denied"):
        read_documents(path)


@pytest.mark.parametrize(
    "name", [b"\xff\xfe.txt", b"a\x1b[2Jb.txt", b"a\nb.txt", b" .txt", b"=1+1.txt", b"<b>.txt"]
)
def test_a_file_of_any_name_is_read_and_named(tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_text("The two ministers met on the island for three hours.")
    (document,) = read_documents(path)
    assert document.source.isprintable()
    assert document.model_dump_json()
    path.write_text("")
    with pytest.raises(DocumentError, match="empty") as refused:
        read_documents(path)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["", " ", "\0", "\n", "../../etc/passwd", "a" * 10_000, "\udcff"])
def test_an_upload_of_any_name_is_read_and_named(name: str) -> None:
    (document,) = read_bytes(b"The two ministers met on the island for three hours.", name)
    assert document.id.isprintable()
    assert "/" not in document.id
    assert document.model_dump_json()


def test_an_endless_pdf_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from hostile.pdf_files import one_page, sheet

    monkeypatch.setattr("pipeline.documents.pdf.MAX_SECONDS", 0.0)
    with pytest.raises(DocumentError, match="not read within"):
        read_bytes(one_page({4: sheet()}), "a.pdf")
