"""Scored documents as tables, JSON, JSON lines, CSV and Parquet."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.predict import OUTPUT_VERSION, ReadDocument, ScoredDocument
from pipeline.profiles import StanceShare, takes_stance
from pipeline.records import STANCES, Prediction, Span, Stance, WordWeight

ABSTAINED = "(unsure)"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that starts so for a formula (OWASP, CSV injection)."""
STYLES = {
    Stance.CONCILIATORY: "bold blue",
    Stance.DEMANDING: "bold red",
    Stance.SKEPTICAL: "bold yellow",
    Stance.NEUTRAL: "dim",
}
BAR_CHARACTERS = 24
HOLDER_CHARACTERS = 16
FILE_COLUMNS = 120
MOVING_WORDS = 3
MARKDOWN_MARKS = frozenset("\\`*_[]<>|#")
SHOWN_CHARACTERS = 2_000
"""A table shows no more of a sentence; the other formats hold it whole."""


class Format(StrEnum):
    """Output formats; all but the table and Markdown hold every figure."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    MARKDOWN = "markdown"


def render(documents: Sequence[ScoredDocument], output_format: Format) -> bytes:
    """The documents in one of the machine-readable formats; see docs/output.md."""
    if output_format is Format.JSON:
        value = {
            "version": OUTPUT_VERSION,
            "stances": list(STANCES),
            "documents": [document.model_dump(mode="json") for document in documents],
        }
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
    if output_format is Format.MARKDOWN:
        return "\n".join(line for document in documents for line in _markdown(document)).encode()
    rows = [row for document in documents for row in sentence_rows(document)]
    if output_format is Format.JSONL:
        return "".join(json_lines(rows)).encode()
    if output_format is Format.CSV:
        return csv_table(rows).encode()
    import pandas as pd

    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer, index=False)
    return buffer.getvalue()


def document_view(scored: ScoredDocument, top: int | None) -> RenderableType:
    """A document for the terminal: its sum first, then its sentences, or the `top` of them."""
    document = scored.document
    title = document.title or document.id
    known = [document.issuer, document.kind, document.date]
    head = Text(title, style="bold")
    if any(known):
        head.append("  " + ", ".join(str(value) for value in known if value), style="dim")
    n = len(scored.predictions)
    removed = len(document.removed)
    notes = f"{n} sentences, mean probability {scored.mean_confidence:.2f}"
    notes += f", unsure of {scored.n_abstained}" if scored.n_abstained else ""
    notes += f", {removed} passages of page furniture removed" if removed else ""
    chosen = scored.predictions if top is None else scored.top(top)
    notes += f"; {_index_note(scored)}"
    parts = [head, Text(notes, style="dim"), _shares(scored)]
    if len(scored.parties) > 1:
        parts.append(_parties(scored))
    parts.append(_sentences(scored, chosen))
    if not chosen:
        parts[-1] = Text("No sentence takes a stance.", style="dim")
    return Group(*parts)


def as_text(view: RenderableType) -> str:
    """What a terminal of 120 columns would show, without colours."""
    page = Console(record=True, width=FILE_COLUMNS, file=io.StringIO())
    page.print(view)
    return page.export_text()


def markdown_text(text: str, keep: str = "") -> str:
    """The text on one line with the characters escaped that Markdown would take for markup."""
    escaped = "".join(f"\\{c}" if c in MARKDOWN_MARKS and c not in keep else c for c in text)
    return " ".join(escaped.split())


def _markdown(scored: ScoredDocument) -> Iterator[str]:
    yield f"# {markdown_text(scored.document.title or scored.document.id)}"
    yield ""
    yield _index_note(scored)
    yield ""
    yield "| stance | sentences | share | 95 % interval |"
    yield "|---|---|---|---|"
    for stance, share in scored.shares.items():
        yield f"| {stance} | {share.sentences} | {share.share:.0%} | {_interval(share)} |"
    yield ""
    for party in scored.parties if len(scored.parties) > 1 else ():
        index = f"index {party.index.value:+.2f}" if party.index else "no stance"
        yield f"- {markdown_text(party.party)}: {len(party.sentences)} sentences, {index}"
    yield ""
    for prediction in scored.predictions:
        if takes_stance(prediction):
            sure = max(prediction.probabilities)
            yield f"- **{prediction.stance}** ({sure:.2f}) {markdown_text(prediction.text)}"
    yield ""


def _index_note(scored: ScoredDocument) -> str:
    index = scored.index
    if index is None:
        return "no sentence takes a stance"
    return f"stance index {index.value:+.2f}, 95 % interval {index.low:+.2f} to {index.high:+.2f}"


def _interval(share: StanceShare) -> str:
    return f"{share.low:.0%} to {share.high:.0%}"


def _shares(scored: ScoredDocument) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("stance")
    table.add_column("sentences", justify="right")
    table.add_column("share", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("")
    for stance, share in scored.shares.items():
        bar = "█" * round(share.share * BAR_CHARACTERS)
        table.add_row(
            Text(stance, style=STYLES[stance]),
            str(share.sentences),
            f"{share.share:.0%}",
            _interval(share),
            Text(bar, style=STYLES[stance]),
        )
    return table


def _parties(scored: ScoredDocument) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("party")
    for name in ("sentences", *STANCES, "index"):
        table.add_column(name, justify="right")
    for party in scored.parties:
        shares = (f"{share.share:.0%}" for share in party.shares.values())
        index = f"{party.index.value:+.2f}" if party.index else ""
        table.add_row(Text(party.party), str(len(party.sentences)), *shares, index)
    return table


def _sentences(scored: ScoredDocument, chosen: Sequence[Prediction]) -> Table:
    table = Table(show_lines=False, header_style="dim", pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    table.add_column("stance", no_wrap=True)
    table.add_column("prob.", justify="right")
    table.add_column("holder", max_width=HOLDER_CHARACTERS)
    table.add_column("sentence", overflow="fold")
    if scored.explanations:
        table.add_column("moved by")
    explained = dict(zip((p.id for p in scored.predictions), scored.explanations, strict=False))
    for prediction in chosen:
        style = STYLES[prediction.stance] if prediction.stance else "dim italic"
        table.add_row(
            prediction.id.removeprefix(f"{scored.document.id}:"),
            Text(prediction.stance or ABSTAINED, style=style),
            f"{max(prediction.probabilities):.2f}",
            Text(prediction.holder or ""),
            Text(_shortened(prediction.text)),
            *([Text(_moving_words(explained[prediction.id]))] if scored.explanations else []),
        )
    return table


def _moving_words(words: Sequence[WordWeight]) -> str:
    """The weightiest words for the stance, in the order of the sentence."""
    least = sorted((word.weight for word in words), reverse=True)[:MOVING_WORDS][-1:]
    return " … ".join(word.text for word in words if least and word.weight >= max(0.01, least[0]))


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def json_lines(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    """Each row as one line of JSON."""
    return (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def csv_table(rows: Iterable[dict[str, object]]) -> str:
    """The rows as CSV with a header, in which no cell is a formula for a spreadsheet."""
    import pandas as pd

    frame = pd.DataFrame(list(rows)).map(_without_formula)
    return frame.to_csv(index=False, lineterminator="\n")


def sentence_rows(scored: ReadDocument | ScoredDocument) -> list[dict[str, object]]:
    """One row a sentence, as the formats that are tables hold it (docs/output.md)."""
    document = scored.document
    return [
        {
            "document": document.id,
            "source": document.source,
            "issuer": document.issuer,
            "kind": document.kind,
            "date": document.date,
            "id": prediction.id,
            "text": prediction.text,
            "start": prediction.start,
            "end": prediction.end,
            "stance": prediction.stance,
            "abstained": prediction.abstained,
            **dict(zip(STANCES, prediction.probabilities, strict=True)),
            "holder": prediction.holder,
            "target": prediction.target,
            "cue": _passage(document.text, prediction.cue_span),
        }
        for prediction in scored.predictions
    ]


def _passage(text: str, span: Span | None) -> str | None:
    return text[span.start : span.end] if span else None


def _without_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
