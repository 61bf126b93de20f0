"""Scoring documents: shares, abstention, offsets, files to read and warnings."""

from pathlib import Path

import numpy as np
import pytest

from pipeline import load
from pipeline.documents import Metadata
from pipeline.errors import DocumentError, ModelError, PipelineError
from pipeline.predict import (
    MAX_SCORED_CHARACTERS,
    Predictor,
    find_files,
    score_files,
)
from pipeline.records import STANCES, Document, SentenceInContext, Stance

TEXT = (
    "We welcome the offer warmly.  They must\nwithdraw at once.\n\n"
    "We doubt that promise. The meeting lasted two hours."
)


class Recorder:
    """A classifier that keeps what it was asked and gives the rows it was made with."""

    def __init__(self, rows: list[list[float]]) -> None:
        self.rows = np.array(rows, dtype=np.float32)

    def predict_proba(self, examples: list[SentenceInContext]) -> np.ndarray:
        self.seen = examples
        return self.rows


@pytest.fixture
def unsure() -> Predictor:
    """Probabilities for the four sentences of `TEXT`."""
    rows = [[0.6, 0.2, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.2, 0.2, 0.4, 0.2], [0.3, 0, 0, 0.7]]
    return Predictor(Recorder(rows))


@pytest.fixture(scope="module")
def predictor(tiny_baseline: Path) -> Predictor:
    return load(tiny_baseline)


def test_a_text_is_labelled_sentence_by_sentence(predictor: Predictor):
    found = predictor.predict(TEXT)
    assert [prediction.stance for prediction in found.predictions] == list(STANCES)
    assert [prediction.id for prediction in found.predictions] == [f"text:{n}" for n in range(4)]
    assert found.n_abstained == 0
    sure = [max(prediction.probabilities) for prediction in found.predictions]
    assert found.mean_confidence == pytest.approx(np.mean(sure))


def test_shares_sum_to_one_within_their_intervals(predictor: Predictor):
    shares = predictor.predict(TEXT).shares
    assert list(shares) == list(STANCES)
    assert sum(share.share for share in shares.values()) == pytest.approx(1)
    for share in shares.values():
        assert share.sentences == 1
        assert 0 <= share.low < share.share < share.high <= 1


def test_a_document_has_its_index_and_a_profile_of_its_party(predictor: Predictor):
    found = predictor.predict(TEXT, issuer="Ministry")
    assert -1 <= found.index.low < found.index.value < found.index.high <= 1
    (party,) = found.parties
    assert (party.party, party.sentences) == ("Ministry", (0, 1, 2, 3))
    assert party.index == found.index
    assert party.shares == found.shares


def test_below_the_least_confidence_it_abstains(unsure: Predictor):
    found = unsure.predict(TEXT, min_confidence=0.65)
    stances = [prediction.stance for prediction in found.predictions]
    assert stances == [None, Stance.DEMANDING, None, Stance.NEUTRAL]
    assert [prediction.abstained for prediction in found.predictions] == [True, False, True, False]
    assert found.n_abstained == 2
    assert [share.sentences for share in found.shares.values()] == [0, 1, 0, 1]
    assert found.shares == {
        stance: share.model_copy(update={"sentences": found.shares[stance].sentences})
        for stance, share in unsure.predict(TEXT).shares.items()
    }


def test_top_gives_the_surest_sentences_that_take_a_stance(unsure: Predictor):
    found = unsure.predict(TEXT)
    stances = [prediction.stance for prediction in found.top(10)]
    assert stances == [Stance.DEMANDING, Stance.CONCILIATORY, Stance.SKEPTICAL]
    assert found.top(2) == found.top(10)[:2]
    assert unsure.predict(TEXT, min_confidence=1.0).top(10) == []


def test_offsets_point_into_the_text_of_the_document(predictor: Predictor):
    found = predictor.predict(TEXT)
    for prediction in found.predictions:
        part = found.document.text[prediction.start : prediction.end]
        assert " ".join(part.split()) == prediction.text


def test_a_sentence_of_ten_thousand_words_passes(predictor: Predictor):
    found = predictor.predict("We welcome the offer " * 2500 + "warmly.")
    assert len(found.predictions) >= 1
    assert sum(len(prediction.text.split()) for prediction in found.predictions) == 10_001


def test_an_endless_sentence_is_scored_by_its_beginning():
    class Lengths:
        def predict_proba(self, examples: list[SentenceInContext]) -> np.ndarray:
            lengths = {
                len(text) for example in examples for text in (example.text, example.previous)
            }
            assert max(lengths) == MAX_SCORED_CHARACTERS
            return np.full((len(examples), 4), 0.25, dtype=np.float32)

    endless = "We " + "x" * (2 * MAX_SCORED_CHARACTERS) + "."
    scored = Predictor(Lengths()).predict(f"{endless} They must leave.")
    assert scored.predictions[0].text == endless
    assert any("only its beginning is scored" in warning for warning in scored.warnings)


