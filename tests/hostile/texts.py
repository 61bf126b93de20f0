"""Plain texts: encodings, odd characters, sizes, other files under a false name."""

import gzip
import random
import struct
import zlib

from hostile.case import PROSE, SCRIPT, SENTENCES, TEXT_SCRIPT, Hostile, encoded, repeated

ZALGO = "".join(letter + "\u0300\u0316\u0338\u20dd" * 60 for letter in "withdraw at once")


def _picture() -> bytes:
    """A whole PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b""))
    )


def _noise() -> bytes:
    return random.Random(7).randbytes(200_000)


TEXTS = (
    # Nothing to read
    Hostile("empty file", "a.txt", encoded(""), refused="empty"),
    Hostile("only a byte order mark", "a.txt", encoded("\ufeff"), refused="empty"),
    Hostile("only white space", "a.txt", repeated(" \t\r\n\u2003", 1000), refused="empty"),
    Hostile("only invisible characters", "a.txt", repeated("\u200b", 1000), refused="no text"),
    Hostile("only punctuation", "a.txt", repeated("?!. ", 1000)),
    Hostile("only combining marks", "a.txt", repeated("\u0301", 10_000)),
    # Encodings
    Hostile("NUL bytes", "a.txt", encoded(PROSE.replace(" ", "\0")), refused="binary data"),
    Hostile("one NUL byte", "a.txt", encoded(PROSE + "\0"), refused="binary data"),
    Hostile("UTF-16 without mark", "a.txt", encoded(PROSE, "utf-16-le"), refused="binary data"),
    Hostile("UTF-16 with mark", "a.txt", encoded(PROSE, "utf-16"), holds=PROSE),
    Hostile(
        "UTF-16 cut in a character",
        "a.txt",
        lambda: PROSE.encode("utf-16")[:-1],
        refused="binary data",
    ),
    Hostile("UTF-32 with mark", "a.txt", encoded(PROSE, "utf-32"), holds=PROSE),
    Hostile("UTF-7", "a.txt", encoded(f"{PROSE} <island>", "utf-7"), holds="ferry line"),
    Hostile(
        "UTF-8 cut in a character",
        "a.txt",
        lambda: (
            "Der Minister fährt über Köln zur Brücke, später möchte er länger bleiben é".encode()[
                :-1
            ]
        ),
        refused="damaged UTF-8",
    ),
    Hostile(
        "two encodings in one file",
        "a.txt",
        lambda: "Überfahrt später möglich: ".encode() * 3 + "Überfahrt später ".encode("latin-1"),
        refused="damaged UTF-8",
    ),
    Hostile("overlong UTF-8", "a.txt", lambda: PROSE.encode() + b"\xc0\xaf\xe0\x80\xaf" * 100),
    Hostile("encoded surrogates", "a.txt", lambda: PROSE.encode() + b"\xed\xa0\x80" * 200),
    Hostile("no encoding at all", "a.txt", _noise, refused="binary data"),
    Hostile(
        "control characters",
        "a.txt",
        lambda: PROSE.encode() + b"\x1b]0;taken\x07\x1b[2J",
        refused="binary data",
    ),
    # Characters
    Hostile(
        "right-to-left override",
        "a.txt",
        encoded(f"\u202e{SENTENCES[0]}\u202c \u2067{SENTENCES[1]}\u2069 \u200f{SENTENCES[2]}"),
        holds="ferry line",
    ),
    Hostile(
        "zero-width characters in every word",
        "a.txt",
        encoded("\u200b".join(SENTENCES[0])),
        holds=SENTENCES[0],
    ),
    Hostile("flood of combining marks", "a.txt", repeated(ZALGO + ". ", 200)),
    Hostile("tag characters", "a.txt", encoded(PROSE + "\U000e0041\U000e0042\U000e007f" * 500)),
    Hostile("private use and non-characters", "a.txt", encoded(PROSE + "\ue000\uffff\U0010ffff")),
    Hostile(
        "every kind of line end", "a.txt", encoded("\r\n\x85\u2028\u2029\x0b\x0c".join(SENTENCES))
    ),
    # Sizes
    Hostile("ten megabytes in one line", "a.txt", repeated(f"{PROSE} ", 40_000), holds="ferry"),
    Hostile("a word of a megabyte", "a.txt", repeated("a", 1_000_000), warned="is longer than"),
    Hostile("a sentence of 100,000 words", "a.txt", repeated("they met and ", 33_000)),
    Hostile("100,000 sentences of one word", "a.txt", repeated("No. ", 100_000)),
    Hostile("100,000 lines of one word", "a.txt", repeated("They\n", 100_000)),
    Hostile(
        "100,000 empty lines", "a.txt", lambda: PROSE.encode() + b"\n" * 100_000, holds="ferry"
    ),
    Hostile("a megabyte of full stops", "a.txt", repeated(".", 1_000_000)),
    Hostile("a megabyte of stops and spaces", "a.txt", repeated(". ", 500_000)),
    Hostile("a megabyte of brackets", "a.txt", repeated("(", 1_000_000)),
    Hostile("a megabyte of links that do not end", "a.txt", repeated("[a](http://", 90_000)),
    Hostile("a megabyte of quotes", "a.txt", repeated('"', 1_000_000)),
    Hostile("a megabyte of initials", "a.txt", repeated("A.B. ", 200_000)),
    Hostile("a megabyte of names", "a.txt", repeated("Anna Berg and ", 70_000)),
    Hostile(
        "a megabyte of bylines",
        "a.txt",
        repeated("By Anna Berg and Carl Dorn\n", 40_000),
        refused="no text",
    ),
    Hostile(
        "over fifty megabytes", "a.txt", repeated("They met. ", 5_100_000), refused="more than"
    ),
    # Mark-up and formulas in a text
    Hostile("script in a text", "a.txt", encoded(TEXT_SCRIPT + " " + PROSE), holds=SCRIPT),
    Hostile(
        "formula",
        "a.txt",
        encoded('=HYPERLINK("http://a.example","They met on the island today.")'),
    ),
    Hostile(
        "formula with plus", "a.txt", encoded("+1+cmd|' /C calc'!A0 they met on the island today.")
    ),
    Hostile(
        "formula with at", "a.txt", encoded("@SUM(1+1) they met on the island for hours today.")
    ),
    Hostile(
        "formula with minus", "a.txt", encoded("-2+3+cmd|' /C calc'!A0 they met on the island.")
    ),
    Hostile(
        "formula after a tab", "a.txt", encoded("\t=1+1 they met on the island for hours today.")
    ),
    Hostile("terminal mark-up", "a.txt", encoded(f"[bold red]{PROSE}[/bold red] [/] [link=x]")),
    Hostile(
        "template mark-up",
        "a.txt",
        encoded(f"{{{{ 7 * 7 }}}} {{% raw %}} ${{7*7}} {PROSE}"),
        holds="7 * 7",
    ),
    # Other files under a false name
    Hostile("picture named txt", "a.txt", _picture, refused="a picture"),
    Hostile("program named pdf", "a.pdf", lambda: b"MZ\x90\x00" + _noise(), refused="binary data"),
    Hostile(
        "ELF named docx", "a.docx", lambda: b"\x7fELF\x02\x01" + _noise(), refused="binary data"
    ),
    Hostile(
        "compressed text", "a.txt", lambda: gzip.compress(PROSE.encode()), refused="compressed"
    ),
    Hostile(
        "compressed text cut short",
        "a.gz",
        lambda: gzip.compress(PROSE.encode())[:-9],
        refused="compressed",
    ),
    Hostile("gzip bomb", "a.gz", lambda: gzip.compress(b"\0" * 50_000_000), refused="compressed"),
    Hostile("old Word file", "a.doc", lambda: b"\xd0\xcf\x11\xe0" + bytes(512), refused="old or"),
    Hostile("RTF", "a.rtf", encoded(r"{\rtf1 They met.}"), refused="an RTF file"),
    Hostile("text named pdf", "a.pdf", encoded(PROSE), holds=PROSE),
    Hostile("text named docx", "a.docx", encoded(PROSE), holds=PROSE),
    Hostile("SVG with script", "a.svg", encoded(f"<svg onload='x'>{SCRIPT}</svg>")),
)
