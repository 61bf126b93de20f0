"""Reading PDF files; each is written here, with invented texts."""

import io
import textwrap

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from pipeline.documents import read_bytes
from pipeline.errors import DocumentError

OPENING = (
    "The two ministers met in Port Selwyn on Friday and, after a long night of talks, agreed to "
    "reopen the ferry line. Both of the leaders, one of their advisers argues, have just shown the"
)
ENDING = (
    "voters of the two islands that they can agree. Veldoria had asked for a written guarantee, "
    "and Kestan gave one before the evening was out."
)


def pdf_of(pages, info=None, password=None):
    """A PDF with one text line per list entry on each page."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    font_reference = writer._add_object(font)
    for lines in pages:
        page = writer.add_blank_page(612, 792)
        shown = "".join(f"({line}) Tj T*\n" for line in lines)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 10 Tf 14 TL 72 720 Td\n{shown}ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        fonts = DictionaryObject({NameObject("/F1"): font_reference})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    writer.add_metadata(info or {})
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def wrapped(text, width=80):
    return textwrap.wrap(text, width)


def read_one(content, name="talks.pdf"):
    (document,) = read_bytes(content, name)
    return document


def refused(content):
    with pytest.raises(DocumentError) as error:
        read_bytes(content, "talks.pdf")
    return str(error.value)


def test_a_sentence_runs_over_the_page_break_without_running_heads():
    content = pdf_of(
        [
            [
                "Kestan Press Service",
                "No. 12",
                "Readout of the call",
                *wrapped(OPENING),
                "Page 1 of 2",
            ],
            ["Kestan Press Service", "No. 12", *wrapped(ENDING), "Page 2 of 2"],
        ]
    )
    document = read_one(content)
    assert document.text == f"Readout of the call\n\n{OPENING} {ENDING}"
    assert document.title == "Readout of the call"
    assert [(removal.rule, removal.text) for removal in document.removed] == [
        ("running head", "Kestan Press Service"),
        ("running head", "No. 12"),
        ("running head", "Page 1 of 2"),
        ("running head", "Kestan Press Service"),
        ("running head", "No. 12"),
        ("running head", "Page 2 of 2"),
    ]


def test_lines_that_repeat_within_pages_stay():
    first = [
        "Kestan leads.",
        "It opens.",
        "It asks.",
        "Nobody agreed.",
        *wrapped(OPENING + " open."),
    ]
    second = ["Veldoria replies.", "It waits.", "It fears.", "Nobody agreed.", *wrapped(ENDING)]
    document = read_one(pdf_of([first, second]))
    assert document.text.count("Nobody agreed.") == 2
    assert document.removed == ()


def test_a_word_divided_at_the_page_break_is_joined():
    first = wrapped(
        "The ministers agreed after a long night of talks to what both called a negoti-"
    )
    content = pdf_of([[*wrapped(OPENING + " whole."), *first], ["ated success in the end."]])
    assert "called a negotiated success in the end." in read_one(content).text


def test_quotes_of_the_text_layer_are_kept():
    assert "“No,” she said – twice." in read_one(pdf_of([["“No,” she said – twice."]])).text


def test_title_author_and_day_come_from_the_properties():
    info = {"/Title": "Readout", "/Author": "Kestan", "/CreationDate": "D:20241124101500+02'00'"}
    document = read_one(pdf_of([wrapped(OPENING)], info))
    assert (document.title, document.issuer, document.date) == ("Readout", "Kestan", "2024-11-24")


def test_a_day_stated_in_the_text_outranks_that_of_the_file():
    lines = ["November 23, 2024", *wrapped(OPENING)]
    document = read_one(pdf_of([lines], {"/CreationDate": "D:20250101000000Z"}))
    assert document.date == "2024-11-23"


@pytest.mark.parametrize("title", ["Microsoft Word - draft3", "talks_final.docx", "untitled"])
def test_the_title_that_a_program_left_is_none(title):
    assert read_one(pdf_of([wrapped(OPENING)], {"/Title": title})).title is None


def test_a_day_that_does_not_parse_is_unknown():
    assert read_one(pdf_of([wrapped(OPENING)], {"/CreationDate": "Friday"})).date is None


def test_an_empty_password_opens_a_file():
    assert read_one(pdf_of([wrapped(OPENING)], password="")).text == OPENING


def test_an_encrypted_file_is_refused():
    message = refused(pdf_of([wrapped(OPENING)], password="secret"))
    assert message == "talks.pdf: encrypted; save a copy without a password"


@pytest.mark.parametrize("fraction", [0.02, 0.3, 0.6, 0.98])
def test_a_truncated_file_is_refused(fraction):
    content = pdf_of([wrapped(OPENING)] * 3)
    message = refused(content[: int(fraction * len(content))])
    assert message.startswith("talks.pdf: a truncated PDF")


def test_a_damaged_file_is_refused():
    content = pdf_of([wrapped(OPENING)])
    middle = content.replace(b"/Pages", b"/Xages").replace(b"obj", b"ojb")
    assert "damaged or truncated" in refused(middle)


def test_a_scan_without_text_is_refused():
    assert "no text in this PDF (scanned pages?); run text recognition" in refused(pdf_of([[], []]))


def test_too_many_pages_are_refused(monkeypatch):
    monkeypatch.setattr("pipeline.documents.pdf.MAX_PAGES", 1)
    assert "over 1 pages; split it" in refused(pdf_of([["One."], ["Two."]]))


def test_a_pdf_is_told_by_its_content_and_not_by_its_name():
    assert read_one(pdf_of([wrapped(OPENING)]), "talks.txt").text == OPENING
    (document,) = read_bytes(b"The header of a PDF is %PDF-1.7, he said.", "talks.pdf")
    assert document.text == "The header of a PDF is %PDF-1.7, he said."


def test_the_fixture_writes_a_real_pdf():
    assert len(PdfReader(io.BytesIO(pdf_of([["One."], ["Two."]]))).pages) == 2
