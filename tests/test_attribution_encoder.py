"""The encoder learns spans beside stances and gives both in one pass."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.attribution.projection import project
from pipeline.attribution.spans import GROUPS, IGNORED, N_TAGS, token_tags
from pipeline.classifier import SpanClassifier, stance_indices
from pipeline.encoder import Encoder, device, load_pretrained, sentence_offsets, tokenize
from pipeline.records import STANCES, Example, SentenceInContext, Stance
from pipeline.train.encoder import Collator, NetworkWithLoss, tag_loss, train_encoder
from pipeline.train.encoder_settings import EncoderSettings

BuildSettings = Callable[..., EncoderSettings]


@pytest.fixture
def spoken(eight_examples: list[Example]) -> list[Example]:
    """The eight sentences, with holders and targets."""
    holders = ["We", "we", None, None, "We", "we", None, None]
    targets = ["offer", "talks", "They", "Troops", "promise", "it", None, None]
    return [
        example.model_copy(
            update={
                "holder": holder or ("author" if example.stance is not Stance.NEUTRAL else None),
                "target": target,
                "issuer": "Ministry",
            }
        )
        for example, holder, target in zip(eight_examples, holders, targets, strict=True)
    ]


def train(examples: list[Example], settings: EncoderSettings, folder: Path) -> Encoder:
    progress = lambda step, metrics: None  # noqa: E731
    return train_encoder(examples, examples, settings, progress, folder / "checkpoints", False)[0]


def overfitted(examples: list[Example], settings: EncoderSettings) -> Encoder:
    """Trained by the loss alone; whole trainings keep the weights that are best for stances."""
    torch.manual_seed(settings.seed)
    network, tokenizer = load_pretrained(settings)
    tokens = tokenize(tokenizer, examples, settings)
    offsets = sentence_offsets(tokens)
    tags = [token_tags(*pair).tolist() for pair in zip(project(examples), offsets, strict=True)]
    rows = [
        {**{name: values[row] for name, values in tokens.items()}, "tags": tags[row]}
        for row in range(len(examples))
    ]
    n = len(examples)
    batch = Collator(tokenizer)(rows) | {
        "labels": torch.tensor(stance_indices([example.stance for example in examples])),
        "confidence": torch.ones(n),
        "soft": torch.zeros(n, 4),
        "n_tokens": torch.ones(n),
    }
    model = NetworkWithLoss(network, torch.ones(4), settings).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        model(**batch)["loss"].backward()
        optimizer.step()
    return Encoder(network.to(device()), tokenizer, settings, temperature=1.0)


def test_spans_and_stances_are_learned_together(
    spoken: list[Example], encoder_settings: BuildSettings
):
    encoder = overfitted(spoken, encoder_settings())
    assert isinstance(encoder, SpanClassifier)
    probabilities, spans = encoder.predict_with_spans(spoken)
    np.testing.assert_array_equal(probabilities, encoder.predict_proba(spoken))
    assert [STANCES[column] for column in probabilities.argmax(axis=1)] == [
        example.stance for example in spoken
    ]
    for example, labels, found in zip(spoken, project(spoken), spans, strict=True):
        if labels.known:
            assert found.source is labels.spans.source, example.text
            assert found.holder == labels.spans.holder, example.text
            assert found.target == labels.spans.target, example.text


def test_without_a_weight_there_are_no_spans(
    spoken: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    encoder = train(spoken, encoder_settings(epochs=1, span_weight=0.0), tmp_path)
    probabilities, spans = encoder.predict_with_spans(spoken)
    assert probabilities.shape == (8, 4)
    assert spans is None


def test_one_forward_pass_gives_both_logits(encoder_settings: BuildSettings):
    settings = encoder_settings()
    network, tokenizer = load_pretrained(settings)
    tokens = tokenize(tokenizer, [SentenceInContext(text="We doubt it .")], settings)
    (offsets,) = sentence_offsets(tokens)
    stances, tags = network(**tokenizer.pad(tokens, return_tensors="pt"))
    assert stances.shape == (1, 4)
    assert tags.shape == (1, len(offsets), N_TAGS)


def test_offsets_are_those_of_the_sentence_alone(encoder_settings: BuildSettings):
    settings = encoder_settings(previous_sentence=True)
    _, tokenizer = load_pretrained(settings)
    sentence = SentenceInContext(text="We doubt it .", previous="They must leave .")
    (offsets,) = sentence_offsets(tokenize(tokenizer, [sentence], settings))
    words = [sentence.text[slice(*chars)] for chars in offsets if chars]
    assert "".join(words) == "Wedoubtit."
    assert offsets[0] is None


def test_the_order_of_sentences_does_not_change_their_spans(
    spoken: list[Example], encoder_settings: BuildSettings, tmp_path: Path
):
    encoder = train(spoken, encoder_settings(epochs=2), tmp_path)
    forth = encoder.predict_with_spans(spoken)[1]
    back = encoder.predict_with_spans(spoken[::-1])[1]
    assert forth == back[::-1]


def test_what_is_ignored_costs_nothing():
    logits = torch.randn(2, 5, N_TAGS)
    tags = torch.full((2, 5, len(GROUPS)), IGNORED)
    assert float(tag_loss(logits, tags)) == 0
    tags[0, 1, 0] = 2
    right = torch.zeros(2, 5, N_TAGS)
    right[0, 1, 2] = 50.0
    assert float(tag_loss(right, tags)) == pytest.approx(0, abs=1e-6)
    assert float(tag_loss(-right, tags)) > 10
