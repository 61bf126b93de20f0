"""Reading files and bytes of every format, and one clear error for each bad one."""

import json
import os
import subprocess
import sys

import pytest

from pipeline.documents import MAX_BYTES, Metadata, json_lines, read_bytes, read_documents
from pipeline.errors import DataError, DocumentError
from pipeline.records import Kind

TEXT = (
    "The two ministers met in Port Selwyn on Friday and agreed to reopen the ferry line.\n\n"
    "Veldoria had asked for a written guarantee, and Kestan gave one before the evening was out."
)
FRONT_MATTER = f"""---
id: ferry-1
event: ferry
kind: readout
issuer: no
date: 2024-11-23
title: 'Readout: the ferry line'
synthetic: true
---

{TEXT}
"""


def read_one(content, name="talks.txt", **changes):
    if isinstance(content, str):
        content = content.encode()
    (document,) = read_bytes(content, name, Metadata(**changes))
    return document


def refused(content, name="talks.txt"):
    with pytest.raises(DocumentError) as error:
        read_bytes(content.encode() if isinstance(content, str) else content, name)
    return str(error.value)


def test_a_plain_text_is_read_with_its_name_as_the_id(tmp_path):
    path = tmp_path / "ferry.txt"
    path.write_text(f"Ferry line reopens\n\nShare\n\n{TEXT}")
    (document,) = read_documents(path)
    assert document.id == "ferry"
    assert document.source == str(path)
    assert document.title == "Ferry line reopens"
    assert (document.kind, document.issuer, document.date, document.event) == (None,) * 4
    assert [removal.rule for removal in document.removed] == ["sharing"]


def test_what_the_caller_knows_outranks_the_file():
    document = read_one(FRONT_MATTER, id="mine", kind="speech", issuer="Kestan", title="Words")
    assert (document.id, document.kind, document.issuer) == ("mine", Kind.SPEECH, "Kestan")
    assert (document.title, document.event, document.date) == ("Words", "ferry", "2024-11-23")


def test_the_default_id_is_for_documents_without_one():
    assert read_bytes(TEXT.encode(), "a.txt", default_id="local/a")[0].id == "local/a"
    assert read_bytes(FRONT_MATTER.encode(), "a.md", default_id="local/a")[0].id == "ferry-1"


