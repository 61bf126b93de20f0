"""Every format is told by its content and read with its metadata; what is bad is named."""

import io
import json
import random
import subprocess
import zipfile
from pathlib import Path

import pytest
from docx import Document as new_word
from pypdf import PdfReader, PdfWriter

from pipeline.documents import MAX_BYTES, Metadata, each_document, read_bytes, read_documents
from pipeline.documents import html as html_reader
from pipeline.errors import DataError, DocumentError
from pipeline.records import Document, Kind

SENTENCES = (
    "The two ministers met on the island for three hours and agreed to open the ferry line.",
    "They also spoke about the fishing grounds, the two crews and the price of diesel oil.",
    "Experts of both countries will meet again in the autumn to exchange maps and lists.",
)
PARAGRAPHS = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
PAGE = (
    "<!DOCTYPE html><html><head><title>Ministers meet on the island</title>"
    '<meta property="og:title" content="Ministers meet on the island">'
    '<meta property="og:site_name" content="Harbour Courier">'
    '<meta property="article:published_time" content="2021-03-04T10:00:00Z"></head><body>'
    f"<nav><a href='/'>Home</a></nav><article><h1>Ministers meet on the island</h1>{PARAGRAPHS}"
    "</article></body></html>"
)
BINARY = random.Random(7).randbytes(4000)


