"""Web pages."""

from hostile.case import PROSE, SCRIPT, SENTENCES, Hostile, encoded

PARAGRAPHS = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
_QUOTED = SCRIPT.replace("<", "&lt;").replace(">", "&gt;")


def page(body: str, head: str = "<title>Ministers meet</title>") -> str:
    """A page of the body."""
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def _nested(tag: str, n: int) -> str:
    return page(f"<{tag}>" * n + PARAGRAPHS + f"</{tag}>" * n)


_SCRIPTED_HEAD = (
    f"<title>{_QUOTED}</title>"
    f'<meta property="og:title" content="{_QUOTED}&quot; onload=&quot;x">'
    f'<meta property="og:site_name" content="{_QUOTED}">'
    f'<meta name="author" content="{_QUOTED}">'
)

PAGES = (
    Hostile(
        "script in the title of a page",
        "a.html",
        lambda: page(PARAGRAPHS, _SCRIPTED_HEAD).encode(),
        holds="ferry",
    ),
    Hostile(
        "script in the body of a page",
        "a.html",
        lambda: page(
            f"{SCRIPT}<article>{PARAGRAPHS}<p>{_QUOTED} was what he wrote in it.</p></article>"
        ).encode(),
        holds="ferry",
    ),
    Hostile(
        "elements 100,000 deep",
        "a.html",
        lambda: _nested("div", 100_000).encode(),
        refused="no article",
    ),
    Hostile(
        "tables 2,000 deep",
        "a.html",
        lambda: _nested("table><tr><td", 2_000).encode(),
        refused="no article",
    ),
    Hostile(
        "inline elements 20,000 deep",
        "a.html",
        lambda: _nested("b", 20_000).encode(),
        refused="no article",
    ),
    Hostile(
        "a page of a million open brackets",
        "a.html",
        lambda: page("<" * 1_000_000 + PARAGRAPHS).encode(),
    ),
    Hostile(
        "an element of 10,000 attributes",
        "a.html",
        lambda: page(
            "<p " + " ".join(f"a{n}='x'" for n in range(10_000)) + ">" + PROSE + "</p>"
        ).encode(),
    ),
    Hostile(
        "a page of 100,000 links",
        "a.html",
        lambda: page("<p><a href='/x'>Home page of it</a></p>" * 100_000).encode(),
        refused="no article",
    ),
    Hostile(
        "a page of 20 MB", "a.html", lambda: page(PARAGRAPHS * 70_000).encode(), refused="too large"
    ),
    Hostile(
        "a page cut in a tag", "a.html", lambda: page(PARAGRAPHS).encode()[:-40], holds="ferry"
    ),
    Hostile(
        "a page without an end",
        "a.html",
        lambda: b"<html><body><p>" + PROSE.encode(),
        holds="ferry",
    ),
    Hostile("a page of nothing", "a.html", encoded(page("")), refused="no article"),
    Hostile("a page of script alone", "a.html", encoded(page(SCRIPT * 100)), refused="no article"),
    Hostile(
        "a page of comments",
        "a.html",
        encoded(page("<!-- They met. -->" * 1000)),
        refused="no article",
    ),
    Hostile(
        "external entity in XHTML",
        "a.xhtml",
        encoded(
            '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            f"<html><body><p>{PROSE}</p><p>The file holds &x; as they say on the island.</p>"
            "</body></html>"
        ),
        holds="ferry",
    ),
    Hostile(
        "billion laughs in XHTML",
        "a.xhtml",
        encoded(
            '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a0 "lol">'
            + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
            + f"]><html><body><p>{PROSE}</p><p>&a9;</p></body></html>"
        ),
        holds="ferry",
    ),
    Hostile(
        "page that declares an encoding without letters",
        "a.html",
        lambda: page(PARAGRAPHS + "<p>Ünd \xfc</p>", '<meta charset="base64">').encode("latin-1"),
        holds="ferry",
    ),
    Hostile(
        "page that declares UTF-7",
        "a.html",
        lambda: page(
            PARAGRAPHS + "<p>+ADw-script+AD4-alert(1)+ADw-/script+AD4- \xfc</p>",
            '<meta charset="utf-7">',
        ).encode("latin-1"),
        refused="utf-7",
    ),
    Hostile(
        "page with a base and a refresh",
        "a.html",
        encoded(
            page(
                PARAGRAPHS,
                '<base href="javascript:x">'
                '<meta http-equiv="refresh" content="0;url=javascript:x">',
            )
        ),
        holds="ferry",
    ),
    Hostile(
        "page with data in addresses",
        "a.html",
        lambda: page(PARAGRAPHS + f"<img src='data:image/png;base64,{'A' * 2_000_000}'>").encode(),
        holds="ferry",
    ),
)
