"""Exported encoders answer as their torch originals do, without torch."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import TINY, save_untrained

from pipeline.classifier import CARD, ModelCard, load_classifier, read_card
from pipeline.encoder import Encoder, load_pretrained
from pipeline.errors import ModelError
from pipeline.export import ExportSettings, VariantFigures, compare, gate, refusal, run_export
from pipeline.export_record import EXPORT, check_source
from pipeline.onnx_encoder import EXACT, FAST, IN_OPENVINO, OnnxEncoder, length_batches
from pipeline.onnx_sessions import has_bfloat16
from pipeline.records import STANCES, Example, SentenceInContext, Stance
from pipeline.settings import load_settings
from pipeline.storage import write_manifest, write_records, write_text
from pipeline.train.encoder_settings import EncoderSettings

SETTINGS = ExportSettings(
    seed=1,
    variants=("dynamic", "static"),
    calibration_sentences=4,
    margin=0.05,
    max_macro_f1_loss=1.0,
    min_equal_labels=0.0,
    min_equal_spans=0.0,
)
FIGURES = VariantFigures(
    macro_f1=0.8,
    macro_f1_of_torch=0.8,
    equal_labels=1.0,
    equal_spans=1.0,
    sentences_per_second=100.0,
)


@pytest.fixture(autouse=True)
def without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO, where it is installed, would take the place of what is tested."""
    for module in ("export", "onnx_encoder"):
        monkeypatch.setattr(f"pipeline.{module}.has_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def save_encoder(
    tmp_path_factory: pytest.TempPathFactory, encoder_settings: Callable[..., EncoderSettings]
) -> Callable[..., Path]:
    """Saves the tiny encoder as a trained model, with the settings asked for."""

    def save(**changes: object) -> Path:
        settings = encoder_settings(**changes)
        encoder = Encoder(*load_pretrained(settings), settings, temperature=1.5)
        card = ModelCard(
            kind="encoder",
            temperature=1.5,
            validation_macro_f1=0.5,
            n_train=8,
            settings=settings.model_dump(mode="json"),
        )
        folder = tmp_path_factory.mktemp("models") / "encoder"
        folder.mkdir(parents=True)
        encoder.save(folder)
        write_text(folder / CARD, card.model_dump_json())
        write_manifest(folder)
        return folder

    return save


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory, eight_examples: list[Example]) -> Path:
    """Splits that are all the same eight examples."""
    folder = tmp_path_factory.mktemp("splits")
    for name in ("train", "validation", "test"):
        write_records(folder / f"{name}.jsonl", eight_examples)
    return folder


@pytest.fixture(scope="module")
def model(save_encoder: Callable[..., Path]) -> Path:
    """A trained model."""
    return save_encoder()


@pytest.fixture(scope="module")
def float32(model: Path, splits: Path) -> Path:
    """Its export without an int8 variant; read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.export.has_bfloat16", lambda: False)
        return export(model, splits, variants=())


@pytest.fixture(scope="module")
def int8(model: Path, splits: Path) -> Path:
    """Its export in int8, which is kept whatever it is worth, and with no second reading."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.export.has_bfloat16", lambda: False)
        patch.setattr("pipeline.export.refusal", lambda *_: None)
        return export(model, splits, out="int8", margin=0.0)


@pytest.fixture
def copied(float32: Path, tmp_path: Path) -> Path:
    """A copy of the export that may be spoiled."""
    return shutil.copytree(float32, tmp_path / "copied")


def export(model: Path, splits: Path, out: str = "encoder-onnx", **changes: object) -> Path:
    """The folder of an exported model."""
    folder = model.with_name(out)
    settings = SETTINGS.model_copy(update=changes)
    run_export(model, splits, folder, model.with_name("report"), settings)
    return folder


def test_float32_gives_the_probabilities_of_torch(
    model: Path, float32: Path, eight_examples: list[Example]
) -> None:
    expected = load_classifier(model).predict_proba(eight_examples)
    assert np.allclose(load_classifier(float32).predict_proba(eight_examples), expected, atol=1e-5)


