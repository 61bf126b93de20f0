"""Spans of a sentence (holder, target, cue) and the token tags that say where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from pipeline.attribution.words import words

Chars = tuple[int, int]
"""A passage of a sentence: `text[start:end]`."""
Offsets = Sequence[Chars | None]
"""The characters of each token; None for special tokens and for those of the context."""

GROUPS = ("holder", "target", "cue")
"""Each has three tags: outside, begin, inside. Their order is that of the tag logits."""
N_TAGS = 3 * len(GROUPS)
OUTSIDE, BEGIN, INSIDE = range(3)
IGNORED = -100
"""A tag that the loss passes over."""
_DANGLING = frozenset(["a", "an", "and", "by", "for", "from", "in", "of", "on", "the", "with"])
"""Words that a span does not end on."""


class Source(IntEnum):
    """Where the holder is found; the first token's tag in the group `holder` tells."""

    SENTENCE = 0
    ISSUER = 1
    CONTEXT = 2
    """In an earlier sentence."""


@dataclass(frozen=True)
class SentenceSpans:
    """The spans of one sentence, in its characters; None where the sentence names none."""

    source: Source = Source.ISSUER
    holder: Chars | None = None
    target: Chars | None = None
    cue: Chars | None = None


@dataclass(frozen=True)
class SpanLabels:
    """Spans to learn from; a group that is not `known` is not learned from this sentence."""

    spans: SentenceSpans
    known: frozenset[str]


def token_tags(labels: SpanLabels, offsets: Offsets) -> npt.NDArray[np.int64]:
    """Tags of shape (n_tokens, 3): one for each of `GROUPS`.

    The first token says, in place of a tag, which `Source` the holder has and whether there is
    a target (0) or none (1).
    """
    tags = np.full((len(offsets), len(GROUPS)), IGNORED, dtype=np.int64)
    inside_sentence = [index for index, chars in enumerate(offsets) if chars is not None]
    for column, group in enumerate(GROUPS):
        if group not in labels.known:
            continue
        tags[inside_sentence, column] = OUTSIDE
        span = getattr(labels.spans, group)
        covered = [
            index
            for index in inside_sentence
            if span and offsets[index][0] < span[1] and offsets[index][1] > span[0]
        ]
        tags[covered, column] = INSIDE
        tags[covered[:1], column] = BEGIN
    if "holder" in labels.known:
        tags[0, 0] = labels.spans.source
    if "target" in labels.known:
        tags[0, 1] = int(labels.spans.target is None)
    return tags


def decode(text: str, logits: npt.NDArray[np.floating], offsets: Offsets) -> SentenceSpans:
    """The likeliest spans from tag logits of shape (n_tokens, 9); there is always a cue."""
    holder, target, cue = np.split(logits, len(GROUPS), axis=1)
    source = Source(int(holder[0].argmax()))
    return SentenceSpans(
        source=source,
        holder=_best(text, holder, offsets) if source is Source.SENTENCE else None,
        target=_best(text, target, offsets) if target[0, 0] > target[0, 1] else None,
        cue=_best(text, cue, offsets),
    )


def _best(text: str, logits: npt.NDArray[np.floating], offsets: Offsets) -> Chars | None:
    """Whole words from the surest beginning on, as long as inside is the likeliest tag."""
    usable = [index for index, chars in enumerate(offsets) if chars is not None]
    if not usable:
        return None
    first = max(usable, key=lambda index: logits[index, BEGIN] - logits[index, OUTSIDE])
    last = first
    while last < usable[-1] and logits[last + 1].argmax() == INSIDE:
        last += 1
    return whole_words(text, (offsets[first][0], offsets[last][1]))


def whole_words(text: str, span: Chars) -> Chars:
    """A span stretched or cut to the words that it touches; as it is where it touches none."""
    touched = [m for m in words(text) if m.start() < span[1] and span[0] < m.end()]
    while len(touched) > 1 and touched[-1].group().lower() in _DANGLING:
        touched.pop()
    return (touched[0].start(), touched[-1].end()) if touched else span
