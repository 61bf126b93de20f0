"""Whatever the bytes, reading gives whole documents or an error that names the file."""

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import Metadata, read_bytes
from pipeline.errors import DocumentError, PipelineError
from pipeline.records import Document
from pipeline.sentences import split_sentences

NAMES = st.sampled_from(["a.txt", "a.md", "a.html", "a.jsonl", "a.json", "a.pdf", "a.docx", "a"])
STARTS = st.sampled_from(
    [b"", b"---\n", b"{", b'{"text": ', b"<html>", b"# ", b"%PDF-1.4\n", b"PK\x03\x04"]
    + [b"\xff\xfe", b"\xef\xbb\xbf", b"\x00"]
)
ENDS = st.sampled_from([b"", b"\n---\nThey met.", b"}\n", b"</html>", b"\n%%EOF\n"])
BYTES = st.tuples(
    STARTS, st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)), ENDS
).map(b"".join)
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=40)
"""Lone surrogates and control characters included."""
RARELY_SLOW = settings(database=None, derandomize=True, deadline=None, max_examples=200)


def assert_whole(document: Document) -> None:
    """The document can be written and read again, and its sentences cover its text in order."""
    assert Document.model_validate_json(document.model_dump_json()) == document
    end = 0
    for sentence in split_sentences(document.text):
        assert not document.text[end : sentence.start].strip()
        end = sentence.end
    assert not document.text[end:].strip()


@RARELY_SLOW
@given(BYTES, NAMES)
def test_any_bytes_are_read_or_refused_by_name(content: bytes, name: str) -> None:
    try:
        documents = read_bytes(content, name)
    except PipelineError as error:
        assert str(error).startswith(name)
    else:
        assert documents
        for document in documents:
            assert_whole(document)


@RARELY_SLOW
@given(st.dictionaries(st.sampled_from([*Metadata.model_fields, "text", "other"]), ANY_TEXT))
def test_any_row_is_read_or_refused_by_its_line(row: dict[str, str]) -> None:
    try:
        (document,) = read_bytes((json.dumps(row) + "\n").encode(), "a.jsonl")
    except PipelineError as error:
        assert str(error).startswith("a.jsonl")
    else:
        assert_whole(document)
        for value in (document.id, document.title, document.issuer):
            assert not set(value or "") & set(map(chr, (*range(32), *range(127, 160))))


@RARELY_SLOW
@given(st.dictionaries(st.sampled_from([*Metadata.model_fields, "other"]), ANY_TEXT))
def test_any_front_matter_is_read_or_refused_by_its_line(fields: dict[str, str]) -> None:
    lines = "\n".join(f"{field}: {json.dumps(value)}" for field, value in fields.items())
    content = f"---\n{lines}\n---\nThe two ministers met.\n".encode()
    try:
        (document,) = read_bytes(content, "a.md")
    except DocumentError as error:
        assert str(error).startswith("a.md")
    else:
        assert_whole(document)


@RARELY_SLOW
@given(st.binary(min_size=1, max_size=40))
def test_any_name_is_shown_on_one_line(name: bytes) -> None:
    (document,) = read_bytes(b"The two ministers met.", name.decode(errors="surrogateescape"))
    hidden = {"Cc", "Cs", "Zl", "Zp"}
    assert not hidden & set(map(unicodedata.category, document.source + document.id))
    assert_whole(document)
