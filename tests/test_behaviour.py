"""Tests of pipeline.behaviour, with classifiers whose behaviour is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.behaviour import (
    BehaviourSettings,
    CapabilityCases,
    Case,
    Edit,
    RuleCases,
    _read,
    directional,
    invariance,
    minimum_functionality,
    run_behaviour,
)
from pipeline.errors import DataError
from pipeline.records import STANCES, Example, SentenceInContext, Stance
from pipeline.settings import load_settings
from pipeline.storage import write_records

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests/behaviour"
SETTINGS = load_settings(ROOT / "configs/behaviour.yaml", BehaviourSettings)


class Keyword:
    """Demanding where a word occurs, else neutral."""

    temperature = 1.0

    def __init__(self, word: str) -> None:
        self.word = word

    def predict_proba(self, examples: Sequence[SentenceInContext]) -> np.ndarray:
        rows = np.full((len(examples), len(STANCES)), 0.02)
        for row, example in zip(rows, examples, strict=True):
            demanding = self.word in example.text
            row[STANCES.index(Stance.DEMANDING if demanding else Stance.NEUTRAL)] = 0.94
        return rows


def example(text: str, index: int) -> Example:
    return Example(
        id=f"d:{index}",
        document="d",
        event="e",
        text=text,
        stance=Stance.NEUTRAL,
        confidence=1.0,
        origin="gold",
    )


TEXTS = [
    "Kestan urged Belmar on Monday to stop.",
    "The Belmari side told the Kestani side to wait until 2024.",
    'They "must" stop at 1,200 tonnes, said the side to the other side.',
]
EXAMPLES = [example(text, index) for index, text in enumerate(TEXTS)]


def test_a_wrong_minimum_case_fails_and_is_shown():
    cases = (
        Case(text="They must stop.", stance=Stance.DEMANDING),
        Case(text="They should stop.", stance=Stance.DEMANDING),
    )
    (outcome,) = minimum_functionality(Keyword("must"), [RuleCases(rule="1", cases=cases)])
    assert (outcome.n, outcome.failure_rate) == (2, 0.5)
    assert outcome.failures == ("They should stop. (demanding, read as neutral 0.94)",)


def test_an_edit_without_effect_fails():
    edits = (
        Edit(before="It may stop.", after="It must stop.", toward=Stance.DEMANDING),
        Edit(before="It may stop.", after="It shall stop.", toward=Stance.DEMANDING),
    )
    capabilities = [CapabilityCases(capability="modality", cases=edits)]
    (outcome,) = directional(Keyword("must"), capabilities, SETTINGS)
    assert outcome.failure_rate == 0.5
    assert outcome.failures[0].startswith("It may stop. -> It shall stop. (toward demanding")


@pytest.mark.parametrize(
    ("word", "failing"),
    [
        ("Kestan urged", {"names", "swapped sides"}),
        ("Monday", {"dates"}),
        ('"', {"quotation marks"}),
    ],
)
def test_a_shortcut_is_found_by_its_perturbation(word: str, failing: set[str]):
    outcomes = invariance(Keyword(word), EXAMPLES, SETTINGS)
    assert {outcome.name for outcome in outcomes if outcome.failures} >= failing
    assert not [outcome for outcome in outcomes if outcome.n == 0]


def test_a_classifier_without_shortcuts_passes():
    assert not [o for o in invariance(Keyword("stop"), EXAMPLES, SETTINGS) if o.failures]


def test_the_projects_cases_are_sound():
    rules = _read(CASES / "minimum.yaml", RuleCases)
    capabilities = _read(CASES / "directional.yaml", CapabilityCases)
    texts = [case.text for rule in rules for case in rule.cases]
    edits = [edit for capability in capabilities for edit in capability.cases]
    assert len(rules) == 20
    assert len(texts) == len(set(texts)) >= 150
    assert {case.stance for rule in rules for case in rule.cases} == set(Stance)
    assert len(edits) >= 60
    assert all(edit.before != edit.after for edit in edits)
    assert {edit.toward for edit in edits} == set(Stance)


def test_the_report_names_rates_and_examples(tmp_path: Path, tiny_baseline: Path):
    write_records(tmp_path / "test.jsonl", EXAMPLES)
    run_behaviour(tiny_baseline, CASES, tmp_path / "test.jsonl", tmp_path / "out", SETTINGS)
    report = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "| minimum functionality" in report
    assert "## minimum functionality: " in report
    assert (tmp_path / "out/metrics.json").is_file()


@pytest.mark.parametrize(
    ("content", "message"),
    [("- rule: [", "not valid YAML"), ("- {rule: a, cases: [{text: b}]}", "stance")],
)
def test_malformed_cases_are_named(tmp_path: Path, content: str, message: str):
    (tmp_path / "minimum.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        _read(tmp_path / "minimum.yaml", RuleCases)
