"""Predictions tell whose stance it is, and where the text says so."""

import io

import numpy as np
import pytest
from rich.console import Console

from pipeline.attribution.spans import SentenceSpans, Source
from pipeline.output import Format, document_view, render
from pipeline.predict import Predictor, ScoredDocument
from pipeline.records import Document, Kind, SentenceInContext, Stance

TEXT = "Ansa Orloff warned Belmar.\nShe  must be   heard, we said.\n\nThe talks lasted an hour."
ROWS = [[0.1, 0.7, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.1, 0.7]]


class Tagger:
    """A classifier with spans of its own; every call is counted."""

    def __init__(self, spans: list[SentenceSpans] | None) -> None:
        self.spans = spans
        self.n_calls = 0

    def predict_proba(self, examples: list[SentenceInContext]) -> np.ndarray:
        self.n_calls += 1
        return np.array(ROWS[: len(examples)], dtype=np.float32)

    def predict_with_spans(
        self, examples: list[SentenceInContext]
    ) -> tuple[np.ndarray, list[SentenceSpans] | None]:
        return self.predict_proba(examples), self.spans


SPANS = [
    SentenceSpans(Source.SENTENCE, holder=(0, 11), target=(19, 25), cue=(12, 18)),
    SentenceSpans(Source.SENTENCE, holder=(0, 3), cue=(4, 17)),
    SentenceSpans(Source.SENTENCE, holder=(0, 9)),
]


def scored(classifier: object, min_confidence: float = 0.0) -> ScoredDocument:
    document = Document(id="d", text=TEXT, issuer="The Ledger", kind=Kind.NEWS)
    return Predictor(classifier).predict_document(document, min_confidence=min_confidence)


def cut(span: object) -> str | None:
    return TEXT[span.start : span.end] if span else None


def test_one_call_gives_stances_and_spans():
    tagger = Tagger(SPANS)
    scored(tagger)
    assert tagger.n_calls == 1


def test_holders_of_a_document_are_one_party():
    first, second, third = scored(Tagger(SPANS)).predictions
    assert first.holder == second.holder == "Ansa Orloff"
    assert first.target == "Belmar"
    assert third.holder is None


def test_spans_are_places_of_the_document_whatever_its_white_space():
    first, second, third = scored(Tagger(SPANS)).predictions
    assert [cut(span) for span in (first.holder_span, first.target_span, first.cue_span)] == [
        "Ansa Orloff",
        "Belmar",
        "warned",
    ]
    assert cut(second.holder_span) == "She"
    assert cut(second.cue_span) == "must be   heard"
    assert third.holder_span is third.cue_span is None


def test_an_abstained_sentence_has_no_holder():
    first, second, _ = scored(Tagger(SPANS), min_confidence=0.65).predictions
    assert first.holder
    assert second.abstained
    assert second.holder is second.cue_span is None


def test_rules_stand_in_where_a_classifier_has_no_spans():
    class Plain:
        predict_proba = Tagger(None).predict_proba

    for classifier in (Tagger(None), Plain()):
        first = scored(classifier).predictions[0]
        assert first.holder == "Ansa Orloff"
        assert first.target == "Belmar"
        assert cut(first.cue_span) == "warned"


def test_the_terminal_and_the_rows_show_the_holder():
    document = scored(Tagger(SPANS))
    console = Console(file=io.StringIO(), width=100)
    console.print(document_view(document, None))
    assert "Ansa Orloff" in console.file.getvalue().split("sentence ")[-1]
    header, row, *_ = render([document], Format.CSV).decode().splitlines()
    assert header.endswith("holder,target,cue")
    assert row.endswith("Ansa Orloff,Belmar,warned")


def test_an_official_text_of_an_unknown_issuer_still_has_holders():
    document = Document(id="d", text="They must leave now.", kind=Kind.STATEMENT)
    (found,) = Predictor(Tagger([SentenceSpans()])).predict_document(document).predictions
    assert found.stance is Stance.DEMANDING
    assert found.holder == "the issuer"


@pytest.mark.parametrize("text", ["…", "“", "A.", "He said \x00 no.", "x" * 30_000])
def test_odd_texts_are_scored(text: str):
    class Any:
        def predict_proba(self, examples: list[SentenceInContext]) -> np.ndarray:
            return np.tile(np.float32([0.1, 0.7, 0.1, 0.1]), (len(examples), 1))

    document = Document(id="d", text=text)
    for found in Predictor(Any()).predict_document(document).predictions:
        assert found.holder
