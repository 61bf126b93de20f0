"""Agreement of labellings, against figures worked out by hand."""

from pathlib import Path

import pytest

from pipeline.annotations.agreement import Labelling, measure, read_labellings
from pipeline.annotations.store import AnnotationStore
from pipeline.errors import DataError
from pipeline.labeling.agreement import measure_agreement
from pipeline.records import (
    Annotation,
    Document,
    PreparedDocument,
    Sentence,
    Stance,
    sentence_sha256,
)
from pipeline.storage import write_records

C, D, S, N = Stance


def annotation(number: int, stance: Stance, annotator: str, text: str = "Same.") -> Annotation:
    return Annotation(
        document="letter",
        sentence=number,
        text_sha256=sentence_sha256(text),
        stance=stance,
        holder=None,
        target=None,
        annotator=annotator,
        codebook="1.1",
    )


def labelling(name: str, stances: list[Stance | None]) -> Labelling:
    rows = (annotation(i, stance, name) for i, stance in enumerate(stances) if stance)
    return Labelling(name=name, annotations=tuple(rows))


def test_kappa_and_alpha_of_two():
    first, second = [C, C, D, D, S, S, N, N, N, N], [C, D, D, D, S, N, N, N, N, C]
    found = measure([labelling("ada", first), labelling("bo", second)])
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.n, found.n) == ("ada", "bo", 10, 10)
    assert pair.observed == pytest.approx(0.7)
    # Expected by chance: (2*2 + 2*3 + 2*1 + 4*4) / 100 = 0.28.
    assert pair.kappa == pytest.approx((0.7 - 0.28) / (1 - 0.28))
    # Coincidences: 14 of 20 on the diagonal; values 4, 5, 3, 8 times, so that chance is
    # (4*3 + 5*4 + 3*2 + 8*7) / (20*19) = 94/380.
    assert found.alpha == pytest.approx(1 - (1 - 0.7) / (1 - 94 / 380))
    # Demanding against the rest: 9 of 10 agree, 2 and 3 times demanding: chance 0.06 + 0.56.
    assert pair.kappa_per_stance[D] == pytest.approx((0.9 - 0.62) / (1 - 0.62))
    assert found.alpha_low <= found.alpha <= found.alpha_high
    assert [(one.sentence, one.labels) for one in found.disagreements] == [
        (1, {"ada": C, "bo": D}),
        (5, {"ada": S, "bo": N}),
        (9, {"ada": N, "bo": C}),
    ]


def test_alpha_of_two_is_that_of_the_second_labelling_of_the_project():
    first, second = [C, C, D, D, S, S, N, N, N, N], [C, D, D, D, S, N, N, N, N, C]
    found = measure([labelling("ada", first), labelling("bo", second)])
    known = measure_agreement(first, second)
    assert found.alpha == known.alpha
    assert found.alpha_per_stance == known.alpha_per_stance
    assert (found.alpha_low, found.alpha_high) == (known.alpha_low, known.alpha_high)


def test_three_labellings_with_gaps():
    found = measure(
        [
            labelling("ada", [C, D, S, N, None, N]),
            labelling("bo", [C, D, None, N, C, None]),
            labelling("cy", [None, D, S, C, None, None]),
        ]
    )
    assert found.labellings == {"ada": 5, "bo": 4, "cy": 3}
    assert found.n == 4
    assert [(p.first, p.second, p.n, p.observed) for p in found.pairs] == [
        ("ada", "bo", 3, 1.0),
        ("ada", "cy", 3, pytest.approx(2 / 3)),
        ("bo", "cy", 2, 0.5),
    ]
    # Units of 2, 3, 2 and 3 labels, 10 in all; only the last differs, by 2 * 2 of its 3 * 2
    # ordered pairs, each weighing 1/2: observed disagreement 2/10. Values 3, 3, 2, 2 times:
    # expected 1 - (3*2 + 3*2 + 2 + 2) / (10*9).
    assert found.alpha == pytest.approx(1 - 0.2 / (1 - 16 / 90))
    (last,) = found.disagreements
    assert last.labels == {"ada": N, "bo": N, "cy": C}


def test_labellings_that_agree_on_a_single_label():
    found = measure([labelling("ada", [N, N]), labelling("bo", [N, N])])
    assert (found.alpha, found.pairs[0].kappa) == (1.0, 1.0)
    assert found.disagreements == ()


