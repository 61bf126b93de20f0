"""Sentences made harder, to calibrate for texts that are less like the training documents.

A temperature fitted on validation sentences alone makes a model too sure on other people's texts.
Fitted on the same sentences with growing perturbation, it holds better under such a shift (Tomani
et al. 2021). The perturbation here leaves words out.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.records import Example


def with_words_dropped(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """The examples with a share (0 to below 1) of each sentence's words left out, at least one
    word kept."""
    random = np.random.default_rng(seed)
    harder = []
    for example in examples:
        words = example.text.split()
        kept = [word for word in words if random.random() >= share] or words[:1]
        harder.append(example.model_copy(update={"text": " ".join(kept)}))
    return harder
