"""The output formats agree, are safe to open and show every text as it is."""

import csv
import io
import json

import pandas as pd
import pytest
from rich.console import Console

from pipeline.output import ABSTAINED, SHOWN_CHARACTERS, Format, document_view, render
from pipeline.predict import OUTPUT_VERSION, ScoredDocument, StanceShare
from pipeline.records import STANCES, Document, Prediction, Stance

TEXTS = ("We welcome the offer.", "They must “withdraw”, at once.", "The meeting lasted an hour.")
ROWS = ((0.7, 0.1, 0.1, 0.1), (0.05, 0.85, 0.05, 0.05), (0.25, 0.2, 0.25, 0.3))


def scored(*texts: str, title: str | None = "A title", identity: str = "note") -> ScoredDocument:
    """A document of invented scores; the third sentence is abstained from."""
    whole, predictions = " ".join(texts), []
    for index, text in enumerate(texts):
        start = whole.index(text)
        predictions.append(
            Prediction(
                id=f"{identity}:{index}",
                text=text,
                start=start,
                end=start + len(text),
                stance=None if index == 2 else STANCES[index],
                probabilities=ROWS[index],
                abstained=index == 2,
            )
        )
    return ScoredDocument(
        document=Document(id=identity, text=whole, title=title, issuer="Ministry", kind="readout"),
        predictions=predictions,
        voice="Ministry",
        shares={stance: StanceShare(sentences=1, share=0.25, low=0, high=1) for stance in STANCES},
        n_abstained=max(0, len(texts) - 2),
        mean_confidence=0.5,
    )


def shown(document: ScoredDocument, top: int | None = None) -> str:
    """What a terminal of 100 columns shows."""
    console = Console(file=io.StringIO(), width=100)
    console.print(document_view(document, top))
    return console.file.getvalue()


@pytest.fixture
def documents() -> list[ScoredDocument]:
    return [scored(*TEXTS), scored("Talks were held.", title=None, identity="other")]


def lines_of(documents: list[ScoredDocument]) -> list[dict]:
    return [json.loads(line) for line in render(documents, Format.JSONL).decode().splitlines()]


def test_json_states_its_version_and_the_order_of_stances(documents: list[ScoredDocument]):
    found = json.loads(render(documents, Format.JSON))
    assert found["version"] == OUTPUT_VERSION
    assert found["stances"] == list(STANCES)
    assert [ScoredDocument.model_validate(entry) for entry in found["documents"]] == documents


def test_json_and_json_lines_hold_the_same_rows(documents: list[ScoredDocument]):
    found = json.loads(render(documents, Format.JSON))["documents"]
    expected = [
        (document["document"]["id"], *(p[name] for name in ("id", "text", "start", "end")))
        + (p["stance"], p["abstained"], *p["probabilities"])
        for document in found
        for p in document["predictions"]
    ]
    names = ("document", "id", "text", "start", "end", "stance", "abstained", *STANCES)
    assert [tuple(row[name] for name in names) for row in lines_of(documents)] == expected


def test_csv_holds_the_same_rows(documents: list[ScoredDocument]):
    expected = lines_of(documents)
    found = list(csv.DictReader(io.StringIO(render(documents, Format.CSV).decode())))
    assert [list(row) for row in found] == [list(row) for row in expected]
    for row, other in zip(found, expected, strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in other.items()}


def test_parquet_holds_the_same_rows(documents: list[ScoredDocument]):
    frame = pd.read_parquet(io.BytesIO(render(documents, Format.PARQUET)))
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert found == lines_of(documents)


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_csv_cell_is_never_a_formula(start: str):
    cell = f"{start}1+1"
    document = scored(cell, identity=cell)
    (row,) = csv.DictReader(io.StringIO(render([document], Format.CSV).decode()))
    assert row["text"] == f"'{cell}"
    assert row["document"] == f"'{cell}"
    assert float(row[Stance.CONCILIATORY]) == 0.7
    assert lines_of([document])[0]["text"] == cell


def test_the_terminal_shows_stance_probability_and_sentence():
    lines = shown(scored(*TEXTS)).splitlines()
    for stance, probability, text in zip(
        ("conciliatory", "demanding", ABSTAINED), ("0.70", "0.85", "0.30"), TEXTS, strict=True
    ):
        (line,) = [line for line in lines if text in line]
        assert stance in line
        assert probability in line
    assert lines[0].startswith("A title")
    assert "Ministry, readout" in lines[0]
    assert "unsure of 1" in lines[1]


def test_the_terminal_shows_the_top_sentences_only():
    found = shown(scored(*TEXTS), top=1)
    assert TEXTS[1] in found
    assert TEXTS[0] not in found


def test_the_terminal_says_so_where_no_sentence_takes_a_stance():
    assert "No sentence takes a stance." in shown(scored(*TEXTS), top=0)


@pytest.mark.parametrize("markup", ["[/]", "[bold]", "[/red]", "[link=x]", "\\[/]", ":smile:"])
def test_markup_is_shown_as_it_is(markup: str):
    text = f"They said {markup} twice."
    found = shown(scored(text, title=f"Title {markup} end", identity=f"note {markup}"))
    assert text in found
    assert f"Title {markup} end" in found


def test_the_terminal_shows_the_beginning_of_an_endless_sentence():
    text = "x" * (2 * SHOWN_CHARACTERS)
    assert shown(scored(text)).count("x") < 1.1 * SHOWN_CHARACTERS
    assert "…" in shown(scored(text))
    assert lines_of([scored(text)])[0]["text"] == text
