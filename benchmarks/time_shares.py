"""Where the time goes: reading documents with one thread, and inside of the network.

    python benchmarks/time_shares.py MODEL_FOLDER TEXTS.json

Prints JSON (`figures.TimeShares`). The parts are timed one after the other on the same sentences;
the network's time is divided as the runtime's own profile divides it.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from figures import TimeShares
from tokenizers import Tokenizer

from pipeline.classifier import read_card
from pipeline.encoder_inputs import encoder_inputs
from pipeline.export_record import read_export_record
from pipeline.onnx_encoder import EXACT, IN_OPENVINO, TOKENIZER, OnnxEncoder, length_batches
from pipeline.onnx_sessions import (
    SLOW_FUSIONS,
    OnnxruntimeSession,
    OpenvinoSession,
    has_bfloat16,
    token_arrays,
)
from pipeline.output import json_lines, sentence_rows
from pipeline.predict import Predictor
from pipeline.records import Document, SentenceInContext
from pipeline.sentences import split_sentences

REPEATS = 3
SENTENCES_PER_DOCUMENT = 20

PRODUCT, ATTENTION, ELEMENTWISE = "matrix products", "attention", "layer norm, GELU, sums"
MOVING = "moving and looking up"
_MOVES = ("Transpose", "Reshape", "Gather", "Concat", "Broadcast", "Expand", "Reorder", "Convert")


def kind_of(operation: str, name: str) -> str:
    """What a runtime's operation does, by its type and the name of its node in the graph.

    Products of two activations are attention's; the exporter names them in lower case. OpenVINO
    fuses them with the softmax between into one "Subgraph" under the last one's name, and GELU
    and sums into the product before.
    """
    if name.startswith("node_matmul") or "Softmax" in operation:
        return ATTENTION
    if operation in ("MatMul", "Gemm", "FusedGemm", "FusedMatMul", "FullyConnected"):
        return PRODUCT
    return MOVING if operation.startswith(_MOVES) else ELEMENTWISE


def time_shares(folder: Path, texts: list[str]) -> TimeShares:
    """The shares of one thread's time; they sum to 1."""
    card, record = read_card(folder), read_export_record(folder)
    precision = "bfloat16" if record.bfloat16 and has_bfloat16() else "float32"
    encoder = OnnxEncoder.open(folder, card, precision)
    sentences = [SentenceInContext(text=text) for text in texts]
    documents = [
        Document(id=str(start), text="\n\n".join(texts[start : start + SENTENCES_PER_DOCUMENT]))
        for start in range(0, len(texts), SENTENCES_PER_DOCUMENT)
    ]
    predictor = Predictor(encoder)
    read = predictor.read_documents(documents)
    # Documents are split anew, so that a headline of the texts may make one sentence more.
    n_sentences = sum(len(one.predictions) for one in read)
    inputs = encoder_inputs(sentences, encoder.settings)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    encodings = [sentence.encoding for sentence in encoder.read(sentences)]
    batches = [
        [encodings[i] for i in batch]
        for batch in length_batches([len(encoding) for encoding in encodings])
    ]
    run = network(folder, precision)
    whole = seconds(lambda: predictor.read_documents(documents))
    parts = {
        "splitting sentences": seconds(lambda: [split_sentences(d.text) for d in documents]),
        "tokenizer": seconds(lambda: tokenizer.encode_batch(list(inputs))),
        "network": seconds(lambda: [run(batch) for batch in batches]),
    }
    rows = seconds(lambda: json_lines(row for one in read for row in sentence_rows(one)))
    parts["attribution and records"] = max(0.0, whole - sum(parts.values()))
    parts["rows"] = rows
    total = sum(parts.values())
    shares = {name: value / total for name, value in parts.items() if name != "network"}
    inside = profile(folder, precision, batches)
    for kind, share in inside.items():
        shares[f"network: {kind}"] = share * parts["network"] / total
    return TimeShares(sentences_per_second=n_sentences / total, shares=shares)


def seconds(work: Callable[[], object]) -> float:
    """Processor time, since other work of the machine would count otherwise; least of some."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        if isinstance(result, Iterable):
            Counter(type(one) for one in result)  # what is lazy is done here
        times.append(time.process_time() - start)
    return min(times)


def network(folder: Path, precision: str) -> Callable[[list], object]:
    """Runs one batch of encodings."""
    if precision == "bfloat16":
        return OpenvinoSession(folder / IN_OPENVINO).run
    return OnnxruntimeSession(folder / EXACT).run


def profile(folder: Path, precision: str, batches: list) -> dict[str, float]:
    """Shares of the network's own time by kind of operation, as the runtime counts it."""
    times = (
        openvino_times(folder, batches) if precision == "bfloat16" else ort_times(folder, batches)
    )
    spent: Counter[str] = Counter()
    for operation, name, value in times:
        spent[kind_of(operation, name)] += value
    total = spent.total()
    return {kind: value / total for kind, value in spent.most_common()}


def openvino_times(folder: Path, batches: list) -> Iterable[tuple[str, str, float]]:
    """Types, names and times of the operations by OpenVINO's counters."""
    import openvino

    options = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": 1,
        "PERF_COUNT": True,
    }
    model = openvino.Core().compile_model(str(folder / IN_OPENVINO), "CPU", options)
    request = model.create_infer_request()
    names = [port.any_name for port in model.inputs]
    for batch in batches:
        tokens = token_arrays(batch)
        request.infer({name: tokens[name] for name in names})
        for node in request.profiling_info:
            yield node.node_type, node.node_name, node.real_time.total_seconds()


def ort_times(folder: Path, batches: list) -> Iterable[tuple[str, str, float]]:
    """Types, names and times of the operations by onnxruntime's profile."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as place:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(place) / "profile")
        session = onnxruntime.InferenceSession(
            str(folder / EXACT),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOW_FUSIONS,
        )
        names = [node.name for node in session.get_inputs()]
        for batch in batches:
            tokens = token_arrays(batch)
            session.run(None, {name: tokens[name] for name in names})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    for event in events:
        if event.get("cat") == "Node" and "op_name" in event.get("args", {}):
            yield event["args"]["op_name"], event["name"], float(event["dur"])


if __name__ == "__main__":
    found = time_shares(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text("utf-8")))
    print(found.model_dump_json())
