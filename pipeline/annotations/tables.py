"""The tables of a store of annotations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables below."""


class DocumentRow(Base):
    """A document of which at least one sentence was read."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(primary_key=True)
    text_sha256: Mapped[str] = mapped_column(unique=True)
    """Of the normalised text: one text is one document, whatever file it came from."""
    record: Mapped[str]
    """The `Document` as JSON."""


class ReadingRow(Base):
    """A reading of one sentence; none is ever changed, only marked as undone."""

    __tablename__ = "readings"
    __table_args__ = (Index("readings_of_a_sentence", "document", "sentence", "annotator"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    sentence: Mapped[int]
    text: Mapped[str]
    """The sentence, normalised."""
    text_sha256: Mapped[str]
    stance: Mapped[str]
    holder: Mapped[str | None]
    target: Mapped[str | None]
    annotator: Mapped[str]
    codebook: Mapped[str]
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None] = mapped_column(default=None)
    """Both in UTC."""
