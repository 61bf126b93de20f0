"""Bytes to text."""

import codecs
import re
import unicodedata

from pipeline.errors import DocumentError

SAMPLE_BYTES = 200_000
"""How much of a file charset-normalizer looks at."""
MAX_WESTERN_FRACTION = 0.05
"""English in Windows-1252 has fewer bytes above 127: its quotes, dashes and some names."""
MAX_CONTROL_FRACTION = 0.005

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^<>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]{2,40})"
)


def decode(content: bytes, name: str) -> str:
    r"""Text by its byte order mark, as UTF-8, as the page declares, or as it is detected.

    Line ends become `\n`.

    Raises:
        DocumentError: the bytes are no text, damaged, or in no encoding that can be told.
    """
    text = _decode(content, name)
    n_control = len(_CONTROL.findall(text))
    if "\x00" in text or n_control > max(2, MAX_CONTROL_FRACTION * len(text)):
        raise _binary(name)
    text = _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x0b\x0c\u2028\u2029]", "\n\n", text)


def _decode(content: bytes, name: str) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_as(content, encoding, name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\x00" in content:
            raise _binary(name) from None
        declared = _DECLARED.search(content[:4096].lower())
        if declared and _is_known(declared[1].decode()) and declared[1] not in (b"utf-8", b"utf8"):
            return _decode_as(content, declared[1].decode(), name)
        return _decode_detected(content, name, error.start)


def _decode_as(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError) as error:
        if b"\x00" in content:
            raise _binary(name) from None
        raise DocumentError(
            f"{name}: marked as {encoding}, but not valid in it; save the file as UTF-8"
        ) from error


def _decode_detected(content: bytes, name: str, first_error: int) -> str:
    replaced = content.decode("utf-8", errors="replace")
    n_valid = sum(ord(character) > 127 for character in replaced) - replaced.count("\ufffd")
    if n_valid > replaced.count("\ufffd"):
        raise DocumentError(
            f"{name}: damaged UTF-8 at byte {first_error + 1}; get a complete copy, or save it "
            "again as UTF-8"
        )
    text = _decode_western(content)
    if text is not None:
        return text
    from charset_normalizer import from_bytes

    sample = content[:SAMPLE_BYTES]
    best = from_bytes(sample[: sample.rfind(b"\n") + 1] or sample).best()
    try:
        text = content.decode(best.encoding) if best else None
    except UnicodeError:
        text = None
    if text is None or not any(character.isalpha() for character in text):
        raise DocumentError(
            f"{name}: its text encoding cannot be told (not UTF-8); save the file as UTF-8"
        )
    return text


def _decode_western(content: bytes) -> str | None:
    """English in Windows-1252, which detection takes for other code pages where it is short."""
    if sum(byte > 127 for byte in content) > max(8, MAX_WESTERN_FRACTION * len(content)):
        return None
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    odd = sum(ord(c) > 127 and unicodedata.category(c) in ("So", "Sk", "Lo", "No") for c in text)
    return text if odd <= 2 else None


def _is_known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        return False


def _binary(name: str) -> DocumentError:
    return DocumentError(
        f"{name}: binary data, not text; supported are txt, md, html, pdf, docx and jsonl "
        "(UTF-16 with a byte order mark)"
    )
