"""Cleaning removes furniture, joins what was divided, and leaves the article alone."""

import pytest

from pipeline.documents import clean_text
from pipeline.documents.furniture import RULES, find_rule

FURNITURE = {
    "https://news.example/a-b-c": "address",
    "Write to Ada Ember at ada@news.example": "contact",
    "By Ada Ember and Bo Lindh": "byline",
    "By Staff Writer Follow and Second Writer Follow": "byline",
    "Updated 2024-11-23 at 4:50 pm ET": "update",
    "November 23, 2024": "date line",
    "Copyright 2024 The Courier. All rights reserved.": "copyright",
    "This copy is for your personal, non-commercial use only. Ask for reprints.": "copyright",
    "Appeared in the May 3, 2024, print edition as 'Talks'.": "print edition",
    "Share on Facebook": "sharing",
    "Follow": "sharing",
    "Advertisement": "promotion",
    "Sign up for our morning newsletter": "promotion",
    "Read more: Five things to know": "promotion",
    "WORLD | ASIA": "section",
    "Photo: Bo Lindh/Pool": "image",
    "###": "footer",
    "-END-": "footer",
    "FOR IMMEDIATE RELEASE": "footer",
}
LOOK_ALIKES = [
    "The ministry said it would follow up.",
    "By Friday both sides must reply.",
    "By Wednesday night, Ember had left.",
    "Updated figures show that trade fell by 3 percent.",
    "Related talks are to resume in May.",
    "Follow the rules, the envoy said.",
    "Share the burden, he told them.",
    "Read together, the two accounts disagree.",
    "Copyright law was the third topic.",
    "Contact between the two armies has been restored.",
    "Sign the agreement today, she said.",
    "Video of the incident was released by the navy.",
    "November 23, 2024 was the day on which the talks began.",
]


@pytest.mark.parametrize(("line", "rule"), FURNITURE.items(), ids=FURNITURE)
def test_furniture_is_known_by_its_rule(line: str, rule: str):
    assert find_rule(line) == rule


def test_every_rule_has_an_example():
    assert set(FURNITURE.values()) == set(RULES)


@pytest.mark.parametrize("line", LOOK_ALIKES)
def test_sentences_that_look_alike_stay(line: str):
    cleaned = clean_text(f"{line}\n\nThe talks went on until late at night in the lakeside hotel.")
    assert line in cleaned.text and cleaned.removed == ()


def test_wrapped_lines_become_one_paragraph():
    cleaned = clean_text("The two delegations met for\nsix hours on Tuesday at a\nlakeside hotel.")
    assert cleaned.text == "The two delegations met for six hours on Tuesday at a lakeside hotel."


def test_a_word_divided_at_the_end_of_a_line_is_joined():
    assert clean_text("The negoti-\nations went on.").text == "The negotiations went on."


def test_a_sentence_broken_by_an_empty_line_is_joined():
    text = "Both leaders, he argues, have just shown their\n\nvoters that they can cooperate."
    assert clean_text(text).text == text.replace("\n\n", " ")


def test_paragraphs_that_end_stay_apart():
    text = "The talks ended.\n\nNo date was set."
    assert clean_text(text).text == text


def test_a_headline_stays_apart_and_becomes_the_title():
    cleaned = clean_text("Talks end without a deal\n\nThe talks ended on Monday in the capital.")
    assert cleaned.title == "Talks end without a deal"
    assert cleaned.text.startswith("Talks end without a deal\n\n")


def test_turns_of_a_transcript_keep_their_lines():
    text = "QUESTION: Will you go?\nMR. HALE: We have not decided.\nQUESTION: When will you?"
    assert clean_text(text).text.split("\n\n") == text.split("\n")


def test_quotes_and_dashes_are_kept():
    text = "“We agree,” she said — ‘for now’."
    assert clean_text(text).text == text


def test_menus_above_the_article_go_with_the_furniture():
    body = "The talks ended on Monday in the capital, where both sides had met since the spring."
    cleaned = clean_text(f"News & analysis\n\nWORLD | ASIA\n\nTalks end in the capital\n\n{body}")
    assert cleaned.text == f"Talks end in the capital\n\n{body}"
    assert [entry.rule for entry in cleaned.removed] == ["section", "menu"]


def test_the_date_of_an_update_line_is_the_documents():
    text = "Updated Nov. 3, 2024 at 4 pm\n\nThe talks ended on Monday in the capital."
    assert clean_text(text).date == "2024-11-03"


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "word " * 200_000, "short line\n" * 100_000, "[(" * 100_000]
)
def test_hostile_lengths_come_through(text: str):
    assert len(clean_text(text).text) > 100_000
