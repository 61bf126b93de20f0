"""What the benchmarks compute around the trainings that they run."""

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from pipeline.evaluate import EvaluateSettings
from pipeline.external import LabelledSentence
from pipeline.records import Example, Stance
from pipeline.settings import load_settings
from pipeline.train.encoder_settings import EncoderSettings

ROOT = Path(__file__).parents[1]


def script(name: str) -> ModuleType:
    """A benchmark, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"benchmarks/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ablation() -> ModuleType:
    return script("ablation")


@pytest.fixture(scope="module")
def external() -> ModuleType:
    return script("external")


def test_a_part_of_the_events_holds_them_whole_and_depends_on_the_seed(ablation: ModuleType):
    examples = [
        Example(
            id=f"document-{number}:0",
            document=f"document-{number}",
            event=f"event-{number % 10}",
            text="They met.",
            stance=Stance.NEUTRAL,
            confidence=1.0,
            origin="gold",
        )
        for number in range(40)
    ]
    part = ablation.part_of_events(examples, 0.3, seed=1)
    events = {example.event for example in part}
    assert len(events) == 3
    assert part == [example for example in examples if example.event in events]
    assert part == ablation.part_of_events(examples, 0.3, seed=1)
    others = [ablation.part_of_events(examples, 0.3, seed=seed) for seed in range(2, 6)]
    assert any(other != part for other in others)


def test_the_table_gives_mean_and_spread_over_the_seeds(ablation: ModuleType):
    results = [
        {"variant": "all", "figures": {"sentences": 10, "held-out macro-F1": value}}
        for value in (0.7, 0.8)
    ]
    results.append({"variant": "less", "figures": {"sentences": 10, "held-out macro-F1": 0.5}})
    rows = [
        [cell.strip() for cell in row.split("|")[1:-1]]
        for row in ablation.table(results).splitlines()[2:]
    ]
    assert rows == [["all", "2", "10", "0.750 ± 0.071"], ["less", "1", "10", "0.500 ± 0.000"]]


def test_every_variant_is_valid_settings(ablation: ModuleType):
    plan = load_settings(ROOT / "benchmarks/ablation.yaml", ablation.AblationSettings)
    base = load_settings(ROOT / "configs/train/encoder.yaml", EncoderSettings).model_dump()
    for changes in plan.variants.values():
        variant = EncoderSettings.model_validate(base | plan.changes | changes)
        assert variant.model_dump() == base | plan.changes | changes | {
            "soft_labels": variant.soft_labels
        }


LABELLED = [
    LabelledSentence(id=str(number), text=f"Sentence {number}.", stance=stance)
    for number, stance in enumerate(["neutral", "demanding", "neutral", "skeptical"])
]


def test_an_alternative_is_trained_once_for_the_same_data(
    external: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(external, "WORK", tmp_path)
    trained = []

    def make() -> object:
        trained.append(1)
        return lambda sentences: np.full((len(sentences), 4), 0.25)

    first = external.answers("a name", make, [LABELLED, LABELLED[:1]], "key")
    again = external.answers("a name", make, [LABELLED, LABELLED[:1]], "key")
    assert len(trained) == 1
    assert [found.shape for found in again] == [(4, 4), (1, 4)]
    assert np.array_equal(first[0], again[0])
    external.answers("a name", make, [LABELLED], "another key")
    assert len(trained) == 2


def test_the_commonest_stance_is_what_training_has_most(external: ModuleType):
    train = [SimpleNamespace(stance=Stance(sentence.stance)) for sentence in LABELLED]
    assert external.majority(train)(LABELLED)[2].tolist() == [0.0, 0.25, 0.25, 0.5]


def test_the_table_compares_every_model_with_the_default(external: ModuleType, tmp_path: Path):
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(sentence.model_dump_json() for sentence in LABELLED))
    right = np.eye(4)[[3, 1, 3, 2]]
    wrong = np.eye(4)[[0, 0, 0, 0]]
    settings = load_settings(ROOT / "configs/evaluate.yaml", EvaluateSettings)
    rows = external.table(path, {"encoder": right, "other": wrong}, settings).splitlines()[4:]
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]
    assert [row[0] for row in cells] == ["encoder", "other"]
    assert [row[1] for row in cells] == ["1.000", "0.000"]
    assert cells[0][-1] == "" and 0 < float(cells[1][-1]) <= 1
