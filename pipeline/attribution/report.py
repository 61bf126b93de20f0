"""The stage `attribution`: measure a model's holders beside rules and baselines; list failures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from tabulate import tabulate

from pipeline.attribution.evaluation import (
    AttributionScore,
    CueScore,
    Failure,
    Gold,
    cue_score,
    score,
)
from pipeline.attribution.rules import phrases, rule_spans
from pipeline.attribution.spans import SentenceSpans, Source
from pipeline.classifier import SpanClassifier, load_classifier
from pipeline.errors import DataError
from pipeline.records import STANCES, Example, PreparedDocument, Record, Stance
from pipeline.settings import Settings
from pipeline.storage import read_records, write_json, write_text

HEAD, RULES = "token head", "rules"


class AttributionSettings(Settings):
    """How attribution is measured; see configs/attribution.yaml."""

    seed: int
    bootstrap_samples: Annotated[int, Field(ge=100)]
    shown_failures: Annotated[int, Field(ge=0)]


class AttributionReport(Record):
    """All figures; reports/attribution/metrics.json is this record."""

    n: int
    n_events: int
    scores: dict[str, AttributionScore]
    cues: dict[str, CueScore]
    left_out: dict[str, str]
    """Baselines that could not be measured, and why."""


def run_attribution(
    model: Path,
    examples: Path,
    prepared: Path,
    baselines: Mapping[str, Path],
    out: Path,
    settings: AttributionSettings,
) -> AttributionReport:
    """Measure a saved model on held-out sentences and write metrics.json and report.md into `out`.

    `baselines` are files of JSON lines with `id` and `holder`: [start, end] in the sentence, or
    null, where the issuer is taken. One that lacks a sentence is left out.

    Raises:
        DataError: a file is malformed.
        ModelError: the model is missing or altered.
    """
    rows = read_records(examples, Example)
    documents = read_records(prepared, PreparedDocument)
    titles = {entry.document.id: entry.document.title for entry in documents}
    gold = Gold(rows, titles)
    classifier = load_classifier(model)
    spans = None
    if isinstance(classifier, SpanClassifier):
        probabilities, spans = classifier.predict_with_spans(rows)
    else:
        probabilities = classifier.predict_proba(rows)
    taken = [STANCES[column] is not Stance.NEUTRAL for column in probabilities.argmax(axis=1)]
    read = {name: _read_baseline(path, rows) for name, path in baselines.items()}
    left_out = {name: found for name, found in read.items() if isinstance(found, str)}
    ways: dict[str, Sequence[SentenceSpans]] = {
        HEAD: spans or [],
        RULES: [rule_spans(row, row.stance) for row in rows],
        **{name: found for name, found in read.items() if not isinstance(found, str)},
        "first party named": [_first_named(row) for row in rows],
        "always the issuer": [SentenceSpans()] * len(rows),
    }
    ways = {name: found for name, found in ways.items() if found}
    measured = {
        name: score(gold, found, taken, settings.bootstrap_samples, settings.seed)
        for name, found in ways.items()
    }
    used = [index for index in range(len(rows)) if gold.takes_stance(index)]
    report = AttributionReport(
        n=len(used),
        n_events=len({rows[index].event for index in used}),
        scores={name: figures for name, (figures, _) in measured.items()},
        cues={
            name: cue_score(
                [rows[index] for index in used],
                [ways[name][index].cue for index in used],
                classifier.predict_proba,
                settings.seed,
            )
            for name in (HEAD, RULES)
            if name in ways
        },
        left_out=left_out,
    )
    write_json(out / "metrics.json", report.model_dump(mode="json"))
    best = HEAD if HEAD in ways else RULES
    write_text(out / "report.md", render(report, measured[best][1], settings))
    return report


def render(
    report: AttributionReport, failures: Sequence[Failure], settings: AttributionSettings
) -> str:
    """The figures as Markdown, with failures drawn at random."""
    holders = [
        [
            name,
            f"{value.holder.right:.3f}",
            f"{value.holder_low:.3f} to {value.holder_high:.3f}",
            f"{value.holder_and_stance_taken.right:.3f}",
            f"{value.holder_by_name.right:.3f}",
            f"{value.holder_spans.exact_f1:.3f}",
            f"{value.holder_spans.partial_f1:.3f}",
            f"{value.target.right:.3f}",
            f"{value.target_named.right:.3f}",
            f"{value.target_spans.exact_f1:.3f}",
            f"{value.target_spans.partial_f1:.3f}",
        ]
        for name, value in report.scores.items()
    ]
    heads = ["", "holder", "95 % interval", "and not called neutral", "by name alone"]
    heads += ["span F1", "partial", "target", "where named", "span F1", "partial"]
    first = next(iter(report.scores.values()))
    parts = {
        name: [[part, share.n, f"{share.right:.3f}"] for part, share in shares.items()]
        for name, shares in (("holder is in", first.by_source), ("kind", first.by_kind))
    }
    cues = [
        [
            name,
            value.n,
            f"{value.mean_words:.1f}",
            f"{value.drop_without_cue:.3f}",
            f"{value.drop_without_random_words:.3f}",
            f"{value.share_cue_drops_more:.0%}",
        ]
        for name, value in report.cues.items()
    ]
    cue_heads = ["cue by", "sentences", "words", "drop", "drop, random words", "cue drops more"]
    random = np.random.default_rng(settings.seed)
    n_shown = min(settings.shown_failures, len(failures))
    shown = sorted(random.choice(len(failures), n_shown, replace=False)) if failures else []
    listed = [
        f"- `{failure.id}` {failure.text}\n  Gold: {failure.gold}. Found: {failure.found}, "
        f"by “{failure.words}”."
        for failure in (failures[index] for index in shown)
    ]
    return (
        "\n\n".join(
            [
                "# Attribution on the held-out events",
                f"{report.n} sentences with a stance, of {report.n_events} events. "
                "docs/attribution.md says what the columns mean.",
                _table(holders, heads),
                *(f"Left out: {name}, since {why}." for name, why in report.left_out.items()),
                *(
                    _table(rows, [name, "sentences", f"{next(iter(report.scores))}, holder"])
                    for name, rows in parts.items()
                ),
                "## Cues\n\nWhat the likeliest stance loses in probability without the cue.",
                _table(cues, cue_heads),
                f"## Failures of the {next(iter(report.scores))}\n\n"
                f"{len(failures)} holders are wrong; {n_shown} of them, drawn at random:",
                "\n".join(listed),
            ]
        ).rstrip()
        + "\n"
    )


def _table(rows: Sequence[Sequence[object]], heads: Sequence[str]) -> str:
    return tabulate(rows, heads, tablefmt="github", disable_numparse=True)


def _first_named(row: Example) -> SentenceSpans:
    place = next(iter(phrases(row.text)), None)
    return SentenceSpans(Source.SENTENCE if place else Source.ISSUER, holder=place)


def _read_baseline(path: Path, rows: Sequence[Example]) -> list[SentenceSpans] | str:
    """Spans from a file of another tool's holders, or why they cannot be compared.

    Raises:
        DataError: it is malformed.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        places = {line["id"]: line["holder"] for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not JSON lines of `id, holder` ({error})") from error
    missing = [row.id for row in rows if row.id not in places]
    if missing:
        return f"{path} lacks {len(missing)} sentences, the first is {missing[0]}"
    spans = []
    for row in rows:
        place = places[row.id]
        source = Source.SENTENCE if place else Source.ISSUER
        spans.append(SentenceSpans(source, holder=tuple(place) if place else None))
    return spans
