"""Markdown without front matter, by markdown-it-py."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.documents.metadata import Extracted
from pipeline.records import Removal

_TAG = re.compile(r"<[^<>]{0,2000}>")


def read_markdown(text: str) -> Extracted:
    """Plain text: links keep their words; emphasis, images and fenced code go.

    Headings, list items (with their markers) and table cells become paragraphs. Indented text is
    text, not code, as copies of articles are often indented.
    """
    blocks: list[str] = []
    removed: list[Removal] = []
    title = None
    marker = ""
    before = None
    for token in MarkdownIt("commonmark").enable("table").disable("code").parse(text):
        if token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "fence":
            removed.append(Removal(rule="markdown code", text=token.content))
        elif token.type == "html_block":
            blocks.append(_TAG.sub("", token.content).strip())
        elif token.type == "inline":
            words = _inline(token, removed)
            if before == "heading_open" and title is None:
                title = words or None
            if words:
                blocks.append(marker + words)
                marker = ""
        before = token.type
    return Extracted(text="\n\n".join(filter(None, blocks)), title=title, removed=tuple(removed))


def _inline(token: Token, removed: list[Removal]) -> str:
    parts = []
    for child in token.children or []:
        if child.type == "image":
            removed.append(Removal(rule="image", text=child.content))
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
    return "".join(parts).strip()
