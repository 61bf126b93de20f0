"""Sentences as vectors whose cosine says how far they mean the same."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModel, AutoTokenizer

from pipeline.embedded import embedded_folder

ENCODER = "all-MiniLM-L6-v2"
MAX_TOKENS = 256
"""What the encoder was trained to read (its model card)."""
BATCH_SIZE = 64

Vectors = npt.NDArray[np.float32]


class SentenceEncoder(Protocol):
    """Anything that turns texts into vectors."""

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (n_texts, n_dimensions)."""
        ...


class MeaningEncoder:
    """The embedded sentence encoder with its pretrained weights.

    Token states are averaged, then scaled to unit length, as the encoder was trained (Reimers and
    Gurevych 2019, Sentence-BERT).
    """

    def __init__(self) -> None:
        folder = embedded_folder(ENCODER)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._network = AutoModel.from_pretrained(folder, use_safetensors=True).eval()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (n_texts, 384)."""
        vectors = np.empty((len(texts), self._network.config.hidden_size), dtype=np.float32)
        # Texts of like length in one batch need little padding.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        for start in range(0, len(order), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            vectors[chosen] = self._embed([texts[number] for number in chosen])
        return vectors

    @torch.inference_mode()
    def _embed(self, texts: list[str]) -> Vectors:
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        states = self._network(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(pooled, dim=1).numpy()
