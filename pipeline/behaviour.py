"""Behavioural tests in the manner of CheckList (Ribeiro et al. 2020).

Minimum functionality: clear sentences for every rule of the codebook. Directional expectations:
a small edit must move the reading toward a stance. Invariance: changes that do not touch the act,
made to held-out sentences, must leave the stance as it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tabulate import tabulate

from pipeline.classifier import Classifier, load_classifier
from pipeline.errors import DataError
from pipeline.perturbations import PERTURBATIONS, other_names, swapped_sides
from pipeline.records import STANCES, Example, NonEmpty, Record, SentenceInContext, Stance
from pipeline.settings import Settings
from pipeline.storage import explain_validation, read_records, write_json, write_text
from pipeline.train.swap import common_words


class BehaviourSettings(Settings):
    """How the tests are run; see configs/behaviour.yaml."""

    seed: int
    sentences: Annotated[int, Field(ge=1)]
    tolerance: Annotated[float, Field(ge=0, lt=1)]
    examples: Annotated[int, Field(ge=0)]


class Case(Record):
    """A sentence whose stance the codebook settles."""

    text: NonEmpty
    stance: Stance
    previous: str = ""


class RuleCases(Record):
    """The cases of one rule of the codebook."""

    rule: NonEmpty
    cases: tuple[Case, ...]


class Edit(Record):
    """A sentence before and after a small edit, and the stance that must become likelier."""

    before: NonEmpty
    after: NonEmpty
    toward: Stance


class CapabilityCases(Record):
    """The edits that test one capability."""

    capability: NonEmpty
    cases: tuple[Edit, ...]


class Outcome(Record):
    """One test: how many cases it has, and which failed."""

    kind: str
    name: str
    n: int
    failures: tuple[str, ...]

    @property
    def failure_rate(self) -> float:
        """Share of the cases that failed, 0 to 1."""
        return len(self.failures) / self.n if self.n else 0.0


def run_behaviour(
    model: Path, cases: Path, sentences: Path, out: Path, settings: BehaviourSettings
) -> list[Outcome]:
    """Run all tests on a trained model; write `metrics.json` and `report.md` into `out`.

    `cases` holds `minimum.yaml` and `directional.yaml`; `sentences` are held-out examples.

    Raises:
        DataError: cases or sentences are missing or malformed.
        ModelError: the model is missing or altered.
    """
    classifier = load_classifier(model)
    outcomes = [
        *minimum_functionality(classifier, _read(cases / "minimum.yaml", RuleCases)),
        *directional(classifier, _read(cases / "directional.yaml", CapabilityCases), settings),
        *invariance(classifier, read_records(sentences, Example), settings),
    ]
    write_json(out / "metrics.json", _figures(outcomes))
    write_text(out / "report.md", _report(outcomes, settings))
    return outcomes


def minimum_functionality(classifier: Classifier, rules: Iterable[RuleCases]) -> list[Outcome]:
    """A case fails if another stance is likeliest."""
    outcomes = []
    for rule in rules:
        read = _read_sentences(classifier, [(case.text, case.previous) for case in rule.cases])
        failures = tuple(
            f"{case.text} ({case.stance}, read as {_shown(row)})"
            for case, row in zip(rule.cases, read, strict=True)
            if STANCES[row.argmax()] != case.stance
        )
        outcomes.append(
            Outcome(
                kind="minimum functionality", name=rule.rule, n=len(rule.cases), failures=failures
            )
        )
    return outcomes


def directional(
    classifier: Classifier, capabilities: Iterable[CapabilityCases], settings: BehaviourSettings
) -> list[Outcome]:
    """An edit fails if its stance neither becomes likelier nor is the likeliest afterwards."""
    outcomes = []
    for capability in capabilities:
        before = _read_sentences(classifier, [(edit.before, "") for edit in capability.cases])
        after = _read_sentences(classifier, [(edit.after, "") for edit in capability.cases])
        failures = []
        for edit, first, second in zip(capability.cases, before, after, strict=True):
            column = STANCES.index(edit.toward)
            if second.argmax() != column and second[column] < first[column] + settings.tolerance:
                failures.append(
                    f"{edit.before} -> {edit.after} (toward {edit.toward}: "
                    f"{first[column]:.2f} to {second[column]:.2f}, read as {_shown(second)})"
                )
        outcomes.append(
            Outcome(
                kind="directional",
                name=capability.capability,
                n=len(capability.cases),
                failures=tuple(failures),
            )
        )
    return outcomes


def invariance(
    classifier: Classifier, examples: Sequence[Example], settings: BehaviourSettings
) -> list[Outcome]:
    """A change fails if the stance changes and the first one loses more than the tolerance."""
    random = np.random.default_rng(settings.seed)
    outcomes = []
    for name, changed in _changed(examples, random).items():
        pairs = [
            (example.text, text)
            for example, text in zip(examples, changed, strict=True)
            if text != example.text
        ]
        if len(pairs) > settings.sentences:
            chosen = random.choice(len(pairs), settings.sentences, replace=False)
            pairs = [pairs[index] for index in sorted(chosen)]
        before = _read_sentences(classifier, [(text, "") for text, _ in pairs])
        after = _read_sentences(classifier, [(text, "") for _, text in pairs])
        failures = []
        for (_, text), first, second in zip(pairs, before, after, strict=True):
            column = first.argmax()
            if second.argmax() != column and first[column] - second[column] > settings.tolerance:
                failures.append(f"{text} (was {_shown(first)}, is {_shown(second)})")
        outcomes.append(
            Outcome(kind="invariance", name=name, n=len(pairs), failures=tuple(failures))
        )
    return outcomes


def _changed(examples: Sequence[Example], random: np.random.Generator) -> dict[str, list[str]]:
    """Each example's text under each change."""
    vocabulary = common_words(example.text for example in examples)
    by_document: defaultdict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_document[example.document].append(example.text)
    changed: dict[str, list[str]] = {}
    for name, make in (("names", other_names), ("swapped sides", swapped_sides)):
        change = {
            document: make(texts, vocabulary, random) for document, texts in by_document.items()
        }
        changed[name] = [change[example.document](example.text) for example in examples]
    for name, perturb in PERTURBATIONS.items():
        changed[name] = [perturb(example.text, random) for example in examples]
    return changed


