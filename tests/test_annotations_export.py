"""What an export writes is what the pipeline then trains on."""

from pathlib import Path

import pytest

from pipeline.annotations.export import ANNOTATIONS, DOCUMENTS, run_export
from pipeline.annotations.store import AnnotationStore
from pipeline.documents import read_documents
from pipeline.errors import DataError
from pipeline.labeling import LabelSettings, run_label
from pipeline.prepare import run_prepare
from pipeline.records import (
    Annotation,
    Document,
    Example,
    Kind,
    PreparedDocument,
    Stance,
    sentence_sha256,
)
from pipeline.storage import read_records, write_records

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")

REPOSITORY = Path(__file__).parents[1]
LABELING = LabelSettings(
    label_model="majority_vote", iterations=1, assumed_precision=0.7, min_confidence=0.5
)
LETTER = Document(
    id="letter",
    text="Belmar welcomes the offer. It must be made good.\n\nThe talks lasted two hours.",
    kind=Kind.STATEMENT,
    issuer="Belmar",
)
# Cleaning takes the lines for page furniture and would move what follows.
LIKE_A_PAGE = Document(
    id="like a page",
    text="Share this article\n\nRelated: more news from Belmar\n\n- Kestan doubts the figures.\n"
    "- Kestan wants the troops out.\n\nRead more\n\nBelmar welcomes the visit.",
)
DECOMPOSED = Document(id="decomposed", text="The Cafe\u0301 Accord stands. Belmar welcomes it.")


@pytest.fixture
def store(tmp_path: Path) -> AnnotationStore:
    (tmp_path / "gold").mkdir()
    return AnnotationStore(tmp_path / "annotations.sqlite")


def train_on(folder: Path) -> dict[str, Example]:
    """The gold examples of the stages `prepare` and `label`, by id."""
    run_prepare(folder / "seeds", folder / "documents.jsonl")
    run_label(
        folder / "documents.jsonl",
        folder / "gold",
        folder / "examples.jsonl",
        folder / "report",
        LABELING,
    )
    examples = read_records(folder / "examples.jsonl", Example)
    return {example.id: example for example in examples if example.origin == "gold"}


def test_the_pipeline_trains_on_what_is_exported(store: AnnotationStore, tmp_path: Path):
    store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", "the offer", "ada")
    store.add(LETTER, 1, Stance.SKEPTICAL, "Belmar", None, "ada")
    store.add(LETTER, 1, Stance.DEMANDING, "Belmar", None, "ada")
    exported = run_export(store, tmp_path / "gold", tmp_path / "seeds")
    assert (exported.annotations, exported.documents, exported.known_documents) == (2, 1, 0)
    examples = train_on(tmp_path)
    assert {key: example.stance for key, example in examples.items()} == {
        "letter:0": Stance.CONCILIATORY,
        "letter:1": Stance.DEMANDING,
    }
    first = examples["letter:0"]
    assert (first.text, first.holder, first.target) == (
        "Belmar welcomes the offer.",
        "Belmar",
        "the offer",
    )
    assert (first.event, first.kind, first.issuer) == ("letter", Kind.STATEMENT, "Belmar")


@pytest.mark.parametrize("document", [LIKE_A_PAGE, DECOMPOSED], ids=["page", "decomposed"])
def test_sentences_stay_what_they_are_where_cleaning_would_change_them(
    store: AnnotationStore, tmp_path: Path, document: Document
):
    text_file = tmp_path / "as text.txt"
    text_file.write_text(document.text, encoding="utf-8")
    assert read_documents(text_file)[0].text != document.text
    n = 0
    try:
        while True:
            store.add(document, n, Stance.NEUTRAL, None, None, "ada")
            n += 1
    except DataError:
        assert n > 1
    run_export(store, tmp_path / "gold", tmp_path / "seeds")
    examples = train_on(tmp_path)
    (prepared,) = read_records(tmp_path / "documents.jsonl", PreparedDocument)
    assert len(examples) == len(prepared.sentences) == n
    assert [sentence_sha256(sentence.text) for sentence in prepared.sentences] == [
        annotation.text_sha256 for annotation in store.annotations()
    ]


