"""From a classifier's answer to the fields of a prediction that tell whose stance it is."""

import re
from collections.abc import Sequence

import numpy as np

from pipeline.attribution import Attribution
from pipeline.attribution.rules import rule_spans
from pipeline.attribution.spans import Chars, SentenceSpans
from pipeline.classifier import Classifier, SpanClassifier
from pipeline.records import STANCES, Sentence, SentenceInContext, Span, Stance

_WORD = re.compile(r"\S+")


def read_sentences(
    classifier: Classifier, sentences: Sequence[SentenceInContext]
) -> tuple[np.ndarray, list[SentenceSpans | None]]:
    """Probabilities of shape (n_sentences, 4) and the spans of each sentence that takes a stance.

    Rules find the spans where the classifier does not.
    """
    spans: Sequence[SentenceSpans] | None = None
    if isinstance(classifier, SpanClassifier):
        probabilities, spans = classifier.predict_with_spans(sentences)
    else:
        probabilities = classifier.predict_proba(sentences)
    probabilities = probabilities.astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    stances = [STANCES[column] for column in probabilities.argmax(axis=1)]
    if spans is None:
        spans = [rule_spans(*pair) for pair in zip(sentences, stances, strict=True)]
    return probabilities, [
        None if stance is Stance.NEUTRAL else found
        for stance, found in zip(stances, spans, strict=True)
    ]


def attributed_fields(
    text: str, sentence: Sentence, attribution: Attribution | None
) -> dict[str, str | Span | None]:
    """The fields of a prediction that tell whose stance it is."""
    if attribution is None:
        return {}
    spans = attribution.spans
    places = {"holder_span": spans.holder, "target_span": spans.target, "cue_span": spans.cue}
    return {
        "holder": attribution.holder.name,
        "target": attribution.target.name if attribution.target else None,
        **{name: _span(text, sentence, chars) for name, chars in places.items() if chars},
    }


def _span(text: str, sentence: Sentence, chars: Chars) -> Span:
    """Where a passage of a normalised sentence stands in its document.

    Normalising changes white space between words, so each end is found by its word.
    """
    raw = text[sentence.start : sentence.end]
    pairs = list(zip(_WORD.finditer(sentence.text), _WORD.finditer(raw), strict=False))
    first = next(pair for pair in pairs if chars[0] < pair[0].end())
    last = next(pair for pair in reversed(pairs) if pair[0].start() < chars[1])
    start = min(first[1].start() + max(0, chars[0] - first[0].start()), first[1].end())
    end = min(last[1].start() + chars[1] - last[0].start(), last[1].end())
    return Span(start=sentence.start + start, end=sentence.start + end)
