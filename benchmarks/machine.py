"""What this machine can do at most: its matrix rates, and the operations of a sentence."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from pipeline.cores import available_cores
from pipeline.onnx_encoder import TOKENIZER
from pipeline.onnx_sessions import has_bfloat16

ROWS, INNER, COLUMNS = 448, 768, 3072
"""Sixteen sentences of 28 tokens through the widest layer of the default encoder."""

REPEATS = 5
CHAIN = 12
"""Products of floats that follow each other, as many as an encoder of six layers has wide ones."""
RATES = ("int8", "bfloat16", "float32")


def matrix_rate(precision: str) -> float | None:
    """Operations a second of a matrix product alone, one thread a core; None where it cannot.

    A multiplication with its addition counts as two operations. bfloat16 is OpenVINO's product,
    the others are onnxruntime's.
    """
    if precision == "bfloat16" and not has_bfloat16():
        return None
    make_product = _bfloat16_product if precision == "bfloat16" else _onnxruntime_product
    model, inputs = _product_graph(precision)
    cores = available_cores()
    product = make_product(model, inputs)
    n_products = 1 if precision == "int8" else CHAIN

    def multiply(_: int) -> None:
        run = product()
        for _ in range(REPEATS):
            run()

    rates = []
    with ThreadPoolExecutor(cores) as threads:
        for _ in range(5):
            start = time.perf_counter()
            list(threads.map(multiply, range(cores)))
            seconds = time.perf_counter() - start
            rates.append(2 * ROWS * INNER * COLUMNS * n_products * REPEATS * cores / seconds)
    return float(np.median(rates))


Product = Callable[[], Callable[[], object]]
"""Gives a thread what multiplies once."""


def _onnxruntime_product(model: bytes, inputs: dict[str, np.ndarray]) -> Product:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: lambda: session.run(None, inputs)


def _bfloat16_product(model: bytes, inputs: dict[str, np.ndarray]) -> Product:
    import openvino

    core = openvino.Core()
    cores = available_cores()
    options = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": cores,
        "NUM_STREAMS": str(cores),
    }
    compiled = core.compile_model(core.read_model(model), "CPU", options)

    def product() -> Callable[[], object]:
        request = compiled.create_infer_request()
        return lambda: request.infer(inputs)

    return product


def _product_graph(precision: str) -> tuple[bytes, dict[str, np.ndarray]]:
    """A graph of products with constant weights, and what it multiplies.

    Products of floats follow each other there and back, as in an encoder, so that what is between
    them keeps its type; integers multiply into another type, and once.
    """
    random = np.random.default_rng(0)
    if precision == "int8":
        weights = [random.integers(-100, 100, (INNER, COLUMNS)).astype(np.int8)]
        entering = random.integers(0, 200, (ROWS, INNER)).astype(np.uint8)
        operator, leaving = "MatMulInteger", TensorProto.INT32
    else:
        shapes = [(INNER, COLUMNS), (COLUMNS, INNER)] * (CHAIN // 2)
        weights = [(random.standard_normal(s) / s[0] ** 0.5).astype(np.float32) for s in shapes]
        entering = random.standard_normal((ROWS, INNER)).astype(np.float32)
        operator, leaving = "MatMul", TensorProto.FLOAT
    names = [*(f"x{number}" for number in range(len(weights))), "y"]
    graph = helper.make_graph(
        [
            helper.make_node(operator, [names[number], f"w{number}"], [names[number + 1]])
            for number in range(len(weights))
        ],
        "products",
        [
            helper.make_tensor_value_info(
                "x0", helper.np_dtype_to_tensor_dtype(entering.dtype), entering.shape
            )
        ],
        [helper.make_tensor_value_info("y", leaving, [ROWS, weights[-1].shape[1]])],
        [numpy_helper.from_array(value, f"w{number}") for number, value in enumerate(weights)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return model.SerializeToString(), {"x0": entering}


def mean_tokens(folder: Path, texts: Sequence[str]) -> float:
    """Tokens of a text on average, by the tokenizer of the model in a folder."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    return float(np.mean([len(encoding) for encoding in tokenizer.encode_batch(list(texts))]))


def sentence_operations(config: Path, mean_tokens: float) -> float:
    """Operations of the matrix products of one sentence, attention included."""
    values = json.loads(config.read_text(encoding="utf-8"))
    hidden, inner = values["hidden_size"], values["intermediate_size"]
    per_token = 4 * hidden * hidden + 2 * hidden * inner + 2 * mean_tokens * hidden
    return 2.0 * values["num_hidden_layers"] * per_token * mean_tokens


def processor() -> str:
    """The name of the processor and which of the wide instructions it has."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    known = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    values = {name.strip(): value.strip() for name, value in known.items()}
    flags = set(values.get("flags", "").split())
    wide = [
        name
        for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
        if name in flags
    ]
    return f"{values.get('model name', 'unknown')} ({', '.join(wide) or 'none'})"


def onnx_version() -> str:
    """The versions that the rates depend on."""
    versions = f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}"
    if find_spec("openvino"):
        versions += f", OpenVINO {version('openvino')}"
    return versions
