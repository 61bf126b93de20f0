"""Score documents with a trained classifier: the sentences, and what they come to."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import glob
from pathlib import Path

import numpy as np

from pipeline.attribution import Attribution, Parties, attribute
from pipeline.attribution.reading import attributed_fields, read_sentences
from pipeline.attribution.spans import SentenceSpans
from pipeline.classifier import Classifier, load_classifier
from pipeline.documents import Metadata, each_document, read_bytes
from pipeline.errors import DataError, DocumentError, PipelineError
from pipeline.language import foreign_language
from pipeline.profiles import Estimate, Profile, StanceShare, party_profiles, profile
from pipeline.records import (
    STANCES,
    Document,
    Kind,
    Prediction,
    Record,
    Sentence,
    SentenceInContext,
    Stance,
    WordWeight,
)
from pipeline.sentences import split_sentences

OUTPUT_VERSION = "1.1"
"""Version of the JSON output (docs/output.md)."""

MAX_SCORED_CHARACTERS = 20_000
"""What is longer is no sentence; scoring it whole would take minutes and gigabytes."""


class ReadDocument(Record):
    """A document's sentences with their stances and parties."""

    document: Document
    predictions: tuple[Prediction, ...]
    voice: str
    """The party behind what nobody else holds: the issuer's, or the author."""
    warnings: tuple[str, ...] = ()


class ScoredDocument(Record):
    """A document's sentences with their stances, and their sum."""

    version: str = OUTPUT_VERSION
    document: Document
    predictions: tuple[Prediction, ...]
    shares: dict[Stance, StanceShare]
    index: Estimate | None = None
    """The stance index, -1 to 1; None where no sentence takes a stance."""
    voice: str
    """The party behind what nobody else holds: the issuer's, or the author."""
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
        """Score a document that has been read; below `min_confidence` (0 to 1) it abstains.

        Raises:
            DocumentError: there is no sentence in it.
        """
        (read,) = self.read_documents([document], min_confidence=min_confidence)
        if isinstance(read, DocumentError):
            raise read
        return score_document(read)

    def read_documents(
        self, documents: Sequence[Document], *, min_confidence: float = 0.0
    ) -> list[ReadDocument | DocumentError]:
        """Read documents in one call of the classifier; an error for one without a sentence."""
        split = [split_sentences(document.text) for document in documents]
        contexts = [
            context
            for document, sentences in zip(documents, split, strict=True)
            for context in sentence_contexts(document, [sentence.text for sentence in sentences])
        ]
        probabilities, spans = read_sentences(self._classifier, contexts)
        found: list[ReadDocument | DocumentError] = []
        start = 0
        for document, sentences in zip(documents, split, strict=True):
            if not sentences:
                place = document.source or document.id
                found.append(DocumentError(f"{place}: holds no sentence to score"))
                continue
            end = start + len(sentences)
            rows, places = probabilities[start:end], spans[start:end]
            found.append(read_document(document, sentences, rows, places, min_confidence))
            start = end
        return found

    def explain(self, scored: ScoredDocument) -> ScoredDocument:
        """The same document with the words that moved each decision; slow.

        Raises:
            ModelError: the model is no encoder.
        """
        from pipeline.explain import explain

        contexts = sentence_contexts(scored.document, [p.text for p in scored.predictions])
        explanations = tuple(explain(self._classifier, contexts))
        return scored.model_copy(update={"explanations": explanations})


def read_document(
    document: Document,
    sentences: Sequence[Sentence],
    probabilities: np.ndarray,
    spans: Sequence[SentenceSpans | None],
    min_confidence: float,
) -> ReadDocument:
    """What a classifier found in a document's sentences, as predictions with their parties.

    `probabilities` has shape (n_sentences, 4).
    """
    texts = [sentence.text for sentence in sentences]
    parties = Parties(texts, document.issuer, document.kind, document.title)
    attributions = attribute([text[:MAX_SCORED_CHARACTERS] for text in texts], spans, parties)
    predictions = [
        read_sentence(document, sentence, row, min_confidence, found)
        for sentence, row, found in zip(sentences, probabilities, attributions, strict=True)
    ]
    return ReadDocument(
        document=document,
        predictions=tuple(predictions),
        voice=parties.issuer.name,
        warnings=(*_language_warnings(document), *_length_warnings(document, sentences)),
    )


def read_sentence(
    document: Document,
    sentence: Sentence,
    probabilities: np.ndarray,
    min_confidence: float,
    attribution: Attribution | None = None,
) -> Prediction:
    """The prediction for one sentence; `probabilities` has shape (4,)."""
    abstained = bool(probabilities.max() < min_confidence)
    return Prediction(
        id=f"{document.id}:{sentence.index}",
        text=sentence.text,
        start=sentence.start,
        end=sentence.end,
        stance=None if abstained else STANCES[int(probabilities.argmax())],
        probabilities=tuple(probabilities.tolist()),
        abstained=abstained,
        **attributed_fields(document.text, sentence, None if abstained else attribution),
    )


def score_document(read: ReadDocument) -> ScoredDocument:
    """What a document's sentences come to, for the whole and for each party."""
    predictions = read.predictions
    whole = profile(read.document.id, predictions, range(len(predictions)))
    return ScoredDocument(
        document=read.document,
        predictions=predictions,
        shares=whole.shares,
        index=whole.index,
        voice=read.voice,
        parties=party_profiles(predictions, read.voice),
        n_abstained=sum(prediction.abstained for prediction in predictions),
        mean_confidence=float(np.mean([max(p.probabilities) for p in predictions])),
        warnings=read.warnings,
    )


def load(model: str | Path) -> Predictor:
    """Load a trained model from a folder or an MLflow URI (`models:/readout-stance@champion`).

    Raises:
        ModelError: nothing trained there, or a file of it is missing or altered.
    """
    return Predictor(load_classifier(local_folder(model)))


def local_folder(model: str | Path) -> Path:
    """The folder of a model; one that MLflow keeps is fetched.

    Raises:
        ModelError: MLflow has no such model.
    """
    if ":/" in str(model):
        from pipeline.tracking import model_folder

        return model_folder(str(model))
    return Path(model)


def sentence_contexts(document: Document, texts: Sequence[str]) -> list[SentenceInContext]:
    """The sentences of a document as a classifier reads them."""
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
            for found in each_document(path, metadata):
                if isinstance(found, DataError):
                    failed(found)
                else:
                    yield predictor.predict_document(found, min_confidence=min_confidence)
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
    if language := foreign_language(document.text):
        yield (
            f"{document.source or document.id}: the text looks like language {language!r}, "
            "not English; the stances cannot be trusted"
        )
