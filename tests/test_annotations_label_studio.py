"""Tasks for Label Studio and the way back."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.annotations.label_studio import LABELING_CONFIG, import_completed, tasks
from pipeline.annotations.store import AnnotationStore
from pipeline.errors import DataError
from pipeline.predict import ReadDocument
from pipeline.records import STANCES, Document, Kind, Prediction, Stance, sentence_sha256
from pipeline.sentences import split_sentences

LETTER = Document(
    id="letter",
    text="Belmar welcomes the offer. It must be <made> good.\n\nThe talks lasted two hours.",
    title="A letter",
    kind=Kind.STATEMENT,
    issuer="Belmar",
)
PROBABILITIES = (0.1, 0.6, 0.2, 0.1)


def read(document: Document, holder: str | None = "Belmar") -> ReadDocument:
    """The document as a model that takes every sentence for a demand would read it."""
    return ReadDocument(
        document=document,
        voice="Belmar",
        predictions=tuple(
            Prediction(
                id=f"{document.id}:{sentence.index}",
                text=sentence.text,
                start=sentence.start,
                end=sentence.end,
                stance=Stance.DEMANDING,
                probabilities=PROBABILITIES,
                holder=holder,
            )
            for sentence in split_sentences(document.text)
        ),
    )


@pytest.fixture
def store(tmp_path: Path) -> AnnotationStore:
    made = AnnotationStore(tmp_path / "annotations.sqlite")
    made.keep([LETTER])
    return made


def completed(task: dict, number: int, user: object, **chosen: object) -> dict:
    """The task as Label Studio exports it once a user has submitted it."""
    results = []
    for name, value in chosen.items():
        kind, key = ("choices", "choices") if name == "stance" else ("textarea", "text")
        results.append(
            {
                "id": f"r{number}{name}",
                "from_name": name,
                "to_name": "sentence",
                "type": kind,
                "origin": "manual",
                "value": {key: value if isinstance(value, list) else [value]},
            }
        )
    annotation = {
        "id": 1000 + number,
        "completed_by": user,
        "result": results,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2025-03-09T22:16:08.728353Z",
        "updated_at": "2025-03-09T22:16:08.728378Z",
        "lead_time": 4.288,
        "task": number,
    }
    return {"id": number, "project": 8, **copy.deepcopy(task), "annotations": [annotation]}


Write = Callable[[object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(value: object) -> Path:
        path = tmp_path / "export.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    return write


def test_a_task_is_a_sentence_with_what_stands_around_it():
    _, second, third = tasks([read(LETTER)], "encoder-1")
    assert second["data"] == {
        "document": "letter",
        "index": 1,
        "text_sha256": sentence_sha256("It must be <made> good."),
        "sentence": "It must be <made> good.",
        "about": "A letter, Belmar, statement",
        "before": "Belmar welcomes the offer.",
        "after": "The talks lasted two hours.",
    }
    assert third["data"]["after"] == "[end of the text]"
    assert third["data"]["before"] == "Belmar welcomes the offer. It must be <made> good."
    (prediction,) = second["predictions"]
    assert prediction["model_version"] == "encoder-1"
    assert prediction["score"] == 0.6
    values = {result["from_name"]: result["value"] for result in prediction["result"]}
    assert values == {"stance": {"choices": ["demanding"]}, "holder": {"text": ["Belmar"]}}


def test_only_the_chosen_sentences_become_tasks_with_the_reason():
    (task,) = tasks([read(LETTER)], "encoder-1", {("letter", 2): "unsure"})
    assert (task["data"]["index"], task["data"]["reason"]) == (2, "unsure")


def test_the_configuration_offers_the_stances_and_every_field_that_the_tasks_use():
    root = ElementTree.fromstring(LABELING_CONFIG)
    assert [choice.get("value") for choice in root.iter("Choice")] == list(STANCES)
    controls = {
        element.get("name"): (element.tag.lower(), element.get("toName"))
        for element in root.iter()
        if element.get("toName")
    }
    (task, *_) = tasks([read(LETTER)], "encoder-1")
    for result in task["predictions"][0]["result"]:
        assert controls[result["from_name"]] == (result["type"], result["to_name"])
    values = [element.get("value", "") for element in root.iter()]
    shown = {value[1:] for value in values if value.startswith("$")}
    assert shown == {"about", "before", "sentence", "after"} <= task["data"].keys()


def test_what_users_complete_comes_back(store: AnnotationStore, write: Write):
    first, second, third = tasks([read(LETTER)], "encoder-1")
    user = {"id": 4, "email": "ada@example.org", "first_name": "", "last_name": ""}
    rows = [
        completed(first, 1, user, stance="conciliatory", holder="Belmar", target="the offer"),
        completed(second, 2, 7, stance="demanding", holder=[" "]),
        {"id": 3, **third, "annotations": []},
    ]
    imported = import_completed(write(rows), store)
    assert (imported.added, imported.unchanged, imported.unfinished) == (2, 0, 1)
    made = {a.sentence: (a.stance, a.holder, a.target, a.annotator) for a in store.annotations()}
    assert made == {
        0: (Stance.CONCILIATORY, "Belmar", "the offer", "ada@example.org"),
        1: (Stance.DEMANDING, None, None, "label-studio-7"),
    }
    rows[1]["annotations"][0]["result"][0]["value"]["choices"] = ["skeptical"]
    again = import_completed(write(rows), store)
    assert (again.added, again.unchanged) == (1, 1)
    assert store.annotations(annotator="label-studio-7")[0].stance == Stance.SKEPTICAL


def test_a_skipped_task_is_left_out(store: AnnotationStore, write: Write):
    (task, *_) = tasks([read(LETTER)], "encoder-1")
    row = completed(task, 1, 7)
    row["annotations"][0]["was_cancelled"] = True
    imported = import_completed(write([row]), store)
    assert (imported.added, imported.unfinished) == (0, 1)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_kept(
    store: AnnotationStore, write: Write
):
    first, second, third = tasks([read(LETTER)], "encoder-1")
    elsewhere, moved, beyond = (copy.deepcopy(first) for _ in range(3))
    elsewhere["data"]["document"] = "absent"
    moved["data"]["index"] = 1
    beyond["data"]["index"] = 99
    rows = [
        completed(first, 1, 7, stance="demanding"),
        completed(second, 2, 7, holder="Belmar"),
        completed(third, 3, 7, stance=["neutral", "skeptical"]),
        completed(third, 4, 7, stance="sceptical"),
        completed(third, 5, 7, stance="neutral", holder=["Belmar", "Kestan"]),
        completed(third, 6, None, stance="neutral"),
        completed(elsewhere, 7, 7, stance="neutral"),
        completed(moved, 8, 7, stance="neutral"),
        completed(beyond, 9, 7, stance="neutral"),
        {"id": 10, "sentence": "Belmar welcomes the offer.", "stance": "conciliatory"},
        "no task",
    ]
    with pytest.raises(DataError) as raised:
        import_completed(write(rows), store)
    lines = str(raised.value).splitlines()
    expected = [
        "task 2 (id 2): one stance is needed, found none; complete or skip it",
        "task 3 (id 3): one stance is needed, found neutral, skeptical; complete or skip it",
        "task 4 (id 4): annotations.0.result.0.value.choices.0: Input should be 'conciliatory'",
        "task 5 (id 5): holder is 2 parties: Belmar, Kestan; keep one",
        "task 6 (id 6): nobody is named in completed_by",
        "task 7 (id 7): document 'absent' is not in ",
        "task 8 (id 8): sentence 1 of document 'letter' is another one in ",
        "task 9 (id 9): sentence 99 of document 'letter' is another one in ",
        "task 10 (id 10): data: Field required",
        "task 11: Input should be a valid dictionary",
    ]
    assert len(lines) == len(expected)
    for line, part in zip(lines, expected, strict=True):
        assert part in line
    assert store.history() == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "export.json: not JSON"),
        (b"\xff\xfe", "export.json: not JSON"),
        (b"{}", "export.json: holds no list of tasks; export from Label Studio as JSON"),
        (b"[]", "export.json: holds no list of tasks"),
    ],
)
def test_what_is_no_export_is_told(
    store: AnnotationStore, tmp_path: Path, content: bytes, message: str
):
    path = tmp_path / "export.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        import_completed(path, store)
