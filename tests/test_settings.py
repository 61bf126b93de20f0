"""Settings are checked once, at the door."""

from pathlib import Path

import pytest

from pipeline.attribution.report import AttributionSettings
from pipeline.behaviour import BehaviourSettings
from pipeline.corpus import CorpusSettings
from pipeline.desk.settings import DeskSettings
from pipeline.errors import SettingsError
from pipeline.evaluate import EvaluateSettings
from pipeline.export import ExportSettings
from pipeline.labeling import LabelSettings
from pipeline.settings import Settings, load_settings
from pipeline.split import SplitSettings
from pipeline.tracking import RegisterSettings
from pipeline.train import MODELS, train_settings
from pipeline.train.baseline import BaselineSettings
from pipeline.train.encoder_settings import EncoderSettings
from pipeline.train.teach import TeachSettings

CONFIGS = Path(__file__).parents[1] / "configs"
CLASSES = {
    "attribution.yaml": AttributionSettings,
    "label.yaml": LabelSettings,
    "register.yaml": RegisterSettings,
    "split.yaml": SplitSettings,
    "evaluate.yaml": EvaluateSettings,
    "train/baseline.yaml": BaselineSettings,
    "behaviour.yaml": BehaviourSettings,
    "corpus.yaml": CorpusSettings,
    "desk.yaml": DeskSettings,
    "train/encoder.yaml": EncoderSettings,
    "export.yaml": ExportSettings,
    "train/large.yaml": EncoderSettings,
    "train/small.yaml": EncoderSettings,
    "teach.yaml": TeachSettings,
}


class Invented(Settings):
    rate: float
    word: str


def write(folder: Path, text: str) -> Path:
    path = folder / "invented.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", CLASSES)
def test_each_config_loads_with_its_class(name: str):
    assert isinstance(load_settings(CONFIGS / name, CLASSES[name]), CLASSES[name])


def test_no_config_is_without_a_class_here():
    found = {path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.yaml")}
    assert found == set(CLASSES)


@pytest.mark.parametrize("model", MODELS)
def test_each_model_reads_its_own_settings(model: str):
    path = CONFIGS / "train" / f"{model}.yaml"
    assert isinstance(train_settings(model, path), CLASSES[f"train/{model}.yaml"])


def test_the_settings_of_another_model_are_refused():
    with pytest.raises(SettingsError, match="kind: .*'baseline'"):
        train_settings("encoder", CONFIGS / "train" / "baseline.yaml")


@pytest.mark.parametrize("name", CLASSES)
def test_no_class_has_a_default(name: str):
    fields = CLASSES[name].model_fields
    assert [key for key, field in fields.items() if not field.is_required()] == []


def test_a_typo_stops_with_file_and_key(tmp_path: Path):
    path = write(tmp_path, "rate: 1\nword: a\nwrod: b\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, Invented)
    assert str(caught.value).startswith(f"{path}: wrod: ")
    assert str(caught.value).endswith("Known keys: rate, word")


def test_every_wrong_value_is_named_together(tmp_path: Path):
    with pytest.raises(SettingsError, match="rate: .*'fast'.*; word: Field required"):
        load_settings(write(tmp_path, "rate: fast\n"), Invented)


def test_an_exponent_is_a_number_and_no_is_a_word(tmp_path: Path):
    found = load_settings(write(tmp_path, "rate: 1e-3\nword: no\n"), Invented)
    assert found == Invented(rate=0.001, word="no")


def test_settings_are_frozen(tmp_path: Path):
    found = load_settings(write(tmp_path, "rate: 1\nword: a\n"), Invented)
    with pytest.raises(ValueError, match="frozen"):
        found.rate = 2.0


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"none\.yaml: cannot be read: No such file"):
        load_settings(tmp_path / "none.yaml", Invented)


@pytest.mark.parametrize("text", ["rate: [1", "rate: 1\nrate: 2\nword: a\n", "a: b: c"])
def test_a_file_that_is_not_yaml_is_named(tmp_path: Path, text: str):
    with pytest.raises(SettingsError, match=r"invented\.yaml: not valid YAML"):
        load_settings(write(tmp_path, text), Invented)


@pytest.mark.parametrize("text", ["", "- rate\n", "rate\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str):
    with pytest.raises(SettingsError, match=r"invented\.yaml: "):
        load_settings(write(tmp_path, text), Invented)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path):
    path = tmp_path / "invented.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not valid YAML"):
        load_settings(path, Invented)
