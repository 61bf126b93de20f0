"""What the labeling functions are worth, measured on gold sentences."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import f1_score

from pipeline.labeling.functions import LABELING_FUNCTIONS
from pipeline.labeling.label_model import ABSTAIN, Votes, combine_votes
from pipeline.records import STANCES
from pipeline.storage import write_json, write_text

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


def label_model_scores(votes: Votes, gold: Gold, iterations: int) -> dict[str, dict[str, float]]:
    """Macro-F1 over covered gold sentences and the coverage, per label model."""
    judged = gold != ABSTAIN
    scores = {}
    for model in ("majority_vote", "dawid_skene"):
        probabilities = combine_votes(votes, model, iterations)[judged]
        covered = probabilities.sum(axis=1) > 0
        if not covered.any():
            scores[model] = {"macro_f1": 0.0, "coverage": 0.0}
            continue
        predicted = probabilities[covered].argmax(axis=1)
        macro_f1 = f1_score(gold[judged][covered], predicted, average="macro", zero_division=0)
        scores[model] = {"macro_f1": float(macro_f1), "coverage": float(covered.mean())}
    return scores


def write_report(
    folder: Path, table: pd.DataFrame, scores: dict[str, dict[str, float]], counts: dict[str, int]
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
        "Dawid-Skene models which label an annotator gives, not when it abstains. Each function "
        "knows one stance only, so its votes cannot tell it how often the function errs: expect "
        "it near chance here.",
        table.sort_values("coverage", ascending=False).to_markdown(index=False, floatfmt=".3f"),
    ]
    write_text(folder / "report.md", "\n\n".join(parts) + "\n")