def test_a_text_that_the_sources_hold_keeps_the_id_that_it_has_there(
    store: AnnotationStore, tmp_path: Path
):
    source = tmp_path / "seeds/a/a-001.md"
    source.parent.mkdir(parents=True)
    spread = LETTER.text.replace("offer. ", "offer.\n\n")
    source.write_text(f"---\nid: a-001\n---\n\n{spread}\n", encoding="utf-8")
    store.add(LETTER, 1, Stance.DEMANDING, "Belmar", None, "ada")
    exported = run_export(store, tmp_path / "gold", tmp_path / "seeds")
    assert (exported.documents, exported.known_documents) == (0, 1)
    assert list(train_on(tmp_path)) == ["a-001:1"]


def test_another_text_with_a_known_id_gets_its_own(store: AnnotationStore, tmp_path: Path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/letter.txt").write_text("Kestan will not talk.\n", encoding="utf-8")
    store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    run_export(store, tmp_path / "gold", tmp_path / "seeds")
    (key,) = train_on(tmp_path)
    assert key.startswith("letter-") and key.endswith(":0")


def test_an_export_takes_the_place_of_the_last(store: AnnotationStore, tmp_path: Path):
    store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    store.add(DECOMPOSED, 1, Stance.CONCILIATORY, "Belmar", None, "ada")
    run_export(store, tmp_path / "gold", tmp_path / "seeds")
    store.undo("ada")
    store.add(LETTER, 2, Stance.NEUTRAL, None, None, "bo")
    run_export(store, tmp_path / "gold", tmp_path / "seeds")
    assert set(train_on(tmp_path)) == {"letter:0", "letter:2"}
    (row,) = (tmp_path / "seeds" / DOCUMENTS).read_text(encoding="utf-8").splitlines()
    assert '"letter"' in row


def gold_row(annotator: str, stance: Stance) -> Annotation:
    return Annotation(
        document="letter",
        sentence=0,
        text_sha256=sentence_sha256("Belmar welcomes the offer."),
        stance=stance,
        holder="Belmar",
        target=None,
        annotator=annotator,
        codebook="1.1",
    )


def test_sentences_that_others_have_annotated_are_counted(store: AnnotationStore, tmp_path: Path):
    write_records(tmp_path / "gold/team.jsonl", [gold_row("cy", Stance.NEUTRAL)])
    store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "bo")
    assert run_export(store, tmp_path / "gold", tmp_path / "seeds").contested == 1
    assert train_on(tmp_path)["letter:0"].stance == Stance.CONCILIATORY


def test_a_second_reading_by_one_annotator_is_refused_and_nothing_is_written(
    store: AnnotationStore, tmp_path: Path
):
    write_records(tmp_path / "gold/team.jsonl", [gold_row("ada", Stance.NEUTRAL)])
    store.add(LETTER, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    with pytest.raises(DataError, match="letter:0: annotator 'ada' has labelled this sentence in"):
        run_export(store, tmp_path / "gold", tmp_path / "seeds")
    assert not (tmp_path / "gold" / ANNOTATIONS).exists()
    assert not (tmp_path / "seeds" / DOCUMENTS).exists()


def test_what_the_documents_format_refuses_is_named(store: AnnotationStore, tmp_path: Path):
    odd = LETTER.model_copy(update={"date": "2025-02-31"})
    store.add(odd, 0, Stance.CONCILIATORY, "Belmar", None, "ada")
    with pytest.raises(DataError, match=r"annotations\.sqlite: document 'letter': date: "):
        run_export(store, tmp_path / "gold", tmp_path / "seeds")


def test_an_empty_store_is_told(store: AnnotationStore, tmp_path: Path):
    with pytest.raises(DataError, match="holds no annotation that counts; annotate first"):
        run_export(store, tmp_path / "gold", tmp_path / "seeds")


def test_git_ignores_what_is_exported():
    ignored = (REPOSITORY / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"/data/gold/{ANNOTATIONS}" in ignored
    assert "/seeds/local/*" in ignored and DOCUMENTS.startswith("local/")
