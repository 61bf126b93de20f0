"""MLflow: live figures of a training run, and the record of a trained model."""

from pipeline.tracking.connection import RegisterSettings
from pipeline.tracking.registry import model_folder, track
from pipeline.tracking.runs import MANIFEST_TAG, live_progress

__all__ = ["MANIFEST_TAG", "RegisterSettings", "live_progress", "model_folder", "track"]