def test_importing_the_package_loads_no_heavy_library():
    code = (
        "import sys, pipeline.documents;"
        "heavy = {'trafilatura', 'pypdf', 'docx', 'markdown_it', 'charset_normalizer', 'ruamel'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Front matter


@pytest.mark.parametrize("name", ["ferry.md", "ferry.txt", "standard input"])
def test_front_matter_is_read_whatever_the_name(name):
    document = read_one(FRONT_MATTER, name)
    assert document.id == "ferry-1"
    assert document.kind is Kind.READOUT
    assert document.issuer == "no"
    assert document.date == "2024-11-23"
    assert document.title == "Readout: the ferry line"
    assert document.synthetic
    assert document.text == TEXT


def test_a_curated_text_loses_nothing():
    text = "Ferry line\n\nShare\n\nBy Ana Orlo\n\nthe line\nis *open*\n\n---\n\nAdvertisement"
    document = read_one(f"---\nid: a\n---\n{text}\n")
    assert document.text == text
    assert document.removed == ()


def test_a_curated_text_is_normalised_in_unicode_and_line_ends():
    document = read_one("---\r\nid: a\r\n---\r\n\r\nCafe\u0301.\r\n\r\n\r\n\r\nOpen.\r\n")
    assert document.text == "Café.\n\nOpen."


def test_unstated_fields_are_unknown():
    document = read_one("---\nid: a\nissuer:\ntitle: null\ndate: ''\n---\nOpen.\n")
    assert (document.issuer, document.title, document.date) == (None, None, None)


def test_a_text_that_opens_with_a_rule_has_no_front_matter():
    document = read_one(f"---\n\nA word first, he said: no.\n\n---\n\n{TEXT}")
    assert document.text.endswith(TEXT)
    assert document.text.startswith("A word first")


@pytest.mark.parametrize(
    ("front_matter", "words"),
    [
        ("id: a\ntitle: Readout: the ferry", ["talks.md:3:", "not valid YAML", "quote"]),
        ("id: a\ntags: [x", ["talks.md:", "not valid YAML"]),
        ("id: a\nid: b", ["talks.md:", "not valid YAML"]),
        ("id: a\nauthor: Ana", ["talks.md:3:", "unknown field author", "known are id, event"]),
        ("id: a\nkind: readuot", ["talks.md:3:", "kind", "'readuot'", "'readout'"]),
        ("id: a\ndate: 2024-02-30", ["talks.md:3:", "date", "2024-02-30"]),
        ("id: a\ndate: Friday", ["talks.md:3:", "date", "Friday"]),
        ("id: a\nsynthetic: perhaps", ["talks.md:3:", "synthetic", "perhaps"]),
        ("id: a\ntitle: [one, two]", ["talks.md:3:", "title", "one line"]),
        ("id: &a [x, x]\nevent: &b [*a, *a]\ntitle: [*b, *b]", ["talks.md:2:", "single value"]),
    ],
)
def test_bad_front_matter_is_named_with_its_line(front_matter, words):
    message = refused(f"---\n{front_matter}\n---\n\n{TEXT}", "talks.md")
    for word in words:
        assert word in message


def test_front_matter_without_an_end_is_refused():
    assert "closing line" in refused(f"---\nid: a\n\n{TEXT}", "talks.md")


def test_front_matter_without_a_text_is_refused():
    assert "no text below" in refused("---\nid: a\n---\n\n", "talks.md")


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_the_encoding_is_told(encoding):
    text = "“We won’t sign,” the minister’s aide said – not in Zürich."
    assert read_one(text.encode(encoding)).text == text


def test_a_russian_text_in_its_old_encoding_is_told():
    text = "Министр иностранных дел заявил, что переговоры будут продолжены на следующей неделе."
    assert read_one(text.encode("cp1251")).text == text


def test_the_encoding_that_a_page_declares_is_used():
    page = (
        '<html><head><meta charset="iso-8859-2"></head><body><article><p>'
        + "Minister Łukasz Żółć said that the ferry line would open again in the spring. " * 8
        + "</p></article></body></html>"
    )
    assert "Łukasz Żółć" in read_one(page.encode("iso-8859-2"), "page.html").text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\t\r\n ", "empty"),
        ("\ufeff \n".encode(), "empty"),
        (bytes(range(256)) * 20, "binary"),
        (b"The ministers met.\x00\x00\x00", "binary"),
        ("The ministers met.".encode("utf-16-le"), "binary"),
        (b"\xff\xfeTTh", "marked as utf-16"),
        (b"\x89PNG\r\n\x1a\n123", "picture"),
        (b"\x1f\x8b\x08\x00abc", "compressed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "docx"),
        (b"{\\rtf1\\ansi Ferry}", "RTF"),
        ("Die Fähre fährt für höfliche Gäste über".encode()[:-5] + b"\xc3", "damaged UTF-8"),
        (b"\x81\x8d\x8f\x90\x9d" * 9, "encoding"),
        (b"Share\n\nAdvertisement\n", "no text of an article"),
        (b'{\n "text": "Ferry"\n}', "JSON"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(content, words):
    name = "talks.json" if content.startswith(b"{\n") else "talks.txt"
    message = refused(content, name)
    assert message.startswith(f"{name}: ")
    assert words in message


# Files


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DocumentError, match=r"gone\.txt: cannot be read: No such file"):
        read_documents(tmp_path / "gone.txt")


def test_a_folder_is_no_document(tmp_path):
    with pytest.raises(DocumentError, match="a folder, not a document"):
        read_documents(tmp_path)


def test_a_pipe_is_no_document(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentError, match="standard input"):
        read_documents(tmp_path / "pipe")


def test_a_file_of_200_megabytes_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "huge.txt"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    monkeypatch.setattr(type(path), "read_bytes", lambda _: pytest.fail("was read"))
    with pytest.raises(DocumentError, match=r"200 MB, more than the 50 MB.*split"):
        read_documents(path)


def test_too_many_bytes_from_standard_input_are_refused():
    assert "split" in refused(b"a" * (MAX_BYTES + 1), "standard input")


# JSON lines


def rows(*values):
    return "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)


@pytest.mark.parametrize("name", ["talks.jsonl", "standard input"])
def test_json_lines_hold_one_curated_document_each(name):
    content = rows({"id": "a", "text": "Share\n\nOpen.", "kind": "news"}, "", {"text": "Closed."})
    first, second = read_bytes(content.encode(), name)
    assert (first.id, first.text, first.kind) == ("a", "Share\n\nOpen.", Kind.NEWS)
    assert second.id == f"{name.removesuffix('.jsonl')}-3"
    assert second.source == f"{name}:3"


def test_all_bad_rows_are_named_with_their_lines():
    content = rows(
        {"text": "Open."},
        "not json",
        {"text": "Open.", "kind": "story"},
        {"title": "Ferry"},
        {"text": "Open.", "removed": []},
        ["text"],
        {"text": " "},
        '{"text": "\\ud800"}',
        '{"text": ' + "[" * 100_000,
        {"text": "Open.", "date": "2024-13-01"},
    )
    with pytest.raises(DataError) as error:
        read_bytes(content.encode(), "talks.jsonl")
    lines = str(error.value).split("\n")
    assert [line.split(":")[1] for line in lines] == [str(n) for n in range(2, 11)]
    assert "unknown field removed" in str(error.value)


def test_json_lines_may_be_larger_than_a_document(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.documents.MAX_BYTES", 10)
    path = tmp_path / "talks.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "Open\xe2\x80\xa6"}\n{"text": "Closed."}\n')
    assert [document.text for document in read_documents(path)] == ["Open…", "Closed."]


def test_bad_rows_of_a_large_file_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.documents.MAX_BYTES", 10)
    path = tmp_path / "talks.jsonl"
    path.write_bytes(b'{"text": "Open."}\n{"text": "\xff"}\n')
    with pytest.raises(DataError, match=r"talks\.jsonl:2: not valid UTF-8"):
        read_documents(path)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.documents.MAX_BYTES", 10)
    monkeypatch.setattr(json_lines, "MAX_ROW_CHARACTERS", 100)
    path = tmp_path / "talks.jsonl"
    path.write_text('{"text": "Open."}\n' + "x" * 200)
    with pytest.raises(DocumentError, match=r"talks\.jsonl:2: a line of over"):
        read_documents(path)


def test_json_lines_are_told_by_a_bad_first_row_too():
    with pytest.raises(DataError, match=r"talks\.jsonl:1: not a JSON object"):
        read_bytes(b'{"text": \n{"text": "Open."}\n', "talks.jsonl")


def test_a_text_named_json_lines_is_a_text():
    assert read_one(TEXT, "talks.jsonl").text == TEXT


# Markdown


MARKDOWN = """# The ferry line

By [Ana Orlo](https://www.example.org)

The *two* ministers **met** in [Port Selwyn](https://www.example.org "title") on
Friday and agreed. ![A quay](quay.jpg)

## Terms

- The line opens
- Fees `end`

1. First
2. Second

    An indented paragraph is text.

```
code
```
"""


@pytest.mark.parametrize("name", ["talks.md", "talks.txt", "standard input"])
def test_markdown_becomes_plain_text(name):
    document = read_one(MARKDOWN, name)
    assert document.title == "The ferry line"
    assert document.text.split("\n\n") == [
        "The ferry line",
        "The two ministers met in Port Selwyn on Friday and agreed.",
        "Terms",
        "- The line opens",
        "- Fees end",
        "1. First",
        "2. Second",
        "An indented paragraph is text.",
    ]
    assert sorted(removal.rule for removal in document.removed) == [
        "byline",
        "image",
        "markdown code",
    ]


def test_text_within_html_blocks_of_markdown_is_kept():
    document = read_one("# Talks\n\n<div>\nThe line is open.\n</div>\n\nIt is.", "talks.md")
    assert document.text == "Talks\n\nThe line is open.\n\nIt is."


# HTML


def page(body, head=""):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


ARTICLE = (
    "<nav><a href='/'>Home</a><a href='/w'>World</a></nav><article><h1>Ferry line reopens</h1>"
    + "".join(f"<p>{paragraph}</p>" for paragraph in TEXT.split("\n\n"))
    + "<p>The line will open in March, and <a href='/f'>the fishermen</a> said they would wait.</p>"
    "</article><footer>Terms of use</footer>"
)
HEAD = (
    "<title>Ferry line reopens</title><meta property='og:site_name' content='The Selwyn Courier'>"
    "<meta property='article:published_time' content='2024-11-23T10:00:00Z'>"
)


@pytest.mark.parametrize("name", ["page.html", "page.txt"])
def test_a_page_gives_its_article_title_date_and_site(name):
    document = read_one(page(ARTICLE, HEAD), name)
    assert document.title == "Ferry line reopens"
    assert document.date == "2024-11-23"
    assert document.issuer == "The Selwyn Courier"
    assert TEXT in document.text
    assert "the fishermen said they would wait." in document.text
    assert "Home" not in document.text
    assert "Terms of use" not in document.text


def test_a_part_of_a_page_is_read_as_html():
    assert "<p>" not in read_one(ARTICLE.partition("</nav>")[2]).text


def test_a_date_in_the_article_is_not_taken_for_its_own():
    body = ARTICLE.replace("on Friday", "on 14 May 2020")
    assert read_one(page(body, "<title>Ferry</title>"), "page.html").date is None


def test_a_page_without_text_is_refused():
    message = refused(page("<nav><a href='/'>Home</a></nav><script>x()</script>"), "page.html")
    assert message == (
        "page.html: the page holds no article text; save the article itself, or its text"
    )


def test_a_large_page_is_read_in_a_process_of_its_own(monkeypatch):
    monkeypatch.setattr("pipeline.documents.html.LARGE_CHARACTERS", 10)
    assert TEXT in read_one(page(ARTICLE, HEAD), "page.html").text


def test_a_page_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr("pipeline.documents.html.LARGE_CHARACTERS", 10)
    monkeypatch.setattr("pipeline.documents.html.TIMEOUT_SECONDS", 0.01)
    assert "no article found within" in refused(page(ARTICLE, HEAD), "page.html")


def test_a_page_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("pipeline.documents.html.MAX_CHARACTERS", 10)
    assert "too large" in refused(page(ARTICLE, HEAD), "page.html")
