"""The command that answers on the network."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.choices import Model, default_model
from pipeline.cli.console import errors
from pipeline.cli.places import CONFIGS

app = typer.Typer()


@app.command()
def serve(
    model: Model = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    configs: Annotated[Path, typer.Option(help="Folder of the settings files.")] = CONFIGS,
) -> None:
    """Answer on this machine: a page to read texts with, and a JSON API."""
    import uvicorn

    from pipeline.desk.engine import Engine
    from pipeline.desk.service import create_app
    from pipeline.desk.settings import DeskSettings
    from pipeline.settings import load_settings

    settings = load_settings(configs / "desk.yaml", DeskSettings)
    engine = Engine.open(model or default_model(), settings)
    errors.print(f"http://{host}:{port}", highlight=False)
    uvicorn.run(create_app(engine, settings), host=host, port=port, log_level="warning")