def test_context_is_read_as_torch_reads_it(
    save_encoder: Callable[..., Path], splits: Path, eight_examples: list[Example]
) -> None:
    model = save_encoder(previous_sentence=True, document_kind=True)
    examples = [
        example.model_copy(update={"previous": "They met .", "kind": "news"})
        for example in eight_examples
    ]
    exported = load_classifier(export(model, splits, variants=()))
    expected = load_classifier(model).predict_proba(examples)
    assert np.allclose(exported.predict_proba(examples), expected, atol=1e-5)


@pytest.fixture
def tiny_mpnet(tiny_encoder: Path, tmp_path: Path) -> Path:
    """An MPNet with the words of the tiny encoder; it knows no token types."""
    from transformers import AutoTokenizer, MPNetConfig, MPNetModel

    folder = tmp_path / "tiny-mpnet"
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    tokenizer.save_pretrained(folder)
    told = folder / "tokenizer_config.json"
    inputs = {"model_input_names": ["input_ids", "attention_mask"]}
    told.write_text(json.dumps(json.loads(told.read_text()) | inputs))
    padding = tokenizer.pad_token_id
    config = MPNetConfig(vocab_size=len(tokenizer), pad_token_id=padding, **TINY)
    save_untrained(MPNetModel, config, folder)
    return folder


def test_an_encoder_without_token_types_gives_the_probabilities_of_torch(
    tiny_mpnet: Path,
    save_encoder: Callable[..., Path],
    splits: Path,
    eight_examples: list[Example],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.export.refusal", lambda *_: None)
    model = save_encoder(name=str(tiny_mpnet), n_layers=1)
    exported = export(model, splits, out="of-mpnet", variants=("static",))
    ports = onnx.load(exported / EXACT, load_external_data=False).graph.input
    assert [port.name for port in ports] == ["input_ids", "attention_mask"]
    card = read_card(exported)
    expected = load_classifier(model).predict_proba(eight_examples)
    exact = OnnxEncoder.open(exported, card, "float32").predict_proba(eight_examples)
    assert np.allclose(exact, expected, atol=1e-5)
    fast = OnnxEncoder.open(exported, card, "int8").predict_proba(eight_examples)
    assert np.allclose(fast, expected, atol=0.05)


def test_long_sentences_are_cut_as_torch_cuts_them(model: Path, float32: Path) -> None:
    sentence = SentenceInContext(text="They must withdraw at once . " * 30)
    expected = load_classifier(model).predict_proba([sentence])
    assert np.allclose(load_classifier(float32).predict_proba([sentence]), expected, atol=1e-5)


def test_int8_is_kept_where_the_gate_lets_it_pass(int8: Path) -> None:
    assert (int8 / FAST).is_file()
    assert json.loads((int8 / EXPORT).read_text())["kept"] == "int8"


def test_int8_probabilities_do_not_depend_on_the_other_sentences(
    int8: Path, eight_examples: list[Example]
) -> None:
    exported = load_classifier(int8)
    together = exported.predict_proba(eight_examples)
    alone = np.concatenate([exported.predict_proba([example]) for example in eight_examples])
    assert np.array_equal(together, alone)


def test_doubtful_sentences_are_read_again_in_float32(
    model: Path, int8: Path, eight_examples: list[Example]
) -> None:
    exported = OnnxEncoder.open(int8, read_card(int8), "int8", margin=1000.0)
    expected = load_classifier(model).predict_proba(eight_examples)
    assert np.allclose(exported.predict_proba(eight_examples), expected, atol=1e-5)


def test_float32_is_kept_and_the_reason_told_where_the_gate_refuses(
    model: Path, splits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.export.refusal", lambda *_: "is refused")
    out = export(model, splits, out="refused")
    assert not (out / FAST).exists()
    record = json.loads((out / EXPORT).read_text())
    assert record["kept"] == "float32"
    assert record["reason"] == "int8 (dynamic) is refused; int8 (static) is refused"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"macro_f1": 0.79}, "loses 0.0100 of macro-F1"),
        ({"equal_labels": 0.98}, "98.00% equal labels"),
        ({"equal_spans": 0.97}, "97.00% equal spans"),
    ],
)
def test_gate_names_what_it_refuses(changes: dict[str, float], words: str) -> None:
    settings = SETTINGS.model_copy(
        update={"max_macro_f1_loss": 0.005, "min_equal_labels": 0.99, "min_equal_spans": 0.98}
    )
    assert words in gate(FIGURES.model_copy(update=changes), settings)


