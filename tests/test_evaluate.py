import csv
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

from pipeline import evaluate
from pipeline.errors import DataError, SettingsError
from pipeline.evaluate import EvaluateSettings, Evaluation
from pipeline.evaluation_tables import evaluation_tables
from pipeline.records import STANCES, Example, Kind, SentenceInContext, Stance
from pipeline.settings import load_settings
from pipeline.storage import write_records

CONFIG = Path(__file__).parents[1] / "configs" / "evaluate.yaml"
MODEL = Path("models/fake")


class FakeClassifier:
    """Reads the stance off the sentence's first word and keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[SentenceInContext] = []

    def predict_proba(self, examples):
        self.seen = list(examples)
        rows = np.full((len(self.seen), 4), 0.1, dtype=np.float32)
        for row, example in zip(rows, self.seen, strict=True):
            row[STANCES.index(example.text.split()[0])] = 0.7
        return rows


@pytest.fixture
def settings() -> EvaluateSettings:
    return EvaluateSettings(
        seed=5, bootstrap_samples=200, permutation_samples=200, n_bins=10, coverage=0.8
    )


@pytest.fixture
def classifier(monkeypatch) -> FakeClassifier:
    fake = FakeClassifier()
    module = ModuleType("pipeline.classifier")
    module.load_classifier = lambda folder: fake
    monkeypatch.setitem(sys.modules, "pipeline.classifier", module)
    return fake


def example(number: int, gold: Stance, read_as: Stance | None = None, **fields) -> Example:
    given = {
        "id": f"x-{number}",
        "document": f"d{number % 6}",
        "event": f"e{number % 3}",
        "text": f"{read_as or gold} words",
        "stance": gold,
        "confidence": 1,
        "origin": "gold",
    }
    return Example(**given | fields)


@pytest.fixture
def examples() -> list[Example]:
    """Every stance six times; every sixth sentence reads as neutral."""
    kinds = [Kind.NEWS, Kind.READOUT, None]
    golds = [STANCES[number % 4] for number in range(24)]
    return [
        example(number, gold, Stance.NEUTRAL if number % 6 == 0 else gold, kind=kinds[number % 3])
        for number, gold in enumerate(golds)
    ]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_lines(path: Path, *rows: dict | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_config_loads():
    assert load_settings(CONFIG, EvaluateSettings).coverage == 0.8


def test_a_typo_in_the_config_is_named(tmp_path):
    config = tmp_path / "evaluate.yaml"
    config.write_text(CONFIG.read_text(encoding="utf-8").replace("n_bins", "n_bin"))
    with pytest.raises(SettingsError, match=r"evaluate\.yaml: .*n_bin"):
        load_settings(config, EvaluateSettings)


def test_the_figures_are_those_worked_out_by_hand(examples, settings):
    result = evaluate.evaluate_predictions(
        examples, FakeClassifier().predict_proba(examples), settings
    )
    # Sentences 0 and 12 are conciliatory, 6 and 18 skeptical; all four are read as neutral.
    assert result.confusion == ((4, 0, 0, 2), (0, 6, 0, 0), (0, 0, 4, 2), (0, 0, 0, 6))
    assert result.n == 24
    assert result.accuracy == pytest.approx(20 / 24)
    assert result.macro_f1 == pytest.approx((8 / 10 + 1 + 8 / 10 + 12 / 16) / 4)
    assert result.ece == pytest.approx(20 / 24 - 0.7)
    assert result.per_class[Stance.NEUTRAL].precision == pytest.approx(6 / 10)
    assert result.per_class[Stance.CONCILIATORY].recall == pytest.approx(4 / 6)
    assert result.risk_coverage.coverage == 1
    assert (result.unit, result.n_units) == ("event", 3)
    assert result.macro_f1_low <= result.macro_f1 <= result.macro_f1_high


def test_slices_are_by_kind_and_complete(examples, settings):
    result = evaluate.evaluate_predictions(
        examples, FakeClassifier().predict_proba(examples), settings
    )
    assert {name: score.n for name, score in result.slices.items()} == {
        "news": 8,
        "readout": 8,
        "unknown": 8,
    }
    assert result.slices["news"].accuracy == pytest.approx(4 / 8)
    assert result.slices["readout"].macro_f1 == 1


def test_an_evaluation_survives_json(examples, settings):
    result = evaluate.evaluate_predictions(
        examples, FakeClassifier().predict_proba(examples), settings
    )
    assert Evaluation.model_validate_json(result.model_dump_json()) == result


def test_one_event_is_resampled_by_sentence(settings):
    same = [example(number, Stance.NEUTRAL, event="only") for number in range(4)]
    result = evaluate.evaluate_predictions(same, FakeClassifier().predict_proba(same), settings)
    assert (result.unit, result.n_units) == ("sentence", 4)


def test_one_sentence_can_be_measured(settings):
    one = [example(1, Stance.SKEPTICAL)]
    result = evaluate.evaluate_predictions(one, FakeClassifier().predict_proba(one), settings)
    assert (result.n, result.macro_f1, result.accuracy) == (1, 1, 1)
    assert (result.macro_f1_low, result.macro_f1_high) == (0, 1)


def test_what_is_not_a_distribution_is_refused(examples, settings):
    with pytest.raises(ValueError, match="not a distribution"):
        evaluate.evaluate_predictions(examples, np.full((24, 4), 0.3), settings)


@pytest.fixture
def evaluated(tmp_path, examples, settings, classifier) -> Path:
    write_records(tmp_path / "test.jsonl", examples)
    evaluate.run_evaluate(MODEL, tmp_path / "test.jsonl", tmp_path / "ours", settings)
    return tmp_path


def test_the_stage_writes_every_file(evaluated):
    names = {path.name for path in (evaluated / "ours").iterdir()}
    pictures = ("confusion", "per_class", "reliability", "risk_coverage", "slices")
    tables = ("predictions", "confusion", "reliability", "risk_coverage", "slices")
    assert names == (
        {f"{name}.{suffix}" for name in pictures for suffix in ("svg", "png")}
        | {f"{name}.csv" for name in tables}
        | {"metrics.json"}
    )


def test_metrics_json_is_the_evaluation(evaluated, examples, settings):
    written = (evaluated / "ours" / "metrics.json").read_bytes()
    assert Evaluation.model_validate_json(written) == evaluate.evaluate_predictions(
        examples, FakeClassifier().predict_proba(examples), settings
    )


def test_predictions_csv_has_a_row_for_each_example_in_order(evaluated, examples):
    rows = read_csv(evaluated / "ours" / "predictions.csv")
    assert [(row["id"], row["actual"]) for row in rows] == [(e.id, e.stance) for e in examples]
    assert rows[0]["predicted"] == "neutral"
    assert [float(rows[0][stance]) for stance in STANCES] == pytest.approx([0.1, 0.1, 0.1, 0.7])


def test_tables_agree_with_the_figures(evaluated):
    folder = evaluated / "ours"
    confusion = read_csv(folder / "confusion.csv")
    assert [row["actual"] for row in confusion] == list(STANCES)
    assert [confusion[0][stance] for stance in STANCES] == ["4", "0", "0", "2"]
    assert sum(int(row["n"]) for row in read_csv(folder / "slices.csv")) == 24
    assert sum(int(row["n"]) for row in read_csv(folder / "reliability.csv")) == 24
    assert float(read_csv(folder / "risk_coverage.csv")[-1]["coverage"]) == 1


def test_a_second_run_writes_the_same_bytes(evaluated, settings):
    evaluate.run_evaluate(MODEL, evaluated / "test.jsonl", evaluated / "again", settings)
    for path in (evaluated / "ours").iterdir():
        assert path.read_bytes() == (evaluated / "again" / path.name).read_bytes()


def test_weak_labels_are_not_measured_on(tmp_path, examples, settings, classifier):
    weak = example(99, Stance.NEUTRAL, Stance.DEMANDING, origin="weak", confidence=0.6)
    write_records(tmp_path / "test.jsonl", [*examples, weak])
    with pytest.raises(DataError, match=r"test\.jsonl: 1 of 25 examples have weak labels"):
        evaluate.run_evaluate(MODEL, tmp_path / "test.jsonl", tmp_path / "out", settings)


def test_nothing_to_measure_on_is_an_error(tmp_path, settings, classifier):
    write_records(tmp_path / "test.jsonl", [])
    with pytest.raises(DataError, match=r"test\.jsonl: no example to measure on"):
        evaluate.run_evaluate(MODEL, tmp_path / "test.jsonl", tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def baseline(evaluated) -> Path:
    """Predictions of one that always answers neutral."""
    lines = (evaluated / "ours" / "predictions.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    path = evaluated / "baseline.csv"
    path.write_text("\n".join([lines[0], *(",".join([*r[:2], "neutral", *r[3:]]) for r in rows)]))
    return path


def test_a_baseline_is_compared_with(evaluated, baseline, settings):
    out = evaluated / "ours"
    evaluate.run_evaluate(MODEL, evaluated / "test.jsonl", out, settings, baseline)
    result = json.loads((out / "comparison.json").read_text())
    assert result["baseline_macro_f1"] == pytest.approx(12 / 30 / 4)
    assert result["difference"] == pytest.approx(result["macro_f1"] - 0.1)
    assert (result["only_ours_right"], result["only_baseline_right"]) == (14, 0)
    assert result["n_units"] == 3


def test_a_comparison_does_not_outlive_its_run(evaluated, baseline, settings):
    test, out = evaluated / "test.jsonl", evaluated / "ours"
    evaluate.run_evaluate(MODEL, test, out, settings, baseline)
    evaluate.run_evaluate(MODEL, test, out, settings)
    assert not (out / "comparison.json").exists()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("x-3,", "y-3,", r"x-3: expected a prediction for a neutral sentence, found None"),
        ("x-5,demanding", "x-5,neutral", r"x-5: expected a prediction for a demanding sentence"),
        ("x-5,demanding,neutral", "x-5,demanding,rude", r"x-5: .*'rude'"),
        ("id,actual", "id,gold", r"baseline\.csv:1: no column actual"),
    ],
)
def test_a_baseline_of_other_sentences_is_refused(
    evaluated, baseline, settings, before, after, words
):
    text = baseline.read_text()
    assert before in text
    baseline.write_text(text.replace(before, after))
    with pytest.raises(DataError, match=words):
        evaluate.run_comparison(
            evaluated / "ours" / "predictions.csv",
            baseline,
            evaluated / "test.jsonl",
            evaluated / "comparison.json",
            settings,
        )
    assert not (evaluated / "comparison.json").exists()


def test_a_missing_baseline_says_what_to_do(evaluated, settings):
    with pytest.raises(DataError, match=r"none\.csv: no such file; evaluate that model first"):
        evaluate.run_comparison(
            evaluated / "ours" / "predictions.csv",
            evaluated / "none.csv",
            evaluated / "test.jsonl",
            evaluated / "comparison.json",
            settings,
        )


def row(number: int, stance: str, read_as: str | None = None, **fields) -> dict:
    return {"id": f"r{number}", "text": f"{read_as or stance} words", "stance": stance} | fields


def test_foreign_sentences_are_measured_and_other_fields_ignored(tmp_path, settings, classifier):
    data = write_lines(
        tmp_path / "data.jsonl",
        row(1, "demanding", votes=["demanding"], previous="Before."),
        "",
        row(2, "skeptical", "neutral", previous=None),
    )
    result = evaluate.evaluate_file(data, MODEL, settings)
    assert (result.n, result.accuracy, result.unit, result.slices) == (2, 0.5, "sentence", {})
    assert result.macro_f1 == pytest.approx((1 + 0) / 2)
    assert [seen.previous for seen in classifier.seen] == ["Before.", ""]


def test_absent_labels_are_left_out_of_macro_f1_and_wrong_when_predicted(
    tmp_path, settings, classifier
):
    data = write_lines(
        tmp_path / "data.jsonl",
        row(1, "demanding"),
        row(2, "demanding", "neutral"),
        row(3, "conciliatory"),
    )
    result = evaluate.evaluate_file(data, MODEL, settings)
    assert result.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert [result.per_class[stance].support for stance in STANCES] == [1, 2, 0, 0]


def test_documents_and_sources_are_used_where_they_are_given(tmp_path, settings, classifier):
    data = write_lines(
        tmp_path / "data.jsonl",
        row(1, "demanding", document="a", source_type="un"),
        row(2, "neutral", document="a", source_type="un"),
        row(3, "neutral", "demanding", document="b"),
    )
    result = evaluate.evaluate_file(data, MODEL, settings)
    assert (result.unit, result.n_units) == ("document", 2)
    assert {name: score.n for name, score in result.slices.items()} == {"un": 2, "unknown": 1}


def test_the_classifier_sees_normalised_text_and_only_kinds_it_knows(
    tmp_path, settings, classifier
):
    data = write_lines(
        tmp_path / "data.jsonl",
        row(1, "neutral", text="neutral\n two  words", kind="news"),
        row(2, "neutral", kind="wire", id=7),
    )
    evaluate.evaluate_file(data, MODEL, settings)
    assert [(seen.text, seen.kind) for seen in classifier.seen] == [
        ("neutral two words", Kind.NEWS),
        ("neutral words", None),
    ]


def test_a_byte_order_mark_is_no_obstacle(tmp_path, settings, classifier):
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps(row(1, "neutral")), encoding="utf-8-sig")
    assert evaluate.evaluate_file(data, MODEL, settings).n == 1


def test_a_stance_outside_the_four_is_named(tmp_path, settings, classifier):
    data = write_lines(tmp_path / "data.jsonl", row(1, "neutral"), row(2, "sceptical"))
    with pytest.raises(DataError) as caught:
        evaluate.evaluate_file(data, MODEL, settings)
    assert str(caught.value) == (
        f"{data}:2: stance 'sceptical' is not one of conciliatory, demanding, skeptical, neutral"
    )


def test_all_bad_rows_are_named_together(tmp_path, settings, classifier):
    data = write_lines(
        tmp_path / "data.jsonl",
        row(1, "neutral"),
        "{not json",
        {"id": "r2", "stance": "neutral"},
        row(1, "demanding"),
        row(4, "neutral", text=" "),
        "[1]",
    )
    with pytest.raises(DataError) as caught:
        evaluate.evaluate_file(data, MODEL, settings)
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{data}:").split(":")[0] for line in lines] == list("23456")
    assert "Invalid JSON" in lines[0]
    assert "text: Field required" in lines[1]
    assert "id 'r1' is that of line 1 too" in lines[2]


@pytest.mark.parametrize(
    ("content", "words"), [("\n\n", "no labelled sentence"), ("\xff", "Invalid JSON")]
)
def test_a_file_without_sentences_is_an_error(tmp_path, settings, classifier, content, words):
    data = tmp_path / "data.jsonl"
    data.write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=words):
        evaluate.evaluate_file(data, MODEL, settings)


def test_a_missing_file_is_an_error(tmp_path, settings):
    with pytest.raises(DataError, match=r"none\.jsonl: cannot be read: No such file"):
        evaluate.evaluate_file(tmp_path / "none.jsonl", MODEL, settings)


def test_tables_show_the_figures(examples, settings):
    result = evaluate.evaluate_predictions(
        examples, FakeClassifier().predict_proba(examples), settings
    )
    console = Console(width=100)
    with console.capture() as capture:
        for table in evaluation_tables(result):
            console.print(table)
    shown = capture.get()
    assert "24 sentences" in shown
    assert f"{result.macro_f1:.3f}" in shown
    assert "over 3 events" in shown
    assert "readout" in shown


def test_importing_the_stage_loads_neither_torch_nor_matplotlib():
    code = "import sys, pipeline.evaluate; print(sorted({'torch', 'matplotlib'} & {*sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.strip() == "[]"
