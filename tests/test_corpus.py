"""Tests of pipeline.corpus, and the check of the project's own documents."""

from pathlib import Path

import pytest

from pipeline.corpus import (
    AnnotatedSentence,
    CorpusSettings,
    check_corpus,
    frames,
    imbalances,
    near_duplicates,
    unknown_holders,
)
from pipeline.prepare import run_prepare
from pipeline.records import Annotation, Stance, sentence_sha256
from pipeline.settings import load_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def settings() -> CorpusSettings:
    return load_settings(ROOT / "configs/corpus.yaml", CorpusSettings)


def annotated(
    text: str,
    *,
    place: str = "a-001:0",
    kind: str = "news",
    stance: Stance = Stance.NEUTRAL,
    holder: str | None = None,
    context: str = "",
) -> AnnotatedSentence:
    annotation = Annotation(
        document=place.partition(":")[0],
        sentence=0,
        text_sha256=sentence_sha256(text),
        stance=stance,
        holder=holder,
        target=None,
        annotator="test",
        codebook="1.1",
    )
    return AnnotatedSentence(
        place=place, text=text, kind=kind, annotation=annotation, context=context
    )


def test_the_projects_documents_pass(settings: CorpusSettings, tmp_path: Path):
    prepared = tmp_path / "documents.jsonl"
    run_prepare(ROOT / "seeds", prepared, lambda done, total: None)
    assert check_corpus(prepared, ROOT / "data/gold", settings) == []


def test_a_near_copy_is_found(settings: CorpusSettings):
    first = "The ministry of trade said on Monday that the duties would stay in force until June."
    second = first.replace("Monday", "Friday")
    other = "Nobody in the delegation could say when the second round of talks was to begin."
    places = ("a-001:0", "b-002:3", "c-003:1")
    entries = [
        annotated(text, place=p) for text, p in zip((first, second, other), places, strict=True)
    ]
    (problem,) = near_duplicates(entries, settings)
    assert problem.startswith("b-002:3: nearly the same as a-001:0 (similarity 0.6")


def test_short_sentences_may_be_the_same(settings: CorpusSettings):
    assert not list(near_duplicates([annotated("What happens next?")] * 2, settings))


def test_a_frame_is_found(settings: CorpusSettings):
    words = ["alpha", "bravo", "charlie", "delta", "echo"]
    entries = [annotated(f"We call on the {word} side now.") for word in words]
    problems = list(frames(entries, settings))
    assert "the opening 'we call on the' stands in 5 sentences: reword some of them" in problems


def test_an_imbalance_is_found(settings: CorpusSettings):
    small = settings.model_copy(update={"min_kind_sentences": 4})
    entries = [annotated("It rained.", kind="speech")] * 4
    problems = list(imbalances(entries, small))
    assert "kind speech: 100% of the sentences are neutral" in problems
    assert "kind speech: 0% of the sentences are demanding" in problems
    assert not list(imbalances(entries, settings))


@pytest.mark.parametrize(
    ("holder", "message"),
    [
        (None, "a-001:0: demanding, but nobody holds it"),
        ("Foreign Minister Oda", "a-001:0: holder 'Foreign Minister Oda' is not in the document"),
        ("Kestan", "a-001:0: holder 'Kestan' is not in the document"),
    ],
)
def test_an_unknown_holder_is_found(holder: str | None, message: str):
    entry = annotated("Stop.", stance=Stance.DEMANDING, holder=holder, context="belmar stop.")
    assert list(unknown_holders([entry])) == [message]


@pytest.mark.parametrize("holder", ["Belmari side", "Premier Orloff", "protesters", "I"])
def test_a_holder_that_the_document_names_is_known(holder: str):
    context = "premier orloff of belmar"
    entry = annotated("Stop.", stance=Stance.DEMANDING, holder=holder, context=context)
    assert not list(unknown_holders([entry]))
