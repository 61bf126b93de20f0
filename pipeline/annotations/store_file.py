"""The SQLite file of a store: how it is opened, shared and recognised, and what can go wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DatabaseError

from pipeline.annotations.tables import Base
from pipeline.errors import PipelineError

SCHEMA_VERSION = 1
"""Kept in the file as SQLite's `user_version`."""
APPLICATION_ID = 0x52444F54
"""Marks the file as ours; kept in it as SQLite's `application_id`."""
WAIT_SECONDS = 10.0
"""How long a writer waits for another one."""


class StoreError(PipelineError):
    """The store cannot be opened, read or written; nothing that it holds is changed."""


class StoreBusyError(StoreError):
    """Another process has kept the store locked for too long; the same call may succeed later."""


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


def _use_write_ahead_log(engine: Engine) -> None:
    """Let readers go on while one writes; the file remembers it."""
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA journal_mode = WAL")


def prepare_file(engine: Engine, path: Path) -> None:
    """Make the tables in a new file, or see that they are ours and of this version."""
    with engine.connect() as connection:
        if _is_ours(connection, path):
            return
    with engine.execution_options(writing=True).begin() as connection:
        if _is_ours(connection, path):
            return
        Base.metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
    _use_write_ahead_log(engine)


def _is_ours(connection: Connection, path: Path) -> bool:
    """Whether the file is a store already; False if it is empty."""
    application = connection.exec_driver_sql("PRAGMA application_id").scalar()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if application == APPLICATION_ID and version == SCHEMA_VERSION:
        return True
    if application == APPLICATION_ID:
        raise StoreError(
            f"{path}: a store of version {version}, but this is made for version "
            f"{SCHEMA_VERSION}; use the release that wrote it, or name another file"
        )
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar():
        raise StoreError(f"{path}: a database of another program; name another file")
    return False


_REASONS = {
    sqlite3.SQLITE_BUSY: f"locked by another process for over {WAIT_SECONDS:.0f} seconds; "
    "try again, and end what holds it if that lasts",
    sqlite3.SQLITE_READONLY: "may not be written; change its rights or name another file",
    sqlite3.SQLITE_PERM: "may not be opened; change its rights or name another file",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; see that the folder can be written and that no "
    "folder has this name, or name another file",
    sqlite3.SQLITE_FULL: "the disk is full, nothing was stored; free space, then try again",
    sqlite3.SQLITE_IOERR: "cannot be read or written; see that the disk is sound and not full",
    sqlite3.SQLITE_CORRUPT: "damaged; restore it from a copy",
    sqlite3.SQLITE_NOTADB: "not a store of annotations; name another file",
}
"""What SQLite's primary result codes (https://sqlite.org/rescode.html) mean for a store."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the system as errors that a user understands.

    Raises:
        StoreBusyError, StoreError: in place of them.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened: {error.strerror}; name another file") from None
    except DatabaseError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code not in _REASONS:
            raise
        kind = StoreBusyError if code == sqlite3.SQLITE_BUSY else StoreError
        raise kind(f"{path}: {_REASONS[code]}") from error
