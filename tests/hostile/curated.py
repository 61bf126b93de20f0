"""Front matter and Markdown."""

from hostile.case import PROSE, SCRIPT, TEXT_SCRIPT, Hostile, encoded, repeated


def with_fields(fields: str, text: str = PROSE) -> str:
    """A text below a front matter."""
    return f"---\n{fields}\n---\n\n{text}\n"


_LAUGHS = "id: x\na0: &a0 [lol, lol]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)
)

CURATED = (
    Hostile(
        "script in every field",
        "a.md",
        encoded(
            with_fields(
                f'id: "{SCRIPT}"\ntitle: "{SCRIPT}"\nissuer: "{SCRIPT}"\nevent: "{SCRIPT}"',
                f"{TEXT_SCRIPT} {PROSE}",
            )
        ),
        holds=SCRIPT,
    ),
    Hostile(
        "attribute in every field",
        "a.md",
        encoded(
            with_fields(
                "id: '\" onmouseover=\"x'\ntitle: '\" autofocus onfocus=\"x'\n"
                "issuer: \"' onload='x\""
            )
        ),
    ),
    Hostile(
        "path as id and title",
        "a.md",
        encoded(with_fields("id: ../../etc/passwd\ntitle: ../../etc/passwd")),
    ),
    Hostile(
        "formula in every field",
        "a.md",
        encoded(with_fields("id: '=1+1'\ntitle: '@SUM(1)'\nissuer: '+1'")),
    ),
    Hostile(
        "object in YAML",
        "a.md",
        encoded(with_fields("title: !!python/object/apply:os.system [touch taken]")),
        refused="front matter",
    ),
    Hostile(
        "tagged text in YAML", "a.md", encoded(with_fields("title: !!python/name:os.system ''"))
    ),
    Hostile(
        "billion laughs in YAML", "a.md", encoded(with_fields(_LAUGHS)), refused="unknown field"
    ),
    Hostile(
        "YAML that holds itself",
        "a.md",
        encoded(with_fields("title: &a [*a]")),
        refused="not a single value",
    ),
    Hostile(
        "YAML 10,000 deep",
        "a.md",
        encoded(with_fields("title: " + "[" * 10_000 + "]" * 10_000)),
        refused="front matter",
    ),
    Hostile(
        "YAML key 5,000 deep",
        "a.md",
        encoded(with_fields("title: x\n" + "? " * 5_000 + "a")),
        refused="front matter",
    ),
    Hostile(
        "merge key in YAML",
        "a.md",
        encoded(with_fields("title: a\n<<: {id: b}")),
        refused="front matter",
    ),
    Hostile(
        "list as key in YAML",
        "a.md",
        encoded(with_fields("title: a\n? [a, b]\n: c")),
        refused="front matter",
    ),
    Hostile("two YAML documents", "a.md", encoded("---\ntitle: a\n...\n---\n" + PROSE)),
    Hostile(
        "field twice", "a.md", encoded(with_fields("title: a\ntitle: b")), refused="front matter"
    ),
    Hostile(
        "100,000 fields",
        "a.md",
        lambda: with_fields("title: a\n" + "\n".join(f"f{n}: x" for n in range(100_000))).encode(),
        refused="no closing line",
    ),
    Hostile(
        "2,800 fields",
        "a.md",
        lambda: with_fields("\n".join(f"f{n}:" for n in range(2_800))).encode(),
        refused="unknown field",
    ),
    Hostile(
        "title of a megabyte",
        "a.md",
        lambda: with_fields("title: " + "They met. " * 100_000).encode(),
        refused="no closing line",
    ),
    Hostile(
        "front matter without an end",
        "a.md",
        encoded("---\ntitle: a\nid: b\n" + PROSE),
        refused="no closing line",
    ),
    Hostile(
        "front matter cut short",
        "a.md",
        encoded('---\ntitle: "The\n---\n' + PROSE),
        refused="front matter",
    ),
    Hostile(
        "front matter alone", "a.md", encoded(with_fields("title: a", "")), refused="no text below"
    ),
    Hostile("a day that is none", "a.md", encoded(with_fields("date: 2024-02-30")), refused="date"),
    Hostile(
        "surrogates in YAML",
        "a.md",
        encoded(with_fields('title: "\\ud800 a"')),
        refused="front matter",
    ),
    Hostile(
        "NUL escaped in YAML",
        "a.md",
        encoded(with_fields('title: "a\\0b"\nid: "\\0"')),
        refused="id",
    ),
    Hostile(
        "escapes of a terminal in YAML",
        "a.md",
        encoded(with_fields('title: "a \\e[2J\\e]0;taken\\a b"\nissuer: "\\x9b2J Office"')),
        holds="ferry",
    ),
    Hostile(
        "line breaks in a field",
        "a.md",
        encoded(with_fields('title: "a\\n\\n# b"\nid: "a\\r\\nb: c"')),
    ),
    Hostile("TOML front matter", "a.md", encoded(f"+++\ntitle = 'a'\n+++\n{PROSE}"), holds="ferry"),
    # Markdown
    Hostile(
        "script in Markdown",
        "b.md",
        encoded(f"# {SCRIPT}\n\n{PROSE}\n\n<img src=x onerror=x>\n"),
        holds="ferry",
    ),
    Hostile(
        "quotes 50,000 deep", "b.md", lambda: b"> " * 50_000 + PROSE.encode(), refused="no text"
    ),
    Hostile("lists 5,000 deep", "b.md", lambda: b"- " * 5_000 + PROSE.encode(), refused="no text"),
    Hostile("brackets in Markdown", "b.md", repeated("[", 50_000)),
    Hostile("images in Markdown", "b.md", repeated("![](", 30_000)),
    Hostile("stars in Markdown", "b.md", repeated("*a **a ", 30_000)),
    Hostile(
        "back quotes in Markdown",
        "b.md",
        lambda: "".join("a" + "`" * n for n in range(1, 900)).encode(),
    ),
    Hostile("open tags in Markdown", "b.md", repeated("a <a ", 50_000)),
    Hostile(
        "a table of 50,000 columns",
        "b.md",
        lambda: ("|a" * 50_000 + "|\n" + "|-" * 50_000 + "|\n" + "|b" * 50_000 + "|\n").encode(),
    ),
)
