"""The commands that make models fast and score many documents."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import errors, warn
from pipeline.cli.places import CONFIGS, EXPORTED, REPORTS, SPLITS

app = typer.Typer()


@app.command()
def export(
    model: Annotated[Path, typer.Argument(help="Folder of a trained encoder.")] = Path(
        "models/encoder"
    ),
    out: Annotated[Path, typer.Argument(help="Folder of the exported model.")] = EXPORTED,
    splits: Annotated[Path, typer.Option()] = SPLITS,
    report: Annotated[Path, typer.Option(help="Folder for the figures.")] = REPORTS / "export",
    configs: Annotated[Path, typer.Option(help="Folder of the settings files.")] = CONFIGS,
) -> None:
    """Export the encoder to ONNX, which `predict` then takes: faster, and torch is not needed."""
    from pipeline.export import ExportSettings, run_export
    from pipeline.settings import load_settings

    settings = load_settings(configs / "export.yaml", ExportSettings)
    record = run_export(model, splits, out, report, settings)
    if record.kept == "float32" and settings.variants:
        warn(f"kept float32: {record.reason}")
    errors.print(f"{record.kept} -> {out} ({record.reason})", highlight=False)