def build_pdf(pages: list[list[str]], **info: str) -> bytes:
    """A PDF of the given lines, each on a line of its own."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = " ".join(f"({line}) Tj 0 -16 Td" for line in lines)
        stream = f"BT /F1 10 Tf 40 780 Td {shown} ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    entries = " ".join(f"/{key} ({value})" for key, value in info.items())
    objects.append(f"<< {entries} >>")
    content, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        content
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n"
            f"<< /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
            f"startxref\n{len(content)}\n%%EOF\n"
        ).encode()
    )


def encrypt(content: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def build_word() -> bytes:
    word = new_word()
    word.core_properties.title = "Ministers meet"
    word.core_properties.author = "Harbour Ministry"
    word.add_paragraph(SENTENCES[0])
    word.add_paragraph("open the ferry line", style="List Bullet")
    word.add_paragraph("release both crews", style="List Bullet")
    table = word.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text = "The northern island pays"
    table.rows[0].cells[1].text = "for half of the diesel oil."
    word.add_paragraph(SENTENCES[1])
    stream = io.BytesIO()
    word.save(stream)
    return stream.getvalue()


def build_zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def replace_member(content: bytes, name: str, changed: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    return build_zip(members | {name: changed})


def read_one(content: bytes | str, name: str = "a.txt", **overrides: str) -> Document:
    content = content.encode() if isinstance(content, str) else content
    (document,) = read_bytes(content, name, Metadata(**overrides))
    return document


def refusal(content: bytes | str, name: str = "bad.txt") -> str:
    """The words of the error, which must name the file."""
    with pytest.raises(DocumentError) as caught:
        read_one(content, name)
    assert str(caught.value).startswith(name)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.html", "a", "a.jsonl"])
@pytest.mark.parametrize(
    "content",
    [
        " ".join(SENTENCES).encode(),
        PAGE.encode(),
        build_pdf([list(SENTENCES)]),
        build_word(),
        json.dumps({"text": SENTENCES[0]}).encode(),
        f"---\nkind: news\n---\n{SENTENCES[0]}\n".encode(),
    ],
    ids=["text", "html", "pdf", "word", "json lines", "front matter"],
)
def test_the_format_is_told_by_the_content_not_the_name(content: bytes, name: str) -> None:
    text = read_one(content, name).text
    assert SENTENCES[0] in text
    assert not any(mark in text for mark in ("<p>", "%PDF", "PK\x03", '"text"', "kind:"))


def test_markdown_is_told_by_its_name() -> None:
    text = f"# Ministers meet\n\n{SENTENCES[0]}\n\n```\ncode\n```\n\n- open *it*\n- [close](b) it\n"
    document = read_one(text, "a.md")
    assert document.title == "Ministers meet"
    assert document.text.split("\n\n")[1:] == [SENTENCES[0], "- open it", "- close it"]
    assert [entry.rule for entry in document.removed] == ["markdown code"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert read_one("“Café,” she said.".encode(encoding)).text == "“Café,” she said."


def test_text_in_a_windows_encoding_is_read() -> None:
    text = "Der Minister sagte, die Gespräche über die Fähre würden fortgeführt. " * 5
    assert "die F" in read_one(text.encode("cp1252")).text


def test_line_ends_of_windows_are_line_ends() -> None:
    assert read_one("One met.\r\n\r\nTwo met.").text == "One met.\n\nTwo met."


def test_a_page_tells_title_date_and_issuer() -> None:
    document = read_one(PAGE, "a.html")
    assert (document.title, document.date, document.issuer) == (
        "Ministers meet on the island",
        "2021-03-04",
        "Harbour Courier",
    )
    assert "Home" not in document.text


def test_a_pdf_tells_title_date_and_issuer() -> None:
    content = build_pdf(
        [list(SENTENCES)], Title="Ministers meet", Author="Courier", CreationDate="D:20310304"
    )
    document = read_one(content, "a.pdf")
    assert (document.title, document.date, document.issuer) == (
        "Ministers meet",
        "2031-03-04",
        "Courier",
    )


def test_a_pdf_loses_running_heads_and_page_numbers() -> None:
    pages = [
        ["Harbour Courier", f"Sentence number {word} is here.", f"Page {number} of 4"]
        for number, word in enumerate(("one", "two", "three", "four"), 1)
    ]
    document = read_one(build_pdf(pages), "a.pdf")
    assert document.text.replace("\n", " ").split() == (" ".join(page[1] for page in pages).split())
    assert len(document.removed) == 8


def test_a_word_file_keeps_lists_and_tables_in_order() -> None:
    document = read_one(build_word(), "a.docx")
    assert document.text.split("\n\n") == [
        SENTENCES[0],
        "- open the ferry line",
        "- release both crews",
        "The northern island pays for half of the diesel oil.",
        SENTENCES[1],
    ]
    assert (document.title, document.issuer) == ("Ministers meet", "Harbour Ministry")


def test_front_matter_is_the_metadata_and_the_text_is_left_alone() -> None:
    text = (
        "---\nid: ferry-1\nevent: ferry\nkind: joint_statement\nissuer: Courier\n"
        "date: 2031-03-04\ntitle: 'Talks: a start'\nsynthetic: true\n---\n"
        "\nAdvertisement\n\nThey met."
    )
    assert read_one(text) == Document(
        id="ferry-1",
        event="ferry",
        kind=Kind.JOINT_STATEMENT,
        issuer="Courier",
        date="2031-03-04",
        title="Talks: a start",
        synthetic=True,
        text="Advertisement\n\nThey met.",
        source="a.txt",
    )


def test_json_lines_hold_one_document_each() -> None:
    rows = [{"text": "One met.", "kind": "news"}, {"text": "Two met.", "id": "two"}]
    documents = read_bytes("\n\n".join(map(json.dumps, rows)).encode(), "a.jsonl")
    assert [(d.id, d.text, d.kind, d.source) for d in documents] == [
        ("a-1", "One met.", Kind.NEWS, "a.jsonl:1"),
        ("two", "Two met.", None, "a.jsonl:3"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        PAGE.encode(),
        build_pdf([list(SENTENCES)], Title="Other", Author="Other"),
        build_word(),
        b"---\nid: other\nkind: news\nissuer: Other\n---\nThey met.\n",
        b"They met.",
    ],
    ids=["html", "pdf", "word", "front matter", "text"],
)
def test_what_the_caller_knows_outranks_the_file(content: bytes) -> None:
    known = {
        "id": "mine",
        "event": "ferry",
        "kind": Kind.SPEECH,
        "issuer": "Me",
        "date": "2030-01-02",
        "title": "My title",
    }
    document = read_one(content, **known)
    assert {field: getattr(document, field) for field in known} == known


def test_overrides_leave_the_ids_of_json_lines() -> None:
    content = b'{"text": "One met."}\n{"text": "Two met."}'
    documents = read_bytes(content, "a.jsonl", Metadata(id="mine", kind="news"))
    assert [(d.id, d.kind) for d in documents] == [("a-1", Kind.NEWS), ("a-2", Kind.NEWS)]


def test_an_id_is_the_default_or_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "ferry.txt"
    path.write_text("They met.")
    assert read_documents(path)[0].id == "ferry"
    assert read_documents(path, default_id="news/ferry")[0].id == "news/ferry"


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n "])
def test_a_file_without_content_is_refused(content: bytes) -> None:
    assert "empty; give a file with text in it" in refusal(content)


def test_a_text_of_furniture_alone_is_refused() -> None:
    assert "no text of an article" in refusal("Advertisement\n\nShare")


@pytest.mark.parametrize(
    "content",
    [BINARY, b"\x89PNG\r\n" + bytes(200), "They met.".encode("utf-16-le"), b"\xff\xfea\x00b"],
    ids=["random", "png", "utf-16 without mark", "half of a utf-16 letter"],
)
def test_binary_data_is_refused(content: bytes) -> None:
    assert "binary data, not text; supported are txt" in refusal(content)


def test_bytes_of_no_encoding_are_refused() -> None:
    assert "save the file as UTF-8" in refusal(bytes(range(128, 256)) * 3)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as stream:
        stream.truncate(4 * MAX_BYTES)
    with pytest.raises(DocumentError, match=r"huge.txt: 200 MB, more than the 50 MB .*; split it"):
        read_documents(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone.txt: cannot be read: No such file.*check the"):
        read_documents(tmp_path / "gone.txt")


def test_a_folder_is_not_a_document(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="a folder, not a document; name the files in it"):
        read_documents(tmp_path)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.7])
def test_a_truncated_pdf_is_refused(part: float) -> None:
    content = build_pdf([list(SENTENCES)])
    message = refusal(content[: int(part * len(content))], "bad.pdf")
    assert "PDF" in message and (";" in message)


def test_a_pdf_with_a_password_is_refused() -> None:
    content = encrypt(build_pdf([list(SENTENCES)]), "secret")
    assert "encrypted; save a copy without a password" in refusal(content, "bad.pdf")


def test_a_pdf_that_opens_without_a_password_is_read() -> None:
    content = encrypt(build_pdf([list(SENTENCES)]), "")
    assert SENTENCES[0] in read_one(content, "a.pdf").text


def test_a_pdf_without_text_is_refused() -> None:
    assert "run text recognition on it first" in refusal(build_pdf([[], []]), "bad.pdf")


@pytest.mark.parametrize("page", ["<html><body></body></html>", "<!doctype html><html></html>"])
def test_a_page_without_text_is_refused(page: str) -> None:
    assert "holds no article text; save the article" in refusal(page, "bad.html")


def test_a_large_page_is_read_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    real = subprocess.run

    def watched(command: list[str], **options: object) -> object:
        started.append(command)
        return real(command, **options)

    monkeypatch.setattr(html_reader.subprocess, "run", watched)
    padding = f"<!--{'x' * html_reader.LARGE_CHARACTERS}-->"
    document = read_one(PAGE.replace("</body>", padding + "</body>"), "a.html")
    assert SENTENCES[0] in document.text
    assert document.issuer == "Harbour Courier"
    assert len(started) == 1


def test_a_page_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_reader, "TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr(html_reader, "LARGE_CHARACTERS", 1)
    assert "save the article's text alone" in refusal(PAGE, "bad.html")


def test_a_page_of_too_many_characters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_reader, "MAX_CHARACTERS", 100)
    assert "is too large; save the article's text alone" in refusal(PAGE, "bad.html")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("---\ntitle: Talks: a start\n---\nThey met.", "bad.txt:2: front matter is not valid YAML"),
        ("---\nauthor: Ana\n---\nThey met.", "unknown field author; known are id, event, kind"),
        ("---\nkind: poem\n---\nThey met.", "front matter: kind: .*'poem'"),
        ("---\ndate: March\n---\nThey met.", "front matter: date: .*'March'"),
        ("---\nkind: news\nThey met.", "bad.txt:1: front matter has no closing line `---` within"),
        ("---\nThey met.\n---\nThey met.", "holds no `field: value` lines"),
        ("---\nkind: news\n---\n \n", "no text below the front matter; add the text"),
    ],
)
def test_bad_front_matter_is_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        read_one(text, "bad.txt")


def test_every_bad_row_is_named() -> None:
    rows = ['{"text": "One met."}', "{", '{"text": ""}', "[1]", '{"text": "a", "kind": "poem"}']
    with pytest.raises(DataError) as caught:
        read_bytes("\n".join(rows).encode(), "bad.jsonl")
    lines = str(caught.value).split("\n")
    assert [line.split(": ")[0] for line in lines] == [f"bad.jsonl:{n}" for n in (2, 3, 4, 5)]


def test_a_zip_bomb_is_refused_unpacked() -> None:
    content = build_zip({"word/document.xml": bytes(201_000_000)})
    assert len(content) < 1_000_000
    assert "unpacks to more than the 20 MB allowed" in refusal(content, "bad.docx")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_truncated_word_file_is_refused(part: float) -> None:
    content = build_word()
    message = refusal(content[: int(part * len(content))], "bad.docx")
    assert "not a readable Word file" in message and "save it again" in message


@pytest.mark.parametrize(
    ("member", "changed"),
    [
        ("word/document.xml", b"<w:document"),
        ("word/document.xml", b""),
        ("word/document.xml", b"<a/>"),
        ("_rels/.rels", b"<"),
    ],
)
def test_a_word_file_with_broken_xml_is_refused(member: str, changed: bytes) -> None:
    assert "save it again" in refusal(replace_member(build_word(), member, changed), "bad.docx")


def test_a_word_file_with_damaged_data_is_refused() -> None:
    content = bytearray(build_word())
    start = content.index(b"word/document.xml") + 40
    content[start : start + 200] = bytes(200)
    assert "save it again" in refusal(bytes(content), "bad.docx")


def test_a_zip_that_is_no_word_file_is_refused() -> None:
    content = build_zip({"a.txt": b"They met."})
    assert "a zip archive, not a Word file; unpack it" in refusal(content, "bad.docx")


def test_large_json_lines_are_read_as_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.documents.MAX_BYTES", 10)
    path = tmp_path / "press.jsonl"
    path.write_text('{"text": "They met."}\nno row\n{"text": "They left."}\n')
    found = each_document(path)
    assert next(found).text == "They met."
    assert str(next(found)).startswith(f"{path}:2: not a JSON object")
    assert next(found).id == "press-3"
