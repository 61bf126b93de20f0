"""Sentences as vectors whose cosine says how far they mean the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoTokenizer

from pipeline.compare.alignment import Vectors
from pipeline.embedded import WEIGHTS, embedded_folder

ENCODER = "all-MiniLM-L6-v2"
MAX_TOKENS = 256
"""What the encoder was trained to read (its model card)."""
BATCH_SIZE = 64


class MeaningEncoder:
    """The embedded sentence encoder with its pretrained weights.

    Token states are averaged, then scaled to unit length, as the encoder was trained (Reimers and
    Gurevych 2019, Sentence-BERT).
    """

    def __init__(self) -> None:
        folder = embedded_folder(ENCODER)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        weights = load_file(folder / WEIGHTS)
        # Older versions of transformers saved the positions, which are 0, 1, 2 …, as weights.
        weights.pop("embeddings.position_ids", None)
        self._network = AutoModel.from_config(AutoConfig.from_pretrained(folder)).eval()
        self._network.load_state_dict(weights)

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
        with _without_onednn():
            states = self._network(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(pooled, dim=1).numpy()


@contextmanager
def _without_onednn() -> Iterator[None]:
    """Keep torch from oneDNN, which holds memory for every shape of batch that it has seen."""
    enabled, *_ = torch.backends.mkldnn.set_flags(False)
    try:
        yield
    finally:
        torch.backends.mkldnn.set_flags(enabled)
