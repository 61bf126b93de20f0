"""Text of Word files (docx), by python-docx."""

import io
import zipfile

from docx import Document as open_word
from docx.opc.exceptions import OpcError
from docx.table import Table

from pipeline.documents.extracted import Extracted
from pipeline.errors import DocumentError

MAX_UNPACKED_BYTES = 200_000_000


def read_word(content: bytes, name: str) -> Extracted:
    """Paragraphs and table rows in the order of the document.

    Raises:
        DocumentError: not a Word file, or one that unpacks to more than it may.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise DocumentError(
                f"{name}: unpacks to {unpacked / 1e6:.0f} MB, more than the "
                f"{MAX_UNPACKED_BYTES / 1e6:.0f} MB allowed; save its text alone"
            )
        if "word/document.xml" not in archive.namelist():
            raise DocumentError(
                f"{name}: a zip archive, not a Word file; unpack it and name the files in it"
            )
    try:
        word = open_word(io.BytesIO(content))
    except OpcError as error:
        raise DocumentError(f"{name}: damaged Word file ({error}); save it again") from error
    blocks = []
    for item in word.iter_inner_content():
        if isinstance(item, Table):
            blocks += [" ".join(cell.text for cell in row.cells) for row in item.rows]
        else:
            marker = "- " if item.style and item.style.name.startswith("List") else ""
            blocks.append(marker + item.text if item.text.strip() else "")
    properties = word.core_properties
    return Extracted(
        text="\n\n".join(block for block in blocks if block),
        title=properties.title.strip() or None,
        issuer=properties.author.strip().replace("python-docx", "") or None,
        date=properties.created.date().isoformat() if properties.created else None,
    )
