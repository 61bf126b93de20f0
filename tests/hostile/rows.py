"""JSON lines."""

import json

from hostile.case import PROSE, SCRIPT, TEXT_SCRIPT, Hostile, encoded


def rows(*values: object) -> str:
    """Each value as a line."""
    return "".join(json.dumps(value) + "\n" for value in values)


ROWS = (
    Hostile("NaN in a row", "a.jsonl", encoded('{"text": NaN}\n'), refused="text"),
    Hostile(
        "infinity in a row", "a.jsonl", encoded('{"text": "a", "date": Infinity}\n'), refused="date"
    ),
    Hostile(
        "a number of 5,000 digits",
        "a.jsonl",
        lambda: b'{"text": "a", "id": ' + b"9" * 5_000 + b"}\n",
        refused="not a JSON object",
    ),
    Hostile(
        "a number of 4,000 digits",
        "a.jsonl",
        lambda: b'{"text": "a", "id": ' + b"9" * 4_000 + b"}\n",
        refused="id",
    ),
    Hostile("a huge exponent", "a.jsonl", encoded('{"text": 1e999999}\n'), refused="text"),
    Hostile(
        "a row 100,000 deep",
        "a.jsonl",
        lambda: b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        refused="not a JSON object",
    ),
    Hostile(
        "objects 100,000 deep",
        "a.jsonl",
        lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        refused="not a JSON object",
    ),
    Hostile(
        "surrogate in a row",
        "a.jsonl",
        encoded('{"text": "They met \\ud800 today."}\n'),
        refused="text",
    ),
    Hostile(
        "surrogate in an id",
        "a.jsonl",
        encoded('{"text": "They met.", "id": "\\udcff"}\n'),
        refused="id",
    ),
    Hostile(
        "NUL in a row",
        "a.jsonl",
        encoded(rows({"text": f"{PROSE}\0", "title": "\0"})),
        refused="title",
    ),
    Hostile(
        "escapes of a terminal in a row",
        "a.jsonl",
        encoded(
            rows(
                {
                    "text": f"{PROSE} They met \x1b]0;taken\x07\x9b2J today.",
                    "issuer": "\x1b[2JOffice",
                }
            )
        ),
        holds="ferry",
    ),
    Hostile(
        "rows with one id",
        "a.jsonl",
        encoded(rows({"id": "a", "text": PROSE}, {"id": "a", "text": PROSE})),
        n_documents=2,
    ),
    Hostile(
        "a field twice in a row",
        "a.jsonl",
        encoded('{"text": "They met.", "text": "They met again."}\n'),
        holds="again",
    ),
    Hostile(
        "an unknown field",
        "a.jsonl",
        encoded(rows({"text": "They met.", "__class__": "x"})),
        refused="unknown field",
    ),
    Hostile("a row that is a list", "a.jsonl", encoded(rows(["They met."])), refused="found list"),
    Hostile(
        "a row cut short",
        "a.jsonl",
        lambda: rows({"text": PROSE}).encode()[:-20],
        refused="not a JSON object",
    ),
    Hostile(
        "a last row cut short",
        "a.jsonl",
        lambda: (rows({"text": PROSE}) * 2).encode()[:-20],
        refused="a.jsonl:2",
    ),
    Hostile("100,000 bad rows", "a.jsonl", lambda: b"{}\n" * 100_000, refused="more"),
    Hostile(
        "script in a row",
        "a.jsonl",
        encoded(rows({"id": SCRIPT, "text": TEXT_SCRIPT, "title": SCRIPT, "issuer": SCRIPT})),
        holds=SCRIPT,
    ),
    Hostile("path as id", "a.jsonl", encoded(rows({"id": "../../etc/passwd", "text": PROSE}))),
    Hostile(
        "only empty rows", "a.jsonl", encoded('{"text": ""}\n{"text": " \\n "}\n'), refused="text"
    ),
    Hostile(
        "a row of ten megabytes",
        "a.jsonl",
        lambda: rows({"text": f"{PROSE} " * 40_000}).encode(),
        holds="ferry",
    ),
    Hostile(
        "JSON over several lines",
        "a.json",
        encoded('{\n"text": "They met."\n}'),
        refused="not JSON lines",
    ),
    Hostile(
        "rows with a byte order mark",
        "a.jsonl",
        lambda: b"\xef\xbb\xbf" + rows({"text": PROSE}).encode(),
        holds="ferry",
    ),
    Hostile("rows in UTF-16", "a.jsonl", encoded(rows({"text": PROSE}), "utf-16"), holds="ferry"),
)
