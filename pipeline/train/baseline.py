"""The baseline: TF-IDF of words and characters with logistic regression."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from pipeline.classifier import (
    ModelCard,
    Probabilities,
    fit_temperature,
    softmax,
    stance_indices,
)
from pipeline.errors import DataError, ModelError
from pipeline.records import STANCES, Example, SentenceInContext
from pipeline.settings import Settings

WEIGHTS = "baseline.skops"
STRENGTH = "classifier__estimator__C"
"""The parameter of the scikit-learn pipeline that is tuned."""
Ngrams = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class BaselineSettings(Settings):
    """TF-IDF and logistic regression."""

    kind: Literal["baseline"]
    seed: int
    word_ngrams: Ngrams
    character_ngrams: Ngrams
    min_document_count: Annotated[int, Field(ge=1)]
    inverse_regularisation: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)]
    folds: Annotated[int, Field(ge=2)]


class Baseline:
    """A fitted baseline; see `pipeline.classifier.Classifier`."""

    def __init__(self, pipeline: Pipeline, temperature: float) -> None:
        self._pipeline = pipeline
        self._temperature = temperature

    def predict_proba(self, examples: Sequence[SentenceInContext]) -> Probabilities:
        """Probabilities of shape (n_examples, 4) in the order of `Stance`."""
        if not examples:
            return np.empty((0, len(STANCES)), dtype=np.float32)
        return softmax(_logits(self._pipeline, examples), self._temperature)

    def save(self, folder: Path) -> None:
        """Write the weights without pickle."""
        _skops().dump(self._pipeline, folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path, card: ModelCard) -> "Baseline":
        """Read the weights that `save` wrote; types that scikit-learn does not know are refused."""
        try:
            return cls(_skops().load(folder / WEIGHTS, trusted=[]), card.temperature)
        except Exception as error:
            raise ModelError(
                f"{folder / WEIGHTS}: cannot be read as a scikit-learn model "
                f"({type(error).__name__}: {error}); train it again with `dvc repro`"
            ) from error


def train_baseline(
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: BaselineSettings,
    progress: Callable[[int, dict[str, float]], None],
) -> tuple[Baseline, ModelCard]:
    """Tune the regularisation by cross-validation over events, then calibrate on validation.

    Raises:
        DataError: all training examples are of one event.
    """
    n_folds = min(settings.folds, len({example.event for example in train}))
    if n_folds < 2:
        raise DataError(
            "the training examples are all of one event; cross-validation needs at least 2: "
            "annotate more events"
        )
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=settings.seed)
    search = GridSearchCV(
        _pipeline(settings),
        {STRENGTH: settings.inverse_regularisation},
        scoring="f1_macro",
        cv=folds,
    )
    search.fit(
        [example.text for example in train],
        stance_indices([example.stance for example in train]),
        groups=[example.event for example in train],
    )
    scores = search.cv_results_["mean_test_score"]
    for step, (strength, score) in enumerate(
        zip(settings.inverse_regularisation, scores, strict=True)
    ):
        progress(step, {"inverse_regularisation": strength, "cross_validation_macro_f1": score})
    best = search.best_estimator_
    labels = stance_indices([example.stance for example in validation])
    logits = _logits(best, validation)
    macro_f1 = f1_score(labels, logits.argmax(axis=1), average="macro", zero_division=0)
    temperature = fit_temperature(logits, labels)
    card = ModelCard(
        kind="baseline",
        temperature=temperature,
        validation_macro_f1=macro_f1,
        n_train=len(train),
        settings=settings.model_dump() | {"chosen": search.best_params_[STRENGTH]},
    )
    progress(len(scores), {"validation_macro_f1": macro_f1, "temperature": temperature})
    return Baseline(best, temperature), card


def _pipeline(settings: BaselineSettings) -> Pipeline:
    shared = {"min_df": settings.min_document_count, "sublinear_tf": True, "dtype": np.float32}
    features = [
        ("words", TfidfVectorizer(ngram_range=settings.word_ngrams, **shared)),
        (
            "characters",
            TfidfVectorizer(analyzer="char_wb", ngram_range=settings.character_ngrams, **shared),
        ),
    ]
    # One stance against the rest: liblinear's dual is several times faster on so many sparse
    # features than the joint solvers, at no loss.
    one = LogisticRegression(
        solver="liblinear",
        dual=True,
        class_weight="balanced",
        max_iter=2000,
        random_state=settings.seed,
    )
    classifier = OneVsRestClassifier(one)
    return Pipeline([("features", FeatureUnion(features)), ("classifier", classifier)])


def _logits(pipeline: Pipeline, examples: Sequence[SentenceInContext]) -> np.ndarray:
    """Log-probabilities of shape (n, 4); a stance that training did not hold gets about zero."""
    known = pipeline.named_steps["classifier"].classes_
    logits = np.full((len(examples), len(STANCES)), -30.0)
    probabilities = pipeline.predict_proba([example.text for example in examples])
    logits[:, known] = np.log(probabilities.clip(min=1e-12))
    return logits


def _skops() -> ModuleType:
    """skops.io, kept from loading torch with every module of scikit-learn that it looks through."""
    blocked = "torch" not in sys.modules
    if blocked:
        sys.modules["torch"] = None
    try:
        import skops.io
    finally:
        if blocked:
            del sys.modules["torch"]
    return skops.io
