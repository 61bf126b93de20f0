"""What this machine can do at most: its matrix rates, and the operations of a sentence."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from pipeline.cores import available_cores

ROWS, INNER, COLUMNS = 448, 384, 1536
"""Sixteen sentences of 28 tokens through the widest layer of the embedded encoder."""

REPEATS = 200


def matrix_rate(precision: str) -> float:
    """Operations a second of onnxruntime's matrix product alone, one thread a core.

    A multiplication with its addition counts as two operations.
    """
    dtype, kind, operator, result = {
        "int8": (np.int8, TensorProto.INT8, "MatMulInteger", TensorProto.INT32),
        "float32": (np.float32, TensorProto.FLOAT, "MatMul", TensorProto.FLOAT),
    }[precision]
    left = np.uint8 if precision == "int8" else np.float32
    left_kind = TensorProto.UINT8 if precision == "int8" else TensorProto.FLOAT
    random = np.random.default_rng(0)
    weights = random.integers(-100, 100, (INNER, COLUMNS)).astype(dtype)
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", left_kind, [ROWS, INNER])],
        [helper.make_tensor_value_info("y", result, [ROWS, COLUMNS])],
        [helper.make_tensor("w", kind, weights.shape, weights.tobytes(), raw=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    inputs = {"x": random.integers(0, 200, (ROWS, INNER)).astype(left)}

    def multiply(_: int) -> None:
        for _ in range(REPEATS):
            session.run(None, inputs)

    cores = available_cores()
    rates = []
    with ThreadPoolExecutor(cores) as threads:
        for _ in range(5):
            start = time.perf_counter()
            list(threads.map(multiply, range(cores)))
            seconds = time.perf_counter() - start
            rates.append(2 * ROWS * INNER * COLUMNS * REPEATS * cores / seconds)
    return float(np.median(rates))


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
    wide = [name for name in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if name in flags]
    return f"{values.get('model name', 'unknown')} ({', '.join(wide) or 'none'})"


def onnx_version() -> str:
    """The versions that the rates depend on."""
    return f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}"
