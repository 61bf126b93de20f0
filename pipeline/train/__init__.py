"""Training: one module per kind of classifier, one shell for both."""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.classifier import CARD, ModelCard
from pipeline.errors import DataError, PipelineError
from pipeline.records import Example
from pipeline.settings import Settings, load_settings
from pipeline.storage import (
    atomic_folder,
    file_sha256,
    full_disk_explained,
    read_records,
    write_json,
    write_manifest,
    write_text,
)

Progress = Callable[[int, dict[str, float]], None]
"""Called with a step and the metrics known at it."""

MODELS = ("baseline", "encoder", "teacher")
"""What can be trained; the settings of each, in configs/train/, say of which kind it is."""


@dataclass
class History:
    """Metrics by step, as a tracker or a plot wants them."""

    rows: list[dict[str, float]] = field(default_factory=list)

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Keep the metrics of one step."""
        self.rows.append({"step": step, **metrics})


def train_settings(model: str, path: Path) -> Settings:
    """Read the settings of one model kind."""
    if model == "baseline":
        from pipeline.train.baseline import BaselineSettings

        return load_settings(path, BaselineSettings)
    from pipeline.train.encoder_settings import EncoderSettings

    return load_settings(path, EncoderSettings)


def run_train(
    splits: Path,
    out: Path,
    report: Path,
    settings: Settings,
    progress: Progress | None = None,
    resume: bool = False,
) -> ModelCard:
    """Train the model that the settings describe and save it, whole or not at all.

    Writes the model folder `out` and `history.csv` and `history.json` into `report`. With
    `resume`, an interrupted encoder training on the same data and settings goes on.

    Raises:
        DataError: a split is missing, malformed or empty.
    """
    train, validation = (_read_split(splits, name) for name in ("train", "validation"))
    history = History()

    def log(step: int, metrics: dict[str, float]) -> None:
        history.log(step, metrics)
        if progress:
            progress(step, metrics)

    if settings.kind == "baseline":
        from pipeline.train.baseline import train_baseline

        classifier, card = train_baseline(train, validation, settings, log)
    else:
        from pipeline.train.encoder import train_encoder

        parts = [file_sha256(splits / f"{name}.jsonl") for name in ("train", "validation")]
        parts.append(settings.model_dump_json())
        if settings.soft_labels and settings.soft_labels.is_file():
            parts.append(file_sha256(settings.soft_labels))
        fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
        checkpoints = out.parent.parent / ".checkpoints" / out.name / fingerprint
        with _alone(checkpoints.parent), full_disk_explained(checkpoints):
            classifier, card = train_encoder(train, validation, settings, log, checkpoints, resume)
    with atomic_folder(out) as folder:
        classifier.save(folder)
        write_text(folder / CARD, card.model_dump_json(indent=2) + "\n")
        write_manifest(folder)
    write_json(report / "history.json", history.rows)
    write_text(report / "history.csv", _csv(history.rows))
    return card


def run_soften(model: Path, splits: Path, out: Path) -> int:
    """Write what a trained model makes of the training sentences; gives their number.

    Raises:
        DataError: the training split is missing, malformed or empty.
        ModelError: the model is missing or altered.
    """
    from pipeline.classifier import load_classifier
    from pipeline.train.soft_labels import write_soft_labels

    train = _read_split(splits, "train")
    write_soft_labels(train, load_classifier(model), out)
    return len(train)


@contextmanager
def _alone(checkpoints: Path) -> Iterator[None]:
    """Keep a second training off the checkpoints: a killed `dvc repro` leaves its own at work.

    Raises:
        PipelineError: another training is at work there.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    with (checkpoints / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PipelineError(
                f"{checkpoints}: another training of {checkpoints.name} is still at work; wait "
                f"for it, or stop it (`pkill -f 'train {checkpoints.name}'`), then run this again"
            ) from error
        yield


def _read_split(splits: Path, name: str) -> Sequence[Example]:
    examples = read_records(splits / f"{name}.jsonl", Example)
    if not examples:
        raise DataError(f"{splits / name}.jsonl: holds no example; add documents to seeds/")
    return examples


def _csv(rows: list[dict[str, float]]) -> str:
    """The history as a table; what a step does not measure is NaN, as a plot takes "" for 0."""
    columns = sorted({name for row in rows for name in row} - {"step"})
    lines = [",".join(["step", *columns])]
    lines += [",".join(str(row.get(name, "NaN")) for name in ["step", *columns]) for row in rows]
    return "\n".join(lines) + "\n"
