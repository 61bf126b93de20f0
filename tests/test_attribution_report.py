"""Figures of attribution, worked out by hand, and the stage that writes them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.attribution.evaluation import Gold, cue_score, score
from pipeline.attribution.report import AttributionSettings, run_attribution
from pipeline.attribution.spans import SentenceSpans, Source
from pipeline.errors import DataError
from pipeline.records import Document, Example, Kind, PreparedDocument, Sentence, Stance
from pipeline.storage import write_records

SETTINGS = AttributionSettings(seed=1, bootstrap_samples=100, shown_failures=5)
TEXTS = (
    ("Ansa Orloff urged Belmar to sign.", "Ansa Orloff", "Belmar"),
    ("She warned that time was short.", "Ansa Orloff", None),
    ("The talks lasted an hour.", None, None),
    ("Miners in Vidra doubted the promise.", "miners in Vidra", "the promise"),
)


@pytest.fixture
def examples() -> list[Example]:
    return [
        Example(
            id=f"d:{index}",
            document="d",
            event=f"event-{index % 2}",
            text=text,
            kind=Kind.NEWS,
            issuer="The Ledger",
            stance=Stance.DEMANDING if holder else Stance.NEUTRAL,
            confidence=1.0,
            origin="gold",
            holder=holder,
            target=target,
        )
        for index, (text, holder, target) in enumerate(TEXTS)
    ]


def spans(*holders: tuple[int, int] | None) -> list[SentenceSpans]:
    return [
        SentenceSpans(Source.SENTENCE if holder else Source.ISSUER, holder=holder)
        for holder in holders
    ]


def test_right_spans_are_all_right(examples: list[Example]):
    gold = Gold(examples, {})
    found, failures = score(gold, [label.spans for label in gold.labels], [True] * 4, 100, 1)
    assert (found.holder.right, found.holder.n) == (1, 3)
    assert (found.target.right, found.target.n) == (1, 2)
    assert (found.holder_spans.exact_f1, found.holder_spans.support) == (1, 3)
    assert failures == []


def test_wrong_holders_are_counted_and_listed(examples: list[Example]):
    gold = Gold(examples, {})
    places = spans((0, 4), (0, 3), None, None)
    found, failures = score(gold, places, [True, False, False, True], 100, 1)
    assert found.holder.right == pytest.approx(2 / 3)
    assert found.holder_and_stance_taken.right == pytest.approx(1 / 3)
    # Three gold spans and two found, of which one is exact and both overlap.
    assert found.holder_spans.exact_f1 == pytest.approx(2 / 5)
    assert found.holder_spans.partial_f1 == pytest.approx(4 / 5)
    assert found.holder_low <= found.holder.right <= found.holder_high
    assert [failure.id for failure in failures] == ["d:3"]
    assert failures[0].found == "The Ledger"


def test_a_cue_that_decides_drops_more_than_other_words():
    class Decides:
        def __call__(self, examples: list[Example]) -> np.ndarray:
            sure = [0.9 if "must" in example.text else 0.4 for example in examples]
            return np.array([[(1 - p) / 3, p, (1 - p) / 3, (1 - p) / 3] for p in sure])

    rows = [
        Example(
            id="d:0",
            document="d",
            event="e",
            text="They must leave now.",
            stance=Stance.DEMANDING,
            confidence=1.0,
            origin="gold",
        )
    ]
    found = cue_score(rows, [(5, 9)], Decides(), 1)
    assert found.n == 1
    assert found.mean_words == 1
    assert found.drop_without_cue == pytest.approx(0.5)
    assert found.drop_without_random_words == 0
    assert found.share_cue_drops_more == 1


@pytest.fixture
def files(examples: list[Example], tmp_path: Path) -> Path:
    """Examples, their document and a baseline's holders."""
    text = " ".join(example.text for example in examples)
    places = [re.search(re.escape(example.text), text).span() for example in examples]
    sentences = tuple(
        Sentence(index=index, start=a, end=b, paragraph=0, text=text[a:b])
        for index, (a, b) in enumerate(places)
    )
    document = PreparedDocument(document=Document(id="d", text=text), sentences=sentences)
    write_records(tmp_path / "test.jsonl", examples)
    write_records(tmp_path / "documents.jsonl", [document])
    rows = [{"id": e.id, "holder": [0, 11] if e.id == "d:0" else None} for e in examples]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "tool.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def run(files: Path, model: Path) -> dict:
    baselines = {"tool": files / "tool.jsonl"}
    out = files / "report"
    run_attribution(
        model, files / "test.jsonl", files / "documents.jsonl", baselines, out, SETTINGS
    )
    return json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def test_the_stage_writes_figures_and_failures(files: Path, tiny_baseline: Path):
    found = run(files, tiny_baseline)
    assert set(found["scores"]) == {"rules", "tool", "first party named", "always the issuer"}
    assert found["scores"]["tool"]["holder"]["right"] == pytest.approx(1 / 3)
    assert found["n"] == 3
    report = (files / "report" / "report.md").read_text(encoding="utf-8")
    for name in found["scores"]:
        assert f"| {name}" in report


def test_a_baseline_that_lacks_sentences_is_left_out(files: Path, tiny_baseline: Path):
    (files / "tool.jsonl").write_text('{"id": "d:0", "holder": null}\n', encoding="utf-8")
    found = run(files, tiny_baseline)
    assert set(found["scores"]) == {"rules", "first party named", "always the issuer"}
    assert "lacks 3 sentences, the first is d:1" in found["left_out"]["tool"]
    report = (files / "report" / "report.md").read_text(encoding="utf-8")
    assert "Left out: tool, since" in report


def test_a_malformed_baseline_is_refused(files: Path, tiny_baseline: Path):
    (files / "tool.jsonl").write_text('{"id": "d:0"}\n', encoding="utf-8")
    with pytest.raises(DataError, match="not JSON lines"):
        run(files, tiny_baseline)
