"""From annotated parties to passages of sentences, and from tags back to passages."""

import numpy as np
import pytest

from pipeline.attribution.projection import find_party, project
from pipeline.attribution.rules import phrases, rule_spans
from pipeline.attribution.spans import (
    BEGIN,
    IGNORED,
    INSIDE,
    N_TAGS,
    OUTSIDE,
    SentenceSpans,
    Source,
    SpanLabels,
    decode,
    token_tags,
)
from pipeline.records import Example, Kind, SentenceInContext, Stance
from pipeline.train.swap import common_words, swap_names

TEXT = "Kestan's ministry urged Belmar to sign."
OFFSETS = [None, (0, 6), (6, 7), (7, 8), (9, 17), (18, 23), (24, 27), (27, 30), (31, 33), (34, 38)]
OFFSETS += [(38, 39), None]


def example(text: str, holder: str | None, target: str | None = None, **known: object) -> Example:
    values = {
        "id": "d:0",
        "document": "d",
        "event": "e",
        "text": text,
        "stance": Stance.DEMANDING,
        "confidence": 1.0,
        "origin": "gold",
        "holder": holder,
        "target": target,
    }
    return Example(**(values | known))


def passages(row: Example) -> tuple[Source, str | None, str | None]:
    (labels,) = project([row])
    spans = labels.spans
    cut = [row.text[s[0] : s[1]] if s else None for s in (spans.holder, spans.target)]
    return spans.source, *cut


@pytest.mark.parametrize(
    ("name", "text", "passage"),
    [
        ("Kestan's ministry", TEXT, "Kestan's ministry"),
        ("Belmar", TEXT, "Belmar"),
        ("Foreign Minister Ansa Orloff", "On Monday Orloff said no.", "Orloff"),
        ("Kestan", "The Kestani side refused.", "Kestani side"),
        ("both ministers", "Both ministers agreed.", "Both ministers"),
        ("the miners", "Kestan urged Belmar.", None),
    ],
)
def test_a_party_is_found_by_the_words_that_it_shares(name: str, text: str, passage: str | None):
    found = find_party(name, text)
    assert (text[found[0] : found[1]] if found else None) == passage


def test_holder_and_target_do_not_overlap():
    row = example("Kestan's union urged the Kestan council to pay.", "Kestan's union", "Kestan")
    assert passages(row) == (Source.SENTENCE, "Kestan's union", "Kestan")


@pytest.mark.parametrize(
    ("text", "holder", "passage"),
    [
        ("It must stop, she said, at once.", "Ansa Orloff", "she"),
        ("We expect them to leave.", "Kestan", "We"),
        ("He doubted that they knew.", "the envoy", "He"),
        ("They know that it must end.", "author", None),
        ("It must end now.", "author", None),
    ],
)
def test_a_pronoun_stands_for_a_holder_that_is_not_named(
    text: str, holder: str, passage: str | None
):
    assert passages(example(text, holder))[1] == passage


def test_a_holder_that_is_not_in_the_sentence_is_the_issuer_or_known_from_before():
    text = "The convoy must turn back."
    issuer = "Ministry of Defence of Kestan"
    assert passages(example(text, "Kestan", issuer=issuer))[0] is Source.ISSUER
    assert passages(example(text, "author", issuer="The Ledger"))[0] is Source.ISSUER
    assert passages(example(text, "Ansa Orloff", issuer=issuer))[0] is Source.CONTEXT


def test_neutral_sentences_teach_no_span():
    row = example(TEXT, None, stance=Stance.NEUTRAL)
    assert project([row])[0].known == frozenset()


def test_the_cue_is_what_a_labeling_function_decides_on():
    (labels,) = project([example(TEXT, "Kestan's ministry")])
    assert labels.spans.cue is not None
    assert TEXT[slice(*labels.spans.cue)].strip() == "urged"
    (labels,) = project([example("Kestan closed a road.", "Kestan")])
    assert labels.known == {"holder", "target"}


