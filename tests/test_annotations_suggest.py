"""Which sentences are suggested, in which order and why."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.annotations.suggest import (
    diverse,
    doubt,
    read_label_model,
    suggest,
    suggest_sentences,
)
from pipeline.errors import DataError
from pipeline.labeling.functions import fired
from pipeline.labeling.label_model import MAJORITY_VOTE
from pipeline.predict import ReadDocument
from pipeline.records import Document, Prediction, SentenceInContext, Stance

SURE = (0.97, 0.01, 0.01, 0.01)
UNSURE = (0.05, 0.48, 0.42, 0.05)
NOBODY = (0.0, 0.0, 0.0, 0.0)


def contexts(*texts: str) -> list[SentenceInContext]:
    return [SentenceInContext(text=text) for text in texts]


def test_doubt_is_the_entropy_of_the_model_and_more_where_the_functions_contradict_it():
    probabilities = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0], [1, 0, 0, 0]])
    nobody = np.zeros((4, 4))
    assert doubt(probabilities, nobody) == pytest.approx([0, 1, 0.5, 0])
    weak = np.array([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0, 0, 1], [0.9, 0.1, 0, 0]])
    assert doubt(probabilities, weak) == pytest.approx([0.1, 1, 0.6, 0])


def test_the_most_doubtful_comes_first():
    texts = contexts("Kestan waits.", "Belmar hesitates.", "Vidra left.")
    middling = (0.7, 0.1, 0.1, 0.1)
    found = suggest(texts, np.array([SURE, UNSURE, middling]), np.array([NOBODY] * 3), 2)
    assert [one.row for one in found] == [1, 2]
    assert found[0].doubt > found[1].doubt
    assert found[0].reason == "unsure: demanding 0.48, skeptical 0.42"


def test_of_equally_sure_ones_that_comes_first_which_the_functions_contradict():
    texts = contexts("Kestan must withdraw its troops at once.", "Vidra left.", "Belmar came.")
    weak = np.array([(0, 1, 0, 0), NOBODY, NOBODY])
    (one,) = suggest(texts, np.array([SURE] * 3), weak, 1)
    assert one.row == 0
    names = [function.name for function in fired(texts[0]) if function.stance == Stance.DEMANDING]
    assert names
    expected = f"model: conciliatory 0.97; labeling functions: demanding ({', '.join(names)})"
    assert one.reason == expected


def test_of_like_sentences_one_is_enough():
    texts = [
        "We regret the delay.",
        "We regret the delay.",
        "We regret the long delay.",
        "Come in.",
    ]
    doubts = np.array([0.9, 0.9, 0.89, 0.6])
    assert diverse(texts, doubts, 2) == [0, 3]
    assert sorted(diverse(texts, doubts, 9)) == [0, 1, 2, 3]


def test_only_doubtful_sentences_are_taken_for_the_sake_of_difference():
    texts = ["We regret the delay."] * 4 + ["Come in."]
    assert 4 not in diverse(texts, np.array([0.9, 0.9, 0.9, 0.9, 0.1]), 1)


def test_sentences_without_a_single_letter_can_be_suggested():
    assert len(diverse(["…", "—", "!"], np.array([0.9, 0.8, 0.7]), 2)) == 2


def read(name: str, *texts: str) -> ReadDocument:
    return ReadDocument(
        document=Document(id=name, text="\n\n".join(texts), source=f"{name}.txt"),
        voice="the author",
        predictions=tuple(
            Prediction(
                id=f"{name}:{index}",
                text=text,
                start=0,
                end=1,
                stance=None,
                abstained=True,
                probabilities=UNSURE,
            )
            for index, text in enumerate(texts)
        ),
    )


def test_what_is_labelled_already_is_left_out():
    documents = [read("a", "Kestan waits.", "Belmar hesitates."), read("b", "Vidra left.")]
    found = suggest_sentences(documents, MAJORITY_VOTE, 5, {("a", 0)})
    assert {(one.document, one.index, one.text) for one in found} == {
        ("a", 1, "Belmar hesitates."),
        ("b", 0, "Vidra left."),
    }
    assert {(one.source, one.stance) for one in found} == {
        ("a.txt", Stance.DEMANDING),
        ("b.txt", Stance.DEMANDING),
    }
    assert suggest_sentences(documents[1:], MAJORITY_VOTE, 5, {("b", 0)}) == []


def test_without_a_label_model_the_functions_vote(tmp_path: Path):
    assert read_label_model(tmp_path / "label_model.json") is MAJORITY_VOTE
    path = tmp_path / "label_model.json"
    path.write_text(MAJORITY_VOTE.model_dump_json(), encoding="utf-8")
    assert read_label_model(path) == MAJORITY_VOTE
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match="not a label model; run `readout label`"):
        read_label_model(path)
