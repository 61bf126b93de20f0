"""Training: one module per kind of classifier, one shell for both."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

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
    write_records,
    write_text,
)

Progress = Callable[[int, dict[str, float]], None]
"""Called with a step and the metrics known at it."""

MODELS = ("baseline", "encoder", "small", "large")
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

        taught = settings.soft_labels is not None and settings.soft_labels.is_file()
        more = [file_sha256(settings.soft_labels)] if taught else []
        fingerprint = _fingerprint(splits, settings, *more)
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


def run_teach(
    splits: Path, out: Path, settings: Settings, n_folds: int, report: Callable[[str], None]
) -> int:
    """Write what cross-fitted models make of the training sentences; gives their number.

    An interrupted run on the same data and settings goes on where it was.

    Raises:
        DataError: a split is missing, malformed, empty or of too few events.
        ModelError: the pretrained encoder cannot be loaded.
    """
    from pipeline.train.teach import cross_fitted

    train, validation = (_read_split(splits, name) for name in ("train", "validation"))
    work = Path(".checkpoints") / "teach" / _fingerprint(splits, settings, str(n_folds))
    with _alone(work.parent), full_disk_explained(work):
        rows = cross_fitted(train, validation, settings, n_folds, work, report)
        write_records(out, rows)
        shutil.rmtree(work)
    return len(rows)


def _fingerprint(splits: Path, settings: Settings, *more: str) -> str:
    """What a training depends on, in 16 characters: an interrupted one goes on only if it is
    the same."""
    parts = [file_sha256(splits / f"{name}.jsonl") for name in ("train", "validation")]
    parts += [settings.model_dump_json(), *more]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@contextmanager
def _alone(checkpoints: Path) -> Iterator[None]:
    """Keep a second training off the checkpoints: a killed `dvc repro` leaves its own at work.

    Raises:
        PipelineError: another training is at work there.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    process = checkpoints / "process"
    try:
        with FileLock(checkpoints / "lock", timeout=0):
            write_text(process, f"{os.getpid()}\n")
            yield
    except Timeout as error:
        number = process.read_text().strip() if process.is_file() else "unknown"
        raise PipelineError(
            f"{checkpoints}: another training of {checkpoints.name} is still at work (process "
            f"{number}); wait for it, or stop that process, then run this again"
        ) from error


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
