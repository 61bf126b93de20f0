"""One contestant of benchmarks/speed.py, in a process of its own, so that its memory is its own.

    python benchmarks/contestants.py NAME TEXTS.json

Loads what the name stands for; then each line on standard input has it read all texts, and it
answers with a line of JSON: seconds, stances (column indices, or null) and peak memory.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.classifier import load_classifier, read_card
from pipeline.errors import PipelineError
from pipeline.records import STANCES, Example, SentenceInContext

MODELS = Path("models")
SETFIT_EXAMPLES = 400
NLI_MODEL = "READOUT_NLI"
"""Environment variable with the folder of a natural-language-inference model."""

TORCH = "Readout, torch"
CASCADE_SURE = 0.8
"""Probability from which the cascade takes the TF-IDF model's answer (benchmarks/cascade.py)."""

Read = Callable[[Sequence[str]], np.ndarray | None]
"""Column indices of the stances, shape (n_texts,); None where the labels mean nothing."""


def ours(name: str) -> Read:
    """A trained model of this project."""
    classifier = load_classifier(MODELS / name)
    return lambda texts: classifier.predict_proba(_sentences(texts)).argmax(axis=1)


def exported(precision: str, name: str = "encoder-onnx") -> Read:
    """An exported encoder, computed in one precision."""
    from pipeline.export_record import read_export_record
    from pipeline.onnx_encoder import FAST, IN_OPENVINO, OnnxEncoder
    from pipeline.onnx_sessions import has_bfloat16

    folder = MODELS / name
    if precision == "bfloat16" and not has_bfloat16():
        raise ImportError("needs OpenVINO and a processor that multiplies bfloat16")
    if precision == "bfloat16" and not (folder / IN_OPENVINO).is_file():
        raise ImportError("the export has no file for it")
    if precision == "int8" and not (folder / FAST).is_file():
        raise ImportError("the export's gate did not let it pass")
    margin = read_export_record(folder).margin
    encoder = OnnxEncoder.open(folder, read_card(folder), precision, margin)
    return lambda texts: encoder.predict_proba(_sentences(texts)).argmax(axis=1)


def cascade() -> Read:
    """The TF-IDF model where it is sure, else the exported encoder."""
    small = load_classifier(MODELS / "baseline")
    large = load_classifier(MODELS / "encoder-onnx")

    def read(texts: Sequence[str]) -> np.ndarray:
        sentences = _sentences(texts)
        probabilities = small.predict_proba(sentences)
        unsure = np.flatnonzero(probabilities.max(axis=1) < CASCADE_SURE)
        probabilities[unsure] = large.predict_proba([sentences[i] for i in unsure])
        return probabilities.argmax(axis=1)

    return read


def plain_pipeline() -> Read:
    """The transformers pipeline at its defaults, with the same encoder.

    Its head is untrained: this is about time alone.
    """
    import transformers
    from pretrained import sequence_classifier

    model, tokenizer = sequence_classifier()
    classify = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)

    def read(texts: Sequence[str]) -> None:
        classify(list(texts))

    return read


def setfit() -> Read:
    """SetFit's predict; its head learns from a few sentences, its body stays as it was."""
    from pretrained import sentence_encoder
    from setfit import SetFitModel
    from sklearn.linear_model import LogisticRegression

    from pipeline.storage import read_records

    body = sentence_encoder()
    model = SetFitModel(model_body=body, model_head=LogisticRegression(max_iter=2000))
    train = read_records(Path("data/splits/train.jsonl"), Example)
    train = train[:: len(train) // SETFIT_EXAMPLES]
    labels = [STANCES.index(example.stance) for example in train]
    model.model_head.fit(body.encode([example.text for example in train]), labels)
    return lambda texts: np.asarray(model.predict(list(texts)))


def zero_shot() -> Read:
    """A zero-shot pipeline of transformers with the NLI model that the environment names."""
    import transformers

    classify = transformers.pipeline("zero-shot-classification", model=os.environ[NLI_MODEL])

    def read(texts: Sequence[str]) -> np.ndarray:
        answers = classify(list(texts), candidate_labels=list(STANCES))
        return np.array([STANCES.index(answer["labels"][0]) for answer in answers])

    return read


CONTESTANTS: dict[str, Callable[[], Read]] = {
    "Readout, int8": lambda: exported("int8"),
    "Readout, bfloat16 (OpenVINO)": lambda: exported("bfloat16"),
    "Readout, float32": lambda: exported("float32"),
    TORCH: lambda: ours("encoder"),
    "Readout, cascade with TF-IDF": cascade,
    "TF-IDF (scikit-learn)": lambda: ours("baseline"),
    "transformers pipeline": plain_pipeline,
    "SetFit": setfit,
    "zero-shot NLI": zero_shot,
}


def contestants() -> dict[str, Callable[[], Read]]:
    """All of them, and the exports of the smaller and the larger encoder where they are there."""
    others = [name for name in ("small", "large") if (MODELS / f"{name}-onnx").is_dir()]
    return CONTESTANTS | {
        f"Readout, {name}, {precision}": partial(exported, precision, f"{name}-onnx")
        for name in others
        for precision in ("bfloat16", "float32")
    }


def peak_mb() -> float:
    """Peak memory of this process; that of getrusage begins with its parent's."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _sentences(texts: Sequence[str]) -> list[SentenceInContext]:
    return [SentenceInContext(text=text) for text in texts]


def main(name: str, path: Path) -> None:
    """Load, say so, and read the texts once for each line that comes in."""
    texts = json.loads(path.read_text(encoding="utf-8"))
    answers, sys.stdout = sys.stdout, sys.stderr
    try:
        read = contestants()[name]()
    except (ImportError, OSError, PipelineError) as error:
        print(json.dumps({"missing": str(error)}), file=answers, flush=True)
        return
    read(texts[:16])
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        stances = read(texts)
        seconds = time.perf_counter() - start
        answer = {
            "seconds": seconds,
            "stances": None if stances is None else stances.tolist(),
            "peak_mb": peak_mb(),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
