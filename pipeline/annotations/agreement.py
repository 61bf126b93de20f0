"""How far labellings of the same sentences agree, and where they do not."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

from pipeline.annotations.store import AnnotationStore
from pipeline.errors import DataError
from pipeline.records import STANCES, Annotation, PreparedDocument, Record, Stance
from pipeline.storage import raise_problems, read_records

Key = tuple[str, int]
"""A sentence: its document's id and its index."""
RESAMPLES = 1000
SEED = 13
INTERVAL = (2.5, 97.5)
MISSING = -1
_SQLITE = b"SQLite format 3\x00"


class Labelling(Record):
    """The stances that one annotator, or one file, gives to sentences."""

    name: str
    annotations: tuple[Annotation, ...]


class Pair(Record):
    """Two labellings on the sentences that both have (Cohen 1960)."""

    first: str
    second: str
    n: int
    observed: float | None
    """Share of the sentences with the same label; None where they share no sentence."""
    kappa: float | None
    kappa_per_stance: dict[Stance, float | None]
    """Kappa of one stance against the rest."""


class Disagreement(Record):
    """A sentence that is labelled differently."""

    document: str
    sentence: int
    text: str | None
    labels: dict[str, Stance]
    """By labelling."""


class LabellingAgreement(Record):
    """Agreement of two labellings or more (Krippendorff 2018, nominal alpha)."""

    labellings: dict[str, int]
    """How many sentences each has."""
    n: int
    """Sentences that two labellings or more have; the others tell nothing."""
    alpha: float
    alpha_low: float
    alpha_high: float
    """95 % bootstrap interval over sentences."""
    alpha_per_stance: dict[Stance, float]
    """Alpha of one stance against the rest."""
    pairs: tuple[Pair, ...]
    disagreements: tuple[Disagreement, ...]


def measure(
    labellings: Sequence[Labelling], texts: Mapping[Key, str] | None = None
) -> LabellingAgreement:
    """Measure how far labellings agree; `texts` are the sentences, as far as they are known.

    Raises:
        DataError: fewer than two labellings, no sentence that two of them have, or a sentence
            whose text is not the same in all; all such sentences are named.
    """
    texts = texts or {}
    if len(labellings) < 2:
        raise DataError(
            "agreement takes two labellings: name a file of each, or one with two annotators"
        )
    raise_problems(list(_other_texts(labellings)))
    by_name = {
        one.name: {(a.document, a.sentence): a.stance for a in one.annotations}
        for one in labellings
    }
    counts = Counter(key for labels in by_name.values() for key in labels)
    shared = sorted(key for key, count in counts.items() if count > 1)
    if not shared:
        raise DataError(f"no sentence is labelled by two of {', '.join(by_name)}")
    codes = np.array(
        [
            [STANCES.index(labels[key]) if key in labels else MISSING for key in shared]
            for labels in by_name.values()
        ]
    )
    random = np.random.default_rng(SEED)
    n = len(shared)
    resampled = [alpha(codes[:, random.integers(n, size=n)]) for _ in range(RESAMPLES)]
    low, high = np.percentile(resampled, INTERVAL)
    return LabellingAgreement(
        labellings={name: len(labels) for name, labels in by_name.items()},
        n=n,
        alpha=alpha(codes),
        alpha_low=float(low),
        alpha_high=float(high),
        alpha_per_stance={
            stance: alpha(_one_against_rest(codes, column)) for column, stance in enumerate(STANCES)
        },
        pairs=tuple(
            _pair(names, codes[list(rows)])
            for names, rows in zip(
                combinations(by_name, 2), combinations(range(len(codes)), 2), strict=True
            )
        ),
        disagreements=tuple(_disagreements(by_name, shared, texts)),
    )


def alpha(codes: np.ndarray) -> float:
    """Nominal alpha of codes of shape (n_labellings, n_sentences); 1 where only one occurs.

    -1 stands for a sentence that a labelling lacks.
    """
    if len(np.unique(codes[codes != MISSING])) == 1:
        return 1.0
    data = np.where(codes == MISSING, np.nan, codes)
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))


def _one_against_rest(codes: np.ndarray, column: int) -> np.ndarray:
    return np.where(codes == MISSING, MISSING, codes == column)


