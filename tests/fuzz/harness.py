"""Fuzz the document readers or the splitter with atheris.

    python tests/fuzz/harness.py readers CORPUS -max_total_time=1200

What follows the target is libFuzzer's (https://llvm.org/docs/LibFuzzer.html). A finding is an input
on which a reader raises anything but PipelineError, or on which text or sentences break a rule.
"""

import importlib
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

LIBRARIES = (
    "charset_normalizer",
    "docx",
    "frontmatter",
    "htmldate",
    "markdown_it",
    "pypdf",
    "ruamel.yaml",
    "syntok",
    "trafilatura",
)
LAZILY_IMPORTED = ("html", "markdown", "pdf", "word")
"""Readers that the package imports when a document asks for them."""

with atheris.instrument_imports(include=["pipeline", *LIBRARIES]):
    for library in LIBRARIES:
        importlib.import_module(library)
    for reader in LAZILY_IMPORTED:
        importlib.import_module(f"pipeline.documents.{reader}")
    from pipeline.documents import clean_text, read_bytes
    from pipeline.documents.encoding import decode
    from pipeline.errors import PipelineError
    from pipeline.sentences import split_sentences

WORD_MEMBERS = ("word/document.xml", "docProps/core.xml", "word/_rels/document.xml.rels")


def read(content: bytes, name: str) -> None:
    """Read the content and split what it holds; errors that a user can cause are none of ours."""
    try:
        documents = read_bytes(content, name)
    except PipelineError as error:
        assert str(error).startswith(name), f"the error does not name the file: {error}"
        return
    for document in documents:
        document.model_dump_json()
        split(document.text)


def split(text: str) -> None:
    """Divide the text; the sentences have to cover what is not white space, in order."""
    end = 0
    paragraph = 0
    for index, sentence in enumerate(split_sentences(text)):
        assert sentence.index == index
        assert end <= sentence.start < sentence.end <= len(text)
        assert not text[end : sentence.start].strip(), "characters between two sentences"
        assert paragraph <= sentence.paragraph <= paragraph + 1
        assert sentence.text.strip()
        end, paragraph = sentence.end, sentence.paragraph
    assert not text[end:].strip(), "characters after the last sentence"


def read_word_part(data: bytes) -> None:
    """Read a Word file that holds the data in one of its members, chosen by the first byte."""
    from hostile.word_files import word as build_word

    member = WORD_MEMBERS[data[0] % len(WORD_MEMBERS)] if data else WORD_MEMBERS[0]
    read(build_word({member: data[1:]}, zipfile.ZIP_STORED), "a.docx")


def read_zip(data: bytes) -> None:
    """Read the data as a zip archive, whose head it gets where it has none."""
    read(data if zipfile.is_zipfile(io.BytesIO(data)) else b"PK\x03\x04" + data, "a.docx")


def read_pdf(data: bytes) -> None:
    """Read the data as a PDF, whose head and end it gets where it has none."""
    head = b"" if data.startswith(b"%PDF-1") else b"%PDF-1.4\n"
    end = b"" if b"%%EOF" in data[-4000:] else b"\n%%EOF\n"
    read(head + data + end, "a.pdf")


def read_pdf_page(data: bytes) -> None:
    """Read a PDF whose page draws the data."""
    from hostile.pdf_files import one_page, stream

    read(one_page({5: stream(data)}), "a.pdf")


def read_pdf_font(data: bytes) -> None:
    """Read a PDF whose font is described by the data."""
    from hostile.pdf_files import one_page, stream

    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /ToUnicode 6 0 R >>"
    read(one_page({3: font, 6: stream(data)}), "a.pdf")


def read_page(data: bytes) -> None:
    """Read the data as a page."""
    read(b"<!DOCTYPE html><html><body>" + data, "a.html")


def read_front_matter(data: bytes) -> None:
    """Read a text below a front matter of the data."""
    read(b"---\n" + data + b"\n---\n\nThe two ministers met on the island.\n", "a.md")


def clean_twice(data: bytes) -> None:
    """Clean the text that the data are; cleaning it again must not fail, and must keep it whole."""
    try:
        text = decode(data, "a.txt")
    except PipelineError:
        return
    once = clean_text(text)
    clean_text(once.text)
    split(once.text)


READERS: tuple[Callable[[bytes], None], ...] = (
    lambda data: read(data, "a.txt"),
    lambda data: read(data, "a.md"),
    lambda data: read(data, "a.jsonl"),
    lambda data: read(data, "a"),
    read_page,
    read_front_matter,
    read_pdf,
    read_pdf_page,
    read_pdf_font,
    read_zip,
    read_word_part,
    clean_twice,
)


def readers(data: bytes) -> None:
    """One of the readers, chosen by the first byte, reads the rest."""
    if data:
        READERS[data[0] % len(READERS)](data[1:])


def splitter(data: bytes) -> None:
    """The splitter divides the data as text; no document holds what is not Unicode."""
    split(data.decode("utf-8", errors="replace"))


TARGETS = {"readers": readers, "splitter": splitter} | {
    f"readers-{number}": reader for number, reader in enumerate(READERS)
}


def main() -> None:
    """Fuzz the target that the first argument names."""
    target = sys.argv.pop(1)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    atheris.Setup(sys.argv, TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
