"""Read the source documents, check them against each other and split them into sentences."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.documents import read_documents
from pipeline.errors import DataError, DocumentError
from pipeline.records import Document, PreparedDocument, normalise_sentence
from pipeline.sentences import split_sentences
from pipeline.storage import raise_problems, write_records

EXAMPLES = "examples"
"""The folder of seeds/ that is kept out of training."""
READABLE = {".txt", ".md", ".markdown", ".html", ".htm", ".pdf", ".docx", ".jsonl"}


def prepare_documents(documents: Sequence[Document]) -> list[PreparedDocument]:
    """Split documents into sentences.

    Raises:
        DataError: two documents share an id or a text, or one holds no sentence; all are named.
    """
    prepared, problems = _prepare(documents)
    raise_problems(problems)
    return prepared


def run_prepare(
    sources: Path, out: Path, progress: Callable[[int, int], None] | None = None
) -> int:
    """Read every document below `sources` except its examples and write JSON lines to `out`.

    Returns the number of documents. A document without front matter takes its id from its path
    below `sources`, and one without an event its id as the event.

    Raises:
        DataError: documents cannot be read or contradict each other; all of them are named.
    """
    paths = sorted(path for path in sources.rglob("*") if _is_source(path, sources))
    if not paths:
        raise DataError(f"{sources}: holds no document to train on; add some (README.md)")
    documents, problems = [], []
    for number, path in enumerate(paths, 1):
        try:
            documents += _read(path, sources)
        except (DocumentError, DataError) as error:
            problems.append(str(error))
        if progress:
            progress(number, len(paths))
    prepared, contradictions = _prepare(documents)
    raise_problems(problems + contradictions)
    write_records(out, prepared)
    return len(prepared)


def _prepare(documents: Sequence[Document]) -> tuple[list[PreparedDocument], list[str]]:
    """The documents with their sentences, and what is wrong with some of them."""
    problems = []
    by_id: dict[str, Document] = {}
    by_text: dict[str, Document] = {}
    prepared = []
    for document in documents:
        twin = by_id.setdefault(document.id, document)
        if twin is not document:
            problems.append(
                f"{document.source}: id {document.id!r} is that of {twin.source} too; rename one"
            )
        twin = by_text.setdefault(normalise_sentence(document.text), document)
        if twin is not document:
            problems.append(f"{document.source}: the same text as {twin.source}; remove one")
        sentences = tuple(split_sentences(document.text))
        if not sentences:
            problems.append(f"{document.source}: holds no sentence; remove it")
        prepared.append(PreparedDocument(document=document, sentences=sentences))
    return prepared, problems


def _is_source(path: Path, sources: Path) -> bool:
    parts = path.relative_to(sources).parts
    visible = not any(part.startswith(".") for part in parts)
    return visible and parts[0] != EXAMPLES and path.suffix.lower() in READABLE and path.is_file()


def _read(path: Path, sources: Path) -> list[Document]:
    place = path.relative_to(sources).with_suffix("").as_posix()
    return [
        document if document.event else document.model_copy(update={"event": document.id})
        for document in read_documents(path, default_id=place)
    ]