@pytest.mark.parametrize("text", ["", " \n\t ", "\ufeff"])
def test_a_text_without_a_sentence_is_a_document_error(predictor: Predictor, text: str):
    with pytest.raises(DocumentError, match="text"):
        predictor.predict(text)


def test_lone_surrogates_do_not_stop_it(predictor: Predictor):
    assert len(predictor.predict("We welcome \ud800 the offer warmly.").predictions) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Wir begrüßen das Angebot der Regierung und erwarten, dass die Truppen abziehen."),
        ("fr", "Nous saluons la proposition du gouvernement et attendons le retrait des troupes."),
        ("ru", "Мы приветствуем предложение правительства и ждём вывода всех войск из этой зоны."),
    ],
)
def test_a_text_in_another_language_is_warned_of(predictor: Predictor, language: str, text: str):
    (warning,) = predictor.predict(text).warnings
    assert f"looks like language '{language}', not English" in warning


@pytest.mark.parametrize(
    "text", [TEXT, "The two sides welcomed the offer and agreed to meet again in May.", "Ja. Nein."]
)
def test_english_and_very_short_texts_are_not_warned_of(predictor: Predictor, text: str):
    assert predictor.predict(text).warnings == ()


def test_no_model_in_a_folder(tmp_path: Path):
    with pytest.raises(ModelError, match="no trained model here"):
        load(tmp_path)


def test_a_file_that_cannot_be_read_is_passed_over(predictor: Predictor, tmp_path: Path):
    contents = {
        "a.txt": TEXT,
        "b.txt": "",
        "c.jsonl": '{"id": "x"}\n',
        "d.jsonl": '{"id": "x", "text": "We doubt that promise."}\n' * 2,
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    failures: list[PipelineError] = []
    paths = [tmp_path / name for name in contents]
    found = list(score_files(predictor, paths, Metadata(), 0.0, failures.append))
    assert [scored.document.id for scored in found] == ["a", "x", "x"]
    assert [str(failure).split(":")[0] for failure in failures] == [
        str(tmp_path / "b.txt"),
        str(tmp_path / "c.jsonl"),
    ]


def test_the_first_of_several_sentences_has_no_previous_one():
    recorder = Recorder([[0.25] * 4] * 2)
    document = Document(id="d", text="One came. Two left.", kind="readout", issuer="Ministry")
    Predictor(recorder).predict_document(document)
    assert [(seen.text, seen.previous) for seen in recorder.seen] == [
        ("One came.", ""),
        ("Two left.", "One came."),
    ]
    assert {(seen.kind, seen.issuer) for seen in recorder.seen} == {("readout", "Ministry")}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with texts, some of them hidden."""
    names = ("b.txt", "a.txt", "sub/c.txt", "sub/d.md", ".hidden.txt", "sub/.git/e.txt", "x[1].txt")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Text.", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fail(error: PipelineError) -> None:
    raise error


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["b.txt", "a.txt"], ["b.txt", "a.txt"]),
        (["a.txt", "a.txt", "[ab].txt"], ["a.txt", "b.txt"]),
        (["."], ["a.txt", "b.txt", "sub/c.txt", "sub/d.md", "x[1].txt"]),
        (["sub"], ["sub/c.txt", "sub/d.md"]),
        (["**/*.md"], ["sub/d.md"]),
        (["x[1].txt"], ["x[1].txt"]),
        ([".hidden.txt"], [".hidden.txt"]),
        ([".h*"], [".hidden.txt"]),
        (["sub/.git/*"], ["sub/.git/e.txt"]),
        ([], []),
    ],
)
def test_files_are_found(folder: Path, names: list[str], expected: list[str]):
    assert [path.as_posix() for path in find_files(names, fail)] == expected


@pytest.mark.parametrize("pattern", ["*.txt", "**/*.txt"])
def test_a_glob_leaves_hidden_files_out(folder: Path, pattern: str):
    found = find_files([pattern], fail)
    assert Path("a.txt") in found
    assert not [path for path in found if any(part.startswith(".") for part in path.parts)]


def test_absolute_names_and_globs(folder: Path):
    expected = [folder / "sub/c.txt", folder / "sub/d.md"]
    assert find_files([str(folder / "sub")], fail) == expected
    assert find_files([str(folder / "sub/*.*")], fail) == expected


NOT_THERE = ["absent.txt", "*.pdf", "empty", "absent/*.txt", "a**b", "[/]", "Pasted text. " * 99]


@pytest.mark.parametrize("name", NOT_THERE)
def test_nothing_found_is_named_and_the_rest_is_found(folder: Path, name: str):
    failures = []
    assert find_files([name, "a.txt"], failures.append) == [Path("a.txt")]
    (failure,) = failures
    assert isinstance(failure, DocumentError)
    assert str(failure).startswith(f"{name}: no such file")
