"""Score documents with a trained classifier: the sentences, and what they come to."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import glob
from pathlib import Path

import numpy as np

from pipeline.attribution import Attribution, Parties, attribute
from pipeline.attribution.rules import rule_spans
from pipeline.attribution.spans import Chars, SentenceSpans
from pipeline.classifier import Classifier, SpanClassifier, load_classifier
from pipeline.documents import Metadata, read_bytes, read_documents
from pipeline.errors import DataError, DocumentError, PipelineError
from pipeline.profiles import Estimate, Profile, StanceShare, party_profiles, profile
from pipeline.records import (
    STANCES,
    Document,
    Kind,
    Prediction,
    Record,
    Sentence,
    SentenceInContext,
    Span,
    Stance,
    WordWeight,
)
from pipeline.sentences import split_sentences

OUTPUT_VERSION = "1.1"
"""Version of the JSON output (docs/output.md)."""

_WORD = re.compile(r"\S+")
MAX_SCORED_CHARACTERS = 20_000
"""What is longer is no sentence; scoring it whole would take minutes and gigabytes."""


class ScoredDocument(Record):
    """A document's sentences with their stances, and their sum."""

    version: str = OUTPUT_VERSION
    document: Document
    predictions: tuple[Prediction, ...]
    shares: dict[Stance, StanceShare]
    index: Estimate | None = None
    """The stance index, -1 to 1; None where no sentence takes a stance."""
    parties: tuple[Profile, ...] = ()
    """One profile per party whose stance the document conveys."""
    n_abstained: int
    mean_confidence: float
    """Mean probability of the likeliest stance, 0 to 1."""
    warnings: tuple[str, ...] = ()
    explanations: tuple[tuple[WordWeight, ...], ...] = ()
    """For each sentence the words that moved the decision; empty unless asked for."""

    def top(self, n: int) -> list[Prediction]:
        """The `n` sentences that decide most: the surest ones that take a stance."""
        taking = [p for p in self.predictions if p.stance not in (None, Stance.NEUTRAL)]
        return sorted(taking, key=lambda prediction: -max(prediction.probabilities))[:n]


