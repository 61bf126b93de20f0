"""Measure what each part of the training recipe is worth, over several seeds.

    python benchmarks/ablation.py benchmarks/ablation.yaml reports/ablation.md [LABELLED.jsonl ...]

Every variant changes some settings of configs/train/encoder.yaml. It trains on the same share of
the events with each seed and is measured on the held-out events and on the labelled files. Each
training is a run in MLflow and a line in the results beside the table; those that stand there with
the same settings are not done again.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from rich.console import Console
from tabulate import tabulate

from pipeline.evaluate import EvaluateSettings, evaluate_labelled, evaluate_predictions
from pipeline.external import read_labelled
from pipeline.records import Example
from pipeline.settings import Settings, load_settings
from pipeline.storage import read_records, write_text
from pipeline.tracking import RegisterSettings, live_progress
from pipeline.train.encoder import train_encoder
from pipeline.train.encoder_settings import EncoderSettings

SPLITS = Path("data/splits")
errors = Console(stderr=True)


class AblationSettings(Settings):
    """What is compared; see benchmarks/ablation.yaml."""

    seeds: Annotated[list[int], Field(min_length=1)]
    share_of_events: Annotated[float, Field(gt=0, le=1)]
    changes: dict[str, object]
    """To configs/train/encoder.yaml, in every variant."""
    variants: dict[str, dict[str, object]]


def part_of_events(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """The examples of a random share (0 to 1) of the events."""
    events = sorted({example.event for example in examples})
    count = max(1, round(share * len(events)))
    drawn = set(np.random.default_rng(seed).choice(events, count, replace=False).tolist())
    return [example for example in examples if example.event in drawn]


def measure(
    name: str, settings: EncoderSettings, share: float, files: Sequence[Path]
) -> dict[str, float]:
    """Train one variant with one seed; macro-F1 and calibration error on every set."""
    train, validation, test = (
        read_records(SPLITS / f"{part}.jsonl", Example) for part in ("train", "validation", "test")
    )
    evaluation = load_settings(Path("configs/evaluate.yaml"), EvaluateSettings)
    register = load_settings(Path("configs/register.yaml"), RegisterSettings)
    register = register.model_copy(update={"experiment": f"{register.experiment}-ablation"})
    label = f"{name}, seed {settings.seed}"
    with (
        live_progress(label, settings, register, errors.print) as run,
        tempfile.TemporaryDirectory() as checkpoints,
    ):
        part = part_of_events(train, share, settings.seed)
        encoder, _ = train_encoder(part, validation, settings, run, Path(checkpoints), False)
        found = {"held-out": evaluate_predictions(test, encoder.predict_proba(test), evaluation)}
        for path in files:
            sentences = read_labelled(path)
            answers = encoder.predict_proba([sentence.in_context for sentence in sentences])
            found[path.stem] = evaluate_labelled(sentences, answers, evaluation)
        figures = {f"{on} macro-F1": result.macro_f1 for on, result in found.items()}
        figures |= {f"{on} ECE": result.ece for on, result in found.items()}
        run(0, {key.replace(" ", "_"): value for key, value in figures.items()})
    return {"sentences": len(part), **figures}


def table(results: Sequence[dict]) -> str:
    """A row for each variant: mean and standard deviation over its seeds."""
    columns = [key for key in results[0]["figures"] if key != "sentences"]
    rows = []
    for name in dict.fromkeys(result["variant"] for result in results):
        runs = [result["figures"] for result in results if result["variant"] == name]
        cells = [
            f"{np.mean(values):.3f} ± {np.std(values, ddof=1) if len(values) > 1 else 0:.3f}"
            for values in ([run[column] for run in runs] for column in columns)
        ]
        rows.append([name, len(runs), round(np.mean([run["sentences"] for run in runs])), *cells])
    headers = ["variant", "seeds", "sentences", *columns]
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


def main(plan: Path, out: Path, files: Sequence[Path]) -> None:
    """Run what has not been run, then write the table."""
    settings = load_settings(plan, AblationSettings)
    base = load_settings(Path("configs/train/encoder.yaml"), EncoderSettings)
    kept = out.with_suffix(".jsonl")
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    earlier = [json.loads(line) for line in lines]
    results = []
    for seed in settings.seeds:
        for name, changes in settings.variants.items():
            values = base.model_dump() | settings.changes | changes | {"seed": seed}
            share = values.pop("share_of_events", settings.share_of_events)
            variant = EncoderSettings.model_validate(values)
            chosen = variant.model_dump(mode="json")
            key = {"variant": name, "seed": seed, "share": share, "settings": chosen}
            done = next((result for result in earlier if key.items() <= result.items()), None)
            if done is None:
                errors.print(f"{name}, seed {seed}")
                done = {**key, "figures": measure(name, variant, share, files)}
                earlier.append(done)
                write_text(kept, "".join(json.dumps(result) + "\n" for result in earlier))
            results.append(done)
    title = (
        "# What the parts of the recipe are worth\n\n"
        f"Mean and standard deviation over the seeds {settings.seeds}, each with its own "
        f"{settings.share_of_events:.0%} of the training events; `{plan}` has the changes.\n\n"
    )
    write_text(out, title + table(results) + "\n")
    errors.print(f"table -> {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
