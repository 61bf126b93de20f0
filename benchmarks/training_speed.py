"""Training time against the plain Trainer loop that pads every sentence to the full length."""

import tempfile
import time
from pathlib import Path

from figures import TrainingLoop

from pipeline.records import STANCES, Example
from pipeline.storage import read_records
from pipeline.train import train_settings
from pipeline.train.encoder import train_encoder

TRAIN = Path("data/splits/train.jsonl")


def training_rates(n_sentences: int) -> dict[str, TrainingLoop]:
    """Both loops on the same sentences, and what an epoch of the training events then takes.

    Ours runs as configs/train/encoder.yaml says, but for the sentences that are made by swapping
    parties, which the plain loop does not have, and the soft labels, which cost nothing.
    """
    everything = read_records(TRAIN, Example)
    parts = [everything[:: len(everything) // n][:n] for n in (n_sentences // 4, n_sentences)]
    loops = {}
    for name, loop in {"Readout": _ours, "plain Trainer, fixed padding": _plain}.items():
        few, many = (loop(part) for part in parts)
        # What start and end take is in both, and goes out of the difference.
        rate = (len(parts[1]) - len(parts[0])) / (many - few)
        minutes = len(everything) / rate / 60
        loops[name] = TrainingLoop(sentences_per_second=rate, epoch_minutes=minutes)
    return loops


def _ours(train: list[Example]) -> float:
    """Seconds of an epoch on `train`."""
    settings = train_settings("encoder", Path("configs/train/encoder.yaml"))
    settings = settings.model_copy(update={"epochs": 1, "swapped_share": 0.0, "soft_labels": None})
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        train_encoder(train, train[:16], settings, lambda *_: None, Path(folder), False)
        return time.perf_counter() - start


def _plain(train: list[Example]) -> float:
    """Seconds of an epoch on `train`."""
    from datasets import Dataset
    from pretrained import sequence_classifier
    from transformers import Trainer, TrainingArguments

    settings = train_settings("encoder", Path("configs/train/encoder.yaml"))
    model, tokenizer = sequence_classifier()
    rows = tokenizer(
        [example.text for example in train],
        padding="max_length",
        truncation=True,
        max_length=settings.max_tokens,
    )
    labels = [STANCES.index(example.stance) for example in train]
    data = Dataset.from_dict({**rows, "labels": labels})
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            output_dir=out,
            num_train_epochs=1,
            per_device_train_batch_size=settings.batch_size,
            report_to="none",
            save_strategy="no",
            use_cpu=True,
        )
        start = time.perf_counter()
        Trainer(model=model, args=arguments, train_dataset=data).train()
        return time.perf_counter() - start
