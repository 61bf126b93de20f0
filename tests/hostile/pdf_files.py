"""PDF files, put together object by object."""

import zlib
from collections.abc import Mapping, Sequence

from hostile.case import PROSE, SCRIPT, SENTENCES, Hostile

_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_PAGES = b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"
_SHOWN = (
    b"BT /F1 10 Tf 40 780 Td "
    + b" 0 -16 Td ".join(b"(%s) Tj" % s.encode() for s in SENTENCES)
    + b" ET"
)


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of the objects, the first of which is its catalogue."""
    content, places = b"%PDF-1.5\n", []
    for number, value in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, trailer, len(content))
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def sheet(contents: bytes = b"5 0 R", resources: bytes = b"/Font << /F1 3 0 R >>") -> bytes:
    """A page object."""
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << %s >> /Contents %s >>"
        % (resources, contents)
    )


def one_page(changes: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """A PDF of one page of prose whose objects are replaced or added by number."""
    objects = {1: _CATALOG, 2: _PAGES, 3: _FONT, 4: sheet(), 5: stream(_SHOWN)} | dict(changes)
    return pdf([objects[number] for number in sorted(objects)], trailer)


def deflated(piece: bytes, n: int, layers: int = 1) -> bytes:
    """The piece `n` times over, deflated so many times."""
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(piece) for _ in range(n)), packer.flush()])
    return data if layers == 1 else deflated(data, 1, layers - 1)


def _info(**entries: bytes) -> bytes:
    """A page of prose with properties."""
    fields = b" ".join(b"/%s %s" % (key.encode(), value) for key, value in entries.items())
    return one_page({6: b"<< %s >>" % fields}, b"/Info 6 0 R")


def _deflate_bomb(layers: int) -> bytes:
    filters = b"/Filter [%s]" % (b"/FlateDecode " * layers)
    return one_page({5: stream(deflated(b" " * 1_000_000, 200, layers), filters)})


def _doubling_tree(depth: int) -> bytes:
    """Two to the power of `depth` pages, of as many objects."""
    nodes = {2: b"<< /Type /Pages /Kids [6 0 R 6 0 R] /Count 2 >>"}
    for number in range(6, 6 + depth):
        kid = number + 1 if number < 5 + depth else 4
        nodes[number] = b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count 2 >>" % (kid, kid)
    return one_page(nodes)


def _chain_of_nodes(depth: int) -> bytes:
    nodes = {2: b"<< /Type /Pages /Kids [6 0 R] /Count 1 >>"}
    for number in range(6, 6 + depth):
        kid = number + 1 if number < 5 + depth else 4
        nodes[number] = b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % kid
    return one_page(nodes)


def _form(contents: bytes) -> bytes:
    return stream(
        contents,
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
        b"/Resources << /XObject << /X 6 0 R /Y 7 0 R >> /Font << /F1 3 0 R >> >>",
    )


def _forms(first: bytes, second: bytes) -> bytes:
    resources = b"/Font << /F1 3 0 R >> /XObject << /X 6 0 R /Y 7 0 R >>"
    page = stream(_SHOWN + b" /X Do")
    return one_page({4: sheet(resources=resources), 5: page, 6: _form(first), 7: _form(second)})


def _doubling_forms(depth: int) -> bytes:
    """Forms each of which draws the next one twice."""
    changes = {
        4: sheet(resources=b"/Font << /F1 3 0 R >> /XObject << /X 6 0 R >>"),
        5: stream(_SHOWN + b" /X Do"),
    }
    for number in range(6, 6 + depth):
        entries = (
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> "
            b"/Font << /F1 3 0 R >> >>" % (number + 1)
        )
        changes[number] = stream(b"/X Do /X Do", entries)
    changes[6 + depth] = stream(
        b"BT /F1 9 Tf (a) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
    )
    return one_page(changes)


def _character_map(body: bytes) -> bytes:
    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /ToUnicode 6 0 R >>"
    return one_page({3: font, 6: stream(b"begincmap\n" + body + b"\nendcmap")})


def _widths(widths: bytes) -> bytes:
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H "
        b"/DescendantFonts [6 0 R] >>"
    )
    descendant = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /W [%s] >>" % widths
    return one_page({3: font, 6: descendant})


def _table_as_stream(entries: bytes) -> bytes:
    """A PDF whose table of objects is a stream, so with the entries asked for."""
    body = b"%PDF-1.5\n1 0 obj\n" + _CATALOG + b"\nendobj\n"
    table = stream(
        zlib.compress(bytes(30)), b"/Type /XRef /Filter /FlateDecode /Root 1 0 R " + entries
    )
    return body + b"9 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


PDF_FILES = (
    # Bombs
    Hostile(
        "deflate bomb of 200 MB",
        "a.pdf",
        is_bomb=True,
        content=lambda: _deflate_bomb(1),
        refused="PDF",
    ),
    Hostile(
        "deflate bomb in two layers",
        "a.pdf",
        is_bomb=True,
        content=lambda: _deflate_bomb(2),
        refused="PDF",
    ),
    Hostile(
        "run-length bomb",
        "a.pdf",
        lambda: one_page(
            {5: stream(deflated(b"\x81 " * 1000, 1000), b"/Filter [/FlateDecode /RunLengthDecode]")}
        ),
        refused="PDF",
        is_bomb=True,
    ),
    Hostile(
        "ten megabytes of operators",
        "a.pdf",
        lambda: one_page({5: stream(deflated(b"BT (a) Tj ET ", 800_000), b"/Filter /FlateDecode")}),
        refused="PDF",
        is_bomb=True,
    ),
    Hostile(
        "predictor of a billion columns",
        "a.pdf",
        lambda: one_page(
            {
                5: stream(
                    zlib.compress(_SHOWN),
                    b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 1000000000 >>",
                )
            }
        ),
        refused="PDF",
    ),
    # Pages
    Hostile(
        "a billion pages declared",
        "a.pdf",
        lambda: one_page({2: _PAGES.replace(b"/Count 1", b"/Count 1000000000")}),
        holds="ferry",
    ),
    Hostile(
        "minus one page declared",
        "a.pdf",
        lambda: one_page({2: _PAGES.replace(b"/Count 1", b"/Count -1")}),
    ),
    Hostile(
        "one page 2,001 times",
        "a.pdf",
        lambda: one_page({2: b"<< /Type /Pages /Kids [%s] /Count 2001 >>" % (b"4 0 R " * 2001)}),
        refused="2000 pages",
    ),
    Hostile(
        "one page 100,000 times, one declared",
        "a.pdf",
        lambda: one_page({2: b"<< /Type /Pages /Kids [%s] /Count 1 >>" % (b"4 0 R " * 100_000)}),
        refused="pages",
    ),
    Hostile("pages that double thirty times", "a.pdf", lambda: _doubling_tree(30), refused="PDF"),
    Hostile("pages 5,000 deep", "a.pdf", lambda: _chain_of_nodes(5_000), refused="PDF"),
    Hostile(
        "pages that hold themselves",
        "a.pdf",
        lambda: one_page({2: b"<< /Type /Pages /Kids [2 0 R 4 0 R] /Count 2 >>"}),
        refused="PDF",
    ),
    Hostile(
        "page without pages",
        "a.pdf",
        lambda: one_page({2: b"<< /Type /Pages /Kids [] /Count 1 >>"}),
        refused="PDF",
    ),
    Hostile(
        "page that is its own parent",
        "a.pdf",
        lambda: one_page({4: b"<< /Type /Page /Parent 4 0 R /Contents 5 0 R >>"}),
        refused="PDF",
    ),
    # Objects that refer to themselves
    Hostile("form that draws itself", "a.pdf", lambda: _forms(b"/X Do", b""), holds="ferry"),
    Hostile(
        "forms that draw each other",
        "a.pdf",
        lambda: _forms(b"/Y Do /Y Do", b"/X Do /X Do"),
        holds="ferry",
    ),
    Hostile("forms that double thirty times", "a.pdf", lambda: _doubling_forms(30)),
    Hostile(
        "contents that hold themselves",
        "a.pdf",
        lambda: one_page({4: sheet(b"6 0 R"), 6: b"[6 0 R 5 0 R]"}),
    ),
    Hostile(
        "length that is itself",
        "a.pdf",
        lambda: one_page({5: b"<< /Length 5 0 R >>\nstream\n" + _SHOWN + b"\nendstream"}),
        refused="PDF",
    ),
    Hostile(
        "title that is itself",
        "a.pdf",
        lambda: one_page({6: b"<< /Title 7 0 R >>", 7: b"7 0 R"}, b"/Info 6 0 R"),
        refused="PDF",
    ),
    Hostile(
        "table of objects that goes in a circle",
        "a.pdf",
        lambda: one_page({}, b"/Prev 9").replace(
            b"/Prev 9", b"/Prev %d" % one_page({}, b"/Prev 999").rfind(b"xref\n0")
        ),
    ),
    Hostile(
        "arrays 20,000 deep",
        "a.pdf",
        lambda: one_page({6: b"[" * 20_000 + b"]" * 20_000}, b"/Info 6 0 R"),
        refused="PDF",
    ),
    Hostile(
        "arrays 20,000 deep in a page",
        "a.pdf",
        lambda: one_page({5: stream(b"[" * 20_000 + b"]" * 20_000 + b" TJ " + _SHOWN)}),
        refused="PDF",
    ),
    # Fonts and tables
    Hostile(
        "character map of four billion",
        "a.pdf",
        lambda: _character_map(b"1 beginbfrange\n<00000000> <FFFFFFFF> <0041>\nendbfrange"),
        refused="PDF",
    ),
    Hostile(
        "a thousand character maps of 65,536",
        "a.pdf",
        lambda: _character_map(
            b"1000 beginbfrange\n" + b"<0000> <FFFF> <0041>\n" * 1000 + b"endbfrange"
        ),
        refused="PDF",
    ),
    Hostile(
        "widths of a billion characters",
        "a.pdf",
        lambda: _widths(b"0 1000000000 500"),
        refused="PDF",
    ),
    Hostile(
        "table of a billion objects",
        "a.pdf",
        lambda: _table_as_stream(b"/Size 1000000000 /W [1 1 1] /Index [0 1000000000]"),
        refused="PDF",
    ),
    Hostile(
        "table with entries of a gigabyte",
        "a.pdf",
        lambda: _table_as_stream(b"/Size 9 /W [1000000000 1000000000 1]"),
        refused="PDF",
    ),
    Hostile(
        "inline image without an end",
        "a.pdf",
        lambda: one_page({5: stream(_SHOWN + b" BI /W 1 /H 1 ID " + b"EI" * 100_000)}),
    ),
    # Properties and actions
    Hostile(
        "script in the properties of a PDF",
        "a.pdf",
        lambda: _info(Title=b"(%s)" % SCRIPT.encode(), Author=b"(%s)" % SCRIPT.encode()),
        holds="ferry",
    ),
    Hostile(
        "surrogates in the title of a PDF",
        "a.pdf",
        lambda: _info(Title=b"<FEFFD800004100DC>", Author=b"<FEFFDFFF>"),
        holds="ferry",
    ),
    Hostile(
        "NUL in the title of a PDF",
        "a.pdf",
        lambda: _info(Title=b"(a\\000b)", Author=b"(\\000)"),
        holds="ferry",
    ),
    Hostile(
        "line breaks in the title of a PDF",
        "a.pdf",
        lambda: _info(Title=b"(a\\n\\r\\n# b)"),
        holds="ferry",
    ),
    Hostile(
        "day of a PDF that is none",
        "a.pdf",
        lambda: _info(CreationDate=b"(D:99999999999999)"),
        holds="ferry",
    ),
    Hostile(
        "properties of a PDF that are numbers",
        "a.pdf",
        lambda: _info(Title=b"7", Author=b"[1 2]", CreationDate=b"true"),
        holds="ferry",
    ),
    Hostile(
        "actions of a PDF",
        "a.pdf",
        lambda: one_page(
            {
                1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >> "
                b"/AA << /WC << /S /Launch /F (x) >> >> >>"
            }
        ),
        holds="ferry",
    ),
    # Damage
    Hostile("a PDF cut in half", "a.pdf", lambda: one_page({})[:400], refused="truncated PDF"),
    Hostile(
        "a PDF cut in half with an end",
        "a.pdf",
        lambda: one_page({})[:400] + b"\n%%EOF\n",
        refused="PDF",
    ),
    Hostile("a header and an end", "a.pdf", lambda: b"%PDF-1.4\n%%EOF\n", refused="PDF"),
    Hostile(
        "a PDF without a page of text",
        "a.pdf",
        lambda: one_page({5: stream(b"")}),
        refused="no text",
    ),
    Hostile(
        "a PDF with an unknown lock",
        "a.pdf",
        lambda: one_page(
            {6: b"<< /Filter /Standard /V 9 /R 9 /O () /U () /P 0 >>"}, b"/Encrypt 6 0 R"
        ),
        refused="PDF",
    ),
    Hostile(
        "text after the header of a PDF",
        "a.pdf",
        lambda: b"%PDF-1.4\n" + PROSE.encode() + b"\n%%EOF\n",
        refused="PDF",
    ),
)
