"""Word files (docx), put together member by member."""

import io
import random
import struct
import zipfile
from collections.abc import Iterable, Mapping

from hostile.case import PROSE, SCRIPT, SENTENCES, TEXT_SCRIPT, Hostile

_SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_PACKAGE = "application/vnd.openxmlformats-package"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Default Extension="rels" ContentType="{_PACKAGE}.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/>'
    f'<Override PartName="/docProps/core.xml" ContentType="{_PACKAGE}.core-properties+xml"/>'
    "</Types>"
)
_ROOT = (
    f'<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="a" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="b" Type="{_RELATIONS}/metadata/core-properties" '
    'Target="docProps/core.xml"/>'
    "</Relationships>"
)


def paragraphs(texts: Iterable[str]) -> str:
    """A paragraph for each text, which is XML already."""
    return "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)


def body(content: str, before: str = "") -> bytes:
    """A main part of the content."""
    return (
        f'<?xml version="1.0"?>{before}<w:document {_SPACE}><w:body>{content}</w:body></w:document>'
    ).encode()


def core(fields: str = "") -> bytes:
    """The properties."""
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{fields}</cp:coreProperties>'
    ).encode()


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def word(changes: Mapping[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A Word file of prose whose members are replaced or added by name."""
    members = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _ROOT.encode(),
        "word/document.xml": body(paragraphs(SENTENCES)),
        "docProps/core.xml": core(),
    }
    return packed(members | dict(changes or {}), method)


def _with_body(content: str, before: str = "") -> bytes:
    return word({"word/document.xml": body(content, before)})


def _laughs() -> bytes:
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    return _with_body(paragraphs([*SENTENCES, "&a9;"]), f"<!DOCTYPE x [{entities}]>")


def _quadratic_entity() -> bytes:
    return _with_body(
        paragraphs([*SENTENCES, "&a;" * 5_000]), f'<!DOCTYPE x [<!ENTITY a "{"lol " * 25_000}">]>'
    )


def _external(address: str) -> bytes:
    return _with_body(
        paragraphs([*SENTENCES, "The file holds &a; as they say on the island today."]),
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "{address}">]>',
    )


def _typed(parts: int, size: int) -> bytes:
    """Parts of XML that python-docx would parse, each of the size."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
    names = [f"word/header{n}.xml" for n in range(parts)]
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name in names)
    links = "".join(
        f'<Relationship Id="h{n}" Type="{_OFFICE}/header" Target="header{n}.xml"/>'
        for n in range(parts)
    )
    part = f"<w:hdr {_SPACE}>{'<w:p/>' * (size // 6)}</w:hdr>".encode()
    return word(
        {
            "[Content_Types].xml": _TYPES.replace("</Types>", f"{overrides}</Types>").encode(),
            "word/_rels/document.xml.rels": (
                f'<Relationships xmlns="{_RELATIONS}">{links}</Relationships>'
            ).encode(),
            **dict.fromkeys(names, part),
        }
    )


def _relations(size: int) -> bytes:
    one = f'<Relationship Id="a" Type="{_OFFICE}/x" Target="a" TargetMode="External"/>'
    links = f'<Relationships xmlns="{_RELATIONS}">{one * (size // len(one))}</Relationships>'
    return word({"word/_rels/document.xml.rels": links.encode()})


def _linked(target: str, mode: str = "Internal") -> bytes:
    links = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="c" Type="{_OFFICE}/styles" '
        f'Target="{target}" TargetMode="{mode}"/></Relationships>'
    )
    return word({"word/_rels/document.xml.rels": links.encode()})


def _false_size() -> bytes:
    """A main part of 300 MB whose size is stated as 1,000 bytes, in both places."""
    size = 200_000_000
    content = word({"word/document.xml": body(paragraphs(SENTENCES)) + b" " * size})
    true_size = len(body(paragraphs(SENTENCES))) + size
    return content.replace(struct.pack("<I", true_size), struct.pack("<I", 1000))


def _damaged(position: float) -> bytes:
    content = bytearray(word())
    start = int(position * len(content))
    content[start : start + 8] = random.Random(7).randbytes(8)
    return bytes(content)


def _nested_boxes(depth: int, runs: int) -> bytes:
    inner = "<w:r><w:t>a </w:t></w:r>" * runs
    return _with_body(
        paragraphs(SENTENCES)
        + f"<w:p>{inner}<w:r><w:pict>" * depth
        + "</w:pict></w:r></w:p>" * depth
    )


