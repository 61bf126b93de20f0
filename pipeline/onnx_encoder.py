"""The exported encoder: neither torch nor transformers is needed.

Exact (float32) batches are sorted by length and padded to their longest sentence. The fast (int8)
model reads one sentence at a time, since its activations are scaled by the largest value of a
batch: a sentence's probabilities must not depend on its neighbours. Where its two likeliest
stances are closer than the export's `margin`, the exact model reads the sentence again.

Where OpenVINO is installed and the processor multiplies bfloat16, the exact model in bfloat16 is
faster than both, and nearly exact. It has a file of its own, half as large, which OpenVINO maps
into memory instead of reading it.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
from tokenizers import Encoding, Tokenizer

from pipeline.attribution.spans import Offsets, SentenceSpans, decode
from pipeline.classifier import ModelCard, Probabilities, softmax
from pipeline.cores import available_cores
from pipeline.encoder_inputs import encoder_inputs
from pipeline.errors import ModelError
from pipeline.export_record import read_export_record
from pipeline.onnx_sessions import (
    OnnxruntimeSession,
    OpenvinoSession,
    Outputs,
    Session,
    has_bfloat16,
)
from pipeline.records import STANCES, SentenceInContext
from pipeline.train.encoder_settings import EncoderSettings

EXACT = "model.onnx"
FAST = "model-int8.onnx"
IN_OPENVINO = "model.xml"
"""For bfloat16; its weights lie beside it, in model.bin."""
TOKENIZER = "tokenizer.json"
OUTPUTS = ("stance", "tags")
"""Names of the network's outputs, in the order of its forward."""

TOKENS_PER_BATCH = 512
"""Padding included; what a layer computes then stays in a core's cache."""

Precision = Literal["int8", "float32", "bfloat16"]


@dataclass(frozen=True)
class SentenceOutputs:
    """What the network says of one sentence.

    `values` follows `OUTPUTS`: stance logits (4,), tag logits (n_tokens, n_tags).
    """

    encoding: Encoding
    values: Outputs


class OnnxEncoder:
    """An exported encoder; see `pipeline.classifier.Classifier`."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        settings: EncoderSettings,
        temperature: float,
        open_exact: Callable[[], Session],
        fast: Session | None = None,
        margin: float = 0.0,
    ) -> None:
        self.settings = settings
        self.temperature = temperature
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings.max_tokens, strategy="longest_first")
        self._open_exact = open_exact
        self._exact = None if fast else open_exact()
        self._lock = Lock()
        self._fast = fast
        self._margin = margin
        self._threads = ThreadPoolExecutor(available_cores())

    def read(self, examples: Sequence[SentenceInContext]) -> list[SentenceOutputs]:
        """The network's outputs for each example; equal ones are computed once."""
        inputs = encoder_inputs(examples, self.settings)
        places = {key: place for place, key in enumerate(dict.fromkeys(inputs))}
        encodings = self._tokenizer.encode_batch(list(places))
        if self._fast is None:
            values = self._read_exactly(encodings)
        else:
            values = [
                row
                for rows in self._threads.map(self._fast.run, ([e] for e in encodings))
                for row in rows
            ]
            doubtful = [i for i, row in enumerate(values) if _lead(row[0]) < self._margin]
            again = self._read_exactly([encodings[i] for i in doubtful])
            for index, row in zip(doubtful, again, strict=True):
                values[index] = row
        read = [SentenceOutputs(*pair) for pair in zip(encodings, values, strict=True)]
        return [read[places[key]] for key in inputs]

    def logits(self, examples: Sequence[SentenceInContext]) -> np.ndarray:
        """Float32 stance logits of shape (n_examples, 4), in the order given."""
        rows = [outputs.values[0] for outputs in self.read(examples)]
        return np.stack(rows) if rows else np.empty((0, len(STANCES)), np.float32)

    def predict_proba(self, examples: Sequence[SentenceInContext]) -> Probabilities:
        """Probabilities of shape (n_examples, 4) in the order of `Stance`."""
        return softmax(self.logits(examples), self.temperature) if examples else self.logits([])

    def predict_with_spans(
        self, examples: Sequence[SentenceInContext]
    ) -> tuple[Probabilities, list[SentenceSpans] | None]:
        """Probabilities and spans, see `pipeline.classifier.SpanClassifier`."""
        if not examples or not self.settings.span_weight:
            return self.predict_proba(examples), None
        read = self.read(examples)
        spans = [
            decode(example.text, outputs.values[1], sentence_offsets(outputs.encoding))
            for example, outputs in zip(examples, read, strict=True)
        ]
        return softmax(np.stack([outputs.values[0] for outputs in read]), self.temperature), spans

    def _read_exactly(self, encodings: Sequence[Encoding]) -> list[Outputs]:
        if not encodings:
            return []
        with self._lock:
            if self._exact is None:
                self._exact = self._open_exact()
        batches = list(length_batches([len(encoding) for encoding in encodings]))
        values: list[Outputs] = [()] * len(encodings)
        results = self._threads.map(self._exact.run, ([encodings[i] for i in b] for b in batches))
        for batch, rows in zip(batches, results, strict=True):
            for index, row in zip(batch, rows, strict=True):
                values[index] = row
        return values

    @classmethod
    def load(cls, folder: Path, card: ModelCard) -> "OnnxEncoder":
        """Read what `pipeline.export` wrote, for the fastest way that passed its gate.

        Raises:
            ModelError: the files do not fit together.
        """
        record = read_export_record(folder)
        if record.bfloat16 and has_bfloat16():
            return cls.open(folder, card, "bfloat16")
        return cls.open(folder, card, record.kept, record.margin)

    @classmethod
    def open(
        cls, folder: Path, card: ModelCard, precision: Precision, margin: float = 0.0
    ) -> "OnnxEncoder":
        """Read what `pipeline.export` wrote, for one way to compute it.

        Raises:
            ModelError: the files do not fit together.
        """
        try:
            settings = EncoderSettings.model_validate(card.settings)
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # tokenizers raises bare exceptions
            raise ModelError(
                f"{folder}: not a usable export ({error}); run `readout export`"
            ) from error
        if precision == "bfloat16":
            exact = partial(OpenvinoSession, folder / IN_OPENVINO)
        else:
            exact = partial(OnnxruntimeSession, folder / EXACT)
        fast = OnnxruntimeSession(folder / FAST) if precision == "int8" else None
        return cls(tokenizer, settings, card.temperature, exact, fast, margin)


def length_batches(lengths: Sequence[int]) -> Iterable[list[int]]:
    """Indices in batches of similar length, each of at most `TOKENS_PER_BATCH` with padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def sentence_offsets(encoding: Encoding) -> Offsets:
    """The places of the tokens: characters of the sentence, None outside of it."""
    return [
        chars if part == 0 else None
        for chars, part in zip(encoding.offsets, encoding.sequence_ids, strict=True)
    ]


def _lead(logits: np.ndarray) -> float:
    """How far the largest logit is from the next."""
    second, first = np.partition(logits, -2)[-2:]
    return float(first - second)
