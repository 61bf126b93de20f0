"""Each labeling function fires on one invented sentence and abstains on a near miss."""

import numpy as np
import pytest

from pipeline.labeling.functions import ABSTAIN, LABELING_FUNCTIONS, fired, votes
from pipeline.records import STANCES, SentenceInContext

FUNCTIONS = {function.name: function for function in LABELING_FUNCTIONS}

TABLE = [
    ("thanks", "She thanked the islanders for their patience.", "He did not thank the crew."),
    ("welcomes", "Ostmark welcomed the new timetable.", "Nobody welcomed the new timetable."),
    ("praises", "The mayor praised the pilots.", "The mayor stopped short of praising the pilots."),
    ("agrees", "The neighbours agreed to share the well.", "They never agreed to share the well."),
    ("offers", "Lowen offered to host the inquiry.", "Lowen has not offered to host the inquiry."),
    ("readiness", "Our team is ready to travel.", "Our team is not ready to travel."),
    ("pledges", "The bank pledged to fund the bridge.", "The bank had pledged to fund the bridge."),
    ("courtesies", "He sent condolences after the flood.", "He sent a truck after the flood."),
    ("optimism", "The envoy was encouraged by the first day.", "The envoy is not optimistic."),
    (
        "hopes_to_work_together",
        "Arden hopes to build a ferry with its neighbour.",
        "Arden hopes that rain will come.",
    ),
    ("constructive_meeting", "It was a productive call.", "It was not a productive call."),
    (
        "supports_third_party",
        "He voiced full support for the islanders.",
        "He voiced full support for the islanders against the fleet.",
    ),
    (
        "deepens_cooperation",
        "The ports will expand maritime cooperation.",
        "The ports must expand maritime cooperation.",
    ),
    (
        "joint_undertaking",
        "Both sides will share the tide tables.",
        "Both sides will meet in the old mill.",
    ),
    ("inclusive_must", "We must listen to one another.", "They must listen to us."),
    ("eases", "Tarn lifted the ban on cheese.", "Tarn should have lifted the ban on cheese."),
    ("does_not_close_the_door", "He did not rule out talks.", "He ruled out talks."),
    ("compromise", "There is common ground on grazing.", "They have not found common ground."),
    ("urges", "Brall urged its rival to pull back.", "Brall stopped short of urging restraint."),
    ("calls_on", "We call on the rebels to disarm.", "We called on Tuesday."),
    ("asks_of_another", "She asked the fleet to turn round.", "Who asked the fleet to turn round?"),
    ("demands_or_insists", "He insists on a full audit.", "He no longer insists on a full audit."),
    ("must_at_another", "The garrison must leave.", "We must talk to each other."),
    ("should_at_another", "The garrison should leave.", "Both sides should talk."),
    (
        "hopes_other_side_changes",
        "Norrland hopes the buyers will correct their error.",
        "Norrland hopes talks will end in joint success.",
    ),
    (
        "sets_conditions",
        "Nothing will be signed until the guns are gone.",
        "The mill is open until noon.",
    ),
    ("refuses", "Velm refuses to open its books.", "Velm refused to condemn the raid."),
    ("rejects_a_plan", "Velm rejected the ferry plan.", "Velm did not reject the ferry plan."),
    ("warns", "Velm warned against a third dam.", "Analysts warned of a dry summer."),
    ("threatens", "Velm threatened to close the lock.", "Velm never threatened to close the lock."),
    ("draws_red_line", "The delta is a red line for us.", "The delta is a fine place for birds."),
    ("imposes_pressure", "Orr imposed tariffs on salt.", "Orr did not impose tariffs on salt."),
    ("recalls_or_expels", "Orr expelled two attaches.", "Orr stopped short of expelling anyone."),
    (
        "lodges_representations",
        "Orr lodged stern representations with the embassy.",
        "Orr sent flowers to the embassy.",
    ),
    ("opposes", "Orr opposes the new lock.", "Orr no longer opposes the new lock."),
    (
        "makes_position_plain",
        "He made clear that the dam stays.",
        "He made clear that the door to dialogue stays open.",
    ),
    (
        "stresses_importance",
        "She underlined the importance of respecting the old border.",
        "She underlined the importance of music.",
    ),
    ("sets_deadline", "The troops are to leave without delay.", "The train left with a delay."),
    ("gives_an_order", "Stop the shelling now.", "The shelling will stop at noon."),
    ("doubts", "He doubts that the grain exists.", "There is no doubt that the grain exists."),
    ("questions", "She questioned whether it was paid.", "Reporters questioned the minister."),
    ("disputes", "Arle disputed the figures.", "Arle does not dispute the figures."),
    ("denies", "Arle denied sinking the barge.", "Two sailors were denied entry."),
    ("rejects_a_claim", "Arle rejected the claim as absurd.", "Arle rejected the plan."),
    ("accuses", "Arle accused its rival of theft.", "Arle did not accuse anyone of theft."),
    ("criticises", "He criticised the verdict.", "He declined to criticise the verdict."),
    ("condemns", "He condemned the raid.", "He refused to condemn the raid."),
    ("blames", "He blamed the upstream dam.", "He did not blame the upstream dam."),
    (
        "raises_concerns",
        "She raised concerns about the prison.",
        "She raised concerns about the prison and urged a review.",
    ),
    (
        "charges_violation",
        "That convoy violated the pact.",
        "Whoever violated the pact must withdraw.",
    ),
    (
        "charges_misconduct",
        "This is a smear campaign run by our rival.",
        "She asked that the smear campaign end.",
    ),
    ("so_called", "The so-called census counted goats.", "The census counted goats."),
    ("lacks_credibility", "The promise is hollow.", "The promise is recent."),
    ("little_prospect", "There is little prospect of a deal.", "There is a prospect of a deal."),
    ("distrusts", "The guild is not convinced.", "The guild is convinced."),
    ("impugns_motives", "The truce is merely a ploy.", "The truce is not a ploy."),
    (
        "promise_not_kept",
        "So far nothing has been unloaded.",
        "So far forty crates were unloaded.",
    ),
    (
        "bare_meeting",
        "The envoys met in a lighthouse.",
        "The envoys met in a lighthouse and agreed a truce.",
    ),
    (
        "bare_discussion",
        "The envoys discussed the eel quota.",
        "The envoys discussed the eel quota and praised each other.",
    ),
    (
        "scheduled",
        "The next round is scheduled for May.",
        "The next round is scheduled for May unless they withdraw.",
    ),
    (
        "attendance",
        "Four deputies attended the lunch.",
        "Four deputies attended the lunch and demanded an apology.",
    ),
    ("figures", "Yields fell by 3 percent.", "Yields fell by 3 percent, he warned."),
    (
        "market_data",
        "Shares closed lower in Brall.",
        "Shares should close, he said, and traders must go.",
    ),
    ("biography", "He was born in a mill town.", "He was born, critics insisted, to obstruct."),
    ("declined_to_comment", "A clerk declined to comment.", "A clerk must not comment."),
    (
        "exchange_of_views",
        "They had a frank exchange of views.",
        "They had a frank and productive exchange of views.",
    ),
    ("took_note", "Arle took note of the letter.", "Arle took note of the letter and rejected it."),
    ("reporters_question", "When does the lock open?", "How many more barges, who can say?"),
    ("procedure", "The text was read in two tongues.", "The text was read and condemned."),
    (
        "description",
        "The shoal is about nine miles long.",
        "The shoal is ours, and no permit is needed.",
    ),
    (
        "logistics",
        "They spoke behind closed doors.",
        "They spoke behind closed doors and threatened a strike.",
    ),
]


