"""How far two independent labellings of the same sentences agree, and what became of the rest.

A folder holds `second.jsonl`, annotations made without sight of the first, and
`adjudication.jsonl`, one entry for each sentence on which the two differed.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import krippendorff
import numpy as np
from sklearn.metrics import confusion_matrix
from tabulate import tabulate

from pipeline.errors import DataError
from pipeline.labeling.gold import Key, PlacedAnnotation, read_gold, settle_gold
from pipeline.records import (
    STANCES,
    Annotation,
    NonEmpty,
    PreparedDocument,
    Record,
    Sha256,
    Stance,
)
from pipeline.storage import raise_problems, read_records, write_json, write_text

SECOND = "second.jsonl"
ADJUDICATION = "adjudication.jsonl"
RESAMPLES = 1000
SEED = 13
INTERVAL = (2.5, 97.5)


class Adjudication(Record):
    """A sentence that two labellings read differently, and the decision, which data/gold/ holds."""

    document: NonEmpty
    sentence: int
    text_sha256: Sha256
    first: Stance
    second: Stance
    final: Stance
    reason: NonEmpty


class Agreement(Record):
    """Agreement of two labellings on the same sentences (Krippendorff 2018, nominal alpha)."""

    n: int
    observed: float
    """Share of the sentences with the same label."""
    alpha: float
    alpha_low: float
    alpha_high: float
    """95 % bootstrap interval over sentences."""
    alpha_per_stance: dict[Stance, float]
    """Alpha of one stance against the rest."""
    confusion: tuple[tuple[int, ...], ...]
    """Counts; rows are the first labelling, columns the second, in the order of `Stance`."""


def measure_agreement(first: Sequence[Stance], second: Sequence[Stance]) -> Agreement:
    """Measure how far two labellings agree, sentence by sentence."""
    labels = np.array([[STANCES.index(stance) for stance in one] for one in (first, second)])
    random = np.random.default_rng(SEED)
    n = labels.shape[1]
    resampled = [_alpha(labels[:, random.integers(n, size=n)]) for _ in range(RESAMPLES)]
    low, high = np.percentile(resampled, INTERVAL)
    return Agreement(
        n=n,
        observed=float((labels[0] == labels[1]).mean()),
        alpha=_alpha(labels),
        alpha_low=float(low),
        alpha_high=float(high),
        alpha_per_stance={
            stance: _alpha((labels == column).astype(int)) for column, stance in enumerate(STANCES)
        },
        confusion=tuple(map(tuple, confusion_matrix(*labels, labels=range(len(STANCES))).tolist())),
    )


def _alpha(labels: np.ndarray) -> float:
    """Nominal alpha of labels of shape (2, n); 1 where only one value occurs."""
    if len(np.unique(labels)) == 1:
        return 1.0
    return float(krippendorff.alpha(reliability_data=labels, level_of_measurement="nominal"))


def run_agreement(prepared: Path, gold: Path, folder: Path, out: Path) -> Agreement:
    """Compare the gold annotations, as they were before adjudication, with the second labelling.

    Writes `metrics.json` and `report.md` into `out`.

    Raises:
        DataError: annotations or log are malformed, do not fit the sentences or each other.
    """
    documents = read_records(prepared, PreparedDocument)
    settled = settle_gold(documents, read_gold(gold))
    second = _second(folder, documents)
    rows = read_records(folder / ADJUDICATION, Adjudication)
    log = {(row.document, row.sentence): row for row in rows}
    raise_problems(list(_contradictions(settled, second, log, folder)))
    keys = sorted(second)
    first = [log[key].first if key in log else settled[key].stance for key in keys]
    agreement = measure_agreement(first, [second[key].stance for key in keys])
    write_json(out / "metrics.json", agreement.model_dump(mode="json", exclude={"confusion"}))
    write_text(out / "report.md", _report(agreement, rows))
    return agreement


def _second(folder: Path, documents: Sequence[PreparedDocument]) -> dict[Key, Annotation]:
    path = folder / SECOND
    placed = [
        PlacedAnnotation(place=f"{path}:{number}", annotation=annotation)
        for number, annotation in enumerate(read_records(path, Annotation), 1)
    ]
    if not placed:
        raise DataError(f"{path}: holds no annotation; remove the folder or add some")
    return settle_gold(documents, placed)


def _contradictions(
    settled: Mapping[Key, Annotation],
    second: Mapping[Key, Annotation],
    log: Mapping[Key, Adjudication],
    folder: Path,
) -> Iterator[str]:
    """What does not fit together: every difference must be in the log, and the log in the gold."""
    for key, annotation in second.items():
        where = f"{folder}: document {key[0]!r}, sentence {key[1]}"
        if key not in settled:
            yield f"{where}: not in the first labelling; annotate it there too"
        elif key not in log and settled[key].stance != annotation.stance:
            yield (
                f"{where}: labelled {settled[key].stance} and {annotation.stance}; "
                f"decide it in {ADJUDICATION}"
            )
    for key, row in log.items():
        where = f"{folder / ADJUDICATION}: document {key[0]!r}, sentence {key[1]}"
        if key not in second or second[key].stance != row.second:
            yield f"{where}: the second labelling does not say {row.second}"
        elif key in settled and settled[key].stance != row.final:
            yield f"{where}: decided {row.final}, but the gold annotation says otherwise"


def _report(agreement: Agreement, log: Sequence[Adjudication]) -> str:
    names = [str(stance) for stance in STANCES]
    alphas = tabulate(
        [[name, agreement.alpha_per_stance[name]] for name in names],
        headers=["stance", "alpha against the rest"],
        tablefmt="github",
        floatfmt=".3f",
    )
    confusion = tabulate(
        [[name, *row] for name, row in zip(names, agreement.confusion, strict=True)],
        headers=["first \\ second", *names],
        tablefmt="github",
    )
    kept = sum(row.final == row.first for row in log)
    taken = sum(row.final == row.second for row in log)
    return f"""# Agreement of two labellings

{agreement.n} sentences were labelled twice, the second time without sight of the first labels.
The same label in {agreement.observed:.1%} of them. Krippendorff's alpha (nominal)
{agreement.alpha:.3f}, 95 % interval {agreement.alpha_low:.3f} to {agreement.alpha_high:.3f}.

{alphas}

{confusion}

Of the {len(log)} differences, {kept} were decided for the first labelling, {taken} for the second
and {len(log) - kept - taken} for neither; each is in `data/gold/agreement/{ADJUDICATION}` with its
reason.
"""
