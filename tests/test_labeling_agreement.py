"""Tests of pipeline.labeling.agreement."""

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.labeling.agreement import Adjudication, measure_agreement, run_agreement
from pipeline.records import (
    STANCES,
    Annotation,
    Document,
    PreparedDocument,
    Stance,
    sentence_sha256,
)
from pipeline.sentences import split_sentences
from pipeline.storage import write_records

C, D, S, N = STANCES
TEXT = "We welcome the talks. They must stop now. We doubt the figures. It rained on Monday."
FIRST = (C, D, S, N)


@pytest.fixture
def files(tmp_path: Path):
    document = Document(id="d", text=TEXT)
    sentences = tuple(split_sentences(TEXT))
    write_records(tmp_path / "p.jsonl", [PreparedDocument(document=document, sentences=sentences)])

    def write(first: tuple, second: tuple, decisions: dict[int, Stance]) -> list[Path]:
        for name, labels in (("gold/a.jsonl", first), ("gold/agreement/second.jsonl", second)):
            rows = [
                Annotation(
                    document="d",
                    sentence=index,
                    text_sha256=sentence_sha256(sentences[index].text),
                    stance=stance,
                    holder=None,
                    target=None,
                    annotator="test",
                    codebook="1.1",
                )
                for index, stance in enumerate(labels)
            ]
            write_records(tmp_path / name, rows)
        log = [
            Adjudication(
                document="d",
                sentence=index,
                text_sha256=sentence_sha256(sentences[index].text),
                first=FIRST[index],
                second=second[index],
                final=final,
                reason="main act",
            )
            for index, final in decisions.items()
        ]
        write_records(tmp_path / "gold/agreement/adjudication.jsonl", log)
        places = ("p.jsonl", "gold", "gold/agreement", "out")
        return [tmp_path / place for place in places]

    return write


def test_alpha_is_one_for_equal_and_low_for_unrelated_labels():
    labels = [C, D, S, N] * 25
    assert measure_agreement(labels, labels).alpha == 1.0
    unrelated = measure_agreement(labels, [C] * 25 + [D] * 25 + [S] * 25 + [N] * 25)
    assert abs(unrelated.alpha) < 0.1
    assert unrelated.observed == 0.28


def test_alpha_is_krippendorffs():
    """Ten of a hundred differ: observed 0.1, expected disagreement from pooled counts."""
    first, second = [C] * 50 + [D] * 50, [C] * 45 + [D] * 55
    measured = measure_agreement(first, second)
    expected = 1 - 0.05 / (2 * 95 * 105 / (200 * 199))
    assert measured.alpha == pytest.approx(expected)
    assert measured.alpha_per_stance[C] == pytest.approx(expected)
    assert measured.alpha_low < measured.alpha < measured.alpha_high


def test_a_decision_counts_with_its_first_label(files):
    paths = files((C, D, N, N), (C, D, N, N), {2: N})
    measured = run_agreement(*paths)
    assert measured.n == 4
    assert measured.observed == 0.75
    assert measured.confusion[2] == (0, 0, 0, 1)
    report = (paths[-1] / "report.md").read_text(encoding="utf-8")
    assert (
        "Of the 1 differences, 0 were decided for the first labelling, 1 for the second" in report
    )


@pytest.mark.parametrize(
    ("first", "second", "decisions", "message"),
    [
        (FIRST, (C, D, N, N), {}, "sentence 2: labelled skeptical and neutral; decide it"),
        (FIRST, (C, D, N, N), {2: N}, "sentence 2: decided neutral, but the gold annotation"),
        ((C, D, S), FIRST, {}, "sentence 3: not in the first labelling"),
    ],
)
def test_a_contradiction_is_named(files, first, second, decisions, message):
    with pytest.raises(DataError, match=message):
        run_agreement(*files(first, second, decisions))
