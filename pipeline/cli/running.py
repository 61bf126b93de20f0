"""The commands that make models fast and score many documents."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.choices import (
    Issuer,
    KindOption,
    MinConfidence,
    Model,
    default_model,
    given_metadata,
    one_of,
)
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


@app.command(name="score-corpus")
def score_corpus(
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders or globs, also JSON lines and Parquet.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder of the shards.")],
    model: Model = None,
    engine: Annotated[str, typer.Option(help="local or ray")] = "local",
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster, such as ray://host:10001 or auto.")
    ] = None,
    output_format: Annotated[str, typer.Option("--format", help="parquet or jsonl")] = "parquet",
    min_confidence: MinConfidence = 0.0,
    kind: KindOption = None,
    issuer: Issuer = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after an interruption, if there was one.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first input that cannot be read.")
    ] = False,
) -> None:
    """Score inputs of any size into a folder of shards, in bounded memory."""
    from pipeline.bulk import Engine
    from pipeline.bulk.shards import BulkOptions, ShardFormat
    from pipeline.cli.bulk_progress import score_with_progress

    options = BulkOptions(
        out=out,
        output_format=one_of("--format", output_format, ShardFormat),
        metadata=given_metadata(kind, issuer),
        min_confidence=min_confidence,
        strict=strict,
    )
    score_with_progress(
        inputs,
        model or default_model(),
        options,
        resume=resume,
        engine=one_of("--engine", engine, Engine),
        address=address,
    )