def _pair(names: tuple[str, str], codes: np.ndarray) -> Pair:
    first, second = codes[:, (codes != MISSING).all(axis=0)]
    return Pair(
        first=names[0],
        second=names[1],
        n=len(first),
        observed=float((first == second).mean()) if len(first) else None,
        kappa=_kappa(first, second),
        kappa_per_stance={
            stance: _kappa(first == column, second == column)
            for column, stance in enumerate(STANCES)
        },
    )


def _kappa(first: np.ndarray, second: np.ndarray) -> float | None:
    """Cohen's kappa; 1 where both give one and the same label to all, None without a sentence."""
    if not len(first):
        return None
    if len(np.unique(np.concatenate([first, second]))) == 1:
        return 1.0
    return float(cohen_kappa_score(first, second))


def _disagreements(
    by_name: Mapping[str, Mapping[Key, Stance]], shared: Sequence[Key], texts: Mapping[Key, str]
) -> Iterator[Disagreement]:
    for key in shared:
        labels = {name: stances[key] for name, stances in by_name.items() if key in stances}
        if len(set(labels.values())) > 1:
            yield Disagreement(document=key[0], sentence=key[1], text=texts.get(key), labels=labels)


def _other_texts(labellings: Sequence[Labelling]) -> Iterator[str]:
    hashes: dict[Key, tuple[str, str]] = {}
    for one in labellings:
        for a in one.annotations:
            digest, name = hashes.setdefault((a.document, a.sentence), (a.text_sha256, one.name))
            if digest != a.text_sha256:
                yield (
                    f"document {a.document!r}, sentence {a.sentence}: {one.name} and {name} have "
                    "different texts; label the same version of the document"
                )


def read_labellings(
    paths: Sequence[Path], prepared: Path | None = None
) -> tuple[list[Labelling], dict[Key, str]]:
    """The labellings of files, and what is known of their sentences' texts.

    A file is a store of annotations, or annotations as data/gold/ keeps them. Each is one
    labelling, unless it is the only one or several annotators have read one sentence in it: then
    each annotator is one. `prepared` holds the documents where there are some.

    Raises:
        DataError, StoreError: a file is missing or malformed, or labels a sentence twice.
    """
    texts: dict[Key, str] = {}
    if prepared and prepared.is_file():
        for entry in read_records(prepared, PreparedDocument):
            texts |= {(entry.document.id, s.index): s.text for s in entry.sentences}
    labellings: list[Labelling] = []
    names: Counter[str] = Counter()
    for path in paths:
        annotations, found = _read(path)
        texts |= found
        for name, group in _groups(path, annotations, alone=len(paths) == 1):
            names[name] += 1
            unique = name if names[name] == 1 else f"{name} ({path})"
            labellings.append(Labelling(name=unique, annotations=tuple(group)))
    return labellings, texts


def _read(path: Path) -> tuple[list[Annotation], dict[Key, str]]:
    if not path.is_file():
        raise DataError(f"{path}: no such file of annotations; check the path")
    with path.open("rb") as stream:
        is_store = stream.read(len(_SQLITE)) == _SQLITE
    if not is_store:
        return read_records(path, Annotation), {}
    readings = AnnotationStore(path).readings()
    texts = {(one.annotation.document, one.annotation.sentence): one.text for one in readings}
    return [one.annotation for one in readings], texts


def _groups(
    path: Path, annotations: Sequence[Annotation], *, alone: bool
) -> list[tuple[str, list[Annotation]]]:
    """The labellings of a file with their names: one for each annotator, or a single one."""
    if not annotations:
        raise DataError(f"{path}: holds no annotation; name another file")
    by_annotator: defaultdict[str, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        by_annotator[annotation.annotator].append(annotation)
    raise_problems(
        [
            f"{path}: document {key[0]!r}, sentence {key[1]}: labelled twice by {name!r}; keep one"
            for name, group in by_annotator.items()
            for key, count in Counter((a.document, a.sentence) for a in group).items()
            if count > 1
        ]
    )
    sentences = {(annotation.document, annotation.sentence) for annotation in annotations}
    if alone or len(sentences) < len(annotations) or len(by_annotator) == 1:
        return sorted(by_annotator.items())
    return [(path.stem, list(annotations))]
