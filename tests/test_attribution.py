"""Parties of a document: pronouns, quotes, names, offices."""

import pytest

from pipeline.attribution import attribute
from pipeline.attribution.discourse import Holder, quote_states, resolve
from pipeline.attribution.parties import BOTH_SIDES, Parties
from pipeline.attribution.spans import SentenceSpans, Source
from pipeline.records import Kind

NEWS = [
    "Kestani foreign minister Ansa Orloff left Kestan on Monday.",
    "Orloff said that Belmar had to release the crew.",
    "The Belmari president, Ilse Varhaug, rejected this.",
    "She called the demand absurd.",
    "A union of dockers in Belmar asked both governments to talk.",
]


def parties(sentences: list[str] = NEWS, **known: object) -> Parties:
    return Parties(sentences, **({"issuer": "Northern Dispatch", "kind": Kind.NEWS} | known))


def named(words: str) -> Holder:
    return Holder(Source.SENTENCE, words)


def holders(sentences: list[str], said: list[Holder | None], **known: object) -> list[str | None]:
    found = resolve(sentences, said, parties(sentences, **known))
    return [party.name if party else None for party in found]


@pytest.mark.parametrize(
    "mention",
    ["Orloff", "Ansa Orloff", "Kestan", "the Kestani side", "Kestan's foreign ministry"]
    + ["foreign minister Ansa Orloff", "The government of Kestan"],
)
def test_a_country_and_who_speaks_for_it_are_one_party(mention: str):
    assert parties().party(mention, 4).name == "Kestan"


@pytest.mark.parametrize(
    ("mention", "country"),
    [("Beijing", "China"), ("the Chinese side", "China"), ("President Xi Jinping", "China")]
    + [("Washington", "United States"), ("the U.S. side", "United States")]
    + [("the Kremlin", "Russia"), ("Brussels", "European Union")],
)
def test_real_countries_are_known_by_capital_demonym_seat_and_leader(mention: str, country: str):
    assert parties(["Talks were held."]).party(mention, 0).name == country


def test_who_does_not_speak_for_a_country_is_a_party_of_its_own():
    known = parties()
    for mention in ("Kestani exporters", "the Kestani opposition", "a Belmari analyst"):
        assert known.party(mention, 4).name not in ("Kestan", "Belmar")


def test_an_office_without_a_name_is_its_last_bearer():
    sentences = ["Kestan's ministry protested.", "The ministry of Belmar agreed.", "A third one."]
    known = parties(sentences)
    assert known.party("the ministry", 0).name == "Kestan"
    assert known.party("the ministry", 1).name == "Belmar"


def test_in_an_official_text_an_office_is_the_issuer():
    sentences = ["The spokesperson answered questions.", "Orloff thanked Belmar."]
    known = parties(sentences, issuer="Ministry of Foreign Affairs of Kestan", kind=Kind.BRIEFING)
    assert known.issuer.name == "Kestan"
    for mention in ("the Ministry", "the spokesperson", "our", "we", "Foreign Minister Orloff"):
        assert known.party(mention, 1) == known.issuer


def test_a_group_keeps_its_name_when_part_of_it_is_left_out():
    known = parties()
    whole = known.party("a union of dockers", 4)
    assert known.party("The union", 4) == whole
    assert known.party("a union of teachers", 4) != whole


def test_both_sides_are_one_party():
    known = parties()
    for mention in ("both sides", "the two governments", "The leaders", "all parties"):
        assert known.party(mention, 4).key == BOTH_SIDES


def test_pronouns_go_back_to_the_last_person_or_body():
    said = [None, named("Orloff"), named("The Belmari president, Ilse Varhaug"), named("She"), None]
    assert holders(NEWS, said) == [None, "Kestan", "Belmar", "Belmar", None]


def test_a_pronoun_goes_back_to_who_is_named_in_a_neutral_sentence():
    sentences = ["Ansa Orloff, a poet, was at home.", "She doubted the story."]
    assert holders(sentences, [None, named("She")]) == [None, "Ansa Orloff"]


def test_a_quote_over_two_sentences_has_one_holder():
    sentences = ["“We are ready to talk,” said Ansa Orloff. “It is late.", "They must stop.”"]
    said = [named("Ansa Orloff"), Holder(Source.ISSUER)]
    assert holders(sentences, said) == ["Ansa Orloff", "Ansa Orloff"]


def test_a_quote_belongs_to_whom_its_last_sentence_names():
    sentences = ["“They must stop.", "We will not wait,” said Ansa Orloff."]
    said = [Holder(Source.ISSUER), named("Ansa Orloff")]
    assert holders(sentences, said) == ["Ansa Orloff", "Ansa Orloff"]


def test_quotes_stay_open_until_they_are_closed():
    sentences = ["He said: “One.", "Two.", "Three.” He left.", '"Four," he said.', "Five."]
    assert quote_states(sentences) == [False, True, True, False, False]


def test_we_is_the_issuer_outside_of_quotes_and_the_speaker_within():
    sentences = ["Ansa Orloff doubted it.", "We doubt it too."]
    own = [named("Ansa Orloff"), named("We")]
    quoted = [named("Ansa Orloff"), Holder(Source.SENTENCE, "We", quoted=True)]
    assert holders(sentences, own, kind=Kind.OPINION)[1] == "Northern Dispatch"
    assert holders(sentences, quoted, kind=Kind.OPINION)[1] == "Ansa Orloff"


def test_a_transcript_gives_the_turn_to_its_labels():
    sentences = ["Ansa Orloff: We must insist.", "It is our right.", "Ilse Varhaug: I doubt that."]
    said = [named("We"), Holder(Source.ISSUER), named("I")]
    assert holders(sentences, said) == ["Ansa Orloff", "Ansa Orloff", "Ilse Varhaug"]


def test_without_issuer_and_kind_there_is_still_a_holder():
    known = Parties(["They must stop."])
    (found,) = attribute(["They must stop."], [SentenceSpans()], known)
    assert found.holder == known.issuer
    assert found.holder.name == "the author"


def test_a_sentence_without_spans_has_no_holder():
    assert attribute(NEWS, [None] * len(NEWS), parties()) == [None] * len(NEWS)


def test_a_target_is_never_the_holder_unless_both_hold_it():
    sentences = ["The minister of Kestan praised the Kestani minister.", "Both sides agreed."]
    spans = [
        SentenceSpans(Source.SENTENCE, holder=(0, 22), target=(35, 51)),
        SentenceSpans(Source.SENTENCE, holder=(0, 10), target=(0, 10)),
    ]
    first, second = attribute(sentences, spans, parties(sentences))
    assert first.holder.name == "Kestan"
    assert first.target.name == "Kestani minister"
    assert second.target == second.holder


def test_where_no_target_is_named_there_is_none():
    spans = [SentenceSpans(), SentenceSpans(target=(0, 4))]
    sentences = ["It must end.", "They must stop."]
    found = attribute(sentences, spans, parties(sentences))
    assert [one.target for one in found] == [None, None]


def test_a_readout_of_an_unknown_issuer_is_of_who_is_named_first():
    sentences = ["President Ansa Orloff of Kestan spoke with the Belmari premier.", "It must end."]
    known = parties(sentences, issuer=None, kind=Kind.READOUT)
    assert known.issuer.name == "Kestan"
