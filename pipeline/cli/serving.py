"""The command that answers on the network."""

import ipaddress
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.choices import Model, default_model
from pipeline.cli.console import errors
from pipeline.cli.places import ANNOTATIONS, CONFIGS
from pipeline.errors import DataError, PipelineError

if TYPE_CHECKING:
    from pipeline.annotations.store import AnnotationStore

app = typer.Typer()

TOKEN_VARIABLE = "READOUT_TOKEN"


@app.command()
def serve(
    model: Model = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on, 1 to 65535.")] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(help=f"File with the access token; else {TOKEN_VARIABLE} may hold it."),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Name under which browsers call the service.")
    ] = None,
    annotations: Annotated[Path, typer.Option(help="File that keeps corrections.")] = ANNOTATIONS,
    corrections: Annotated[
        bool, typer.Option("--corrections/--no-corrections", help="Let readers correct the model.")
    ] = True,
    log_texts: Annotated[
        bool, typer.Option("--log-texts", help="Also log the texts that are sent.")
    ] = False,
    configs: Annotated[Path, typer.Option(help="Folder of the settings files.")] = CONFIGS,
) -> None:
    """Answer on this machine: a page to read texts with, and a JSON API (docs/serve.md).

    Beyond this machine an access token is needed: any 16 characters or more that are hard to
    guess. Requests then state it as `Authorization: Bearer TOKEN`; the page asks for it.
    """
    if not 1 <= port <= 65535:
        raise DataError(f"--port {port} is not between 1 and 65535")
    token = _token(token_file)
    if token is None and not _is_this_machine(host):
        raise DataError(
            f"--host {host} lets other machines in, which needs an access token: set "
            f"{TOKEN_VARIABLE} or give --token-file"
        )
    try:
        from pipeline.desk.engine import Engine
        from pipeline.desk.server import bind
        from pipeline.desk.server import serve as serve_until_stopped
        from pipeline.desk.service import create_app
        from pipeline.desk.settings import DeskSettings
    except ModuleNotFoundError as error:
        raise PipelineError(
            f"`readout serve` needs {error.name}, which is not installed; "
            "run `pip install readout-stance[serve]`"
        ) from error
    from pipeline.settings import load_settings

    settings = load_settings(configs / "desk.yaml", DeskSettings)
    chosen = model or default_model()
    with bind(host, port) as listening:
        store = _store(annotations) if corrections else None
        engine = Engine.open(chosen, settings)
        _log(log_texts)
        application = create_app(engine, settings, store, token=token, hosts=allow_host or ())
        shown = f"[{host}]" if ":" in host else host
        serve_until_stopped(
            application,
            engine,
            listening,
            settings,
            ready=lambda: errors.print(
                f"{chosen} answers on http://{shown}:{port}", highlight=False, soft_wrap=True
            ),
        )


def _store(file: Path) -> "AnnotationStore":
    """Where corrections are kept.

    Raises:
        PipelineError: the file cannot be opened, or what opens it is not installed.
    """
    try:
        from pipeline.annotations.store import AnnotationStore
    except ModuleNotFoundError as error:
        raise PipelineError(
            f"keeping corrections needs {error.name}, which is not installed; "
            "run `pip install readout-stance[serve]`, or give --no-corrections"
        ) from error
    return AnnotationStore(file)


def _token(file: Path | None) -> str | None:
    """The access token, if there is one.

    Raises:
        DataError: the file cannot be read, or the token is too short to be safe.
    """
    from pipeline.desk.settings import MIN_TOKEN_CHARACTERS

    if file is not None:
        try:
            token, place = file.read_text(encoding="utf-8").strip(), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{file}: the access token cannot be read: {error}") from error
    else:
        token, place = os.environ.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE
        if not token:
            return None
    if len(token) < MIN_TOKEN_CHARACTERS:
        raise DataError(
            f"{place}: an access token of {len(token)} characters; give {MIN_TOKEN_CHARACTERS} or "
            "more, such as `openssl rand -hex 32` makes"
        )
    return token


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _log(texts: bool) -> None:
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("pipeline").setLevel(logging.INFO)
    if texts:
        logging.getLogger("pipeline.desk.texts").setLevel(logging.DEBUG)