def test_a_pair_without_a_common_sentence_has_no_kappa():
    found = measure(
        [
            labelling("ada", [C, D, None, None]),
            labelling("bo", [C, D, S, N]),
            labelling("cy", [None, None, S, N]),
        ]
    )
    pairs = {(pair.first, pair.second): pair for pair in found.pairs}
    assert pairs["ada", "cy"].kappa is None
    assert pairs["ada", "cy"].observed is None
    assert pairs["ada", "bo"].kappa == 1.0


def test_what_cannot_be_compared_is_told():
    with pytest.raises(DataError, match="agreement takes two labellings"):
        measure([labelling("ada", [C])])
    with pytest.raises(DataError, match="no sentence is labelled by two of ada, bo"):
        measure([labelling("ada", [C, None]), labelling("bo", [None, C])])
    other = Labelling(name="bo", annotations=(annotation(0, C, "bo", "Other."),))
    with pytest.raises(DataError, match="document 'letter', sentence 0: bo and ada have different"):
        measure([labelling("ada", [C]), other])


def test_files_of_one_annotator_bear_the_name_of_the_annotator(tmp_path: Path):
    for name in ("ada", "bo"):
        write_records(tmp_path / f"{name}-round-1.jsonl", [annotation(0, C, name)])
    found, texts = read_labellings(sorted(tmp_path.glob("*.jsonl")))
    assert [one.name for one in found] == ["ada", "bo"]
    assert texts == {}


def test_files_of_several_annotators_are_one_labelling_each(tmp_path: Path):
    write_records(tmp_path / "first.jsonl", [annotation(0, C, "ada"), annotation(1, C, "bo")])
    write_records(tmp_path / "second.jsonl", [annotation(0, C, "bo"), annotation(1, D, "ada")])
    found, _ = read_labellings([tmp_path / "first.jsonl", tmp_path / "second.jsonl"])
    assert [(one.name, len(one.annotations)) for one in found] == [("first", 2), ("second", 2)]


def test_the_same_annotator_in_two_files(tmp_path: Path):
    write_records(tmp_path / "may.jsonl", [annotation(0, C, "ada")])
    write_records(tmp_path / "june.jsonl", [annotation(0, D, "ada")])
    found, _ = read_labellings([tmp_path / "may.jsonl", tmp_path / "june.jsonl"])
    assert [one.name for one in found] == ["ada", f"ada ({tmp_path / 'june.jsonl'})"]


def test_the_annotators_of_a_store_are_told_apart_and_its_texts_are_known(tmp_path: Path):
    store = AnnotationStore(tmp_path / "annotations.sqlite")
    letter = Document(id="letter", text="Belmar welcomes it. Kestan does not.")
    store.add(letter, 1, Stance.SKEPTICAL, "Kestan", None, "ada")
    store.add(letter, 1, Stance.DEMANDING, "Kestan", None, "bo")
    found = measure(*read_labellings([store.path]))
    (one,) = found.disagreements
    assert one.text == "Kestan does not."
    assert one.labels == {"ada": Stance.SKEPTICAL, "bo": Stance.DEMANDING}


def test_texts_come_from_the_prepared_documents(tmp_path: Path):
    sentence = Sentence(index=0, start=0, end=5, paragraph=0, text="Same.")
    entry = PreparedDocument(document=Document(id="letter", text="Same."), sentences=(sentence,))
    write_records(tmp_path / "documents.jsonl", [entry])
    write_records(tmp_path / "ada.jsonl", [annotation(0, C, "ada")])
    _, texts = read_labellings([tmp_path / "ada.jsonl"], tmp_path / "documents.jsonl")
    assert texts == {("letter", 0): "Same."}


def test_bad_files_are_told(tmp_path: Path):
    with pytest.raises(DataError, match=r"absent\.jsonl: no such file of annotations"):
        read_labellings([tmp_path / "absent.jsonl"])
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(DataError, match=r"empty\.jsonl: holds no annotation"):
        read_labellings([tmp_path / "empty.jsonl"])
    write_records(tmp_path / "twice.jsonl", [annotation(0, C, "ada"), annotation(0, D, "ada")])
    with pytest.raises(DataError, match=r"sentence 0: labelled twice by 'ada'; keep one"):
        read_labellings([tmp_path / "twice.jsonl"])
    (tmp_path / "broken.jsonl").write_text('{"document": "letter"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"broken\.jsonl:1: "):
        read_labellings([tmp_path / "broken.jsonl"])
