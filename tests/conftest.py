"""Small invented values that several tests share; nothing here reads the network."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli import app, run
from pipeline.records import STANCES, Example, Stance
from pipeline.train.encoder_settings import EncoderSettings

os.environ["HF_HUB_OFFLINE"] = "1"

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

EIGHT_SENTENCES = (
    (Stance.CONCILIATORY, "We welcome the offer warmly ."),
    (Stance.CONCILIATORY, "Ready to compromise , we welcome talks ."),
    (Stance.DEMANDING, "They must withdraw at once ."),
    (Stance.DEMANDING, "Troops must leave at once ."),
    (Stance.SKEPTICAL, "We doubt that promise ."),
    (Stance.SKEPTICAL, "Nobody believes it , we doubt it ."),
    (Stance.NEUTRAL, "The meeting lasted two hours ."),
    (Stance.NEUTRAL, "The delegation arrived for two hours ."),
)


def build_example(number: int, text: str, stance: Stance, **changes: object) -> Example:
    """An example of its own event, unless the changes say otherwise."""
    values = {
        "id": f"document-{number}:0",
        "document": f"document-{number}",
        "event": f"event-{number}",
        "text": text,
        "stance": stance,
        "confidence": 1.0,
        "origin": "gold",
    }
    return Example(**(values | changes))


@pytest.fixture(scope="session")
def eight_examples() -> list[Example]:
    """Two sentences of each stance, in two events that each hold every stance."""
    return [
        build_example(number, text, stance, event=f"event-{number % 2}")
        for number, (stance, text) in enumerate(EIGHT_SENTENCES)
    ]


@pytest.fixture
def many_examples() -> list[Example]:
    """Forty gold events of three sentences and forty weak ones, half of them of gold events."""
    gold = [
        build_example(
            number, f"Gold sentence {number}.", STANCES[number % 4], event=f"event-{number // 3}"
        )
        for number in range(120)
    ]
    weak = [
        build_example(
            200 + number,
            f"Weak sentence {number}.",
            STANCES[number % 4],
            event=f"event-{2 * number}",
            origin="weak",
            confidence=0.7,
        )
        for number in range(40)
    ]
    return gold + weak


TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
"""Sizes of an encoder that takes no time."""


def save_untrained(model: type, config: object, folder: Path) -> None:
    """Save a model of transformers with random weights, the same ones each time."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model(config).save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of two layers, hidden size 32 and random weights."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-encoder")
    words = sorted({word.lower() for _, text in EIGHT_SENTENCES for word in text.split()})
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = [*letters, *("##" + letter for letter in letters)]
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = list(dict.fromkeys([*specials, *words, *pieces]))
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    tokenizer.save_pretrained(folder)
    save_untrained(BertModel, BertConfig(vocab_size=len(vocabulary), **TINY), folder)
    return folder


@pytest.fixture(scope="session")
def encoder_settings(tiny_encoder: Path) -> Callable[..., EncoderSettings]:
    """Builds settings of the tiny encoder, with the changes asked for."""

    def build(**changes: object) -> EncoderSettings:
        values = {
            "kind": "encoder",
            "name": str(tiny_encoder),
            "seed": 7,
            "previous_sentence": False,
            "swapped_share": 0.0,
            "document_kind": False,
            "soft_labels": None,
            "soft_weight": 0.0,
            "soft_temperature": 1.0,
            "span_weight": 1.0,
            "max_tokens": 32,
            "epochs": 3,
            "learning_rate": 5e-3,
            "layer_decay": 1.0,
            "n_layers": None,
            "frozen_layers": None,
            "average_decay": None,
            "warmup_fraction": 0.0,
            "weight_decay": 0.0,
            "dropout": 0.0,
            "batch_size": 4,
            "label_smoothing": 0.0,
            "balanced_classes": False,
            "calibration_dropped": [0.0],
            "evaluations_per_epoch": 1,
            "patience": 100,
            "precision": "float32",
        }
        return EncoderSettings(**(values | changes))

    return build


TWELVE_SENTENCES = (
    *EIGHT_SENTENCES,
    (Stance.CONCILIATORY, "We welcome every offer of talks ."),
    (Stance.DEMANDING, "They must leave the area at once ."),
    (Stance.SKEPTICAL, "We doubt that anybody believes the promise ."),
    (Stance.NEUTRAL, "The delegation arrived for the meeting ."),
)


@pytest.fixture(scope="session")
def tiny_baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder of a whole training on a dozen sentences; read only."""
    from pipeline.storage import write_records
    from pipeline.train import run_train
    from pipeline.train.baseline import BaselineSettings

    folder = tmp_path_factory.mktemp("tiny-baseline")
    examples = [
        build_example(number, text, stance, event=f"event-{number % 2}")
        for number, (stance, text) in enumerate(TWELVE_SENTENCES)
    ]
    for name in ("train", "validation"):
        write_records(folder / "splits" / f"{name}.jsonl", examples)
    settings = BaselineSettings(
        kind="baseline",
        seed=5,
        word_ngrams=(1, 2),
        character_ngrams=(2, 3),
        min_document_count=1,
        inverse_regularisation=[10.0],
        folds=2,
    )
    run_train(folder / "splits", folder / "model", folder / "report", settings)
    return folder / "model"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many KiB, where the system permits it."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mounted = False

    def mount(kibibytes: int) -> Path:
        nonlocal mounted
        if not shutil.which("mount"):
            pytest.skip("no mount command here")
        command = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk is not permitted here")
        mounted = True
        return folder

    yield mount
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Runs `readout` in an empty folder; gives the exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            run(lambda: app([str(argument) for argument in arguments], prog_name="readout"))
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return call


def assert_one_message(result: tuple[int, str, str], expected: str) -> None:
    """Exit code 2, nothing on standard output and one message that holds what is expected."""
    code, out, err = result
    assert code == 2, err
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("error: ") == 1
    assert expected in err
    assert "Traceback" not in err


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()
