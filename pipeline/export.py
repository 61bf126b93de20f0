"""Export a trained encoder to ONNX, in eight bits where that changes next to nothing."""

import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from pipeline import metrics, onnx_encoder
from pipeline.attribution.spans import Offsets, decode
from pipeline.classifier import CARD, ModelCard, read_card
from pipeline.encoder import SENTENCES_PER_CHUNK, Encoder, sentence_offsets, tokenize
from pipeline.errors import DataError, ModelError
from pipeline.export_record import EXPORT, ExportRecord
from pipeline.onnx_encoder import EXACT, FAST, IN_OPENVINO, TOKENIZER, OnnxEncoder
from pipeline.onnx_graph import (
    PositionalNetwork,
    Variant,
    write_graph,
    write_openvino,
    write_quantized,
)
from pipeline.onnx_sessions import Outputs, has_bfloat16
from pipeline.records import STANCES, Example, Record, Stance
from pipeline.settings import Settings
from pipeline.storage import (
    MANIFEST,
    atomic_folder,
    file_sha256,
    read_records,
    write_json,
    write_manifest,
    write_text,
)

FLOAT32, BFLOAT16 = "float32", "bfloat16"


class ExportSettings(Settings):
    """Export of an encoder."""

    seed: int
    variants: tuple[Variant, ...]
    calibration_sentences: Annotated[int, Field(ge=1)]
    margin: Annotated[float, Field(ge=0)]
    max_macro_f1_loss: Annotated[float, Field(ge=0)]
    min_equal_labels: Annotated[float, Field(ge=0, le=1)]
    min_equal_spans: Annotated[float, Field(ge=0, le=1)]


class VariantFigures(Record):
    """A variant beside the torch model, on the held-out events."""

    macro_f1: float
    macro_f1_of_torch: float
    equal_labels: float
    """Share of sentences with the stance that torch gives them."""
    equal_spans: float
    """Share of holders, targets or cues that are torch's, whichever has the least."""
    sentences_per_second: float


def run_export(
    model: Path, splits: Path, out: Path, report: Path, settings: ExportSettings
) -> ExportRecord:
    """Export the encoder in the folder `model` to the folder `out`, whole or not at all.

    The first int8 variant that passes the gate and is faster than float32 is kept, else float32
    alone. Figures go into `report`.

    Raises:
        DataError: a split is missing or empty.
        ModelError: the model is missing, altered or no encoder.
    """
    card = read_card(model)
    if card.kind != "encoder":
        raise ModelError(f"{model}: of kind {card.kind}; only an encoder can be exported")
    train, test = (_read_split(splits, name) for name in ("train", "test"))
    encoder = Encoder.load(model, card)
    with atomic_folder(out) as folder:
        if not (model / TOKENIZER).is_file():
            raise ModelError(f"{model}: has no {TOKENIZER}; take an encoder with a fast tokenizer")
        shutil.copy(model / TOKENIZER, folder / TOKENIZER)
        write_graph(encoder, folder / EXACT)
        figures, kept, reason = _choose(encoder, folder, card, train, test, settings)
        record = ExportRecord(
            source=file_sha256(model / MANIFEST),
            kept=FLOAT32 if kept is None else "int8",
            margin=settings.margin,
            bfloat16=(folder / IN_OPENVINO).is_file(),
            reason=reason,
        )
        exported = card.model_copy(update={"kind": "onnx"})
        write_text(folder / EXPORT, record.model_dump_json(indent=2) + "\n")
        write_text(folder / CARD, exported.model_dump_json(indent=2) + "\n")
        write_manifest(folder)
    summary = {name: values.model_dump() for name, values in figures.items()}
    write_json(report / "metrics.json", {"n": len(test), "kept": kept or FLOAT32, **summary})
    return record


def _choose(
    encoder: Encoder,
    folder: Path,
    card: ModelCard,
    train: Sequence[Example],
    test: Sequence[Example],
    settings: ExportSettings,
) -> tuple[dict[str, VariantFigures], Variant | None, str]:
    """Measure the variants; leave those that are kept in the folder, and say why int8 is or not."""
    gold = metrics.stance_indices([example.stance for example in test])
    expected = torch_outputs(encoder, test)
    exact = OnnxEncoder.open(folder, card, FLOAT32)
    figures = {FLOAT32: _measure(exact, gold, expected, test)}
    if has_bfloat16():
        write_openvino(folder / EXACT, folder / IN_OPENVINO)
        encoder_in_bfloat16 = OnnxEncoder.open(folder, card, BFLOAT16)
        figures[BFLOAT16] = _measure(encoder_in_bfloat16, gold, expected, test)
        if gate(figures[BFLOAT16], settings):
            for suffix in (".xml", ".bin"):
                (folder / IN_OPENVINO).with_suffix(suffix).unlink()
    chosen = random.Random(settings.seed).sample(
        train, min(len(train), settings.calibration_sentences)
    )
    calibration = [sentence.encoding for sentence in exact.read(chosen)]
    verdicts = []
    for variant in settings.variants:
        write_quantized(variant, folder / EXACT, folder / FAST, calibration)
        fast = OnnxEncoder.open(folder, card, "int8", settings.margin)
        figures[variant] = _measure(fast, gold, expected, test)
        reason = refusal(figures[variant], figures[FLOAT32], settings)
        if reason is None:
            return figures, variant, f"int8 ({variant}) passed the gate"
        verdicts.append(f"int8 ({variant}) {reason}")
        (folder / FAST).unlink()
    return figures, None, "; ".join(verdicts) or "no int8 variant was asked for"


