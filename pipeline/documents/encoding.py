"""Bytes to text."""

import codecs
import re

from pipeline.errors import DocumentError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 200_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def decode(content: bytes, name: str) -> str:
    """Text by its byte order mark, as UTF-8, or as charset-normalizer detects it.

    Raises:
        DocumentError: the bytes are no text, or in no encoding that can be told.
    """
    text = _decode_known(content)
    if text is None:
        text = _decode_detected(content, name)
    if len(_CONTROL.findall(text[:SAMPLE_BYTES])) > max(2, len(text[:SAMPLE_BYTES]) // 200):
        raise DocumentError(
            f"{name}: binary data, not text; supported are txt, md, html, pdf, docx and jsonl"
        )
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _decode_known(content: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decode_detected(content: bytes, name: str) -> str:
    if content[:SAMPLE_BYTES].count(0) > 0:
        raise DocumentError(
            f"{name}: binary data, not text; supported are txt, md, html, pdf, docx and jsonl"
        )
    from charset_normalizer import from_bytes

    best = from_bytes(content[:SAMPLE_BYTES]).best()
    if best is None:
        raise DocumentError(
            f"{name}: its text encoding cannot be told (not UTF-8); save the file as UTF-8"
        )
    return content.decode(best.encoding, errors="replace")
