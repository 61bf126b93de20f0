"""Whether a text is in English, the one language that the models read."""

import re
import tempfile
from functools import cache
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MIN_WORDS = 8
"""Fewer do not tell."""
MAX_CHARACTERS = 5_000
"""The beginning is enough."""
SURE = 0.9

_WORD = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(
    ("and", "are", "been", "from", "has", "have", "that", "the", "their", "they", "this", "were")
) | {"which", "with", "would"}
"""English words that few other languages share."""
ENGLISH_SHARE = 0.08
"""Share of `_COMMON` that only English reaches; every document in seeds/ has more."""


def foreign_language(text: str) -> str | None:
    """The code of a text's language (ISO 639-1); None where it is English, or cannot be told.

    Loading the language identifier takes half a second and 100 MB, so that a text whose words are
    plainly English is not handed to it.
    """
    if len(text.split()) < MIN_WORDS:
        return None
    beginning = text[:MAX_CHARACTERS]
    words = _WORD.findall(beginning)
    if sum(word.lower() in _COMMON for word in words) >= ENGLISH_SHARE * len(words) > 0:
        return None
    language, probability = _identifier().classify(beginning)
    return str(language) if language != "en" and probability > SURE else None


@cache
def _identifier() -> "LanguageIdentifier":
    """The identifier, loaded once.

    Raises:
        PipelineError: it is unpacked to a temporary file, for which there is no room.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:
        place = tempfile.gettempdir()
        raise PipelineError(
            f"{place}: no room for a temporary file: {error.strerror or error}; free space there, "
            "or set TMPDIR to another folder"
        ) from error
