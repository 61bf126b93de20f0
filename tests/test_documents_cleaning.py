"""What cleaning removes, what it must leave, and what it joins; all texts are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.documents import clean_text
from pipeline.documents.furniture import RULES, find_rule

BODY = (
    "The two ministers met in Port Selwyn on Friday and agreed to reopen the ferry line.\n\n"
    "Veldoria had asked for a written guarantee, and Kestan gave one before the evening was out."
)

FURNITURE = [
    ("address", "<https://www.example.org/world/ferry-talks-7e63>"),
    ("address", "www.example.org/ferry"),
    ("contact", "Write to Ana Orlo at ana.orlo@example.org and Ben Tam at ben.tam@example.org"),
    ("contact", "Media contact: Jane Poe, +44 20 7946 0000"),
    ("contact", "For further information, visit www.example.org/press"),
    ("byline", "By Ana Orlo"),
    ("byline", "By Ana Orlo Follow and Ben Tam Follow"),
    ("byline", "BY ANA ORLO, DIPLOMATIC CORRESPONDENT"),
    ("byline", "By Ana Orlo in Port Selwyn and Ben Tam in Kestan"),
    ("byline", "Ana Orlo contributed to this article."),
    ("byline", "(Reporting by Ana Orlo and Ben Tam; Editing by Cy Rowe)"),
    ("update", "Updated 2024-11-23 at 4:50 pm ET"),
    ("update", "Published: 23 November 2024, 16:50 GMT"),
    ("update", "Last updated on Nov. 23, 2024"),
    ("update", "Updated 3 hours ago"),
    ("date line", "November 23, 2024"),
    ("date line", "Saturday, 23 November 2024 | 5 min read"),
    ("copyright", "© 2024 The Selwyn Courier. All rights reserved."),
    ("copyright", "Copyright 2024 The Selwyn Courier"),
    ("copyright", "All Rights Reserved"),
    (
        "copyright",
        "This copy is for your personal, non-commercial use only. To order, call us.",
    ),
    ("copyright", "Distribution and use of this material are governed by our terms."),
    ("copyright", "To order multiple copies, please call 1-800-555-0100."),
    ("print edition", "Appeared in the November 24, 2024, print edition as 'Ferry Line Reopens'."),
    ("sharing", "Share this article"),
    ("sharing", "Share on X"),
    ("sharing", "Share | Save | Print"),
    ("sharing", "Follow"),
    ("sharing", "Follow us on Facebook"),
    ("promotion", "Advertisement"),
    ("promotion", "ADVERTISEMENT - SCROLL TO CONTINUE"),
    ("promotion", "Sign up for our morning newsletter to get the news first."),
    ("promotion", "Subscribe now"),
    ("promotion", "Read more: Fishermen wait for the ferry"),
    ("promotion", "READ MORE"),
    ("promotion", "Most Popular News"),
    ("promotion", "Related articles"),
    ("promotion", "Podcast | The Long Table"),
    ("promotion", "Videos"),
    ("section", "WORLD | REGION"),
    ("section", "Home > World > Islands"),
    ("image", "Photo: Ana Orlo/Getty Images"),
    ("image", "The ministers at the quay on Friday. Ben Tam/Reuters"),
    ("footer", "###"),
    ("footer", "-END-"),
    ("footer", "FOR IMMEDIATE RELEASE"),
    ("footer", "* * *"),
]

SENTENCES = [
    "The ministry said it would follow up.",
    "Follow the agreement, the President told his ministers.",
    "By Friday both sides must reply.",
    "By Land and Sea",
    "By Friday",
    "By Monday Kestan and Veldoria will have signed.",
    "Share the burden, she told the allies.",
    "Save the ferry, the fishermen of Kestan are asking.",
    "Read more carefully, the treaty says nothing of the kind.",
    "Sign up to the treaty now, the President told Kestan.",
    "Subscribe to the principles of the charter and the rest will follow, he said.",
    "Updated guidance will reach exporters on 4 December 2024.",
    "Published in 2021, the report accused Kestan of dumping.",
    "(c) The parties shall refrain from any further inspection;",
    "Copyright remains one of the open chapters.",
    "The text grants Kestan all rights reserved to coastal states.",
    "Contact between the two capitals resumed on 14 May after 300 days.",
    "Contact with the crew was lost, and 120 000 tonnes of grain with it.",
    "Related to that is the question of the fishing grounds.",
    "Related parties",
    "Most popular leader in a decade loses the vote",
    "For copies of the treaty the minister turned to the archive.",
    "For further information the ministry referred reporters to the embassy.",
    "Reproduction of the seal is prohibited under the agreement.",
    "Opinion in Kestan is divided.",
    "Advertisement of tenders will begin in May, the ministry said.",
    "Appeared in public for the first time since May, and said nothing.",
    "Search teams from both countries left at dawn.",
    "Menu prices rose by a third.",
    "Photographers were kept away from the quay.",
    "Video of the meeting shows no handshake.",
    "November 23, 2024 was the last day of the truce.",
    "On 23 November 2024 the parties signed.",
    "PORT SELWYN, Nov. 23 (Island Wire) — The ministers met on Friday.",
    "Reporting by the mission shows that the truce holds.",
    "The end.",
    "He gave none.",
    "QUESTION: Will you follow up?",
]


@pytest.mark.parametrize(("rule", "line"), FURNITURE)
def test_furniture_is_removed_and_recorded_with_its_rule(rule, line):
    cleaned = clean_text(f"{BODY}\n\n{line}\n\n{BODY.replace('Friday', 'Monday')}")
    assert cleaned.text == f"{BODY}\n\n{BODY.replace('Friday', 'Monday')}"
    assert [(removal.rule, removal.text) for removal in cleaned.removed] == [(rule, line)]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_that_look_like_furniture_stay(sentence):
    cleaned = clean_text(f"{BODY}\n\n{sentence}\n\n{BODY.replace('Friday', 'Monday')}")
    assert sentence in cleaned.text.split("\n\n")
    assert cleaned.removed == ()


def test_every_rule_has_an_example():
    assert {rule for rule, _ in FURNITURE} == set(RULES)


def test_a_reader_copy_of_a_newspaper_page_keeps_only_its_headline_and_text():
    copy = """

