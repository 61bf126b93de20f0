"""The commands that annotate sentences and compare annotations."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.choices import (
    Issuer,
    KindOption,
    Model,
    default_model,
    given_metadata,
    one_of,
)
from pipeline.cli.console import errors, output
from pipeline.cli.inputs import read_inputs
from pipeline.cli.places import ANNOTATIONS, GOLD, LABEL_MODEL, PREPARED, REPORTS
from pipeline.errors import DataError, PipelineError

if TYPE_CHECKING:
    from pipeline.annotations.store import AnnotationStore
    from pipeline.annotations.suggest import SuggestedSentence
    from pipeline.predict import ReadDocument
    from pipeline.records import Document

app = typer.Typer()

Store = Annotated[Path, typer.Option("--store", help="The file that keeps the annotations.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")]


def check_installed() -> None:
    """See that what annotating needs is there.

    Raises:
        PipelineError: it is not.
    """
    for name in ("krippendorff", "sklearn", "sqlalchemy"):
        if find_spec(name) is None:
            raise PipelineError(
                f"annotating needs {name}, which is not installed; "
                "run `pip install readout-stance[annotate]`"
            )


class SuggestionFormat(StrEnum):
    """How suggestions are told."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    LABEL_STUDIO = "label-studio"


@app.command()
def annotate(
    inputs: Annotated[list[str], typer.Argument(help="Files, folders or globs.")],
    annotator: Annotated[
        str | None, typer.Option(help="Your name; asks for the stance of each sentence.")
    ] = None,
    suggest: Annotated[
        int | None,
        typer.Option(min=1, help="Only so many sentences, those most worth a label."),
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", help="table, json, csv or label-studio")
    ] = "table",
    out: Out = None,
    store: Store = ANNOTATIONS,
    model: Model = None,
    kind: KindOption = None,
    issuer: Issuer = None,
) -> None:
    """Annotate sentences in the terminal, or with --suggest alone list those to annotate next."""
    check_installed()
    chosen = one_of("--format", output_format, SuggestionFormat)
    annotator = (annotator or "").strip()
    if not annotator and suggest is None:
        raise DataError("name yourself with --annotator, or list what to annotate with --suggest N")
    if annotator and (out or chosen is not SuggestionFormat.TABLE):
        raise DataError("--format and --output are for --suggest without --annotator")
    from pipeline.annotations.store import AnnotationStore

    documents = read_inputs(inputs, given_metadata(kind, issuer))
    writes = annotator or chosen is SuggestionFormat.LABEL_STUDIO
    kept = AnnotationStore(store) if writes or store.is_file() else None
    if kept and writes:
        documents = list({one.id: one for one in kept.keep(documents)}.values())
    if suggest is None:
        _ask(documents, None, kept, annotator)
        return
    read = score(documents, model)
    suggested = _suggested(read, kept, suggest, annotator)
    if annotator:
        _ask(documents, suggested, kept, annotator)
    elif chosen is SuggestionFormat.LABEL_STUDIO:
        reasons = {(one.document, one.index): one.reason for one in suggested}
        write_tasks(read, model or default_model(), out, reasons)
    else:
        _tell(suggested, chosen, out)


def score(documents: "Sequence[Document]", model: str | None) -> "list[ReadDocument]":
    """What a model makes of documents.

    Raises:
        DocumentError: one holds no sentence.
    """
    from pipeline.errors import DocumentError
    from pipeline.predict import load

    predictor = load(model or default_model())
    read = [one for document in documents for one in predictor.read_documents([document])]
    for one in read:
        if isinstance(one, DocumentError):
            raise one
    return read


def write_tasks(
    read: "Sequence[ReadDocument]",
    model: str,
    out: Path | None,
    chosen: dict[tuple[str, int], str] | None = None,
) -> None:
    """Write tasks for Label Studio, and the configuration that goes with them beside the file."""
    import json

    from pipeline.annotations.label_studio import LABELING_CONFIG, tasks
    from pipeline.storage import write_text

    made = tasks(read, model, chosen)
    text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
        return
    config = out.with_suffix(".xml")
    write_text(out, text)
    write_text(config, LABELING_CONFIG)
    errors.print(f"{len(made)} tasks -> {out}, labeling configuration -> {config}", highlight=False)


