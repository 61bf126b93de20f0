"""What an exported model says of itself, and whether it belongs to a trained one."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from pipeline.errors import ModelError
from pipeline.records import Record, Sha256
from pipeline.storage import MANIFEST, explain_validation, file_sha256

EXPORT = "export.json"


class ExportRecord(Record):
    """What an export says of itself (export.json)."""

    source: Sha256
    """SHA-256 of the manifest of the model folder that was exported."""
    kept: Literal["int8", "float32"]
    margin: float = Field(ge=0)
    """Sentences whose two largest stance logits are closer are read again in float32."""
    bfloat16: bool
    """Whether the file for OpenVINO passed the gate, and is there."""
    reason: str
    """Why this precision was kept."""


def read_export_record(folder: Path) -> ExportRecord:
    """What an export says of itself.

    Raises:
        ModelError: it is missing or malformed.
    """
    try:
        return ExportRecord.model_validate_json((folder / EXPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = explain_validation(error) if isinstance(error, ValidationError) else error
        raise ModelError(f"{folder / EXPORT}: {reason}; run `readout export`") from error


def check_source(exported: Path, model: Path) -> None:
    """Check that an export was made from the model that lies in a folder now.

    Raises:
        ModelError: it was made from another one, or says nothing of it.
    """
    manifest = model / MANIFEST
    source = read_export_record(exported).source
    if not manifest.is_file() or file_sha256(manifest) != source:
        raise ModelError(
            f"{exported}: exported from another model than the one in {model}; run "
            f"`readout export {model} {exported}`, or choose one of them with --model"
        )
