"""The encoder in unit tests has two layers and random weights."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from pipeline.classifier import ModelCard, load_classifier, stance_indices
from pipeline.encoder import (
    Encoder,
    device,
    load_pretrained,
    resolve_encoder,
    tokenize,
)
from pipeline.errors import ModelError, PipelineError
from pipeline.records import Example, Kind, SentenceInContext
from pipeline.storage import write_records
from pipeline.train import run_train
from pipeline.train.encoder import freeze, moving_average, train_encoder
from pipeline.train.encoder_settings import EncoderSettings

BuildSettings = Callable[..., EncoderSettings]


def ignore(step: int, metrics: dict[str, float]) -> None:
    """A progress callback that does nothing."""


def untrained(settings: EncoderSettings) -> Encoder:
    torch.manual_seed(0)
    network, tokenizer = load_pretrained(settings)
    return Encoder(network.to(device()), tokenizer, settings, temperature=1.0)


def train(examples: list[Example], settings: EncoderSettings, folder: Path) -> Encoder:
    return train_encoder(examples, examples, settings, ignore, folder / "checkpoints", False)[0]


def weights(encoder: Encoder) -> dict[str, np.ndarray]:
    return {name: value.cpu().numpy() for name, value in encoder.network.state_dict().items()}


def assert_same_weights(first: Encoder, second: Encoder) -> None:
    expected, found = weights(first), weights(second)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.fixture
def splits(eight_examples: list[Example], tmp_path: Path) -> Path:
    """A folder of splits: the same eight sentences in both."""
    for name in ("train", "validation"):
        write_records(tmp_path / "splits" / f"{name}.jsonl", eight_examples)
    return tmp_path / "splits"


def test_a_local_folder_is_taken_as_it_is(tiny_encoder: Path):
    assert resolve_encoder(str(tiny_encoder)) == str(tiny_encoder)


def test_a_hub_name_without_network_is_a_model_error(
    encoder_settings: BuildSettings, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*args: object) -> None:
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ModelError, match="'nobody/no-such-encoder': neither a local folder"):
        load_pretrained(encoder_settings(name="nobody/no-such-encoder"))


def test_a_folder_without_weights_is_a_model_error(
    encoder_settings: BuildSettings, tiny_encoder: Path, tmp_path: Path
):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_encoder, folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="copy"):
        load_pretrained(encoder_settings(name=str(folder)))


def test_weights_cut_short_are_a_model_error(
    encoder_settings: BuildSettings, tiny_encoder: Path, tmp_path: Path
):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_encoder, folder)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:1000])
    with pytest.raises(ModelError, match="copy"):
        load_pretrained(encoder_settings(name=str(folder)))


def test_no_examples_give_no_rows(encoder_settings: BuildSettings):
    found = untrained(encoder_settings()).predict_proba([])
    assert found.shape == (0, 4)
    assert found.dtype == np.float32


def test_rows_come_in_the_order_given_whatever_their_lengths(encoder_settings: BuildSettings):
    encoder = untrained(encoder_settings())
    words = ["talks", "welcome", "withdraw", "doubt", "meeting"]
    texts = [" ".join(words[i % 5 :] * (1 + i * 7 % 4)) + f" {i}" for i in range(70)]
    sentences = [SentenceInContext(text=text) for text in texts]
    together = encoder.predict_proba(sentences)
    alone = np.concatenate([encoder.predict_proba([sentence]) for sentence in sentences])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    assert np.abs(np.diff(alone, axis=0)).max(axis=1).min() > 1e-5


def test_a_sentence_longer_than_the_encoder_is_cut(encoder_settings: BuildSettings):
    encoder = untrained(encoder_settings(previous_sentence=True))
    long = SentenceInContext(text="talks " * 500, previous="meeting " * 500)
    tokens = tokenize(encoder.tokenizer, [long], encoder.settings)
    assert len(tokens["input_ids"][0]) == 32
    assert np.isfinite(encoder.predict_proba([long])).all()


@pytest.mark.parametrize("setting", [True, False])
def test_the_previous_sentence_changes_logits_only_when_the_setting_is_on(
    encoder_settings: BuildSettings, setting: bool
):
    encoder = untrained(encoder_settings(previous_sentence=setting))
    texts = ("", "We welcome talks .")
    alone, after = (
        encoder.logits([SentenceInContext(text="We doubt it .", previous=text)]) for text in texts
    )
    assert np.array_equal(alone, after) is not setting


@pytest.mark.parametrize("setting", [True, False])
def test_the_kind_of_document_changes_logits_only_when_the_setting_is_on(
    encoder_settings: BuildSettings, setting: bool
):
    encoder = untrained(encoder_settings(document_kind=setting))
    first, second = (
        encoder.logits([SentenceInContext(text="We doubt it .", kind=kind)])
        for kind in (Kind.NEWS, Kind.JOINT_STATEMENT)
    )
    assert np.array_equal(first, second) is not setting


def test_it_overfits_eight_sentences(
    eight_examples: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    settings = encoder_settings(epochs=60, evaluations_per_epoch=1, patience=20)
    encoder, card = train_encoder(
        eight_examples, eight_examples, settings, ignore, tmp_path / "checkpoints", False
    )
    found = encoder.predict_proba(eight_examples).argmax(axis=1)
    expected = stance_indices([example.stance for example in eight_examples])
    np.testing.assert_array_equal(found, expected)
    assert card.validation_macro_f1 == 1


@pytest.mark.parametrize(("frozen", "kept"), [(None, 0), (0, 1), (1, 2)])
def test_frozen_layers_keep_their_values_while_the_others_learn(
    eight_examples: list[Example],
    encoder_settings: BuildSettings,
    tmp_path: Path,
    frozen: int | None,
    kept: int,
):
    names = (
        "encoder.embeddings.word_embeddings.weight",
        "encoder.encoder.layer.0.output.dense.weight",
        "encoder.encoder.layer.1.output.dense.weight",
    )
    before = weights(untrained(encoder_settings()))
    after = weights(train(eight_examples, encoder_settings(frozen_layers=frozen), tmp_path))
    same = [np.array_equal(before[name], after[name]) for name in names]
    assert same == [True] * kept + [False] * (3 - kept)


def test_an_encoder_of_fewer_layers_keeps_the_lowest(
    encoder_settings: BuildSettings, capfd: pytest.CaptureFixture[str]
):
    whole, lowest = (weights(untrained(encoder_settings(n_layers=n))) for n in (None, 1))
    assert any(".layer.1." in name for name in whole)
    assert not any(".layer.1." in name for name in lowest)
    kept = "encoder.encoder.layer.0.output.dense.weight"
    np.testing.assert_array_equal(lowest[kept], whole[kept])
    assert "UNEXPECTED" not in capfd.readouterr().err


def test_dropout_is_of_the_rate_asked_for_and_off_where_frozen(encoder_settings: BuildSettings):
    settings = encoder_settings(dropout=0.3, frozen_layers=1)
    network, _ = load_pretrained(settings)
    freeze(network, settings)
    rates = {
        name: module.p for name, module in network.named_modules() if isinstance(module, nn.Dropout)
    }
    frozen = {name for name in rates if ".embeddings." in name or ".layer.0." in name}
    assert frozen < set(rates)
    assert {rates[name] for name in frozen} == {0.0}
    assert {rates[name] for name in set(rates) - frozen} == {0.3}


def test_the_average_follows_the_weights_closely_at_first_and_slowly_later():
    settle = moving_average(0.9)
    old, new = torch.tensor(0.0), torch.tensor(1.0)
    found = [float(settle(old, new, torch.tensor(n))) for n in (1, 8, 1000)]
    np.testing.assert_allclose(found, [1 - 2 / 11, 1 - 9 / 18, 1 - 0.9], atol=1e-6)


def test_the_model_of_an_averaged_training_is_the_average_of_its_steps(
    eight_examples: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    last = train(eight_examples, encoder_settings(epochs=40), tmp_path)
    averaged = train(eight_examples, encoder_settings(epochs=40, average_decay=0.99), tmp_path)
    start = weights(untrained(encoder_settings()))["head.weight"]
    end, between = (weights(model)["head.weight"] for model in (last, averaged))
    assert not np.array_equal(between, end)
    assert np.abs(between - end).max() < np.abs(start - end).max()


def test_a_training_of_a_few_steps_is_averaged_from_its_first_evaluation(
    eight_examples: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    averaged = train(eight_examples, encoder_settings(epochs=1, average_decay=0.9), tmp_path)
    last = train(eight_examples, encoder_settings(epochs=1), tmp_path)
    assert_same_weights(averaged, last)


def test_a_pretrained_encoder_in_half_precision_is_trained_in_full(
    encoder_settings: BuildSettings, tmp_path: Path
):
    settings = encoder_settings()
    half = tmp_path / "half"
    AutoModel.from_pretrained(settings.name, dtype=torch.bfloat16).save_pretrained(half)
    AutoTokenizer.from_pretrained(settings.name).save_pretrained(half)
    network, _ = load_pretrained(settings.model_copy(update={"name": str(half)}))
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_a_part_of_an_epoch_is_trained_and_measured_at_its_end(
    eight_examples: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    measured = []

    def note(step: int, metrics: dict[str, float]) -> None:
        if "validation_loss" in metrics:
            measured.append(step)

    settings = encoder_settings(epochs=1.5, batch_size=2)
    train_encoder(eight_examples, eight_examples, settings, note, tmp_path / "checkpoints", False)
    assert measured == [3, 6]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    eight_examples: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    settings = encoder_settings(dropout=0.2)
    first = train(eight_examples, settings, tmp_path)
    second = train(eight_examples, settings, tmp_path)
    assert_same_weights(first, second)
    other = train(eight_examples, encoder_settings(dropout=0.2, seed=8), tmp_path)
    assert not np.array_equal(weights(other)["head.weight"], weights(first)["head.weight"])


def test_probabilities_are_equal_after_save_and_load(
    eight_examples: list[Example], encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    settings = encoder_settings(previous_sentence=True)
    trained = train(eight_examples, settings, tmp_path)
    run_train(splits, tmp_path / "models" / "encoder", tmp_path / "report", settings)
    loaded = load_classifier(tmp_path / "models" / "encoder")
    np.testing.assert_array_equal(
        loaded.predict_proba(eight_examples), trained.predict_proba(eight_examples)
    )


def test_the_saved_folder_holds_no_pickle(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    folder = tmp_path / "models" / "encoder"
    run_train(splits, folder, tmp_path / "report", encoder_settings(epochs=1))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".txt"}
    starts = {path.read_bytes()[:2] for path in files}
    assert starts.isdisjoint({b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"})


def test_a_finished_training_leaves_no_checkpoint(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    during = []

    def count(step: int, metrics: dict[str, float]) -> None:
        during.extend((tmp_path / ".checkpoints").rglob("checkpoint-*"))

    out = tmp_path / "models" / "encoder"
    run_train(splits, out, tmp_path / "report", encoder_settings(epochs=2), count)
    assert during
    assert not list((tmp_path / ".checkpoints").rglob("checkpoint-*"))


def test_files_that_do_not_fit_together_are_a_model_error(
    encoder_settings: BuildSettings, tmp_path: Path
):
    settings = encoder_settings()
    untrained(settings).save(tmp_path)
    card = ModelCard(
        kind="encoder",
        temperature=1.0,
        validation_macro_f1=0.5,
        n_train=8,
        settings=settings.model_dump(),
    )
    Encoder.load(tmp_path, card)
    whole = (tmp_path / "weights.safetensors").read_bytes()
    (tmp_path / "weights.safetensors").write_bytes(whole[:1000])
    with pytest.raises(ModelError, match="not a usable encoder"):
        Encoder.load(tmp_path, card)


def test_settings_in_the_card_that_do_not_fit_are_a_model_error(
    encoder_settings: BuildSettings, tmp_path: Path
):
    settings = encoder_settings()
    untrained(settings).save(tmp_path)
    card = ModelCard(
        kind="encoder",
        temperature=1.0,
        validation_macro_f1=0.5,
        n_train=8,
        settings=settings.model_dump() | {"epochs": 0},
    )
    with pytest.raises(ModelError, match="epochs"):
        Encoder.load(tmp_path, card)


class Interruption:
    """A progress callback that stops the training at the first row past a step."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.seen: list[int] = []

    def __call__(self, step: int, metrics: dict[str, float]) -> None:
        self.seen.append(step)
        if step > self.step:
            raise KeyboardInterrupt


