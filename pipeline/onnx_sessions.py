"""What runs an exported network: onnxruntime, or OpenVINO on processors that multiply bfloat16."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import local
from types import ModuleType
from typing import Protocol

import numpy as np
from tokenizers import Encoding

from pipeline.cores import available_cores
from pipeline.errors import ModelError

Outputs = tuple[np.ndarray, ...]
"""What a network says of one sentence: stance logits (4,), tag logits (n_tokens, n_tags)."""

TOKEN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")

SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""Sum and layer norm in one operation, which onnxruntime 1.32 computes six times slower."""

WIDTHS_IN_OPENVINO = 4
"""Batches are padded to a multiple of so many tokens: what is prepared for one shape serves the
next of the same, and lengths as they come make three times as many shapes for 5 % less padding."""

N_KEPT_IN_OPENVINO = 16
"""Prepared operations that are kept in each of OpenVINO's two caches, its own and oneDNN's. With
their own limits memory grows with every batch of another shape."""


class Session(Protocol):
    """One model; a run takes one thread, so that batches run side by side."""

    def run(self, encodings: Sequence[Encoding]) -> list[Outputs]:
        """The outputs for each sentence, without those of the padding."""
        ...


class OnnxruntimeSession:
    """A model in the precision in which it is written."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=SLOW_FUSIONS,
            )
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise unusable(path, error) from error
        self._inputs = [node.name for node in self._session.get_inputs()]

    def run(self, encodings: Sequence[Encoding]) -> list[Outputs]:
        """See `Session`."""
        tokens = token_arrays(encodings)
        outputs = self._session.run(None, {name: tokens[name] for name in self._inputs})
        return by_sentence(outputs, encodings)


class OpenvinoSession:
    """A model of half precision, written for OpenVINO, computed in bfloat16."""

    def __init__(self, path: Path) -> None:
        cores = available_cores()
        options = {
            "INFERENCE_PRECISION_HINT": "bf16",
            "INFERENCE_NUM_THREADS": cores,
            "NUM_STREAMS": str(cores),
            # Each process would pin its threads to the first cores, on top of those of others.
            "ENABLE_CPU_PINNING": False,
            "CPU_RUNTIME_CACHE_CAPACITY": str(N_KEPT_IN_OPENVINO),
        }
        try:
            self._model = _openvino().Core().compile_model(str(path), "CPU", options)
        except RuntimeError as error:
            raise unusable(path, error) from error
        self._inputs = [port.any_name for port in self._model.inputs]
        self._of_thread = local()

    def run(self, encodings: Sequence[Encoding]) -> list[Outputs]:
        """See `Session`."""
        if not hasattr(self._of_thread, "request"):
            self._of_thread.request = self._model.create_infer_request()
        tokens = token_arrays(encodings, WIDTHS_IN_OPENVINO)
        found = self._of_thread.request.infer({name: tokens[name] for name in self._inputs})
        return by_sentence([np.array(output) for output in found.values()], encodings)


def _openvino() -> ModuleType:
    """OpenVINO, with the limit that oneDNN reads from the environment at its first use.

    It stays there, for torch too where that multiplies afterwards.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(N_KEPT_IN_OPENVINO))
    import openvino

    return openvino


def has_bfloat16() -> bool:
    """Whether OpenVINO is installed and this processor multiplies bfloat16."""
    if find_spec("openvino") is None:
        return False
    return "BF16" in _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def token_arrays(encodings: Sequence[Encoding], multiple: int = 1) -> dict[str, np.ndarray]:
    """Sentences as arrays of shape (n_sentences, n_tokens), padded to the longest.

    The number of tokens is rounded up to a multiple. Padding is zero, which the attention mask
    hides.
    """
    longest = max(len(encoding) for encoding in encodings)
    width = -(-longest // multiple) * multiple
    tokens = {name: np.zeros((len(encodings), width), np.int64) for name in TOKEN_INPUTS}
    for row, encoding in enumerate(encodings):
        tokens["input_ids"][row, : len(encoding)] = encoding.ids
        tokens["attention_mask"][row, : len(encoding)] = encoding.attention_mask
        tokens["token_type_ids"][row, : len(encoding)] = encoding.type_ids
    return tokens


def by_sentence(outputs: Sequence[np.ndarray], encodings: Sequence[Encoding]) -> list[Outputs]:
    """The outputs of a batch by sentence; of those by token, without the padding."""
    return [
        tuple(out[row] if out.ndim == 2 else out[row, : len(encoding)] for out in outputs)
        for row, encoding in enumerate(encodings)
    ]


def unusable(path: Path, error: Exception) -> ModelError:
    """What is told of a file that is no model."""
    return ModelError(f"{path}: not a usable exported network ({error}); run `readout export`")
