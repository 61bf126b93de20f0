"""Text of Word files (docx), by python-docx."""

import io
import zipfile
from collections.abc import Iterator

from docx import Document as open_word
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P

from pipeline.documents.metadata import Extracted
from pipeline.errors import DocumentError

MAX_UNPACKED_BYTES = 200_000_000
MAX_XML_BYTES = 50_000_000
"""Parsed XML takes about ten times its size."""
_DOCUMENT = "word/document.xml"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""Repeats a text box for old programs."""
_TEMPLATE_AUTHOR = "python-docx"
"""Stands in files that python-docx made, with the day of its template."""


def read_word(content: bytes, name: str) -> Extracted:
    """The text of all paragraphs in order, those of tables and content controls included.

    Deleted text of tracked changes is left out; list items get a dash.

    Raises:
        DocumentError: not a Word file, a damaged one, or one that unpacks to more than it may.
    """
    try:
        _check_archive(content, name)
        word = open_word(io.BytesIO(content))
        text = "\n\n".join(_paragraphs(word.element.body))
        properties = word.core_properties
        title, author, created = properties.title, properties.author, properties.created
    except DocumentError:
        raise
    except Exception as error:  # zipfile, lxml and python-docx each have several for damage.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DocumentError(
            f"{name}: not a readable Word file ({reason}); save it again as docx or as text"
        ) from error
    is_template = author.strip() == _TEMPLATE_AUTHOR
    return Extracted(
        text=text,
        title=title.strip() or None,
        issuer=None if is_template else author.strip() or None,
        file_date=created.date().isoformat() if created and not is_template else None,
    )


def _check_archive(content: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        largest = max((m.file_size for m in members if m.filename.endswith(".xml")), default=0)
        unpacked = sum(member.file_size for member in members)
        for size, limit in ((unpacked, MAX_UNPACKED_BYTES), (largest, MAX_XML_BYTES)):
            if size > limit:
                raise DocumentError(
                    f"{name}: unpacks to {size / 1e6:.0f} MB, more than the {limit / 1e6:.0f} MB "
                    "allowed; save its text alone"
                )
        if _DOCUMENT not in archive.namelist():
            raise DocumentError(
                f"{name}: a zip archive, not a Word file; unpack it and name the files in it"
            )


def _paragraphs(body: object) -> Iterator[str]:
    for paragraph in body.iter(qn("w:p")):
        text = "".join(_words(paragraph)).strip()
        if text and next(paragraph.iterancestors(_FALLBACK), None) is None:
            yield f"- {text}" if _is_list_item(paragraph) else text


def _words(paragraph: CT_P) -> Iterator[str]:
    """The text of a paragraph's own runs: not of text boxes in it, which come by themselves."""
    breaks = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
    for run in paragraph.iter(qn("w:r")):
        if next(run.iterancestors(qn("w:p"))) is not paragraph:
            continue
        for node in run:
            if node.tag == qn("w:t"):
                yield node.text or ""
            elif node.tag in breaks:
                yield breaks[node.tag]


def _is_list_item(paragraph: CT_P) -> bool:
    properties = paragraph.pPr
    if properties is None:
        return False
    style = paragraph.style or ""
    return properties.numPr is not None or style.startswith(("ListBullet", "ListNumber"))
