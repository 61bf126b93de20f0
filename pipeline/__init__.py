"""Readout: read diplomatic language sentence by sentence.

`from pipeline import load; load("models/encoder").predict(text)`
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.predict import load

__all__ = ["load"]


def __getattr__(name: str) -> object:
    """Import the predictor when it is asked for, so that importing the package stays quick."""
    if name == "load":
        from pipeline.predict import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
