"""Compare the trained models with named alternatives on labelled sentences from elsewhere.

    python benchmarks/external.py FOLDER_OF_JSONL [OUT.md]

The alternatives learn from the same training sentences: the commonest stance, SetFit (Tunstall et
al. 2022) with the same embedded encoder, and a logistic regression on frozen all-mpnet-base-v2
embeddings. What is not installed is left out and named.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from tabulate import tabulate

from pipeline import metrics
from pipeline.classifier import load_classifier
from pipeline.errors import ModelError
from pipeline.evaluate import (
    EvaluateSettings,
    evaluate_labelled,
    labelled_gold,
    labelled_units,
)
from pipeline.external import LabelledSentence, read_labelled
from pipeline.records import STANCES, Example, SentenceInContext
from pipeline.settings import load_settings
from pipeline.storage import atomic_file, file_sha256, read_records, write_text
from pipeline.train import train_settings

Predict = Callable[[Sequence[SentenceInContext]], np.ndarray]
"""Gives probabilities of shape (n_sentences, 4)."""

DEFAULT = "encoder"
SETFIT_STEPS = 1000
ENCODER = Path("configs/train/encoder.yaml")
WORK = Path(".checkpoints/external")
errors = Console(stderr=True)


def in_precision_of_ours() -> AbstractContextManager:
    """Computing in bfloat16 where the default encoder is trained in it."""
    from pipeline.encoder import autocast, device

    return autocast(train_settings("encoder", ENCODER), device())


def majority(train: Sequence[Example]) -> Predict:
    """The commonest stance of the training sentences, with their shares as probabilities."""
    counts = np.bincount(metrics.stance_indices([e.stance for e in train]), minlength=len(STANCES))
    return lambda sentences: np.tile(counts / counts.sum(), (len(sentences), 1))


def frozen_mpnet(train: Sequence[Example]) -> Predict:
    """A logistic regression on sentence embeddings of the whole pretrained encoder."""
    from pretrained import sentence_encoder
    from sklearn.linear_model import LogisticRegression

    encoder = sentence_encoder(whole=True)

    def embed(sentences: Sequence[SentenceInContext]) -> np.ndarray:
        texts = [sentence.text for sentence in sentences]
        with in_precision_of_ours():
            return encoder.encode(texts, batch_size=64, show_progress_bar=True)

    labels = metrics.stance_indices([example.stance for example in train])
    model = LogisticRegression(C=10.0, max_iter=2000).fit(embed(train), labels)
    return lambda sentences: model.predict_proba(embed(sentences))


def setfit(train: Sequence[Example]) -> Predict:
    """Contrastive fine-tuning of the same pretrained encoder, a logistic regression on top."""
    from datasets import Dataset
    from pretrained import sentence_encoder
    from setfit import SetFitModel, Trainer, TrainingArguments
    from sklearn.linear_model import LogisticRegression

    body = sentence_encoder()
    model = SetFitModel(model_body=body, model_head=LogisticRegression(max_iter=2000))
    labels = metrics.stance_indices([example.stance for example in train]).tolist()
    data = Dataset.from_dict({"text": [example.text for example in train], "label": labels})
    with tempfile.TemporaryDirectory() as checkpoints:
        arguments = TrainingArguments(
            output_dir=checkpoints,
            batch_size=16,
            num_epochs=1,
            max_steps=SETFIT_STEPS,
            seed=13,
            report_to="none",
        )
        with in_precision_of_ours():
            Trainer(model=model, args=arguments, train_dataset=data).train()
    return lambda sentences: np.asarray(model.predict_proba([s.text for s in sentences]))


def answers(
    name: str, make: Callable[[], Predict], files: Sequence[Sequence[LabelledSentence]], key: str
) -> list[np.ndarray]:
    """The model's probabilities for each file, kept under a key so that a killed run goes on."""
    kept = WORK / f"{name.replace(' ', '-')}-{key}.npz"
    if not kept.is_file():
        errors.print(f"training: {name}")
        predict = make()
        found = [predict([sentence.in_context for sentence in file]) for file in files]
        with atomic_file(kept) as out, out.open("wb") as stream:
            np.savez(stream, *found)
    with np.load(kept) as arrays:
        return [arrays[f"arr_{index}"] for index in range(len(files))]


def all_answers(paths: Sequence[Path], train: Path) -> dict[str, list[np.ndarray]]:
    """Probabilities for each file by the models of this project and the alternatives that are
    installed."""
    files = [read_labelled(path) for path in paths]
    examples = read_records(train, Example)
    parts = [file_sha256(path) for path in (ENCODER, train, *paths)]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    found = {}
    models = [DEFAULT, "baseline"]
    models += [name for name in ("small", "large") if (Path("models") / name).is_dir()]
    for name in models:
        classifier = load_classifier(Path("models") / name)
        found[name] = [classifier.predict_proba([s.in_context for s in file]) for file in files]
    alternatives = {
        "commonest stance": majority,
        "SetFit": setfit,
        "logistic regression on frozen mpnet": frozen_mpnet,
    }
    for name, make in alternatives.items():
        try:
            found[name] = answers(name, partial(make, examples), files, key)
        except (ImportError, ModelError) as error:
            errors.print(f"left out: {name} ({error})", markup=False)
    return found


def table(path: Path, probabilities: Mapping[str, np.ndarray], settings: EvaluateSettings) -> str:
    """One row for each model; p is of the paired permutation test against the default model."""
    sentences = read_labelled(path)
    gold = labelled_gold(sentences)
    unit, groups = labelled_units(sentences)
    rows = []
    for name, answer in probabilities.items():
        evaluation = evaluate_labelled(sentences, answer, settings)
        p_value = None
        if name != DEFAULT:
            p_value = metrics.compare_classifiers(
                gold,
                probabilities[DEFAULT].argmax(axis=1),
                answer.argmax(axis=1),
                metrics.unit_numbers(groups),
                bootstrap_samples=settings.bootstrap_samples,
                permutation_samples=settings.permutation_samples,
                seed=settings.seed,
            ).permutation_p_value
        rows.append(
            [
                name,
                f"{evaluation.macro_f1:.3f}",
                f"{evaluation.macro_f1_low:.3f} to {evaluation.macro_f1_high:.3f}",
                f"{evaluation.accuracy:.3f}",
                f"{evaluation.ece:.3f}",
                "" if p_value is None else f"{p_value:.4f}",
            ]
        )
    headers = ["model", "macro-F1", f"95 % interval ({unit}s)", "accuracy", "ECE", "p"]
    body = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    return f"## {path.name}: {len(sentences)} sentences\n\n{body}"


def main(folder: Path, out: Path) -> None:
    """Compare all models on every file of a folder and write the tables."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        sys.exit(f"{folder}: no JSON lines there; name a folder with labelled sentences")
    settings = load_settings(Path("configs/evaluate.yaml"), EvaluateSettings)
    found = all_answers(files, Path("data/splits/train.jsonl"))
    parts = [
        "# Figures on sentences from elsewhere",
        f"Macro-F1 over the stances that occur in a file. p: paired permutation test against "
        f"`{DEFAULT}`.",
        *(
            table(path, {name: answer[index] for name, answer in found.items()}, settings)
            for index, path in enumerate(files)
        ),
    ]
    write_text(out, "\n\n".join(parts) + "\n")
    errors.print(f"tables -> {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(*sys.argv[2:3] or ["reports/external.md"]))
