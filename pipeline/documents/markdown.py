"""Markdown without front matter."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.documents.extracted import Extracted
from pipeline.records import Removal


def read_markdown(text: str) -> Extracted:
    """Plain text: links keep their words, images and code go, list items get lines of their own."""
    blocks: list[str] = []
    removed: list[Removal] = []
    title = None
    tokens = MarkdownIt("commonmark").parse(text)
    in_list = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        in_list += token.type in ("bullet_list_open", "ordered_list_open")
        in_list -= token.type in ("bullet_list_close", "ordered_list_close")
        if token.type in ("fence", "code_block", "html_block"):
            removed.append(Removal(rule="markdown code", text=token.content))
        if token.type != "inline":
            continue
        words = _inline(token, removed)
        if before is not None and before.type == "heading_open" and title is None:
            title = words or None
        if words:
            blocks.append(f"- {words}" if in_list else words)
    return Extracted(text="\n\n".join(blocks), title=title, removed=tuple(removed))


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