def _read_sentences(classifier: Classifier, sentences: Sequence[tuple[str, str]]) -> np.ndarray:
    contexts = [SentenceInContext(text=text, previous=previous) for text, previous in sentences]
    return classifier.predict_proba(contexts)


def _shown(row: np.ndarray) -> str:
    return f"{STANCES[row.argmax()]} {row.max():.2f}"


def _read(path: Path, of: type[Record]) -> list:
    try:
        rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return TypeAdapter(list[of]).validate_python(rows)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; check the path") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise DataError(f"{path}: {explain_validation(error)}") from error


def _figures(outcomes: Sequence[Outcome]) -> dict[str, object]:
    by_kind: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_kind[outcome.kind].append(outcome)
    return {
        kind: {
            "n": sum(outcome.n for outcome in some),
            "failure_rate": _rate(some),
            "per_test": {outcome.name: round(outcome.failure_rate, 4) for outcome in some},
        }
        for kind, some in by_kind.items()
    }


def _rate(outcomes: Sequence[Outcome]) -> float:
    failed = sum(len(outcome.failures) for outcome in outcomes)
    return round(failed / max(1, sum(outcome.n for outcome in outcomes)), 4)


def _report(outcomes: Sequence[Outcome], settings: BehaviourSettings) -> str:
    rows = [
        [outcome.kind, outcome.name, outcome.n, f"{outcome.failure_rate:.1%}"]
        for outcome in outcomes
    ]
    table = tabulate(rows, headers=["kind", "test", "cases", "failures"], tablefmt="github")
    parts = ["# Behavioural tests", table]
    for outcome in outcomes:
        if outcome.failures:
            shown = "\n".join(f"- {failure}" for failure in outcome.failures[: settings.examples])
            parts.append(f"## {outcome.kind}: {outcome.name}\n\n{shown}")
    return "\n\n".join(parts) + "\n"
