"""What the benchmarks compute around the trainings that they run."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.records import Example, Stance
from pipeline.settings import load_settings
from pipeline.train.encoder_settings import EncoderSettings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def ablation() -> ModuleType:
    """benchmarks/ablation.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("ablation", ROOT / "benchmarks/ablation.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
