"""Bring the readings of a store to where the next `dvc repro` trains on them.

The documents go to seeds/local/, which git ignores, since articles may be licensed; so the
annotations go to a file that git ignores too: in a copy of the repository without the documents
they would stop the pipeline. The documents go as JSON lines, the one format whose text is taken as
it is: any other is cleaned once more when it is read, which could move its sentences.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.annotations.store import (
    AnnotationStore,
    distinct_id,
    same_sentence,
    text_sha256,
)
from pipeline.documents import Metadata, read_documents
from pipeline.documents.json_lines import row_document
from pipeline.documents.metadata import FIELDS
from pipeline.errors import DataError, DocumentError
from pipeline.labeling.gold import read_gold
from pipeline.prepare import EXAMPLES, READABLE
from pipeline.records import Annotation, Document, Record, sentence_sha256
from pipeline.storage import raise_problems, write_records, write_text

ANNOTATIONS = "local.jsonl"
"""The file in data/gold/."""
DOCUMENTS = "local/annotated.jsonl"
"""The file in seeds/."""


class Exported(Record):
    """What an export came to."""

    annotations: int
    documents: int
    """Written to seeds/local/."""
    known_documents: int
    """Not written, since seeds/ holds them already."""
    contested: int
    """Sentences that data/gold/ has a reading of, by somebody else; the majority decides."""


def run_export(store: AnnotationStore, gold: Path, seeds: Path) -> Exported:
    """Write what counts in a store to `gold` and its documents to `seeds`, in place of the last.

    A document whose text seeds/ holds elsewhere is not written again: its annotations bear the id
    that it has there.

    Raises:
        DataError: nothing to export, or annotations that the pipeline would refuse: those of a
            document that seeds/ has with other sentences, or by an annotator who has labelled the
            same sentence in another file of `gold`. All are named.
    """
    documents = store.documents()
    if not documents:
        raise DataError(f"{store.path}: holds no annotation that counts; annotate first")
    placed = _placed(store, documents, seeds)
    annotations, problems = [], []
    for annotation in store.annotations():
        try:
            annotations.append(_moved(annotation, placed[annotation.document]))
        except DataError as error:
            problems.append(str(error))
    raise_problems(problems)
    contested = _contested(annotations, gold)
    rows = [place.row for place in placed.values() if place.row]
    if rows:
        write_text(seeds / DOCUMENTS, "".join(f"{row}\n" for row in rows))
    else:
        (seeds / DOCUMENTS).unlink(missing_ok=True)
    write_records(gold / ANNOTATIONS, annotations)
    return Exported(
        annotations=len(annotations),
        documents=len(rows),
        known_documents=len(placed) - len(rows),
        contested=contested,
    )


@dataclass(frozen=True)
class _Place:
    """A document of the store, and what `prepare` will read in its place."""

    document: Document
    read: Document
    row: str | None
    """Its line for seeds/; None where seeds/ has it already."""


def _placed(
    store: AnnotationStore, documents: Sequence[Document], seeds: Path
) -> dict[str, _Place]:
    """The place of each document, by its id in the store."""
    sources = _sources(seeds)
    by_text = {text_sha256(source): source for source in sources}
    taken = {source.id for source in sources}
    placed, problems = {}, []
    for document in documents:
        if known := by_text.get(text_sha256(document)):
            placed[document.id] = _Place(document, known, None)
            continue
        name = distinct_id(document) if document.id in taken else document.id
        row = {"id": name} | document.model_dump(
            mode="json", include=set(FIELDS) - {"id"} | {"text"}, exclude_none=True
        )
        try:
            read = row_document(row, name, Metadata(), name)
        except DataError as error:
            problems.append(f"{store.path}: document {document.id!r}: {error}")
        else:
            placed[document.id] = _Place(document, read, json.dumps(row))
    raise_problems(problems)
    return placed


def _sources(seeds: Path) -> list[Document]:
    """What `prepare` reads besides the documents of the last export."""
    documents, problems = [], []
    for path in sorted(seeds.rglob("*")):
        place = path.relative_to(seeds)
        if (
            place.as_posix() == DOCUMENTS
            or place.parts[0] == EXAMPLES
            or path.suffix.lower() not in READABLE
            or any(part.startswith(".") for part in place.parts)
            or not path.is_file()
        ):
            continue
        try:
            documents += read_documents(path, default_id=place.with_suffix("").as_posix())
        except (DocumentError, DataError) as error:
            problems.append(str(error))
    raise_problems(problems)
    return documents


def _moved(annotation: Annotation, place: _Place) -> Annotation:
    """The annotation of the sentence as `prepare` will find it."""
    sentence = same_sentence(place.read, place.document, annotation.sentence)
    if sentence_sha256(sentence.text) != annotation.text_sha256:
        raise DataError(
            f"{annotation.document}:{annotation.sentence}: by {annotation.annotator!r} of a "
            f"sentence that is now {sentence.text[:60]!r}; annotate it again, or undo it"
        )
    return annotation.model_copy(update={"document": place.read.id, "sentence": sentence.index})


def _contested(annotations: Sequence[Annotation], gold: Path) -> int:
    """How many sentences others have annotated in `gold`.

    Raises:
        DataError: one of the annotators has, and the pipeline takes one reading from each.
    """
    theirs = defaultdict(set)
    for entry in read_gold(gold):
        other = entry.annotation
        if Path(entry.place.rpartition(":")[0]) != gold / ANNOTATIONS:
            theirs[other.document, other.sentence].add(other.annotator)
    raise_problems(
        [
            f"{a.document}:{a.sentence}: annotator {a.annotator!r} has labelled this sentence in "
            f"{gold} already; annotate under another name, or undo it"
            for a in annotations
            if a.annotator in theirs[a.document, a.sentence]
        ]
    )
    return sum(bool(theirs[key]) for key in {(a.document, a.sentence) for a in annotations})
