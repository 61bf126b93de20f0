"""Gold annotations count as they are; functions label the rest."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.labeling import LabelSettings, explain, label_documents, run_label
from pipeline.labeling.gold import PlacedAnnotation, read_gold
from pipeline.labeling.report import function_table
from pipeline.prepare import prepare_documents
from pipeline.records import (
    STANCES,
    Annotation,
    Document,
    SentenceInContext,
    Stance,
    sentence_sha256,
)
from pipeline.storage import write_records

# crowd-kit uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")

SETTINGS = LabelSettings(
    label_model="majority_vote", iterations=10, assumed_precision=0.8, min_confidence=0.7
)
TEXT = "The minister thanked the envoy for his visit. The delegations met on Tuesday."


@pytest.fixture
def documents():
    return prepare_documents([Document(id="d-1", text=TEXT, event="e-1", source="seeds/d-1.md")])


def annotation(documents, index: int, **changes: object) -> Annotation:
    fields = {
        "document": "d-1",
        "sentence": index,
        "text_sha256": sentence_sha256(documents[0].sentences[min(index, 1)].text),
        "stance": Stance.SKEPTICAL,
        "holder": "minister",
        "target": None,
        "annotator": "ada",
        "codebook": "1.1",
    }
    return Annotation.model_validate(fields | changes)


def placed(*annotations: Annotation) -> list[PlacedAnnotation]:
    return [
        PlacedAnnotation(place=f"gold.jsonl:{number}", annotation=entry)
        for number, entry in enumerate(annotations, 1)
    ]


def test_a_gold_annotation_counts_as_it_is(documents):
    labelled = label_documents(documents, placed(annotation(documents, 0)), SETTINGS)
    first = labelled.examples[0]
    assert (first.stance, first.origin, first.confidence) == (Stance.SKEPTICAL, "gold", 1.0)
    assert (first.id, first.holder, first.previous) == ("d-1:0", "minister", "")


def test_a_sentence_without_annotation_gets_a_weak_label(documents):
    labelled = label_documents(documents, [], SETTINGS)
    first = labelled.examples[0]
    assert (first.stance, first.origin) == (Stance.CONCILIATORY, "weak")


def test_a_sentence_on_which_no_function_fires_is_left_out_and_counted():
    documents = prepare_documents([Document(id="d", text="Blue lamps, perhaps.")])
    labelled = label_documents(documents, [], SETTINGS)
    assert (labelled.examples, labelled.n_dropped) == ([], 1)


def test_the_previous_sentence_is_kept_as_context(documents):
    labelled = label_documents(documents, placed(annotation(documents, 1)), SETTINGS)
    assert labelled.examples[-1].previous == documents[0].sentences[0].text


def test_annotations_that_do_not_fit_are_all_named(documents):
    wrong = placed(
        annotation(documents, 0, document="d-9"),
        annotation(documents, 7),
        annotation(documents, 1, text_sha256="0" * 64),
    )
    with pytest.raises(DataError) as caught:
        label_documents(documents, wrong, SETTINGS)
    message = str(caught.value)
    assert "gold.jsonl:1: document 'd-9', sentence 0: no such document" in message
    assert "gold.jsonl:2: document 'd-1', sentence 7: the document has 2 sentences" in message
    assert "gold.jsonl:3: document 'd-1', sentence 1: the text has changed" in message


def test_one_annotator_labels_a_sentence_once(documents):
    twice = placed(annotation(documents, 0), annotation(documents, 0, stance="neutral"))
    with pytest.raises(DataError, match="annotator 'ada' labels this sentence twice"):
        label_documents(documents, twice, SETTINGS)


@pytest.mark.parametrize(
    ("stances", "expected"),
    [
        (["neutral", "conciliatory", "conciliatory"], "conciliatory"),
        (["neutral", "conciliatory"], "conciliatory"),
        (["skeptical", "conciliatory"], "skeptical"),
        (["skeptical", "demanding"], "demanding"),
    ],
)
def test_the_majority_of_annotators_wins_and_ties_go_by_the_codebook(documents, stances, expected):
    several = placed(
        *(
            annotation(documents, 0, stance=stance, annotator=f"person-{number}")
            for number, stance in enumerate(stances)
        )
    )
    assert label_documents(documents, several, SETTINGS).examples[0].stance == expected


def test_a_stance_outside_the_four_is_named_with_its_line(documents, tmp_path: Path):
    row = json.loads(annotation(documents, 0).model_dump_json()) | {"stance": "sceptical"}
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match=r"x\.jsonl:1: .*stance.*sceptical"):
        read_gold(tmp_path)


def test_an_annotation_after_an_empty_line_keeps_its_line_number(documents, tmp_path: Path):
    row = annotation(documents, 0).model_dump_json()
    (tmp_path / "x.jsonl").write_text(f"\n{row}\n")
    assert read_gold(tmp_path)[0].place.endswith("x.jsonl:2")


def test_a_missing_folder_of_annotations_is_not_taken_for_an_empty_one(tmp_path: Path):
    with pytest.raises(DataError, match="no such folder of annotations"):
        read_gold(tmp_path / "glod")


def test_the_report_counts_coverage_overlap_conflict_and_precision(monkeypatch):
    from pipeline.labeling import report

    monkeypatch.setattr(report, "LABELING_FUNCTIONS", report.LABELING_FUNCTIONS[:2])
    votes = np.array([[0, 0], [0, 1], [0, -1], [-1, -1]], dtype=np.int8)
    first = function_table(votes, np.array([0, 0, 1, -1])).iloc[0]
    assert (first.coverage, first.overlap, first.conflict) == (0.75, 0.5, 0.25)
    assert (first.precision, first.n_gold) == (pytest.approx(2 / 3), 3)


def test_the_stage_writes_examples_and_report(documents, tmp_path: Path):
    write_records(tmp_path / "prepared.jsonl", documents)
    write_records(tmp_path / "gold" / "a.jsonl", [annotation(documents, 0)])
    out, report = tmp_path / "examples.jsonl", tmp_path / "report"
    run_label(tmp_path / "prepared.jsonl", tmp_path / "gold", out, report, SETTINGS)
    assert out.read_text().count("\n") >= 1
    figures = json.loads((report / "metrics.json").read_text())
    assert figures["sentences"]["gold"] == 1
    assert {"macro_f1", "coverage", "kept_coverage", "ece"} <= set(figures["dawid_skene"])
    assert json.loads((tmp_path / "label_model.json").read_text())["kind"] == "majority_vote"
    assert all(stance in (report / "report.md").read_text() for stance in STANCES)


def test_an_explanation_adds_the_votes_up_by_majority_without_a_label_model(tmp_path: Path):
    sentence = SentenceInContext(text="The minister thanked the envoy.")
    found, distribution = explain(sentence, tmp_path / "label_model.json")
    assert [function.name for function in found] == ["thanks"]
    assert distribution[Stance.CONCILIATORY] == 1


def test_an_explanation_uses_the_label_model_that_labeling_left(documents, tmp_path: Path):
    write_records(tmp_path / "prepared.jsonl", documents)
    (tmp_path / "gold").mkdir()
    settings = SETTINGS.model_copy(update={"label_model": "dawid_skene"})
    files = (tmp_path / "prepared.jsonl", tmp_path / "gold", tmp_path / "examples.jsonl")
    run_label(*files, tmp_path / "report", settings)
    sentence = SentenceInContext(text="The minister thanked the envoy.")
    _, distribution = explain(sentence, tmp_path / "label_model.json")
    assert 0.5 < distribution[Stance.CONCILIATORY] < 1


def test_a_sentence_without_votes_has_no_distribution(tmp_path: Path):
    assert explain(SentenceInContext(text="Blue lamps."), tmp_path / "none.json") == ([], {})


def test_a_label_model_that_is_none_is_named(tmp_path: Path):
    (tmp_path / "label_model.json").write_text("{}")
    with pytest.raises(DataError, match=r"label_model\.json: not a label model"):
        explain(SentenceInContext(text="He thanked her."), tmp_path / "label_model.json")
