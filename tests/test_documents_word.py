"""Reading Word files; each is written here, with invented texts."""

import datetime
import io
import zipfile

import pytest
from docx import Document as new_word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from pipeline.documents import read_bytes
from pipeline.errors import DocumentError

TEXT = (
    "The two ministers met in Port Selwyn on Friday and agreed to reopen the ferry line.",
    "Veldoria had asked for a written guarantee, and Kestan gave one before the evening was out.",
)


def word_of(*paragraphs):
    word = new_word()
    for paragraph in paragraphs:
        word.add_paragraph(paragraph)
    return word


def content_of(word):
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def with_document(xml, size=None):
    """A Word file whose text is the given XML, followed by as many spaces as asked for."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content_of(new_word()))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            if member == "word/document.xml":
                new.writestr(member, xml + b" " * (size or 0))
            else:
                new.writestr(member, old.read(member))
    return file.getvalue()


def read_one(content, name="talks.docx"):
    (document,) = read_bytes(content, name)
    return document


def refused(content):
    with pytest.raises(DocumentError) as error:
        read_bytes(content, "talks.docx")
    return str(error.value)


@pytest.mark.parametrize("name", ["talks.docx", "talks.txt", "standard input"])
def test_paragraphs_lists_and_tables_are_read_in_order(name):
    word = word_of(TEXT[0])
    word.add_paragraph("The line opens", style="List Bullet")
    cells = word.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "Fees", "They end in March."
    word.add_paragraph(TEXT[1])
    parts = [TEXT[0], "- The line opens", "Fees", "They end in March.", TEXT[1]]
    assert read_one(content_of(word), name).text == "\n\n".join(parts)


def test_title_author_and_day_come_from_the_properties():
    word = word_of(*TEXT)
    word.core_properties.title = "Readout"
    word.core_properties.author = "Kestan"
    word.core_properties.created = datetime.datetime(2024, 11, 23, 10, 0)
    document = read_one(content_of(word))
    assert (document.title, document.issuer, document.date) == ("Readout", "Kestan", "2024-11-23")


def test_what_the_template_says_is_not_taken():
    document = read_one(content_of(word_of(*TEXT)))
    assert (document.title, document.issuer, document.date) == (None, None, None)


def test_inserted_text_links_and_content_controls_are_read_and_deleted_text_is_not():
    word = word_of("")
    w = nsdecls("w")
    word.element.body.insert(
        0,
        parse_xml(
            f"<w:p {w}><w:r><w:t>The line </w:t></w:r><w:ins><w:r><w:t>is open</w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>was closed</w:delText></w:r></w:del>"
            "<w:hyperlink><w:r><w:t>, he said</w:t></w:r></w:hyperlink>"
            "<w:r><w:t>.</w:t></w:r></w:p>"
        ),
    )
    word.element.body.insert(
        1,
        parse_xml(
            f"<w:sdt {w}><w:sdtContent><w:p><w:r><w:t>It closes.</w:t></w:r></w:p>"
            "</w:sdtContent></w:sdt>"
        ),
    )
    assert read_one(content_of(word)).text == "The line is open, he said.\n\nIt closes."


def test_a_truncated_file_is_refused():
    content = content_of(word_of(*TEXT))
    message = refused(content[: len(content) // 2])
    assert message.startswith("talks.docx: not a readable Word file")
    assert message.endswith("save it again as docx or as text")


def test_broken_xml_is_refused():
    assert "not a readable Word file" in refused(with_document(b"<w:document><w:body>"))


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch):
    content = with_document(b"<a/>", size=60_000_000)
    assert len(content) < 1_000_000
    monkeypatch.setattr("pipeline.documents.word.parse_xml", lambda _: pytest.fail("was parsed"))
    assert "more than the 20 MB allowed" in refused(content)


def xml_of(entities, text):
    return (
        f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><w:document {nsdecls("w")}><w:body><w:p>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    ).encode()


def test_an_entity_that_names_a_file_is_not_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("Secret.")
    xml = xml_of(f'<!ENTITY file SYSTEM "{secret.as_uri()}">', "The line is open.&file;")
    assert read_one(with_document(xml)).text == "The line is open."


def test_entities_that_multiply_are_refused():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    xml = xml_of('<!ENTITY e0 "boom">' + entities, "The line is open.&e8;")
    assert "not a readable Word file" in refused(with_document(xml))


def test_another_zip_archive_is_no_word_file():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("talks.txt", TEXT[0])
    assert "a zip archive, not a Word file; unpack it" in refused(file.getvalue())


def test_a_file_without_text_is_refused():
    assert "no text of an article" in refused(content_of(new_word()))
