"""Write a network as an ONNX graph, and quantise one to eight bits."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from tokenizers import Encoding
from torch import Tensor, nn

from pipeline.encoder import Encoder
from pipeline.onnx_encoder import OUTPUTS
from pipeline.onnx_sessions import token_arrays

Variant = Literal["dynamic", "static"]

# The embeddings stay: they are looked up, not multiplied, and lose most by rounding.
_QUANTIZED = ["MatMul", "Gemm"]
_OPTIONS = {"MatMulConstBOnly": True}


class PositionalNetwork(nn.Module):
    """A network whose inputs have an order, as a graph needs, and whose outputs are a tuple."""

    def __init__(self, network: nn.Module, inputs: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.inputs = inputs

    def forward(self, *tokens: Tensor) -> tuple[Tensor, ...]:
        """The network's outputs, in the order of `OUTPUTS`."""
        outputs = self.network(**dict(zip(self.inputs, tokens, strict=True)))
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)


def write_graph(encoder: Encoder, path: Path) -> None:
    """Write the encoder's network in float32, with every output of its forward.

    The weights go into a file of their own, which onnxruntime maps into memory.

    Attention is written out ("eager"): onnxruntime computes its plain form as fast as its fused
    one, and the form made for torch needs a third more operations.
    """
    encoder.network.encoder.set_attn_implementation("eager")
    example = encoder.tokenizer(
        ["We welcome the offer.", "They must withdraw from it at once."],
        padding=True,
        return_tensors="pt",
    )
    network = PositionalNetwork(encoder.network.cpu().eval(), list(example)).eval()
    tokens = tuple(example.values())
    first = {0: torch.export.Dim("sentences", min=1), 1: torch.export.Dim("tokens", min=2)}
    others = dict.fromkeys((0, 1), torch.export.Dim.AUTO)
    with torch.inference_mode():
        n_outputs = len(network(*tokens))
    with _quiet():
        program = torch.onnx.export(
            network,
            tokens,
            dynamo=True,
            verbose=False,
            input_names=network.inputs,
            output_names=OUTPUTS[:n_outputs],
            dynamic_shapes=((first, *[others] * (len(tokens) - 1)),),
        )
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # stack traces with the paths of this machine
    program.save(path, external_data=True)


def write_openvino(exact: Path, path: Path) -> None:
    """Write a graph and, beside it, its weights in half precision as OpenVINO maps them."""
    import openvino

    openvino.save_model(openvino.Core().read_model(exact), path, compress_to_fp16=True)


def write_quantized(
    variant: Variant, exact: Path, path: Path, calibration: Sequence[Encoding]
) -> None:
    """Write a graph with int8 weights per output channel.

    Activations are scaled as they come ("dynamic") or as the calibration sentences say ("static").
    """
    with _quiet():
        if variant == "dynamic":
            quantize_dynamic(
                exact,
                path,
                op_types_to_quantize=_QUANTIZED,
                per_channel=True,
                weight_type=QuantType.QInt8,
                extra_options=_OPTIONS,
            )
        else:
            quantize_static(
                exact,
                path,
                _Calibration(exact, calibration),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=_QUANTIZED,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                extra_options=_OPTIONS,
            )


class _Calibration(CalibrationDataReader):
    """The sentences one by one, as the inputs that the graph has."""

    def __init__(self, graph: Path, encodings: Sequence[Encoding]) -> None:
        ports = onnx.load(graph, load_external_data=False).graph.input
        self._inputs = [port.name for port in ports]
        self._encodings = iter(encodings)

    def get_next(self) -> dict[str, np.ndarray] | None:
        encoding = next(self._encodings, None)
        if encoding is None:
            return None
        tokens = token_arrays([encoding])
        return {name: tokens[name] for name in self._inputs}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporters' advice, which is for their developers."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(logging.NOTSET)
