"""A store of readings by people, in one SQLite file that several threads and processes share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.annotations.store_file import (
    StoreBusyError,
    StoreError,
    explained,
    open_engine,
    prepare_file,
)
from pipeline.annotations.tables import DocumentRow, ReadingRow
from pipeline.errors import DataError
from pipeline.records import (
    CODEBOOK_VERSION,
    Annotation,
    Document,
    NonEmpty,
    Record,
    Sentence,
    Stance,
    normalise_sentence,
    sentence_sha256,
)
from pipeline.sentences import split_sentences
from pipeline.storage import explain_validation

__all__ = ["AnnotationStore", "NewReading", "Reading", "StoreBusyError", "StoreError"]


class NewReading(Record):
    """One person's reading of the sentence `index` of a document, to be kept."""

    document: Document
    index: int
    stance: Stance
    holder: str | None = None
    target: str | None = None
    annotator: NonEmpty


class Reading(Record):
    """An annotation with its sentence, when it was made, and when it was undone if it was."""

    annotation: Annotation
    text: NonEmpty
    made_at: datetime
    undone_at: datetime | None = None
    """Both in UTC."""


class AnnotationStore:
    """Readings by people, each with its document; the last one by an annotator counts.

    Every method may be called from any thread.

    Raises:
        StoreBusyError: the file stays locked by another process.
        StoreError: the file is read-only, on a full disk, damaged, or not a store of ours.
    """

    def __init__(self, path: Path) -> None:
        """Open the store in the file `path`, which is made if it is not there."""
        self.path = path
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = open_engine(path)
            prepare_file(self._engine, path)

    def add(
        self,
        document: Document,
        index: int,
        stance: Stance,
        holder: str | None,
        target: str | None,
        annotator: str,
    ) -> Annotation:
        """Keep a reading of the sentence `index` of a document, and the document.

        A text that the store holds already is the document that it was, under the id that it had;
        another text with a known id gets an id of its own, which the annotation bears.

        Raises:
            DataError: there is no such sentence, or a value is not allowed.
        """
        try:
            reading = NewReading(
                document=document,
                index=index,
                stance=stance,
                holder=holder,
                target=target,
                annotator=annotator,
            )
        except ValidationError as error:
            raise DataError(f"{document.id}:{index}: {explain_validation(error)}") from error
        (annotation,) = self.add_all([reading])
        return annotation

    def add_all(self, readings: Iterable[NewReading]) -> list[Annotation]:
        """Keep several readings as `add` does, all or none.

        Raises:
            DataError: a document lacks a sentence.
        """
        with self._session(writing=True) as session:
            return [_add(session, reading) for reading in readings]

    def keep(self, documents: Iterable[Document]) -> list[Document]:
        """Keep documents without any reading yet; each as the store has it, under the id there."""
        with self._session(writing=True) as session:
            return [_keep(session, document) for document in documents]

    def document(self, document_id: str) -> Document | None:
        """The document with that id in the store, also one without a reading; None if absent."""
        with self._session() as session:
            row = session.get(DocumentRow, document_id)
            return Document.model_validate_json(row.record) if row else None

    def undo(
        self, annotator: str, document: Document | None = None, index: int | None = None
    ) -> Reading | None:
        """Take back an annotator's last reading (of that document, of that sentence), if any.

        The one before it counts again.
        """
        query = select(ReadingRow).where(
            ReadingRow.annotator == annotator.strip(), ReadingRow.undone_at.is_(None)
        )
        with self._session(writing=True) as session:
            if document is not None:
                known = _known(session, document)
                query = query.where(ReadingRow.document == (known.id if known else None))
            if index is not None:
                query = query.where(ReadingRow.sentence == index)
            row = session.scalars(query.order_by(ReadingRow.number.desc()).limit(1)).first()
            if row is None:
                return None
            row.undone_at = _now()
            return _reading(row)

    def annotations(
        self, document: Document | None = None, annotator: str | None = None
    ) -> list[Annotation]:
        """What counts: the last reading of each sentence by each annotator, in order of the text.

        Only of one document and by one annotator where these are given.
        """
        return [reading.annotation for reading in self.readings(document, annotator)]

    def readings(
        self, document: Document | None = None, annotator: str | None = None
    ) -> list[Reading]:
        """What counts, as `annotations` gives it, with the sentences and times."""
        last = (
            select(func.max(ReadingRow.number))
            .where(ReadingRow.undone_at.is_(None))
            .group_by(ReadingRow.document, ReadingRow.sentence, ReadingRow.annotator)
        )
        query = select(ReadingRow).where(ReadingRow.number.in_(last))
        if annotator is not None:
            query = query.where(ReadingRow.annotator == annotator.strip())
        with self._session() as session:
            if document is not None:
                known = _known(session, document)
                query = query.where(ReadingRow.document == (known.id if known else None))
            order = (ReadingRow.document, ReadingRow.sentence, ReadingRow.number)
            return [_reading(row) for row in session.scalars(query.order_by(*order))]

    def history(self) -> list[Reading]:
        """Every reading ever made, also those that were replaced or undone, the earliest first."""
        with self._session() as session:
            rows = session.scalars(select(ReadingRow).order_by(ReadingRow.number))
            return [_reading(row) for row in rows]

    def documents(self) -> list[Document]:
        """The documents of the readings that count, by id."""
        counting = select(ReadingRow.document).where(ReadingRow.undone_at.is_(None))
        query = select(DocumentRow.record).where(DocumentRow.id.in_(counting))
        with self._session() as session:
            records = session.scalars(query.order_by(DocumentRow.id)).all()
        return [Document.model_validate_json(record) for record in records]

    @contextmanager
    def _session(self, *, writing: bool = False) -> Iterator[Session]:
        """A block that is done as a whole or not at all."""
        engine = self._engine.execution_options(writing=writing)
        with explained(self.path):
            if not self.path.exists():
                raise StoreError(f"{self.path}: is gone; restore it, or start again without it")
            with Session(engine) as session, session.begin():
                yield session


