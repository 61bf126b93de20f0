"""The explanation names the words that a learner was taught to go by."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pipeline.classifier import load_classifier
from pipeline.encoder import Encoder, load_pretrained
from pipeline.errors import ModelError
from pipeline.explain import _by_word, explain
from pipeline.predict import Predictor
from pipeline.records import SentenceInContext, WordWeight
from pipeline.train.encoder_settings import EncoderSettings


@pytest.fixture(scope="module")
def sentence() -> SentenceInContext:
    return SentenceInContext(text="They must withdraw at once.", previous="We doubt it.")


@pytest.fixture
def untrained(encoder_settings: Callable[..., EncoderSettings]) -> Encoder:
    """The tiny encoder with random weights; it takes the sentence before into account."""
    settings = encoder_settings(previous_sentence=True)
    network, tokenizer = load_pretrained(settings)
    return Encoder(network, tokenizer, settings, 1.0)


def test_every_word_has_a_weight_and_the_absolute_weights_sum_to_one(
    untrained: Encoder, sentence: SentenceInContext
):
    (words,) = explain(untrained, [sentence])
    assert [word.text for word in words] == sentence.text.split()
    assert sum(abs(word.weight) for word in words) == pytest.approx(1)


def test_the_same_sentence_has_the_same_explanation(
    untrained: Encoder, sentence: SentenceInContext
):
    assert explain(untrained, [sentence]) == explain(untrained, [sentence])


def test_a_sentence_that_is_cut_has_weight_on_its_beginning_only(untrained: Encoder):
    (words,) = explain(untrained, [SentenceInContext(text="withdraw now " * 60)])
    assert any(word.weight for word in words[:5])
    assert not any(word.weight for word in words[-20:])


def test_tokens_are_summed_by_word():
    offsets = [(0, 0), (0, 4), (4, 8), (9, 13), (0, 0)]
    words = _by_word("withdraw once", offsets, [1, 2, 3], [0.0, 0.5, 0.25, -0.25, 9.0])
    assert [(word.text, word.weight) for word in words] == [("withdraw", 0.75), ("once", -0.25)]


def test_a_model_without_gradients_is_refused(tiny_baseline: Path, sentence: SentenceInContext):
    with pytest.raises(ModelError, match="name one with --model"):
        explain(load_classifier(tiny_baseline), [sentence])


def test_a_document_is_explained_sentence_by_sentence(untrained: Encoder):
    predictor = Predictor(untrained)
    scored = predictor.predict("We welcome the offer. They must leave at once.")
    assert scored.explanations == ()
    explained = predictor.explain(scored)
    assert [len(words) for words in explained.explanations] == [4, 5]
    assert explained.predictions == scored.predictions


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """benchmarks/explanation.py, which is a script and in no package."""
    path = Path(__file__).parents[1] / "benchmarks/explanation.py"
    spec = importlib.util.spec_from_file_location("explanation", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_weightiest_words_are_deleted(benchmark: ModuleType, sentence: SentenceInContext):
    weights = (0.1, 0.4, 0.3, -0.2, 0.0)
    words = [
        WordWeight(text=text, weight=weight)
        for text, weight in zip(sentence.text.split(), weights, strict=True)
    ]
    assert benchmark.weightiest(words, 2) == [1, 2]
    assert benchmark.without(sentence, [1, 2]).text == "They at once."
    assert benchmark.without(sentence, range(5)).text == "."


def test_faithfulness_is_measured_for_every_sentence(
    benchmark: ModuleType, untrained: Encoder, sentence: SentenceInContext
):
    found = benchmark.measure(untrained, [sentence, sentence])
    assert {name: len(values) for name, values in found.items()} == dict.fromkeys(found, 2)
    assert np.allclose(found["named"][0], found["named"][1])
