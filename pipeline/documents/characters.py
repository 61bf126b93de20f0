"""Characters that no reader sees: controls, which a terminal would obey, and invisible marks."""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""All but tab and what breaks lines."""
_INVISIBLE = dict.fromkeys(
    (
        0xAD,  # soft hyphen
        *range(0x200B, 0x2010),  # zero width, and marks of direction
        *range(0x202A, 0x202F),  # embeddings and overrides, which show a text in another order
        *range(0x2060, 0x2070),
        0x61C,
        0xFEFF,
        *range(0xE0000, 0xE0080),  # tags, which hide a text in a text
    )
)


def without_controls(text: str) -> str:
    """The text without control characters."""
    return _CONTROLS.sub("", text)


def without_surrogates(text: str) -> str:
    """The text with a replacement character for each lone surrogate; pairs become what they are."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def without_invisible(text: str) -> str:
    """The text without the characters that have no width, tags and marks of direction."""
    return text.translate(_INVISIBLE)


def on_one_line(text: str) -> str:
    """The text without controls and invisible marks, each run of white space as one space."""
    return " ".join(without_invisible(without_controls(text)).split())