@pytest.mark.parametrize(("name", "fires", "near_miss"), TABLE, ids=[row[0] for row in TABLE])
def test_function_fires_and_abstains_on_a_near_miss(name: str, fires: str, near_miss: str) -> None:
    assert FUNCTIONS[name](SentenceInContext(text=fires)) is not None
    assert FUNCTIONS[name](SentenceInContext(text=near_miss)) is None


def test_every_function_has_exactly_one_row() -> None:
    assert sorted(row[0] for row in TABLE) == sorted(FUNCTIONS)


def test_there_are_at_least_forty_uniquely_named_functions() -> None:
    assert len(FUNCTIONS) == len(LABELING_FUNCTIONS) >= 40


def test_every_function_cites_the_codebook() -> None:
    for function in LABELING_FUNCTIONS:
        assert "codebook" in function.rule, function.name
        assert function.rule in (function.find.__doc__ or "")


def test_functions_are_in_the_order_of_the_stances() -> None:
    columns = [STANCES.index(function.stance) for function in LABELING_FUNCTIONS]
    assert columns == sorted(columns)
    assert set(columns) == set(range(len(STANCES)))


def test_votes_agree_with_what_fired() -> None:
    sentences = [SentenceInContext(text=row[1]) for row in TABLE]
    matrix = votes(sentences)
    assert matrix.dtype == np.int8
    assert matrix.shape == (len(TABLE), len(LABELING_FUNCTIONS))
    for row, sentence in zip(matrix, sentences, strict=True):
        voting = [f.name for f, v in zip(LABELING_FUNCTIONS, row, strict=True) if v != ABSTAIN]
        found = fired(sentence)
        assert voting == [function.name for function in found]
        assert all(function.matched in sentence.text for function in found)
        assert [STANCES[v] for v in row if v != ABSTAIN] == [f.stance for f in found]


def test_no_sentences_give_an_empty_matrix() -> None:
    assert votes([]).shape == (0, len(LABELING_FUNCTIONS))
