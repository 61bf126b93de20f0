"""Text of Word files (docx), by python-docx."""

import datetime
import io
import zipfile
from collections.abc import Iterator

from docx.opc.coreprops import CoreProperties
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P

from pipeline.documents.metadata import Extracted
from pipeline.errors import DocumentError

MAX_XML_BYTES = 20_000_000
"""Of one member; a book has less. Parsed XML takes about twenty times its size."""
_DOCUMENT = "word/document.xml"
_RELATIONS = "_rels/.rels"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Office Open XML allows; zipfile unpacks others without a limit."""
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""Repeats a text box for old programs."""
_TEMPLATE_AUTHOR = "python-docx"
"""Stands in files that python-docx made, with the day of its template."""


def read_word(content: bytes, name: str) -> Extracted:
    """The text of all paragraphs in order, those of tables and content controls included.

    Deleted text of tracked changes is left out; list items get a dash. Only the main part and the
    properties are unpacked: what else the archive holds (pictures, headers) does no harm.

    Raises:
        DocumentError: not a Word file, a damaged one, or one that unpacks to more than it may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if _DOCUMENT not in archive.namelist():
                raise DocumentError(
                    f"{name}: a zip archive, not a Word file; unpack it and name the files in it"
                )
            text = "\n\n".join(_paragraphs(parse_xml(_member(archive, _DOCUMENT, name)).body))
            title, author, created = _properties(archive, name)
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


def _member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    """The bytes of a member; the size that the archive states for it need not be true."""
    if archive.getinfo(member).compress_type not in _METHODS:
        raise zipfile.BadZipFile("packed with an unusual method")
    with archive.open(member) as stream:
        content = stream.read(MAX_XML_BYTES + 1)
    if len(content) > MAX_XML_BYTES:
        raise DocumentError(
            f"{name}: unpacks to more than the {MAX_XML_BYTES / 1e6:.0f} MB allowed; "
            "save its text alone"
        )
    return content


def _properties(archive: zipfile.ZipFile, name: str) -> tuple[str, str, datetime.datetime | None]:
    """Title, author and day of making; empty where the file does not say."""
    links = parse_xml(_member(archive, _RELATIONS, name)).iter("{*}Relationship")
    kind = "/metadata/core-properties"
    for link in links:
        member = link.get("Target", "").lstrip("/")
        if link.get("Type", "").endswith(kind) and member in archive.namelist():
            properties = CoreProperties(parse_xml(_member(archive, member, name)))
            return properties.title, properties.author, properties.created
    return "", "", None


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
