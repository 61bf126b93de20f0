"""Annotations, suggestions and agreement as tables, JSON, CSV and Markdown."""

import json
from collections.abc import Sequence
from enum import StrEnum

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.annotations.agreement import LabellingAgreement
from pipeline.annotations.store import Reading
from pipeline.annotations.suggest import SuggestedSentence
from pipeline.output import STYLES, as_text, csv_table, markdown_text
from pipeline.records import STANCES, Stance


class RowFormat(StrEnum):
    """How rows are told."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class AgreementFormat(StrEnum):
    """How agreement is told."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def reading_rows(readings: Sequence[Reading]) -> list[dict[str, object]]:
    """One row a reading: the fields of the annotation, the sentence and the times."""
    return [
        {
            **one.annotation.model_dump(mode="json"),
            **one.model_dump(mode="json", exclude={"annotation"}),
        }
        for one in readings
    ]


def render_rows(rows: Sequence[dict[str, object]], output_format: RowFormat) -> str:
    """The rows as JSON or CSV."""
    if output_format is RowFormat.CSV:
        return csv_table(rows)
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def readings_view(readings: Sequence[Reading]) -> RenderableType:
    """Readings for the terminal."""
    table = _table("document", "#", "stance", "holder", "target", "by", "sentence")
    for one in readings:
        made = one.annotation
        by = made.annotator + (" (undone)" if one.undone_at else "")
        parties = (Text(made.holder or ""), Text(made.target or ""))
        table.add_row(
            Text(made.document),
            str(made.sentence),
            _stance(made.stance),
            *parties,
            Text(by),
            Text(one.text),
        )
    return table


def suggestions_view(suggestions: Sequence[SuggestedSentence]) -> RenderableType:
    """Suggestions for the terminal."""
    table = _table("document", "#", "doubt", "why", "sentence")
    for one in suggestions:
        table.add_row(
            Text(one.document), str(one.index), f"{one.doubt:.2f}", Text(one.reason), Text(one.text)
        )
    return table


def agreement_view(found: LabellingAgreement) -> RenderableType:
    """Agreement for the terminal."""
    pairs = _table("pair", "sentences", "same", "kappa", *STANCES)
    for pair in found.pairs:
        kappas = (_figure(kappa) for kappa in pair.kappa_per_stance.values())
        same = "" if pair.observed is None else f"{pair.observed:.1%}"
        name = Text(f"{pair.first}, {pair.second}")
        pairs.add_row(name, str(pair.n), same, _figure(pair.kappa), *kappas)
    names = list(found.labellings)
    differing = _table("document", "#", *map(Text, names), "sentence")
    for one in found.disagreements:
        labels = (_stance(one.labels.get(name)) for name in names)
        differing.add_row(Text(one.document), str(one.sentence), *labels, Text(one.text or ""))
    head = Text(f"{_summary(found)}\n{_alphas(found)}")
    return Group(head, pairs, differing) if found.disagreements else Group(head, pairs)


def render_agreement(found: LabellingAgreement, output_format: AgreementFormat) -> str:
    """Agreement as JSON, Markdown or a table of plain characters."""
    if output_format is AgreementFormat.JSON:
        return found.model_dump_json(indent=2) + "\n"
    if output_format is AgreementFormat.TABLE:
        return as_text(agreement_view(found))
    names = list(found.labellings)
    lines = ["# Agreement", "", _summary(found), "", _alphas(found), ""]
    lines += _markdown_row("pair", "sentences", "same", "kappa", *STANCES)
    lines += ["|---" * (4 + len(STANCES)) + "|"]
    for pair in found.pairs:
        kappas = (_figure(kappa) for kappa in pair.kappa_per_stance.values())
        same = "" if pair.observed is None else f"{pair.observed:.1%}"
        name = f"{pair.first}, {pair.second}"
        lines += _markdown_row(name, str(pair.n), same, _figure(pair.kappa), *kappas)
    if found.disagreements:
        lines += ["", *_markdown_row("document", "#", *names, "sentence")]
        lines += ["|---" * (3 + len(names)) + "|"]
    for one in found.disagreements:
        labels = (one.labels.get(name, "") for name in names)
        lines += _markdown_row(one.document, str(one.sentence), *labels, one.text or "")
    return "\n".join(lines) + "\n"


def _summary(found: LabellingAgreement) -> str:
    sizes = ", ".join(f"{name} {n}" for name, n in found.labellings.items())
    return (
        f"{found.n} sentences are labelled by two or more ({sizes}), "
        f"{len(found.disagreements)} of them differently. Krippendorff's alpha (nominal) "
        f"{found.alpha:.3f}, 95 % interval {found.alpha_low:.3f} to {found.alpha_high:.3f}."
    )


def _alphas(found: LabellingAgreement) -> str:
    alphas = ", ".join(f"{stance} {value:.3f}" for stance, value in found.alpha_per_stance.items())
    return f"Alpha of one stance against the rest: {alphas}."


def _markdown_row(*cells: str) -> list[str]:
    return ["| " + " | ".join(markdown_text(cell) for cell in cells) + " |"]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _stance(stance: Stance | None) -> Text:
    return Text(stance, style=STYLES[stance]) if stance else Text("")


def _table(*columns: str | Text) -> Table:
    table = Table(header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column == "#" else "left")
    return table