def test_gate_lets_an_equal_variant_pass() -> None:
    assert gate(FIGURES, SETTINGS) is None


def test_variant_that_is_not_faster_is_not_kept() -> None:
    assert "not faster than float32" in refusal(FIGURES, FIGURES, SETTINGS)
    faster = FIGURES.model_copy(update={"sentences_per_second": 101.0})
    assert refusal(faster, FIGURES, SETTINGS) is None


@pytest.fixture
def with_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO takes its place, where it is there."""
    if not has_bfloat16():
        pytest.skip("needs OpenVINO and a processor that multiplies bfloat16")
    for module in ("export", "onnx_encoder"):
        monkeypatch.setattr(f"pipeline.{module}.has_bfloat16", has_bfloat16)


@pytest.mark.usefixtures("with_bfloat16")
def test_bfloat16_gives_nearly_the_probabilities_of_torch(
    model: Path, splits: Path, eight_examples: list[Example]
) -> None:
    out = export(model, splits, out="bfloat16", variants=())
    assert json.loads((out / EXPORT).read_text())["bfloat16"]
    weights = (out / IN_OPENVINO).with_suffix(".bin").stat().st_size
    assert weights < 0.6 * (out / f"{EXACT}.data").stat().st_size
    expected = load_classifier(model).predict_proba(eight_examples)
    assert np.allclose(load_classifier(out).predict_proba(eight_examples), expected, atol=0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.usefixtures("with_bfloat16")
def test_openvino_pins_no_thread_to_a_core_that_other_processes_take_too(
    model: Path, splits: Path, eight_examples: list[Example]
) -> None:
    exported = load_classifier(export(model, splits, out="free", variants=()))
    end = time.monotonic() + 2

    def read_on() -> None:
        while time.monotonic() < end:
            exported.predict_proba(eight_examples)

    reader = threading.Thread(target=read_on)
    reader.start()
    found = set()
    while reader.is_alive():
        for path in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):
                found.add(frozenset(os.sched_getaffinity(int(path.name))))
    assert found == {frozenset(os.sched_getaffinity(0))}


@pytest.mark.usefixtures("with_bfloat16")
def test_what_bfloat16_changes_too_much_is_not_left_behind(
    model: Path, splits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.export.gate", lambda *_: "is refused")
    out = export(model, splits, out="not-in-bfloat16", variants=())
    assert not json.loads((out / EXPORT).read_text())["bfloat16"]
    assert not list(out.glob(f"{Path(IN_OPENVINO).stem}.[xb]*"))


WORDS = "Kest must leave Ostra now."
OFFSETS = [None, (0, 4), (5, 9), (10, 15), (16, 21), (22, 25), None]


def outputs_of(stance: Stance, holder: int | None, *, noise: float = 0.0) -> tuple:
    """Outputs for `WORDS`: a stance, and a holder that begins at a token; no target, one cue.

    Noise is added to all tags of a group alike, which changes none of them.
    """
    tags = np.zeros((len(OFFSETS), 9))
    tags[:, [0, 3, 6]] = 1.0
    tags[0] = 0.0
    tags[0, [0 if holder else 1, 4]] = 1.0
    if holder:
        tags[holder, 1] = 3.0
    tags[2, 7] = 3.0
    tags[:, :3] += noise
    return np.eye(4)[list(STANCES).index(stance)], tags


def shares(examples: list[Example], *pairs: tuple[tuple, tuple]) -> tuple[float, float]:
    """Shares of equal labels and spans of pairs of outputs."""
    sentences = [examples[0].model_copy(update={"text": WORDS})] * len(pairs)
    ours, theirs = zip(*pairs, strict=True)
    return compare(sentences, ours, theirs, [OFFSETS] * len(pairs))


def test_equal_spans_are_those_of_the_worst_kind(eight_examples: list[Example]) -> None:
    demanding = outputs_of(Stance.DEMANDING, 1)
    moved = outputs_of(Stance.DEMANDING, 4)
    assert shares(eight_examples, (demanding, demanding), (demanding, moved)) == (1.0, 0.5)
    assert shares(eight_examples, (demanding, outputs_of(Stance.DEMANDING, None))) == (1.0, 0.0)


def test_equal_labels_are_those_of_the_stances(eight_examples: list[Example]) -> None:
    demanding = outputs_of(Stance.DEMANDING, 1)
    equal = [(demanding, demanding)] * 3
    skeptical = outputs_of(Stance.SKEPTICAL, 1)
    assert shares(eight_examples, *equal, (demanding, skeptical)) == (0.75, 1.0)


def test_tags_of_different_groups_are_not_compared(eight_examples: list[Example]) -> None:
    demanding = outputs_of(Stance.DEMANDING, 1)
    noisy = outputs_of(Stance.DEMANDING, 1, noise=0.5)
    assert shares(eight_examples, (demanding, noisy)) == (1.0, 1.0)


def test_spans_of_neutral_sentences_are_not_compared(eight_examples: list[Example]) -> None:
    ours, theirs = outputs_of(Stance.NEUTRAL, 1), outputs_of(Stance.NEUTRAL, 4)
    assert shares(eight_examples, (ours, theirs)) == (1.0, 1.0)


def test_a_network_without_tags_is_compared_by_its_stances(eight_examples: list[Example]) -> None:
    (demanding, _), (neutral, _) = (
        outputs_of(stance, 1) for stance in (Stance.DEMANDING, Stance.NEUTRAL)
    )
    pairs = [((demanding,), (demanding,)), ((neutral,), (demanding,))]
    assert shares(eight_examples, *pairs) == (0.5, 1.0)


def test_equal_sentences_are_computed_once(float32: Path, eight_examples: list[Example]) -> None:
    read = load_classifier(float32).read([eight_examples[0], eight_examples[1], eight_examples[0]])
    assert read[0] is read[2]
    assert read[0] is not read[1]


def test_batches_hold_every_index_once_and_keep_their_limit() -> None:
    lengths = [3, 500, 7, 90, 90, 128, 3, 600]
    batches = list(length_batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(8))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 512


def test_no_example_gives_no_row(float32: Path) -> None:
    assert load_classifier(float32).predict_proba([]).shape == (0, 4)


def test_altered_graph_is_refused(copied: Path) -> None:
    (copied / EXACT).write_bytes(b"no graph")
    with pytest.raises(ModelError, match="altered since it was saved"):
        load_classifier(copied)


def test_graph_that_is_none_is_refused(copied: Path) -> None:
    (copied / EXACT).write_bytes(b"no graph")
    write_manifest(copied)
    with pytest.raises(ModelError, match="not a usable exported network"):
        load_classifier(copied)


def test_only_an_encoder_can_be_exported(tiny_baseline: Path, splits: Path) -> None:
    with pytest.raises(ModelError, match="of kind baseline; only an encoder"):
        export(tiny_baseline, splits)


def test_exported_model_needs_neither_torch_nor_transformers(float32: Path) -> None:
    code = (
        "import sys; from pipeline import load; "
        f"load({str(float32)!r}).predict('They must leave at once.'); "
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'mlflow', 'onnx'}; "
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_settings_file_loads() -> None:
    assert load_settings(Path("configs/export.yaml"), ExportSettings).variants


def test_export_of_other_weights_is_refused(
    model: Path, float32: Path, save_encoder: Callable[..., Path]
) -> None:
    check_source(float32, model)
    with pytest.raises(ModelError, match="exported from another model than the one in"):
        check_source(float32, save_encoder(max_tokens=16))


def test_predict_takes_the_export_and_refuses_a_stale_one(
    model: Path, float32: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(model, tmp_path / "models/encoder")
    shutil.copytree(float32, tmp_path / "models/encoder-onnx")
    (tmp_path / "note.txt").write_text("They must leave at once.")
    command = [sys.executable, "-m", "pipeline.cli", "predict", "note.txt", "--format", "jsonl"]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}

    def predict() -> subprocess.CompletedProcess:
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    assert json.loads(predict().stdout)["text"] == "They must leave at once."
    (model / CARD).write_text((model / CARD).read_text().replace("0.5", "0.6"))
    write_manifest(model)
    stale = predict()
    assert stale.returncode == 2
    assert "exported from another model" in stale.stderr
