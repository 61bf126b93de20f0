"""Records refuse what no stage may write."""

import hashlib

import pytest
from pydantic import ValidationError

from pipeline.records import (
    STANCES,
    Annotation,
    Document,
    Prediction,
    SentenceInContext,
    Stance,
    normalise_sentence,
    sentence_sha256,
)


def prediction(*probabilities: float) -> Prediction:
    return Prediction(
        id="a:0", text="Text.", start=0, end=5, stance=None, probabilities=probabilities
    )


def test_stances_keep_the_order_of_every_array():
    assert [str(stance) for stance in STANCES] == [
        "conciliatory",
        "demanding",
        "skeptical",
        "neutral",
    ]


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError, match="kindd"):
        SentenceInContext(text="Text.", kindd="readout")


def test_a_record_is_frozen():
    sentence = SentenceInContext(text="Text.")
    with pytest.raises(ValidationError, match="frozen"):
        sentence.text = "Other."


def test_an_empty_text_is_refused():
    with pytest.raises(ValidationError, match="at least 1 character"):
        SentenceInContext(text=" \n ")


def test_a_date_of_another_form_is_refused():
    with pytest.raises(ValidationError, match="date"):
        Document(id="a", text="Text.", date="3 May 2024")


def test_a_digest_of_another_length_is_refused():
    with pytest.raises(ValidationError, match="text_sha256"):
        Annotation(
            document="a",
            sentence=0,
            text_sha256="abc",
            stance=Stance.NEUTRAL,
            holder=None,
            target=None,
            annotator="x",
            codebook="1.1",
        )


def test_a_distribution_is_accepted_as_it_is():
    assert prediction(0.1, 0.2, 0.3, 0.4).probabilities == (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize("values", [(0.5, 0.5, 0.5, 0.5), (1.5, -0.5, 0.0, 0.0)])
def test_probabilities_that_are_no_distribution_are_refused(values: tuple[float, ...]):
    with pytest.raises(ValidationError, match="not a distribution"):
        prediction(*values)


def test_probabilities_that_are_not_numbers_are_refused():
    with pytest.raises(ValidationError):
        prediction(float("nan"), 0.0, 0.0, 1.0)


def test_every_run_of_white_space_becomes_one_space():
    assert normalise_sentence(" The\u00a0 talks\n\tended. ") == "The talks ended."


def test_accents_are_composed_and_quotes_and_dashes_stay():
    assert normalise_sentence("Cafe\u0301 \u201cx\u201d \u2014") == "Caf\u00e9 \u201cx\u201d \u2014"


def test_the_digest_is_that_of_the_normalised_sentence():
    expected = hashlib.sha256(b"The talks ended.").hexdigest()
    assert sentence_sha256(" The  talks\nended. ") == expected
    assert sentence_sha256("The talks ended!") != expected