def _suggested(
    read: "Sequence[ReadDocument]", store: "AnnotationStore | None", n: int, annotator: str
) -> "list[SuggestedSentence]":
    """Suggestions among what nobody, or not the annotator, has labelled yet."""
    from pipeline.annotations.suggest import read_label_model, suggest_sentences

    labelled = set()
    for one in read if store else ():
        made = store.annotations(one.document, annotator or None)
        labelled |= {(one.document.id, annotation.sentence) for annotation in made}
    return suggest_sentences(read, read_label_model(LABEL_MODEL), n, labelled)


def _ask(
    documents: "Sequence[Document]",
    suggested: "Sequence[SuggestedSentence] | None",
    store: "AnnotationStore",
    annotator: str,
) -> None:
    from pipeline.cli.asking import Question, ask

    if suggested is None:
        done = {(a.document, a.sentence) for a in store.annotations(annotator=annotator)}
        questions = [
            Question(document, index)
            for document in documents
            for index in range(n_sentences(document))
            if (document.id, index) not in done
        ]
    else:
        by_id = {document.id: document for document in documents}
        questions = [Question(by_id[one.document], one.index) for one in suggested]
    answered = ask(questions, store, annotator)
    errors.print(
        f"{answered} of {len(questions)} sentences annotated, kept in {store.path}", highlight=False
    )


def n_sentences(document: "Document") -> int:
    """How many sentences a document has."""
    from pipeline.sentences import split_sentences

    return len(split_sentences(document.text))


def _tell(
    suggested: "Sequence[SuggestedSentence]", chosen: SuggestionFormat, out: Path | None
) -> None:
    from pipeline.annotations.output import RowFormat, render_rows, suggestions_view
    from pipeline.output import as_text

    if chosen is SuggestionFormat.TABLE:
        if out is None:
            output.print(suggestions_view(suggested))
            return
        text = as_text(suggestions_view(suggested))
    else:
        text = render_rows([one.model_dump(mode="json") for one in suggested], RowFormat(chosen))
    write_or_print(text, out, f"{len(suggested)} suggestions")


def write_or_print(text: str, out: Path | None, what: str) -> None:
    """Write a text to a file and say so, or to standard output."""
    from pipeline.storage import write_text

    if out is None:
        sys.stdout.write(text)
        return
    write_text(out, text)
    errors.print(f"{what} -> {out}", highlight=False)


@app.command()
def agreement(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Annotations to compare; without any, the project's own two."),
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", help="table, json or markdown")
    ] = "table",
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to a file; without FILES, the report's folder."),
    ] = None,
    prepared: Annotated[Path, typer.Option(help="Documents, for their texts.")] = PREPARED,
    gold: Annotated[Path, typer.Option(help="The project's first labelling.")] = GOLD,
    second: Annotated[Path, typer.Option(help="Its second one.")] = GOLD / "agreement",
) -> None:
    """Measure how far labellings of the same sentences agree, and list where they do not."""
    check_installed()
    if not files:
        from pipeline.labeling.agreement import run_agreement

        report = out or REPORTS / "agreement"
        measured = run_agreement(prepared, gold, second, report)
        errors.print(
            f"{measured.n} sentences, alpha {measured.alpha:.3f}, report in {report}",
            highlight=False,
        )
        return
    from pipeline.annotations.agreement import measure, read_labellings
    from pipeline.annotations.output import AgreementFormat, agreement_view, render_agreement

    chosen = one_of("--format", output_format, AgreementFormat)
    found = measure(*read_labellings(files, prepared))
    if chosen is AgreementFormat.TABLE and out is None:
        output.print(agreement_view(found))
        return
    write_or_print(render_agreement(found, chosen), out, "agreement")
