"""The tables of a store of annotations, and how its SQLite file is opened and recognised."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, ForeignKey, Index, NullPool, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 1
"""Kept in the file as SQLite's `user_version`."""
APPLICATION_ID = 0x52444F54
"""Marks the file as ours; kept in it as SQLite's `application_id`."""
WAIT_SECONDS = 10.0
"""How long a writer waits for another one."""


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


def open_engine(path: Path) -> Engine:
    """An engine for the SQLite file that threads and forked processes can share.

    Every operation has a connection of its own, so that none outlives its use. A block that is to
    write takes the lock when it begins (`writing=True` among its execution options): one that
    turned from reading to writing could be refused without any wait.
    """
    address = URL.create("sqlite", database=str(path.absolute()))
    engine = create_engine(address, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(WAIT_SECONDS * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def use_write_ahead_log(engine: Engine) -> None:
    """Let readers go on while one writes; the file remembers it."""
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
