"""The commands annotate, annotations and agreement."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Call, assert_one_message

from pipeline.annotations.label_studio import LABELING_CONFIG
from pipeline.annotations.store import AnnotationStore
from pipeline.records import Stance

TEXT = "We welcome the offer warmly. They must withdraw at once. The meeting lasted two hours.\n"
STORE = Path("data/annotations.sqlite")

Answer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def answer(call: Call, article: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Annotates the article as one annotator, who types the lines."""

    def answer(annotator: str, *lines: str, options: tuple = ()) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return call("annotate", article, "--annotator", annotator, *options)

    return answer


def made(annotator: str | None = None) -> list[tuple]:
    annotations = AnnotationStore(STORE).annotations(annotator=annotator)
    return [(a.sentence, a.stance, a.holder, a.target) for a in annotations]


def test_answers_are_kept(answer: Answer):
    code, out, err = answer("ada", "c", "Belmar", "the offer", "d", "", "", "n")
    assert code == 0
    assert "3 of 3 sentences annotated" in err
    assert "1/3  article" in out
    assert made() == [
        (0, Stance.CONCILIATORY, "Belmar", "the offer"),
        (1, Stance.DEMANDING, None, None),
        (2, Stance.NEUTRAL, None, None),
    ]


def test_skip_and_quit(answer: Answer):
    code, _, err = answer("ada", "", "n", "q", "n")
    assert code == 0
    assert "1 of 3 sentences annotated" in err
    assert made() == [(1, Stance.NEUTRAL, None, None)]


def test_going_back_shows_and_replaces_the_answer(answer: Answer):
    _, out, _ = answer("ada", "b", "s", "Belmar", "", "b", "d", "Belmar", "Kestan", "q")
    assert "so far: skeptical, holder Belmar" in out
    assert made() == [(0, Stance.DEMANDING, "Belmar", "Kestan")]


def test_the_end_of_the_input_keeps_what_was_complete(answer: Answer):
    code, _, err = answer("ada", "n", "d", "Belmar")
    assert code == 0
    assert "1 of 3 sentences annotated" in err
    assert made() == [(0, Stance.NEUTRAL, None, None)]


def test_an_unknown_answer_is_asked_again(answer: Answer):
    _, out, _ = answer("ada", "x", "neutral", "n", "q")
    assert out.count("Please select one of the available options") == 2
    assert made() == [(0, Stance.NEUTRAL, None, None)]


def test_an_annotator_goes_on_where_they_stopped(answer: Answer):
    answer("ada", "n", "q")
    _, out, err = answer("ada", "n", "n")
    assert "1/2  article" in out
    assert "2 of 2 sentences annotated" in err
    answer("bo", "c", "", "", "q")
    assert made("bo") == [(0, Stance.CONCILIATORY, None, None)]


def test_the_suggested_sentences_are_asked_for(answer: Answer, tiny_baseline: Path):
    options = ("--suggest", 1, "--model", tiny_baseline)
    _, _, err = answer("ada", "n", options=options)
    assert "1 of 1 sentences annotated" in err
    ((first, *_),) = made()
    answer("ada", "n", options=options)
    assert len(made()) == 2 and first in {row[0] for row in made()}


def test_suggestions_are_listed_and_nothing_is_kept(call: Call, article: Path, tiny_baseline: Path):
    options = ("--suggest", 2, "--model", tiny_baseline)
    code, out, _ = call("annotate", article, *options, "--format", "json")
    assert code == 0
    rows = json.loads(out)
    assert len(rows) == 2
    assert {row["text"] for row in rows} <= set(TEXT.strip().replace(". ", ".\n").splitlines())
    assert all(row["reason"].startswith(("unsure: ", "model: ")) for row in rows)
    assert rows[0]["doubt"] >= rows[1]["doubt"]
    _, out, _ = call("annotate", article, *options, "--format", "csv")
    assert [row["text"] for row in csv.DictReader(io.StringIO(out))] == [r["text"] for r in rows]
    _, out, _ = call("annotate", article, *options)
    assert "unsure: " in out
    code, _, err = call("annotate", article, *options, "-o", "list.txt")
    assert "2 suggestions -> list.txt" in err
    assert "unsure: " in Path("list.txt").read_text(encoding="utf-8")
    assert not STORE.exists()


def test_annotated_sentences_are_not_suggested(
    answer: Answer, call: Call, article: Path, tiny_baseline: Path
):
    answer("ada", "n", "q")
    options = ("--suggest", 9, "--model", tiny_baseline, "--format", "json")
    _, out, _ = call("annotate", article, *options)
    assert {row["index"] for row in json.loads(out)} == {1, 2}


def test_suggestions_for_label_studio_come_back(call: Call, article: Path, tiny_baseline: Path):
    options = ("--suggest", 2, "--model", tiny_baseline, "--format", "label-studio")
    code, _, err = call("annotate", article, *options, "-o", "tasks.json")
    assert code == 0
    assert "2 tasks -> tasks.json, labeling configuration -> tasks.xml" in err
    assert Path("tasks.xml").read_text(encoding="utf-8") == LABELING_CONFIG
    tasks = json.loads(Path("tasks.json").read_text(encoding="utf-8"))
    assert all(task["data"]["reason"] for task in tasks)
    for task in tasks:
        task["annotations"] = [{"completed_by": 1, "result": task["predictions"][0]["result"]}]
    Path("done.json").write_text(json.dumps(tasks), encoding="utf-8")
    code, _, err = call("annotations", "import", "done.json")
    assert code == 0
    assert "2 annotations -> " in err
    assert {row[0] for row in made("label-studio-1")} == {task["data"]["index"] for task in tasks}