def _add(session: Session, reading: NewReading) -> Annotation:
    kept = _keep(session, reading.document)
    sentence = same_sentence(kept, reading.document, reading.index)
    annotation = Annotation(
        document=kept.id,
        sentence=sentence.index,
        text_sha256=sentence_sha256(sentence.text),
        stance=reading.stance,
        holder=(reading.holder or "").strip() or None,
        target=(reading.target or "").strip() or None,
        annotator=reading.annotator,
        codebook=CODEBOOK_VERSION,
    )
    session.add(ReadingRow(**annotation.model_dump(), text=sentence.text, made_at=_now()))
    return annotation


def _keep(session: Session, document: Document) -> Document:
    """The document as the store has it; what was not known of it is filled in."""
    row = _known(session, document)
    if row is None:
        digest = text_sha256(document)
        if session.get(DocumentRow, document.id):
            document = document.model_copy(update={"id": distinct_id(document)})
        row = DocumentRow(id=document.id, text_sha256=digest, record=document.model_dump_json())
        session.add(row)
        session.flush()
        return document
    kept = Document.model_validate_json(row.record)
    news = {
        name: value
        for name, value in document.model_dump(exclude_none=True).items()
        if getattr(kept, name) is None
    }
    if news:
        kept = kept.model_copy(update=news)
        row.record = kept.model_dump_json()
    return kept


def same_sentence(other: Document, document: Document, index: int) -> Sentence:
    """The sentence of `other`, which has the same words, that is the `index`-th of `document`.

    Raises:
        DataError: there is none; paragraphs that differ can move the ends of sentences.
    """
    sentences = split_sentences(document.text)
    if not 0 <= index < len(sentences):
        raise DataError(
            f"{document.id}: has {len(sentences)} sentences, counted from 0; found {index}"
        )
    wanted = sentences[index]
    if other.text == document.text:
        return wanted
    same = [one for one in split_sentences(other.text) if one.text == wanted.text]
    if not same:
        raise DataError(
            f"{document.id}:{index}: this text is known with other paragraphs, as "
            f"{other.source or other.id}, where this sentence ends elsewhere; annotate that one"
        )
    return min(same, key=lambda one: abs(one.index - index))


def _known(session: Session, document: Document) -> DocumentRow | None:
    query = select(DocumentRow).where(DocumentRow.text_sha256 == text_sha256(document))
    return session.scalars(query).one_or_none()


def text_sha256(document: Document) -> str:
    """The SHA-256 of the normalised text, by which a document is recognised."""
    return sha256(normalise_sentence(document.text).encode()).hexdigest()


def distinct_id(document: Document) -> str:
    """An id for a document whose own belongs to another text."""
    return f"{document.id}-{text_sha256(document)[:12]}"


def _reading(row: ReadingRow) -> Reading:
    fields = {name: getattr(row, name) for name in Annotation.model_fields}
    return Reading(
        annotation=Annotation.model_validate(fields),
        text=row.text,
        made_at=row.made_at.replace(tzinfo=UTC),
        undone_at=row.undone_at and row.undone_at.replace(tzinfo=UTC),
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