def test_a_resumed_training_ends_with_the_weights_of_an_unbroken_one(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    settings = encoder_settings(dropout=0.2, epochs=6, average_decay=0.8)
    report = tmp_path / "report"
    run_train(splits, tmp_path / "unbroken" / "models" / "encoder", report, settings)
    broken = tmp_path / "broken" / "models" / "encoder"
    with pytest.raises(KeyboardInterrupt):
        run_train(splits, broken, report, settings, Interruption(6))
    assert not broken.exists()
    rest = Interruption(10**9)
    run_train(splits, broken, report, settings, rest, resume=True)
    assert min(rest.seen) > 4
    unbroken = load_classifier(tmp_path / "unbroken" / "models" / "encoder")
    assert_same_weights(unbroken, load_classifier(broken))


def test_a_training_with_other_settings_does_not_resume(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    out, report = tmp_path / "models" / "encoder", tmp_path / "report"
    with pytest.raises(KeyboardInterrupt):
        run_train(splits, out, report, encoder_settings(epochs=6), Interruption(6))
    rest = Interruption(10**9)
    run_train(splits, out, report, encoder_settings(epochs=6, seed=8), rest, resume=True)
    assert min(rest.seen) == 1


def test_a_failed_training_leaves_the_earlier_model_as_it_was(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    out = tmp_path / "models" / "encoder"
    out.mkdir(parents=True)
    (out / "earlier.txt").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        run_train(splits, out, tmp_path / "report", encoder_settings(), Interruption(1))
    assert [path.name for path in out.iterdir()] == ["earlier.txt"]


def test_a_model_that_cannot_be_saved_leaves_the_earlier_one_as_it_was(
    encoder_settings: BuildSettings,
    splits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    def full_disk(self: Encoder, folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError(28, "No space left on device")

    out = tmp_path / "models" / "encoder"
    out.mkdir(parents=True)
    (out / "earlier.txt").write_text("earlier")
    monkeypatch.setattr(Encoder, "save", full_disk)
    with pytest.raises(PipelineError, match="No space left on device"):
        run_train(splits, out, tmp_path / "report", encoder_settings(epochs=1))
    assert [path.name for path in out.iterdir()] == ["earlier.txt"]
    assert list(out.parent.iterdir()) == [out]


def test_a_training_on_a_full_disk_is_explained_and_goes_on_later(
    encoder_settings: BuildSettings, splits: Path, small_disk: Callable[[int], Path]
):
    disk = small_disk(250)
    out = disk / "models" / "encoder"
    out.mkdir(parents=True)
    (out / "earlier.txt").write_text("earlier")
    with pytest.raises(PipelineError, match="cannot be written: No space left on device"):
        run_train(splits, out, splits / "report", encoder_settings(epochs=2))
    assert [path.name for path in out.iterdir()] == ["earlier.txt"]
    assert list((disk / ".checkpoints").rglob("checkpoint-*")), "it failed before it began"
    remount = ["mount", "-o", "remount,size=8m", str(disk)]
    subprocess.run(remount, check=True, capture_output=True)
    run_train(splits, out, splits / "report", encoder_settings(epochs=2), resume=True)
    assert load_classifier(out)


def test_a_broken_checkpoint_is_passed_over(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    out, report = tmp_path / "models" / "encoder", tmp_path / "report"
    with pytest.raises(KeyboardInterrupt):
        run_train(splits, out, report, encoder_settings(epochs=6), Interruption(6))
    (last, *_) = sorted(
        (tmp_path / ".checkpoints").rglob("checkpoint-*"),
        key=lambda folder: -int(folder.name.rpartition("-")[2]),
    )
    (last / "trainer_state.json").unlink()
    rest = Interruption(10**9)
    run_train(splits, out, report, encoder_settings(epochs=6), rest, resume=True)
    assert 1 < min(rest.seen) <= int(last.name.rpartition("-")[2])
    assert load_classifier(out)


def test_a_second_training_of_the_model_is_refused(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path
):
    out, report = tmp_path / "models" / "encoder", tmp_path / "report"
    refused: list[str] = []

    def meanwhile(step: int, metrics: dict[str, float]) -> None:
        if not refused:
            with pytest.raises(PipelineError) as error:
                run_train(splits, out, report, encoder_settings(epochs=1), resume=True)
            refused.append(str(error.value))

    run_train(splits, out, report, encoder_settings(epochs=1), meanwhile)
    assert "another training of encoder is still at work" in refused[0]
    assert load_classifier(out)
    run_train(splits, out, report, encoder_settings(epochs=1))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 2)])
def test_a_training_that_is_killed_or_stopped_goes_on(
    encoder_settings: BuildSettings, splits: Path, tmp_path: Path, number: int, code: int
):
    (tmp_path / "train").mkdir()
    settings = encoder_settings(epochs=400).model_dump(mode="json")
    (tmp_path / "train" / "encoder.yaml").write_text(json.dumps(settings))
    out = tmp_path / "models" / "encoder"
    out.mkdir(parents=True)
    (out / "earlier.txt").write_text("earlier")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "train", "encoder"]
    command += ["--no-track", "--resume", "--configs", str(tmp_path)]
    command += ["--splits", str(splits)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    errors = tmp_path / "errors.txt"
    # What runs in the background of a shell inherits that SIGINT is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with errors.open("w") as stream:
        running = subprocess.Popen(command, cwd=tmp_path, stderr=stream, env=environment)
        signal.signal(signal.SIGINT, before)
        while not list((tmp_path / ".checkpoints").rglob("trainer_state.json")):
            assert running.poll() is None, errors.read_text()
            time.sleep(0.1)
        running.send_signal(number)
        assert running.wait(timeout=60) == code
    assert [path.name for path in out.iterdir()] == ["earlier.txt"]
    if number == signal.SIGINT:
        assert "error: training of encoder was stopped" in errors.read_text()
        assert "Traceback" not in errors.read_text()
    rest = Interruption(10**9)
    chosen = encoder_settings(epochs=400)
    run_train(splits, out, tmp_path / "reports" / "encoder", chosen, rest, resume=True)
    assert min(rest.seen) > 2
    assert load_classifier(out)
