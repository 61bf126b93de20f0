"""Cleaning takes out what is not the article and leaves every sentence of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents.cleaning import clean_text
from pipeline.documents.furniture import RULES, find_rule

BODY = (
    "The foreign ministers of both countries met on the island for three hours and spoke about "
    "the fishing grounds, the ferry line and the release of the two crews."
)
CLOSING = (
    "Neither side gave a date for the next round, but officials said that experts would stay "
    "in touch over the summer and exchange maps."
)

FURNITURE = [
    ("address", "https://courier.example/world/island-talks"),
    ("contact", "Media contact: Ana Brook, press@ministry.example"),
    ("byline", "By Ana Brook and Tom Vale"),
    ("byline", "By Ana Brook, Diplomatic correspondent"),
    ("update", "Updated 4 March 2031 at 10:15"),
    ("update", "Published on: March 3, 2031"),
    ("date line", "Tuesday, March 4, 2031"),
    ("date line", "2031-03-04"),
    ("copyright", "© 2031 The Harbour Courier"),
    ("copyright", "(c) 2031 The Harbour Courier"),
    ("copyright", "The Harbour Courier. All rights reserved."),
    ("print edition", "Appeared in the March 4, 2031, print edition as 'Island talks'."),
    ("sharing", "Share this article | Facebook | Email"),
    ("promotion", "Advertisement"),
    ("promotion", "Read more: What the ferry line means"),
    ("promotion", "Related: Two crews wait"),
    ("promotion", "Sign up for our evening newsletter"),
    ("section", "WORLD | POLITICS"),
    ("image", "Photo: Ana Brook, The Harbour Courier"),
    ("footer", "###"),
    ("footer", "- 30 -"),
    ("footer", "For immediate release"),
]
SENTENCES = [
    ("address", "See www.ministry.example for the text of the accord."),
    ("contact", "Contact between the two navies resumed in March."),
    ("contact", "The ministry said it would follow up."),
    ("byline", "By Friday both sides must reply."),
    ("byline", "By March, Denmark will have withdrawn."),
    ("update", "Updated figures show trade fell by 3 percent."),
    ("update", "Published 12 years ago, the map still divides them."),
    ("date line", "On March 4, 2031 the ministers met again."),
    ("date line", "March 4, 2031 was the last day of talks."),
    ("copyright", "Copyright disputes were also discussed."),
    ("copyright", "(c) The parties shall release both crews."),
    ("copyright", "All rights reserved to coastal states stay in force."),
    ("print edition", "Appeared in public together for once, both smiled."),
    ("sharing", "Share the burden, the minister told the allies."),
    ("sharing", "Like this offer, the last one failed."),
    ("promotion", "Related talks are to resume in May."),
    ("promotion", "Sign up or stay out, she told the envoys."),
    ("promotion", "Read more into this than is there and you err."),
    ("section", "NATO and the EU will both send observers."),
    ("image", "Images of the handshake were seen everywhere."),
    ("image", "The image: two ministers, no smile."),
    ("footer", "Videos of the meeting will not be released."),
    ("footer", "The end of the blockade is our condition."),
]


@pytest.mark.parametrize(("rule", "line"), FURNITURE)
def test_a_line_of_furniture_is_removed_and_named(rule: str, line: str) -> None:
    cleaned = clean_text(f"{BODY}\n\n{line}\n\n{CLOSING}")
    assert cleaned.text == f"{BODY}\n\n{CLOSING}"
    assert [(entry.rule, entry.text) for entry in cleaned.removed] == [(rule, line)]


@pytest.mark.parametrize("sentence", [sentence for _, sentence in SENTENCES])
def test_a_sentence_that_looks_like_furniture_stays(sentence: str) -> None:
    cleaned = clean_text(f"{BODY}\n\n{sentence}\n\n{CLOSING}")
    assert cleaned.text == f"{BODY}\n\n{sentence}\n\n{CLOSING}"
    assert cleaned.removed == ()


def test_every_rule_has_a_line_and_a_sentence_here() -> None:
    assert {rule for rule, _ in FURNITURE} == set(RULES)
    assert {rule for rule, _ in SENTENCES} == set(RULES)


def test_a_very_long_line_is_never_furniture() -> None:
    assert find_rule("© 2031 " + "x" * 100) == "copyright"
    assert find_rule("© 2031 " + "x" * 5000) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        "The ministers spoke for an hour about several questions\n"
        "related to the fishing grounds and the ferry line\n"
        "between the islands, and promised to write again.",
        "Trade between the islands fell, according to the report\n"
        "published on 4 March 2031 by the statistics office of\n"
        "the northern island, which blames the blockade.",
        "The minister asked that both of the detained crews may\n"
        "contact their families at 555 0100 before the trial\n"
        "opens, and repeated that the arrests were unlawful.",
    ],
)
def test_a_line_in_the_middle_of_a_wrapped_sentence_is_not_furniture(wrapped: str) -> None:
    cleaned = clean_text(wrapped)
    assert cleaned.text == wrapped.replace("\n", " ")
    assert cleaned.removed == ()


def test_wrapped_lines_become_one_paragraph() -> None:
    wrapped = "The envoys met in the old town hall\nand spoke for two hours about the\nferry line."
    assert clean_text(wrapped).text == wrapped.replace("\n", " ")


def test_a_short_line_that_ends_a_sentence_ends_its_paragraph() -> None:
    wrapped = (
        "The envoys met in the old town hall and spoke\nfor two hours.\n"
        "They will meet again when the ice has gone and\nthe ferry sails."
    )
    assert clean_text(wrapped).text == (
        "The envoys met in the old town hall and spoke for two hours.\n\n"
        "They will meet again when the ice has gone and the ferry sails."
    )


def test_long_lines_are_paragraphs_of_their_own() -> None:
    assert clean_text(f"{BODY}\n{CLOSING}").text == f"{BODY}\n\n{CLOSING}"


def test_a_word_divided_at_a_line_end_is_put_together() -> None:
    text = "The two sides will resume their negoti-\nations on the ferry line next spring."
    assert clean_text(text).text == (
        "The two sides will resume their negotiations on the ferry line next spring."
    )


def test_a_hyphen_before_a_capital_or_after_one_stays() -> None:
    text = "They signed the pact of the non-\nAligned group and the so-called EU-\nwide rule."
    assert "non-Aligned" in clean_text(text).text
    assert "EU-wide" in clean_text(text).text


def test_soft_hyphens_and_hard_spaces_go() -> None:
    assert clean_text("The nego\u00adtiators met\u00a0again.").text == "The negotiators met again."


def test_a_sentence_broken_by_an_empty_line_is_joined() -> None:
    text = "The envoys agreed that the ferry line should open\n\nbefore the winter storms begin."
    assert clean_text(text).text == text.replace("\n\n", " ")


def test_a_sentence_broken_after_an_article_is_joined_to_a_name() -> None:
    text = "The envoys then agreed to send the draft to the\n\nNorthern Assembly for approval."
    assert clean_text(text).text == text.replace("\n\n", " ")


def test_a_sentence_broken_by_furniture_is_joined() -> None:
    text = (
        "The envoys agreed that the ferry line should\n\nAdvertisement\n\nopen before the winter."
    )
    assert clean_text(text).text == (
        "The envoys agreed that the ferry line should open before the winter."
    )


def test_the_headline_stays_apart_and_is_the_title() -> None:
    cleaned = clean_text(f"Ministers Meet on the Island\n\n{BODY}")
    assert cleaned.text == f"Ministers Meet on the Island\n\n{BODY}"
    assert cleaned.title == "Ministers Meet on the Island"


def test_a_first_sentence_is_no_title() -> None:
    assert clean_text(f"The ministers met.\n\n{BODY}").title is None


def test_a_text_of_one_paragraph_has_no_title() -> None:
    assert clean_text("Ministers meet on the island").title is None


@pytest.mark.parametrize("marker", ["- ", "• ", "1. ", "(a) ", "a) "])
def test_list_items_keep_lines_of_their_own(marker: str) -> None:
    items = [f"{marker}release both crews", f"{marker}open the ferry line"]
    text = clean_text("The sides agreed to:\n" + "\n".join(items)).text
    assert [line for line in text.split("\n") if line] == ["The sides agreed to:", *items]


def test_the_turns_of_a_transcript_keep_lines_of_their_own() -> None:
    turns = [
        "Q: Will the ferry line open this year?",
        "A: We hope so, but it does not depend on us.",
        "MR. VALE: I have nothing to add to that.",
        "Spokesperson Brook: Thank you all for coming.",
    ]
    text = clean_text("\n".join(turns)).text
    assert [line for line in text.split("\n") if line] == turns


def test_curly_quotes_and_dashes_stay() -> None:
    text = "“We’re ready,” she said — ‘almost’ – of the talks."
    assert clean_text(text).text == text


def test_letters_are_composed() -> None:
    assert (
        clean_text("The cafe\u0301 talks ended early.").text == "The caf\u00e9 talks ended early."
    )


def test_a_link_keeps_its_words() -> None:
    cleaned = clean_text("They met [on the island](https://courier.example/a) for two hours.")
    assert cleaned.text == "They met on the island for two hours."
    assert cleaned.removed == ()


def test_an_image_is_dropped_and_reported() -> None:
    cleaned = clean_text(f"![The ministers](a.png)\n\n{BODY}")
    assert cleaned.text == BODY
    assert [(entry.rule, entry.text) for entry in cleaned.removed] == [
        ("image", "![The ministers](a.png)")
    ]


def test_menu_lines_above_a_headline_go() -> None:
    lines = ["Home", "World news", "WORLD | POLITICS", "Ministers Meet on the Island", BODY]
    cleaned = clean_text("\n\n".join(lines))
    assert cleaned.text == f"Ministers Meet on the Island\n\n{BODY}"
    assert cleaned.title == "Ministers Meet on the Island"
    assert {entry.text for entry in cleaned.removed if entry.rule == "menu"} == {
        "Home",
        "World news",
    }


def test_menu_lines_below_the_article_go() -> None:
    cleaned = clean_text(f"{BODY}\n\n© 2031 The Harbour Courier\n\nOur other titles\n\nJobs")
    assert cleaned.text == BODY
    assert [entry.rule for entry in cleaned.removed] == ["copyright", "menu", "menu"]


def test_short_sentences_below_the_article_stay() -> None:
    text = f"{BODY}\n\nAdvertisement\n\nThey will meet again."
    assert clean_text(text).text == f"{BODY}\n\nThey will meet again."


def test_a_byline_below_the_headline_does_not_make_it_a_menu() -> None:
    cleaned = clean_text(f"Ministers Meet\n\nBy Ana Brook\n\n{BODY}")
    assert cleaned.title == "Ministers Meet"


@pytest.mark.parametrize(
    "line",
    ["Updated March 4, 2031 10:15 am", "Last updated: 4 March 2031", "Published 2031-03-04"],
)
def test_the_date_comes_from_a_removed_line(line: str) -> None:
    assert clean_text(f"{line}\n\n{BODY}").date == "2031-03-04"


def test_a_date_in_a_sentence_is_not_the_documents() -> None:
    assert clean_text("The accord of 4 March 2031 stays in force.").date is None


def test_an_impossible_date_is_passed_over() -> None:
    cleaned = clean_text(f"Updated February 31, 2031 late\n\nPublished 3 March 2031\n\n{BODY}")
    assert cleaned.date == "2031-03-03"


def test_every_removal_is_counted() -> None:
    lines = ["Advertisement", BODY, "Advertisement", CLOSING, "Share", "© 2031 Courier"]
    rules = [entry.rule for entry in clean_text("\n\n".join(lines)).removed]
    assert sorted(rules) == ["copyright", "promotion", "promotion", "sharing"]


def test_a_text_of_furniture_alone_is_empty() -> None:
    assert clean_text("Advertisement\n\nShare\n\n© 2031 Courier").text == ""


@pytest.mark.parametrize("unit", ["word ", "x", "share ", "By A", "(c) ", "![", "[a](", "Updated "])
def test_one_line_of_a_megabyte_is_kept(unit: str) -> None:
    line = (unit * (1_000_000 // len(unit))).strip()
    assert clean_text(line).text == line


def test_a_hundred_thousand_short_lines_become_one_paragraph() -> None:
    assert clean_text("\n".join(["so it went on"] * 100_000)).text.count("so it went on") == 100_000


def test_a_hundred_thousand_short_paragraphs_are_joined() -> None:
    text = clean_text("\n\n".join(["so it went on"] * 100_000)).text
    assert text.count("so it went on") == 100_000


PIECES = [
    BODY,
    CLOSING,
    "The ministers met.",
    "- release both crews",
    "Q: Will it open?",
    "Ministers Meet on the Island",
    *(line for _, line in FURNITURE),
    *(sentence for _, sentence in SENTENCES),
]


@settings(database=None, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8))
def test_cleaning_again_changes_nothing(pieces: list[str]) -> None:
    once = clean_text("\n\n".join([*pieces, BODY])).text
    assert clean_text(once).text == once


@settings(database=None, derandomize=True, deadline=None)
@given(st.text())
def test_any_text_is_cleaned_without_an_error(text: str) -> None:
    cleaned = clean_text(text)
    assert "\x00" not in cleaned.text
    assert "\n\n\n" not in cleaned.text
