"""Is a sentence that `readout annotate --suggest` names worth more than one drawn at random?

    OMP_NUM_THREADS=1 python -m benchmarks.suggestions reports/suggestions.md

Two answers. Correcting: how many of the suggested sentences of the held-out events a trained model
misread, by its predictions in reports/. Learning: the baseline learns from some sentences of the
training events, then from 300 more that a strategy picks among the others, and is measured on the
held-out events. Needs data/splits/ and data/labeled/ (`dvc repro split`).
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t
from sklearn.metrics import f1_score
from tabulate import tabulate

from pipeline.annotations.suggest import diverse, read_label_model, relative_entropy, suggest
from pipeline.classifier import stance_indices
from pipeline.labeling.functions import FUNCTION_NAMES, votes
from pipeline.records import STANCES, Example
from pipeline.settings import load_settings
from pipeline.storage import read_records, write_text
from pipeline.train.baseline import Baseline, BaselineSettings, train_baseline

SPLITS = Path("data/splits")
LABEL_MODEL = read_label_model(Path("data/labeled/label_model.json"))
SETTINGS = load_settings(Path("configs/train/baseline.yaml"), BaselineSettings)
MODELS = ("encoder", "baseline")
N_SUGGESTED = (50, 100, 300)
SEEDS = range(3)
N_START = (300,)
N_MORE = 300
N_OFFERED = 4_000
N_CALIBRATING = 300

Pick = Callable[[Sequence[Example], np.ndarray, np.ndarray, int], Sequence[int]]
"""From sentences, the model's probabilities and the labeling functions': so many rows."""


def least_sure(offered, probabilities, weak, n) -> Sequence[int]:
    return np.argsort(-relative_entropy(probabilities), kind="stable")[:n]


def consensus(offered, probabilities, weak, n) -> Sequence[int]:
    fires = weak.sum(axis=1, keepdims=True) > 0
    mean = np.where(fires, (probabilities + weak) / 2, probabilities)
    return diverse([example.text for example in offered], relative_entropy(mean), n)


def suggested(offered, probabilities, weak, n) -> Sequence[int]:
    return [one.row for one in suggest(offered, probabilities, weak, n)]


STRATEGIES: dict[str, Pick] = {
    "the model's entropy": least_sure,
    "the entropy of model and functions together, diverse": consensus,
    "readout annotate --suggest": suggested,
}


def correcting(test: Sequence[Example]) -> Iterator[list[object]]:
    """Per model and strategy the share of picked sentences that the model misread."""
    by_id = {example.id: example for example in test}
    for model in MODELS:
        table = pd.read_csv(f"reports/{model}/predictions.csv")
        examples = [by_id[name] for name in table["id"]]
        probabilities = table[list(STANCES)].to_numpy()
        weak = LABEL_MODEL.predict(votes(examples), FUNCTION_NAMES)
        wrong = (table["actual"] != table["predicted"]).to_numpy()
        yield [model, "at random", *[f"{wrong.mean():.0%}"] * len(N_SUGGESTED)]
        for name, pick in STRATEGIES.items():
            found = (wrong[pick(examples, probabilities, weak, n)] for n in N_SUGGESTED)
            yield [model, name, *(f"{picked.mean():.0%}" for picked in found)]


def learning(
    train: Sequence[Example], validation: Sequence[Example], test: Sequence[Example], n_start: int
) -> Iterator[list[object]]:
    """Per strategy the macro-F1 over seeds and how far it is from that of random sentences."""
    scores: dict[str, list[float]] = {"none": [], "at random": []}
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        drawn = [train[row] for row in random.permutation(len(train))[: n_start + N_OFFERED]]
        start, offered = drawn[:n_start], drawn[n_start:]
        rows = random.choice(len(validation), N_CALIBRATING, replace=False)
        calibrating = [validation[row] for row in rows]

        def learn(
            more: Sequence[Example],
            start: list[Example] = start,
            calibrating: list[Example] = calibrating,
        ) -> Baseline:
            return train_baseline([*start, *more], calibrating, SETTINGS, lambda *_: None)[0]

        first = learn([])
        probabilities = first.predict_proba(offered)
        weak = LABEL_MODEL.predict(votes(offered), FUNCTION_NAMES)
        scores["none"].append(macro_f1(first, test))
        # The offered ones are in random order.
        scores["at random"].append(macro_f1(learn(offered[:N_MORE]), test))
        for name, pick in STRATEGIES.items():
            more = [offered[row] for row in pick(offered, probabilities, weak, N_MORE)]
            scores.setdefault(name, []).append(macro_f1(learn(more), test))
        print(n_start, seed, {name: round(values[-1], 3) for name, values in scores.items()})
    for name, values in scores.items():
        gains = np.array(values) - np.array(scores["at random"])
        width = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
        gain = f"{gains.mean():+.3f} ({gains.mean() - width:+.3f} to {gains.mean() + width:+.3f})"
        yield [n_start, name, f"{np.mean(values):.3f}", "" if name == "at random" else gain]


def macro_f1(model: Baseline, test: Sequence[Example]) -> float:
    """Macro-F1 on the held-out events."""
    predicted = model.predict_proba(test).argmax(axis=1)
    labels = stance_indices([example.stance for example in test])
    return float(f1_score(labels, predicted, average="macro"))


def main(out: Path) -> None:
    """Measure both and write the report."""
    train, validation, test = (
        [e for e in read_records(SPLITS / f"{name}.jsonl", Example) if e.origin == "gold"]
        for name in ("train", "validation", "test")
    )
    headers = ["model", "sentences picked by", *(f"first {n}" for n in N_SUGGESTED)]
    found = tabulate(correcting(test), headers=headers, tablefmt="github")
    rows = [row for n_start in N_START for row in learning(train, validation, test, n_start)]
    headers = ["start", f"{N_MORE} more, picked by", "macro-F1", "against random, 95 % interval"]
    learnt = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    write_text(out, REPORT.format(n_test=len(test), n_seeds=len(SEEDS), found=found, learnt=learnt))


REPORT = """# What suggested sentences are worth

Made by `python -m benchmarks.suggestions reports/suggestions.md`.

## Correcting

The share of the picked sentences that the trained model misread, of the {n_test} of the held-out
events:

{found}

## Learning

The baseline (TF-IDF) learns from a number of random sentences of the training events and then from
{n_more} more, picked among {n_offered}; macro-F1 on the held-out events, mean of {n_seeds} draws,
with the interval of the difference to as many at random (paired by draw, t distribution):

{learnt}
""".replace("{n_more}", str(N_MORE)).replace("{n_offered}", f"{N_OFFERED:,}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