def refusal(
    variant: VariantFigures, float32: VariantFigures, settings: ExportSettings
) -> str | None:
    """Why an int8 variant is not kept; None where it is."""
    if reason := gate(variant, settings):
        return reason
    if variant.sentences_per_second <= float32.sentences_per_second:
        return "is not faster than float32 on this machine"
    return None


def gate(variant: VariantFigures, settings: ExportSettings) -> str | None:
    """Why a variant answers too differently from torch; None where it passes."""
    loss = variant.macro_f1_of_torch - variant.macro_f1
    if loss > settings.max_macro_f1_loss:
        return f"loses {loss:.4f} of macro-F1, more than {settings.max_macro_f1_loss}"
    if variant.equal_labels < settings.min_equal_labels:
        return f"gives {variant.equal_labels:.2%} equal labels, not {settings.min_equal_labels:.0%}"
    if variant.equal_spans < settings.min_equal_spans:
        return f"gives {variant.equal_spans:.2%} equal spans, not {settings.min_equal_spans:.0%}"
    return None


def compare(
    examples: Sequence[Example],
    expected: Sequence[Outputs],
    found: Sequence[Outputs],
    offsets: Sequence[Offsets],
) -> tuple[float, float]:
    """Share of equal stances; and of equal holders, targets or cues, whichever has the least.

    These are what is read from the tags, to the character. They count in the sentences that take
    a stance by the expected outputs, since others are asked for none.
    """
    stances, spans = [], []
    for example, ours, theirs, places in zip(examples, expected, found, offsets, strict=True):
        stance = STANCES[int(ours[0].argmax())]
        stances.append(stance is STANCES[int(theirs[0].argmax())])
        if len(ours) > 1 and stance is not Stance.NEUTRAL:
            one, other = (decode(example.text, tags[1], places) for tags in (ours, theirs))
            holders = (one.source, one.holder) == (other.source, other.holder)
            spans.append((holders, one.target == other.target, one.cue == other.cue))
    return float(np.mean(stances)), float(np.mean(spans, axis=0).min()) if spans else 1.0


def torch_outputs(encoder: Encoder, examples: Sequence[Example]) -> list[Outputs]:
    """All outputs of the torch network in float32, with its own tokenizer."""
    found: list[Outputs] = [()] * len(examples)
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].text))
    for start in range(0, len(order), SENTENCES_PER_CHUNK):
        chunk = order[start : start + SENTENCES_PER_CHUNK]
        rows = tokenize(encoder.tokenizer, [examples[i] for i in chunk], encoder.settings)
        lengths = [len(offsets) for offsets in sentence_offsets(rows)]
        batch = encoder.tokenizer.pad(rows, return_tensors="pt")
        network = PositionalNetwork(encoder.network, list(batch))
        with torch.inference_mode():
            outputs = [output.numpy() for output in network(*batch.values())]
        for row, (index, length) in enumerate(zip(chunk, lengths, strict=True)):
            found[index] = tuple(o[row] if o.ndim == 2 else o[row, :length] for o in outputs)
    return found


def _measure(
    encoder: OnnxEncoder, gold: metrics.Indices, expected: list[Outputs], test: Sequence[Example]
) -> VariantFigures:
    encoder.read(test[:32])
    start = time.perf_counter()
    read = encoder.read(test)
    seconds = time.perf_counter() - start
    found = [sentence.values for sentence in read]
    offsets = [onnx_encoder.sentence_offsets(sentence.encoding) for sentence in read]

    def macro_f1(outputs: list[Outputs]) -> float:
        predicted = np.array([values[0].argmax() for values in outputs])
        return float(metrics.macro_f1(metrics.confusion_matrix(gold, predicted)))

    equal_labels, equal_spans = compare(test, expected, found, offsets)
    return VariantFigures(
        macro_f1=macro_f1(found),
        macro_f1_of_torch=macro_f1(expected),
        equal_labels=equal_labels,
        equal_spans=equal_spans,
        sentences_per_second=len(test) / seconds,
    )


def _read_split(splits: Path, name: str) -> list[Example]:
    examples = read_records(splits / f"{name}.jsonl", Example)
    if not examples:
        raise DataError(f"{splits / name}.jsonl: holds no example; add documents to seeds/")
    return examples
