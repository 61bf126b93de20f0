"""Documents are read by their content; what cannot be read says why."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from docx import Document as WordDocument
from pypdf import PdfReader, PdfWriter

from pipeline.documents import MAX_BYTES, Metadata, read_bytes, read_documents
from pipeline.errors import DataError, DocumentError
from pipeline.records import Kind

BODY = (
    "The foreign ministry said on Monday that it welcomed the new timetable for the talks. "
    "It urged the other side to lift the remaining restrictions before the end of the year. "
)


def pdf(*pages: str, title: str | None = None) -> bytes:
    """A minimal PDF with one text line per line of each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids = []
    for page in pages:
        lines = [f"({line}) Tj 0 -14 Td" for line in page.split("\n")] if page else []
        stream = ("BT /F1 11 Tf 40 740 Td " + " ".join(lines) + " ET").encode()
        objects.append(b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream")
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    names = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<< /Type /Pages /Kids [{names}] /Count {len(kids)} >>".encode()
    content, offsets = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n" % number + value + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(content)
    size = len(objects) + 1
    content += b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    content += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    if title is None:
        return content
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.add_metadata({"/Title": title})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def word(*paragraphs: str) -> bytes:
    document = WordDocument()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def html(body: str) -> bytes:
    head = "<title>Talks resume</title><meta property='og:site_name' content='The Courier'>"
    page = f"<!doctype html><html><head>{head}</head><body><article>{body}</article></body></html>"
    return page.encode()


CONTENTS = {
    "text": BODY.encode(),
    "html": html(f"<h1>Talks resume</h1><p>{BODY}</p><p>{BODY}</p>"),
    "pdf": pdf("\n".join(BODY.split(". "))),
    "word": word(BODY),
    "jsonl": json.dumps({"text": BODY}).encode(),
    "markdown": b"---\nid: a\nkind: readout\n---\n\n" + BODY.encode(),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_the_format_is_told_by_content_not_by_name(content: bytes):
    (document,) = read_bytes(content, "download.bin")
    assert "welcomed the new timetable" in document.text


def test_front_matter_gives_the_metadata():
    content = (
        "---\nid: x-1\nevent: e\nkind: speech\nissuer: no\ndate: 2024-05-17\n"
        "title: 'A: B'\nsynthetic: true\n---\n\nOne.\n\nTwo.\n"
    )
    (document,) = read_bytes(content.encode(), "x.md")
    assert (document.id, document.kind, document.issuer) == ("x-1", Kind.SPEECH, "no")
    assert (document.date, document.title, document.text) == ("2024-05-17", "A: B", "One.\n\nTwo.")


def test_options_outrank_the_file():
    overrides = Metadata(kind=Kind.NEWS, issuer="Wire")
    (document,) = read_bytes(CONTENTS["markdown"], "a.md", overrides)
    assert (document.kind, document.issuer) == (Kind.NEWS, "Wire")


def test_a_page_gives_its_title_and_site():
    (document,) = read_bytes(CONTENTS["html"], "page.html")
    assert (document.title, document.issuer) == ("Talks resume", "The Courier")


def test_a_large_page_is_read_in_a_process_of_its_own():
    page = html(f"<p>{BODY}</p>" * 3 + "<!--" + "x" * 600_000 + "-->")
    (document,) = read_bytes(page, "page.html")
    assert "welcomed the new timetable" in document.text


def test_a_pdf_gives_its_title():
    (document,) = read_bytes(pdf("The talks ended.", title="Communique"), "a.pdf")
    assert document.title == "Communique"


def test_running_heads_and_page_numbers_of_a_pdf_are_removed_and_counted():
    pages = [f"Ministry Bulletin\nThe talks on part {n} ended well.\n{n}" for n in "abcd"]
    pages = [page[:-1] + str(number) for number, page in enumerate(pages, 1)]
    (document,) = read_bytes(pdf(*pages), "a.pdf")
    assert "Bulletin" not in document.text
    assert len(document.removed) == 8


def test_a_word_list_keeps_its_items_apart():
    document = WordDocument()
    document.add_paragraph("The parties agreed to:")
    document.add_paragraph("open the border crossing", style="List Bullet")
    document.add_paragraph("exchange prisoners", style="List Bullet")
    buffer = io.BytesIO()
    document.save(buffer)
    (read,) = read_bytes(buffer.getvalue(), "a.docx")
    assert "- open the border crossing" in read.text.split("\n\n")


def test_markdown_links_keep_their_words_and_images_go():
    content = f"# Talks\n\nThe [second round](https://x.example/a) ended. ![map](m.png)\n\n{BODY}"
    (document,) = read_bytes(content.encode(), "a.md")
    assert "The second round ended." in document.text
    assert "m.png" not in document.text and document.title == "Talks"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_detected(encoding: str):
    text = "The président’s café meeting — “productive”, said the envoy. " * 5
    (document,) = read_bytes(text.encode(encoding), "a.txt")
    assert "président’s café" in document.text


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 210_000_000)
    return buffer.getvalue()


def other_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")
    return buffer.getvalue()


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Secret."))))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


BAD = {
    "empty": (b"", "empty"),
    "white space": (b" \n\t ", "empty"),
    "binary": (bytes(range(256)) * 40, "binary data"),
    "truncated pdf": (CONTENTS["pdf"][:60], "damaged or truncated PDF"),
    "encrypted pdf": (encrypted(), "encrypted"),
    "scanned pdf": (pdf(""), "no text in this PDF"),
    "page without text": (html(""), "holds no article text"),
    "front matter not closed": (b"---\nid: a\nkind: news\n\nText.", "no closing line"),
    "front matter not YAML": (b"---\nid: a: b\n---\n\nText.", ":2: front matter is not valid YAML"),
    "unknown field": (b"---\nid: a\nauthor: b\n---\n\nText.", "unknown field author"),
    "unknown kind": (b"---\nid: a\nkind: rumour\n---\n\nText.", "rumour"),
    "no text below": (b"---\nid: a\n---\n\n", "no text below"),
    "zip bomb": (bomb(), "unpacks to 210 MB"),
    "truncated docx": (CONTENTS["word"][:3000], "not a readable Word file"),
    "other archive": (other_archive(), "a zip archive, not a Word file"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_names_the_file_and_the_reason(content: bytes, message: str):
    with pytest.raises(DocumentError) as caught:
        read_bytes(content, "in/put.x")
    assert str(caught.value).startswith("in/put.x") and message in str(caught.value)


def test_a_file_of_200_mb_is_refused_unread(tmp_path: Path):
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(DocumentError, match=f"200 MB, more than the {MAX_BYTES / 1e6:.0f} MB"):
        read_documents(path)


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, name: str):
    with pytest.raises(DocumentError, match=r"check the path|a folder"):
        read_documents(tmp_path / name)


def test_all_bad_rows_of_json_lines_are_named():
    rows = ['{"text": "Good."}', '{"text": 3}', "{broken", '{"text": "x", "kind": "rumour"}']
    with pytest.raises(DataError) as caught:
        read_bytes("\n".join(rows).encode(), "a.jsonl")
    assert [f"a.jsonl:{n}:" in str(caught.value) for n in (1, 2, 3, 4)] == [False, True, True, True]