WORD_FILES = (
    # Bombs
    Hostile(
        "zip bomb of 200 MB",
        "a.docx",
        lambda: word({"word/document.xml": b" " * 200_000_000}),
        refused="unpacks to",
        is_bomb=True,
    ),
    Hostile(
        "zip bomb in a picture",
        "a.docx",
        lambda: word({"word/media/a.png": b" " * 200_000_000}),
        holds="ferry",
        is_bomb=True,
    ),
    Hostile(
        "zip bomb in the list of parts",
        "a.docx",
        lambda: word({"_rels/.rels": _ROOT.encode() + b" " * 200_000_000}),
        refused="unpacks to",
        is_bomb=True,
    ),
    Hostile(
        "zip bomb in the properties",
        "a.docx",
        lambda: word({"docProps/core.xml": core() + b" " * 200_000_000}),
        refused="unpacks to",
        is_bomb=True,
    ),
    Hostile(
        "3 million empty paragraphs",
        "a.docx",
        lambda: _with_body("<w:p/>" * 3_000_000 + paragraphs(SENTENCES)),
        holds="ferry",
        is_bomb=True,
    ),
    Hostile(
        "zip bomb in four headers",
        "a.docx",
        lambda: _typed(4, 15_000_000),
        holds="ferry",
        is_bomb=True,
    ),
    Hostile(
        "zip bomb in the relations",
        "a.docx",
        lambda: _relations(150_000_000),
        holds="ferry",
        is_bomb=True,
    ),
    Hostile(
        "zip bomb that states a false size",
        "a.docx",
        _false_size,
        refused="Word file",
        is_bomb=True,
    ),
    Hostile(
        "zip of 50,000 members", "a.docx", lambda: word({f"x/{n}": b"" for n in range(50_000)})
    ),
    Hostile("billion laughs in a Word file", "a.docx", _laughs, refused="Word file"),
    Hostile("an entity of half a gigabyte", "a.docx", _quadratic_entity, refused="Word file"),
    Hostile("text boxes 100 deep", "a.docx", lambda: _nested_boxes(100, 1000), refused="Word file"),
    Hostile(
        "tables 20,000 deep",
        "a.docx",
        lambda: _with_body("<w:tbl><w:tr><w:tc>" * 20_000 + "</w:tc></w:tr></w:tbl>" * 20_000),
        refused="Word file",
    ),
    Hostile("300,000 paragraphs", "a.docx", lambda: _with_body(paragraphs(["a"] * 300_000))),
    Hostile(
        "a paragraph of 300,000 runs",
        "a.docx",
        lambda: _with_body("<w:p>" + "<w:r><w:t>a </w:t></w:r>" * 300_000 + "</w:p>"),
    ),
    # What stands outside
    Hostile(
        "external entity of a Word file",
        "a.docx",
        lambda: _external("file:///etc/passwd"),
        holds="ferry",
    ),
    Hostile(
        "external entity on the network",
        "a.docx",
        lambda: _external("http://127.0.0.1:9/x"),
        holds="ferry",
    ),
    Hostile(
        "member outside of the archive",
        "a.docx",
        lambda: word({"../../../tmp/taken": b"x"}),
        holds="ferry",
    ),
    Hostile(
        "relation to a file outside",
        "a.docx",
        lambda: _linked("../../../../etc/passwd"),
        holds="ferry",
    ),
    Hostile(
        "relation to the network",
        "a.docx",
        lambda: _linked("http://127.0.0.1:9/x", "External"),
        holds="ferry",
    ),
    Hostile("relation to itself", "a.docx", lambda: _linked("document.xml")),
    # Properties and text
    Hostile(
        "script in the properties of a Word file",
        "a.docx",
        lambda: word(
            {
                "docProps/core.xml": core(
                    f"<dc:title><![CDATA[{SCRIPT}]]></dc:title><dc:creator><![CDATA[{SCRIPT}]]></dc:creator>"
                )
            }
        ),
        holds="ferry",
    ),
    Hostile(
        "script in a Word file",
        "a.docx",
        lambda: _with_body(paragraphs([f"<![CDATA[{TEXT_SCRIPT}]]>", *SENTENCES])),
        holds=SCRIPT,
    ),
    Hostile(
        "day of a Word file that is none",
        "a.docx",
        lambda: word(
            {
                "docProps/core.xml": core(
                    '<dcterms:created xsi:type="dcterms:W3CDTF">9999-99-99T00:00:00Z'
                    "</dcterms:created>"
                )
            }
        ),
    ),
    Hostile(
        "title of a megabyte in a Word file",
        "a.docx",
        lambda: word({"docProps/core.xml": core(f"<dc:title>{'a ' * 500_000}</dc:title>")}),
    ),
    Hostile("a Word file of nothing", "a.docx", lambda: _with_body(""), refused="no text"),
    Hostile(
        "a Word file without properties",
        "a.docx",
        lambda: packed(
            {
                name: value
                for name, value in (
                    ("[Content_Types].xml", _TYPES.encode()),
                    ("_rels/.rels", _ROOT.encode()),
                    ("word/document.xml", body(paragraphs(SENTENCES))),
                )
            }
        ),
    ),
    # Damage and false names
    Hostile(
        "a Word file cut in half", "a.docx", lambda: word()[: len(word()) // 2], refused="Word file"
    ),
    Hostile("a Word file cut at the end", "a.docx", lambda: word()[:-10], refused="Word file"),
    Hostile("a Word file with damaged data", "a.docx", lambda: _damaged(0.5), refused="Word file"),
    Hostile(
        "a Word file in an odd method",
        "a.docx",
        lambda: word(method=zipfile.ZIP_LZMA),
        refused="Word file",
    ),
    Hostile(
        "a zip that is no Word file",
        "a.docx",
        lambda: packed({"a.txt": PROSE.encode()}),
        refused="not a Word file",
    ),
    Hostile(
        "a zip of a zip",
        "a.docx",
        lambda: packed({"word/document.xml": word()}),
        refused="Word file",
    ),
    Hostile(
        "a main part that is no XML",
        "a.docx",
        lambda: word({"word/document.xml": PROSE.encode()}),
        refused="Word file",
    ),
    Hostile(
        "a main part in UTF-7",
        "a.docx",
        lambda: word({"word/document.xml": b'<?xml version="1.0" encoding="utf-7"?>' + body("")}),
        refused="Word file",
    ),
    Hostile(
        "content types without an end",
        "a.docx",
        lambda: word({"[Content_Types].xml": b"<Types>"}),
        holds="ferry",
    ),
)
