"""The words of a sentence that moved the encoder's decision."""

import re
from collections.abc import Sequence

import torch
from captum.attr import LayerIntegratedGradients

from pipeline.attribution.spans import Offsets
from pipeline.classifier import Classifier
from pipeline.encoder import Encoder, sentence_offsets, tokenize
from pipeline.errors import ModelError
from pipeline.records import SentenceInContext, WordWeight

N_STEPS = 32
"""Points on the way from the empty sentence; with 64 the weights hardly change."""
WORD = re.compile(r"\S+")


def explain(
    classifier: Classifier, examples: Sequence[SentenceInContext]
) -> list[tuple[WordWeight, ...]]:
    """For each sentence its words, each with its weight for the likeliest stance.

    Integrated gradients of that stance's logit along the way from a sentence of padding
    (Sundararajan, Taly and Yan 2017), summed over each word's tokens; the absolute weights sum to
    1. A positive weight speaks for the stance. The context stays as it is and gets no weight.

    Raises:
        ModelError: the model has no gradient to follow.
    """
    if not isinstance(classifier, Encoder):
        raise ModelError("--explain follows the gradients of an encoder; name one with --model")
    return [_explain(classifier, example) for example in examples]


def _explain(encoder: Encoder, example: SentenceInContext) -> tuple[WordWeight, ...]:
    network = encoder.network
    place = next(network.parameters()).device
    rows = tokenize(encoder.tokenizer, [example], encoder.settings)
    (offsets,) = sentence_offsets(rows)
    inside = [position for position, chars in enumerate(offsets) if chars is not None]
    tokens = {name: torch.tensor(values, device=place) for name, values in rows.items()}
    ids = tokens.pop("input_ids")
    empty = ids.clone()
    empty[0, inside] = encoder.tokenizer.pad_token_id

    def logits(token_ids: torch.Tensor) -> torch.Tensor:
        repeated = {name: value.expand(len(token_ids), -1) for name, value in tokens.items()}
        stances, _ = network(input_ids=token_ids, **repeated)
        return stances

    with torch.no_grad():
        likeliest = int(logits(ids).argmax())
    method = LayerIntegratedGradients(logits, network.encoder.get_input_embeddings())
    found = method.attribute(
        ids, empty, target=likeliest, n_steps=N_STEPS, internal_batch_size=N_STEPS
    )
    return _by_word(example.text, offsets, inside, found[0].sum(dim=-1).tolist())


def _by_word(
    text: str, offsets: Offsets, inside: Sequence[int], weights: Sequence[float]
) -> tuple[WordWeight, ...]:
    words = list(WORD.finditer(text))
    sums = [0.0] * len(words)
    for position in inside:
        start = offsets[position][0]
        number = next(n for n, word in enumerate(words) if word.start() <= start < word.end())
        sums[number] += weights[position]
    total = sum(map(abs, sums)) or 1.0
    return tuple(
        WordWeight(text=word[0], weight=weight / total)
        for word, weight in zip(words, sums, strict=True)
    )
