"""What the labeling functions are worth, measured on gold sentences."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import f1_score

from pipeline.labeling.functions import FUNCTION_NAMES, LABELING_FUNCTIONS
from pipeline.labeling.label_model import (
    ABSTAIN,
    LabelModelName,
    Probabilities,
    Votes,
    decide,
    fit_label_model,
)
from pipeline.records import STANCES
from pipeline.storage import write_json, write_text

if TYPE_CHECKING:
    from pipeline.labeling import LabelSettings

Gold = npt.NDArray[np.int64]


def function_table(votes: Votes, gold: Gold) -> pd.DataFrame:
    """One row per function; `gold` holds a column of `Stance` or -1 for each sentence.

    Coverage is the share of sentences with its vote, overlap that with another vote too,
    conflict that with another stance's vote (Ratner et al. 2017, section 3); precision is
    measured where gold is known.
    """
    present = votes != ABSTAIN
    n_votes = present.sum(axis=1)
    rows = []
    for column, function in enumerate(LABELING_FUNCTIONS):
        fires = present[:, column]
        others = present & (votes != votes[:, [column]])
        judged = fires & (gold != ABSTAIN)
        right = votes[judged, column] == gold[judged]
        rows.append(
            {
                "function": function.name,
                "stance": str(function.stance),
                "coverage": fires.mean(),
                "overlap": (fires & (n_votes > 1)).mean(),
                "conflict": (fires & others.any(axis=1)).mean(),
                "precision": right.mean() if len(right) else np.nan,
                "n_gold": len(right),
            }
        )
    return pd.DataFrame(rows)


def label_model_scores(
    votes: Votes, gold: Gold, settings: "LabelSettings"
) -> dict[str, dict[str, float | None]]:
    """What each label model is worth on gold sentences; None where no sentence is judged.

    `macro_f1` is over sentences with a vote, whose fraction is `coverage`; the figures of
    `kept` are over those that reach `min_confidence`; `ece` is the expected calibration error
    of the confidence in 10 bins.
    """
    scores = {}
    for name in get_args(LabelModelName):
        chosen = settings.model_copy(update={"label_model": name})
        model = fit_label_model(votes, FUNCTION_NAMES, chosen)
        probabilities = model.predict(votes, FUNCTION_NAMES)[gold != ABSTAIN]
        scores[name] = _scores(gold[gold != ABSTAIN], probabilities, settings.min_confidence)
    return scores


def _scores(
    gold: Gold, probabilities: Probabilities, min_confidence: float
) -> dict[str, float | None]:
    confidence = probabilities.max(axis=1, initial=0)
    right = decide(probabilities) == gold
    covered, kept = confidence > 0, confidence >= min_confidence
    n = max(len(gold), 1)
    return {
        "macro_f1": _macro_f1(gold[covered], probabilities[covered]),
        "coverage": float(covered.sum() / n),
        "kept_macro_f1": _macro_f1(gold[kept], probabilities[kept]),
        "kept_accuracy": float(right[kept].mean()) if kept.any() else None,
        "kept_coverage": float(kept.sum() / n),
        "ece": _calibration_error(confidence[covered], right[covered]) if covered.any() else None,
    }


def _macro_f1(gold: Gold, probabilities: Probabilities) -> float | None:
    if not len(gold):
        return None
    return float(f1_score(gold, decide(probabilities), average="macro", zero_division=0))


def _calibration_error(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(confidence[bins == number].mean() - right[bins == number].mean())
        * (bins == number).sum()
        for number in np.unique(bins)
    ]
    return float(sum(gaps) / len(confidence))


def write_report(
    folder: Path,
    table: pd.DataFrame,
    scores: dict[str, dict[str, float | None]],
    counts: dict[str, int],
) -> None:
    """Write functions.csv, metrics.json and report.md."""
    write_text(folder / "functions.csv", table.to_csv(index=False, float_format="%.4f"))
    write_json(folder / "metrics.json", {"sentences": counts, **scores})
    models = pd.DataFrame(scores).T.rename_axis("label model").reset_index()
    parts = [
        "# Labeling functions",
        "Measured on the gold sentences. The functions were written with these documents in "
        "view, so the figures flatter them; labels from gold never enter the label model.",
        f"Sentences: {counts['gold']} gold, {counts['weak']} weakly labelled, "
        f"{counts['dropped']} left out for want of confidence.",
        f"Stances: {', '.join(STANCES)}.",
        models.to_markdown(index=False, floatfmt=".3f"),
        "Kept are the sentences that reach the confidence of the settings; ece is how far the "
        "confidence is from the accuracy. A function knows one stance only, so Dawid-Skene counts "
        "its abstentions as an answer: without them it gives every sentence the same stance.",
        table.sort_values("coverage", ascending=False).to_markdown(index=False, floatfmt=".3f"),
    ]
    write_text(folder / "report.md", "\n\n".join(parts) + "\n")