def test_all_sentences_become_tasks(call: Call, article: Path, tiny_baseline: Path):
    code, out, _ = call("annotations", "tasks", article, "--model", tiny_baseline)
    assert code == 0
    assert [task["data"]["index"] for task in json.loads(out)] == [0, 1, 2]


def test_the_labeling_configuration(call: Call):
    assert call("annotations", "label-studio-config")[1] == LABELING_CONFIG


def test_annotations_are_listed_and_undone(answer: Answer, call: Call):
    answer("ada", "s", "=Belmar", "", "q")
    answer("ada", "n", "q")
    _, out, _ = call("annotations", "list")
    assert "skeptical" in out and "neutral" in out
    _, out, _ = call("annotations", "list", "--format", "csv")
    assert next(csv.DictReader(io.StringIO(out)))["holder"] == "'=Belmar"
    code, _, err = call("annotations", "undo", "--annotator", "ada")
    assert code == 0
    assert "no longer neutral: article, sentence 1: They must withdraw at once." in err
    rows = json.loads(call("annotations", "list", "--format", "json")[1])
    assert [(row["sentence"], row["stance"], row["text"]) for row in rows] == [
        (0, "skeptical", "We welcome the offer warmly.")
    ]
    _, out, _ = call("annotations", "list", "--history", "--annotator", "ada", "--format", "json")
    assert [bool(row["undone_at"]) for row in json.loads(out)] == [False, True]
    assert_one_message(call("annotations", "undo", "--annotator", "bo"), "no annotation by 'bo'")


def test_annotations_are_exported(answer: Answer, call: Call):
    Path("data/gold").mkdir(parents=True)
    answer("ada", "c", "Belmar", "", "q")
    code, _, err = call("annotations", "export")
    assert code == 0
    assert "1 annotations -> data/gold/local.jsonl" in err
    assert "1 documents -> seeds/local/annotated.jsonl" in err
    (row,) = map(json.loads, Path("data/gold/local.jsonl").read_text("utf-8").splitlines())
    assert (row["document"], row["stance"], row["annotator"]) == ("article", "conciliatory", "ada")


def test_agreement_of_the_annotators_of_a_store(answer: Answer, call: Call):
    answer("ada", "c", "", "", "d", "", "", "n")
    answer("bo", "c", "", "", "s", "", "", "n")
    code, out, _ = call("agreement", STORE)
    assert code == 0
    assert "3 sentences are labelled by two or more (ada 3, bo 3), 1 of them differently" in out
    found = json.loads(call("agreement", STORE, "--format", "json")[1])
    (one,) = found["disagreements"]
    assert one["text"] == "They must withdraw at once."
    assert one["labels"] == {"ada": "demanding", "bo": "skeptical"}
    # Observed 2/3; by chance (1*1 + 1*1) / 9.
    assert found["pairs"][0]["kappa"] == pytest.approx((2 / 3 - 2 / 9) / (1 - 2 / 9))
    _, out, _ = call("agreement", STORE, "--format", "markdown")
    assert "| article | 1 | demanding | skeptical | They must withdraw at once. |" in out
    call("agreement", STORE, "-o", "agreement.txt")
    assert "They must withdraw at once." in Path("agreement.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["annotate", "article.txt"], "name yourself with --annotator, or list"),
        (["annotate", "absent.txt", "--annotator", "ada"], "absent.txt: no such file"),
        (["annotate", "article.txt", "--annotator", "a", "-o", "x"], "--format and --output are"),
        (["annotate", "article.txt", "--suggest", 1, "--format", "xml"], "--format 'xml' is not"),
        (["annotate", "article.txt", "--annotator", "a", "--store", "article.txt"], "not a store"),
        (["annotations", "list"], "data/annotations.sqlite: no such store"),
        (["annotations", "export"], "data/annotations.sqlite: no such store"),
        (["annotations", "import", "x.json"], "data/annotations.sqlite: no such store"),
        (["agreement", "absent.jsonl"], "absent.jsonl: no such file of annotations"),
        (["agreement", "article.txt", "--format", "csv"], "--format 'csv' is not one of table"),
        (["agreement", "article.txt"], "article.txt:1: "),
        (["agreement"], "data/prepared/documents.jsonl: no such file"),
    ],
)
def test_bad_input_is_told(call: Call, article: Path, arguments: list, expected: str):
    assert_one_message(call(*arguments), expected)


@pytest.mark.parametrize("command", [["annotate", "a.txt"], ["annotations", "list"], ["agreement"]])
def test_a_missing_package_is_told(call: Call, monkeypatch: pytest.MonkeyPatch, command: list[str]):
    monkeypatch.setattr("pipeline.cli.annotating.find_spec", lambda name: None)
    assert_one_message(call(*command), "run `pip install readout-stance[annotate]`")