def test_projection_holds_for_swapped_names():
    rows = [
        example("Kestan urged Belmar to sign.", "Kestan", "Belmar"),
        example("The Kestani minister warned Belmar.", "Kestani minister", "Belmar"),
    ]
    vocabulary = common_words(["the minister urged and warned to sign"])
    for row in swap_names(rows, vocabulary, 1.0, 3):
        assert "Kestan" not in row.text
        source, holder, target = passages(row)
        assert source is Source.SENTENCE
        assert holder
        assert target


def test_tags_mark_begin_and_inside_and_what_the_first_token_tells():
    spans = SentenceSpans(Source.SENTENCE, holder=(0, 17), target=(24, 30))
    tags = token_tags(SpanLabels(spans, frozenset({"holder", "target"})), OFFSETS)
    assert tags.shape == (12, 3)
    assert tags[:, 0].tolist() == [0, BEGIN, INSIDE, INSIDE, INSIDE, *[OUTSIDE] * 6, IGNORED]
    assert tags[6:8, 1].tolist() == [BEGIN, INSIDE]
    assert tags[0].tolist() == [Source.SENTENCE, 0, IGNORED]
    assert (tags[:, 2] == IGNORED).all()


def test_what_is_not_known_is_not_learned():
    assert (token_tags(SpanLabels(SentenceSpans(), frozenset()), OFFSETS) == IGNORED).all()


def test_decoding_gives_back_what_was_tagged():
    spans = SentenceSpans(Source.SENTENCE, holder=(0, 17), target=(24, 30), cue=(18, 23))
    tags = token_tags(SpanLabels(spans, frozenset({"holder", "target", "cue"})), OFFSETS)
    tags[tags == IGNORED] = OUTSIDE
    logits = np.eye(3)[tags].reshape(len(OFFSETS), N_TAGS)
    assert decode(TEXT, logits, OFFSETS) == spans


def test_decoding_follows_the_first_token_where_nothing_is_named():
    logits = np.zeros((len(OFFSETS), N_TAGS))
    logits[0, Source.CONTEXT] = 1
    logits[0, 4] = 1
    found = decode(TEXT, logits, OFFSETS)
    assert (found.source, found.holder, found.target) == (Source.CONTEXT, None, None)
    assert found.cue is not None


def test_a_decoded_span_covers_whole_words():
    logits = np.zeros((len(OFFSETS), N_TAGS))
    logits[7, BEGIN] = 1
    found = decode(TEXT, logits, OFFSETS)
    assert TEXT[slice(*found.holder)] == "Belmar"


@pytest.mark.parametrize(
    ("text", "holder", "target"),
    [
        (
            "The Foreign Ministry of Kestan urged Belmar to sign.",
            "Foreign Ministry of Kestan",
            "Belmar",
        ),
        ("Belmar must sign, Ansa Orloff said.", "Ansa Orloff", None),
        ("“Belmar must sign,” she added.", "she", None),
        ("According to the Kestan council, the talks failed.", "Kestan council", None),
        ("We call on Belmar to sign.", "We", "Belmar"),
        ("There was no talk of it.", None, None),
    ],
)
def test_rules_find_the_subject_of_a_speech_verb(text: str, holder: str | None, target: str | None):
    found = rule_spans(SentenceInContext(text=text, kind=Kind.NEWS), Stance.DEMANDING)
    cut = [text[slice(*span)] if span else None for span in (found.holder, found.target)]
    assert cut == [holder, target]
    assert found.source is (Source.SENTENCE if holder else Source.ISSUER)


def test_phrases_hold_names_with_what_stands_between_them():
    text = "In May the Ministry of Trade of Kestan and a union met President Varhaug."
    found = [text[a:b] for a, b in phrases(text)]
    assert "Ministry of Trade of Kestan" in found
    assert "President Varhaug" in found