class Predictor:
    """A trained classifier with what it takes to read whole documents."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def predict(
        self,
        text: str,
        *,
        kind: Kind | None = None,
        issuer: str | None = None,
        min_confidence: float = 0.0,
    ) -> ScoredDocument:
        """Score a text as a user would paste it; it is cleaned first.

        Raises:
            DocumentError: there is no sentence in it.
        """
        metadata = Metadata(id="text", kind=kind, issuer=issuer)
        (document,) = read_bytes(text.encode("utf-8", errors="replace"), "text.txt", metadata)
        return self.predict_document(document, min_confidence=min_confidence)

    def predict_document(
        self, document: Document, *, min_confidence: float = 0.0
    ) -> ScoredDocument:
        """Score a document that has been read; below `min_confidence` (0 to 1) it abstains."""
        sentences = split_sentences(document.text)
        if not sentences:
            raise DocumentError(f"{document.source or document.id}: holds no sentence to score")
        contexts = _contexts(document, [sentence.text for sentence in sentences])
        probabilities, spans = read_sentences(self._classifier, contexts)
        parties = Parties(
            [sentence.text for sentence in sentences],
            document.issuer,
            document.kind,
            document.title,
        )
        attributions = attribute([context.text for context in contexts], spans, parties)
        predictions = []
        for sentence, row, found in zip(sentences, probabilities, attributions, strict=True):
            abstained = bool(row.max() < min_confidence)
            predictions.append(
                Prediction(
                    id=f"{document.id}:{sentence.index}",
                    text=sentence.text,
                    start=sentence.start,
                    end=sentence.end,
                    stance=None if abstained else STANCES[int(row.argmax())],
                    probabilities=tuple(row.tolist()),
                    abstained=abstained,
                    **_attributed(document.text, sentence, None if abstained else found),
                )
            )
        whole = profile(document.id, predictions, range(len(predictions)))
        return ScoredDocument(
            document=document,
            predictions=tuple(predictions),
            shares=whole.shares,
            index=whole.index,
            parties=party_profiles(document, predictions),
            n_abstained=sum(prediction.abstained for prediction in predictions),
            mean_confidence=float(probabilities.max(axis=1).mean()),
            warnings=(*_language_warnings(document), *_length_warnings(document, sentences)),
        )

    def explain(self, scored: ScoredDocument) -> ScoredDocument:
        """The same document with the words that moved each decision; slow.

        Raises:
            ModelError: the model is no encoder.
        """
        from pipeline.explain import explain

        contexts = _contexts(scored.document, [p.text for p in scored.predictions])
        explanations = tuple(explain(self._classifier, contexts))
        return scored.model_copy(update={"explanations": explanations})


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


def _attributed(
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


def load(model: str | Path) -> Predictor:
    """Load a trained model from a folder or an MLflow URI (`models:/readout-stance@champion`).

    Raises:
        ModelError: nothing trained there, or a file of it is missing or altered.
    """
    if ":/" in str(model):
        from pipeline.tracking import model_folder

        return Predictor(load_classifier(model_folder(str(model))))
    return Predictor(load_classifier(Path(model)))


def _contexts(document: Document, texts: Sequence[str]) -> list[SentenceInContext]:
    return [
        SentenceInContext(
            text=text[:MAX_SCORED_CHARACTERS],
            previous=texts[index - 1][-MAX_SCORED_CHARACTERS:] if index else "",
            kind=document.kind,
            issuer=document.issuer,
        )
        for index, text in enumerate(texts)
    ]


Failed = Callable[[PipelineError], None]
"""Called with what is wrong with one input; the others go on."""


def score_bytes(
    predictor: Predictor, content: bytes, metadata: Metadata, min_confidence: float, failed: Failed
) -> Iterator[ScoredDocument]:
    """Score what came on standard input; if it cannot be read, `failed` is told."""
    try:
        for document in read_bytes(content, "standard input", metadata):
            yield predictor.predict_document(document, min_confidence=min_confidence)
    except (DataError, DocumentError) as error:
        failed(error)


def score_files(
    predictor: Predictor,
    paths: Iterable[Path],
    metadata: Metadata,
    min_confidence: float,
    failed: Failed,
) -> Iterator[ScoredDocument]:
    """Score files one by one; one that cannot be read is handed to `failed` and passed over."""
    for path in paths:
        try:
            for document in read_documents(path, metadata):
                yield predictor.predict_document(document, min_confidence=min_confidence)
        except (DataError, DocumentError) as error:
            failed(error)


def find_files(names: Sequence[str], failed: Failed) -> list[Path]:
    """The files that names, folders and glob patterns stand for, each once, in order.

    Hidden files are left out unless they are named. A name that matches nothing is handed to
    `failed` and passed over.
    """
    found: dict[Path, None] = {}
    # os.path and glob, unlike pathlib, take a pasted text or `a**b` for a name that is not there.
    for name in names:
        path = Path(name)
        if os.path.isdir(path):
            matches = sorted(p for p in path.rglob("*") if p.is_file() and _visible(p, path))
        elif os.path.exists(path):
            matches = [path]
        else:
            matches = sorted(p for p in map(Path, glob(name, recursive=True)) if p.is_file())
        if not matches:
            failed(DocumentError(f"{name}: no such file, and no file matches it; check the path"))
        found.update(dict.fromkeys(matches))
    return list(found)


def _visible(path: Path, root: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(root).parts)


def _length_warnings(document: Document, sentences: Sequence[Sentence]) -> Iterator[str]:
    for sentence in sentences:
        if len(sentence.text) > MAX_SCORED_CHARACTERS:
            yield (
                f"{document.source or document.id}: sentence {sentence.index} is longer than "
                f"{MAX_SCORED_CHARACTERS} characters; only its beginning is scored"
            )


def _language_warnings(document: Document) -> Iterator[str]:
    """A warning where the text is long enough to tell and is not English."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    if len(document.text.split()) < 8:
        return
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    language, probability = identifier.classify(document.text[:5000])
    if language != "en" and probability > 0.9:
        yield (
            f"{document.source or document.id}: the text looks like language {language!r}, "
            "not English; the stances cannot be trusted"
        )