Understanding the Islands

News & views

Podcast | The Slow Ferry

This copy is for your personal, non-commercial use only. Distribution and use
of this material are governed by our Subscriber Agreement and by copyright law.

WORLD | ISLANDS

Ferry line reopens after a night of talks

By [Ana Orlo](https://www.example.org/ana) [Follow](#) and [Ben Tam](#) [Follow](#)

Updated 2024-11-23 at 4:50 pm ET

For the first [eleven minutes](https://www.example.org/a_(b)) of their call on Wednesday, the two
leaders spoke of the weather. Both leaders, an adviser said, have just shown their

voters that they can agree on a long-
standing quarrel, and that is a negoti-
ated success.

![The quay](https://www.example.org/quay.jpg)

Sign up for our newsletter

“We will sign,” she said – and left.

Write to Ana Orlo at ana.orlo@example.org

Most Popular News

Why the harbour bell rings twice

Videos
"""
    cleaned = clean_text(copy)
    assert cleaned.text.split("\n\n") == [
        "Ferry line reopens after a night of talks",
        "For the first eleven minutes of their call on Wednesday, the two leaders spoke of the "
        "weather. Both leaders, an adviser said, have just shown their voters that they can agree "
        "on a long-standing quarrel, and that is a negotiated success.",
        "“We will sign,” she said – and left.",
    ]
    assert cleaned.title == "Ferry line reopens after a night of talks"
    assert cleaned.date == "2024-11-23"
    rules = [removal.rule for removal in cleaned.removed]
    assert rules.count("menu") == 3
    assert {"image", "byline", "section", "copyright", "promotion"} <= set(rules)


def test_a_headline_above_the_share_buttons_is_no_menu():
    cleaned = clean_text(f"Ferry line reopens\n\nShare\n\nSave\n\nBy Ana Orlo\n\n{BODY}")
    assert cleaned.text == f"Ferry line reopens\n\n{BODY}"
    assert cleaned.title == "Ferry line reopens"


def test_the_last_line_above_a_removed_box_stays_as_the_headline():
    cleaned = clean_text(f"World\n\nFerry line reopens\n\nNewsletter\n\n{BODY}")
    assert cleaned.title == "Ferry line reopens"
    assert cleaned.text == f"Ferry line reopens\n\n{BODY}"


def test_signatures_after_a_rule_stay():
    text = f"{BODY}\n\n* * *\n\nFor the Government of Kestan\n\nDaoren Shei"
    assert clean_text(text).text == f"{BODY}\n\nFor the Government of Kestan\n\nDaoren Shei"


def test_a_wrapped_line_that_alone_would_be_furniture_stays():
    text = (
        "The panel found that the ministry had in the end\n"
        "published 23 November 2024 as the date of the final\n"
        "Updated 2024-11-23\n"
        "report, which angered fishermen on both of the shores."
    )
    cleaned = clean_text(text)
    assert cleaned.text == text.replace("\n", " ")
    assert cleaned.removed == ()


def test_furniture_without_empty_lines_around_it_is_removed():
    cleaned = clean_text(f"Ferry line reopens\nShare\nBy Ana Orlo\nNovember 23, 2024\n{BODY}")
    assert cleaned.text == f"Ferry line reopens\n\n{BODY}"
    assert cleaned.date == "2024-11-23"


def test_wrapped_lines_become_paragraphs_and_the_headline_stays_apart():
    cleaned = clean_text(
        "Joint statement on the ferry line\n"
        "The two ministers met in Port Selwyn on Friday and, after a long night of\n"
        "talks, agreed to reopen the ferry line before the end of the year. They\n"
        "thanked the fishermen.\n"
        "Kestan will pay for the first of the two boats, and Veldoria for the other\n"
        "one in spring.\n"
    )
    assert cleaned.text.split("\n\n") == [
        "Joint statement on the ferry line",
        "The two ministers met in Port Selwyn on Friday and, after a long night of talks, agreed "
        "to reopen the ferry line before the end of the year. They thanked the fishermen.",
        "Kestan will pay for the first of the two boats, and Veldoria for the other one in spring.",
    ]


def test_lines_that_are_paragraphs_are_not_joined():
    text = "Ferry line reopens.\nThe ministers met on Friday.\nThey agreed on a date."
    assert clean_text(text).text == text.replace("\n", "\n\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Both leaders, he argues, have just shown their", "voters that they can help each other."),
        ("In the end the talks were saved by the quiet work of", "Daoren Shei, who had not slept."),
        ("The call was short. In it the President reminded Premier", "Shei of what he had said."),
        (
            "The parties, having met in Port Selwyn on Friday,",
            "The Hague and Kestan, will sign it.",
        ),
    ],
)
def test_a_sentence_divided_by_a_page_break_is_joined(before, after):
    assert clean_text(f"{before}\n\n{after}").text == f"{before} {after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Ferry line reopens", "The ministers met in Port Selwyn on Friday and signed the text."),
        ("The parties agreed:", "to reopen the ferry line."),
        ("The parties agreed to the following", "1. The ferry line opens in March."),
        ("Mr. Tull gave no answer to the first of the", "QUESTION: Is the line open?"),
        ("Dear Mr President,", "I thank you for the letter that you sent me on Friday evening."),
    ],
)
def test_paragraphs_that_belong_apart_are_not_joined(before, after):
    assert clean_text(f"{before}\n\n{after}").text == f"{before}\n\n{after}"


def test_lists_and_turns_of_a_transcript_keep_their_lines():
    text = (
        "QUESTION: Will the ministry follow up on the letter that it had from Kestan in\n"
        "March of this year?\n"
        "MR. PRICE: It will. I have nothing to add to what I said about that on Tuesday,\n"
        "and I will not.\n"
        "Q: And the ferry line, which has been closed for as long as anybody can remember\n"
        "now?\n"
        "A: Open.\n"
        "1. The line opens in March and stays open through the whole of the coming year of\n"
        "fishing\n"
        "2. Fees end\n"
    )
    cleaned = clean_text(text)
    starts = [paragraph[:9] for paragraph in cleaned.text.split("\n\n")]
    assert starts == ["QUESTION:", "MR. PRICE", "Q: And th", "A: Open.", "1. The li", "2. Fees e"]


def test_a_number_at_the_start_of_a_wrapped_line_is_no_list_item():
    text = (
        "The agreement that was signed by the two ministers in Port Selwyn on January\n"
        "17. was the last one, and nobody remembers what the agreement before it had said\n"
        "of the ferry."
    )
    assert clean_text(text).text == text.replace("\n", " ")


@pytest.mark.parametrize(
    ("divided", "whole"),
    [
        ("a negoti-\nated deal", "a negotiated deal"),
        ("a long-\nterm deal", "a long-term deal"),
        ("a Franco-\nGerman deal", "a Franco-German deal"),
        ("an EU-\nwide deal", "an EU-wide deal"),
        ("a take-it-or-\nleave-it deal", "a take-it-or-leave-it deal"),
    ],
)
def test_words_divided_at_a_line_end_are_joined(divided, whole):
    start = "Nobody in either of the two capitals had expected them to agree to such"
    cleaned = clean_text(f"{start} {divided} before the end of the night.\n")
    assert cleaned.text == f"{start} {whole} before the end of the night."


def test_curly_quotes_and_dashes_are_kept():
    text = "“We won’t sign,” she said — not on Friday, nor in 2024–25…"
    assert clean_text(text).text == text


def test_legal_references_in_brackets_are_no_links():
    text = "Article [4](a) binds both parties, [sic](see above) and the court."
    assert clean_text(text).text == text


def test_invisible_characters_ligatures_and_odd_spaces_go():
    assert (
        clean_text("The\u00a0of\ufb01ce\u200b agre\u00aded\tto  it.").text
        == "The office agreed to it."
    )


def test_lone_surrogates_do_not_survive():
    assert clean_text("The talks \ud800 failed.").text == "The talks \ufffd failed."


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("23 November 2024", "2024-11-23"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("Updated Sat, November 2nd, 2024", "2024-11-02"),
        ("31 February 2024", None),
        ("Updated 3 hours ago", None),
    ],
)
def test_the_date_is_the_one_stated_or_unknown(line, date):
    assert clean_text(f"{line}\n\n{BODY}").date == date


def test_a_date_within_the_text_is_no_date_of_the_document():
    assert clean_text(f"On 14 May 2020 the line was closed.\n\n{BODY}").date is None


@pytest.mark.parametrize(
    "text", [BODY, f"The line is open.\n\n{BODY}", "- Ferry line\n\n" + BODY, "Ferry line reopens"]
)
def test_no_title_is_made_up(text):
    assert clean_text(text).title is None


def test_cleaning_twice_changes_nothing_more():
    once = clean_text(f"WORLD | ISLANDS\n\nFerry line reopens\n\nShare\n\n{BODY}").text
    assert clean_text(once).text == once


@given(st.text(alphabet="aB.,:;-–!?\"'()[]|#*@/ \n1Q"))
def test_cleaning_never_fails(text):
    assert clean_text(text).text == clean_text(text).text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "." * 1_000_000,
        "[" * 1_000_000,
        "](#" * 300_000,
        "[a](#" * 200_000,
        "Word\n" * 100_000,
        "word\n\n" * 100_000,
        "Read more than that\n" * 50_000,
        "- " * 500_000,
    ],
    ids=lambda text: text[:5],
)
def test_huge_texts_are_cleaned_in_linear_time(text):
    assert len(clean_text(text).text) <= 2 * len(text)


@pytest.mark.parametrize(
    "line",
    [
        "Share " + "facebook " * 130 + "!",
        "By " + "Ana " * 290 + "!",
        "By " + "Ana Orlo, " * 110 + "!",
        "Updated 2024-11-23 " + "at , " * 200 + "!",
        "A | " * 290 + "!",
        "Sign up " + "newsletter " * 100 + "\n",
        "Write to a at a@b" + " and a at a@b" * 80 + " !",
        "# " * 590 + "!",
    ],
    ids=lambda line: line[:10],
)
def test_rules_do_not_backtrack_without_end(line):
    assert find_rule(line) in (None, "promotion")
