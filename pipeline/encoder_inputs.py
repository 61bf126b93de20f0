"""What an encoder is given to read, whether torch or onnxruntime runs it."""

from collections.abc import Sequence

from pipeline.records import SentenceInContext
from pipeline.train.encoder_settings import EncoderSettings

EncoderInput = str | tuple[str, str]
"""A sentence, or a sentence and its context."""


def encoder_inputs(
    examples: Sequence[SentenceInContext], settings: EncoderSettings
) -> list[EncoderInput]:
    """The sentences, each with its context where the settings ask for one."""
    texts = [example.text for example in examples]
    if not settings.previous_sentence and not settings.document_kind:
        return texts
    contexts = []
    for example in examples:
        parts = []
        if settings.document_kind and example.kind:
            parts.append(example.kind.replace("_", " ") + ":")
        if settings.previous_sentence:
            parts.append(example.previous)
        contexts.append(" ".join(parts))
    return list(zip(texts, contexts, strict=True))
