"""Reach MLflow, quickly or not at all, and say plainly when it does not work.

The address is MLflow's own MLFLOW_TRACKING_URI or, without one, mlflow.db in the current folder.
"""

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from pipeline.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

REMEDY = "nothing else is lost; `readout track` logs it later from the reports"
TIMEOUT_SECONDS = 10
"""For reading a model, when no settings are at hand."""


class RegisterSettings(Settings):
    """Where runs and models are kept under which names."""

    experiment: Annotated[str, Field(min_length=1)]
    registered_model: Annotated[str, Field(pattern=r"^[\w .-]+$")]
    alias: Annotated[str, Field(pattern=r"^[\w-]+$")]
    timeout_seconds: Annotated[int, Field(ge=1)]


def tracking_address() -> str:
    """Where MLflow keeps runs: its own environment variable, or a database in this folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or default_address()


def default_address() -> str:
    return f"sqlite:///{Path.cwd() / 'mlflow.db'}"


def load_mlflow(timeout_seconds: int = TIMEOUT_SECONDS) -> Any:
    """MLflow, quiet, impatient and set to the tracking address; the user's variables win."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(timeout_seconds))
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    mlflow.set_tracking_uri(tracking_address())
    return mlflow


def connect(settings: RegisterSettings) -> "MlflowClient":
    """A client of the tracking address, once that has shown that it answers and can be written.

    MLflow alone would wait minutes for a dead server or a locked database.
    """
    check_database(settings.timeout_seconds)
    address = tracking_address()
    if address.startswith(("http://", "https://")):
        import requests

        requests.get(address, timeout=settings.timeout_seconds, stream=True).close()
    return load_mlflow(settings.timeout_seconds).MlflowClient()


def check_database(timeout_seconds: int) -> None:
    """Raise sqlite3.Error unless the SQLite database, if it is one, can be written now."""
    address = tracking_address()
    if address.startswith("sqlite:///"):
        database = address.removeprefix("sqlite:///").partition("?")[0]
        with closing(sqlite3.connect(database, timeout=timeout_seconds)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()


def is_tracking_trouble(error: Exception) -> bool:
    """Whether MLflow, its database or its server is to blame, and not this program."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, MlflowException | SQLAlchemyError | sqlite3.Error | OSError)


def explain(error: Exception) -> str:
    return f"MLflow at {shown_address()} does not work: {first_line(error)}; {REMEDY}"


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def shown_address() -> str:
    """The tracking address without a user name or password."""
    address = tracking_address()
    secret = urlsplit(address).netloc.rpartition("@")[0]
    return address.replace(f"{secret}@", "", 1) if secret else address


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep MLflow's remarks on its own inner type hints and data sources from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
