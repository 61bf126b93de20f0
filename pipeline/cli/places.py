"""Where the pipeline keeps its files, relative to the project's folder."""

from pathlib import Path

CONFIGS = Path("configs")
REPORTS = Path("reports")
SPLITS = Path("data/splits")
PREPARED = Path("data/prepared/documents.jsonl")
GOLD = Path("data/gold")
LABEL_MODEL = Path("data/labeled/label_model.json")
DEFAULT_MODELS = (Path("models/encoder"), Path("models/baseline"))
EXPORTED = Path("models/encoder-onnx")
ANNOTATIONS = Path("data/annotations.sqlite")
"""The store that `readout annotate` and `readout serve` write to; git ignores it."""
