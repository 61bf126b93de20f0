"""Tests of pipeline/sentences.py; every sentence is invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import normalise_sentence
from pipeline.sentences import split_sentences

PIECES = st.lists(
    st.sampled_from(
        ["Lin", "said", "U.S.", "Jan.", "17", "No.", "5", "J.", "The", "talks", "Mr.", "ended"]
        + [".", "?", "!", "...", "…", '"', "“", "”", "'", "(", ")", "[1]", ",", ";", ":", "-", "🎉"]
        + [" ", " ", " ", "\n", "\r\n", "\n\n", "\t", "\u2028", "\u00a0", "\u200b", "é", "e\u0301"]
    ),
    max_size=60,
).map("".join)
TEXTS = st.one_of(PIECES, st.text(max_size=200))


def raw_sentences(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in split_sentences(text)]


def assert_divided(*sentences: str) -> None:
    """The sentences, joined by one space, are divided where they were joined."""
    assert raw_sentences(" ".join(sentences)) == list(sentences)


# Abbreviations


@pytest.mark.parametrize("place", ["D.C.", "the U.S.", "the U.K.", "the U.N.", "Palm Bay, Fla."])
def test_an_initialism_ends_a_sentence_before_a_word_that_begins_one(place: str) -> None:
    assert_divided(f"The envoy was received in {place}", "They met again on Friday.")


@pytest.mark.parametrize(
    "sentence",
    [
        "The U.S. Treasury and the U.K. Cabinet Office asked U.N. Secretary-General Moro to act.",
        "The note names U.S. Under Secretary Fox.",
        "In the U.S., tariffs rose, and U.S.-Kestan trade fell by a third.",
    ],
)
def test_an_initialism_before_a_name_does_not_end_a_sentence(sentence: str) -> None:
    assert_divided(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Mr. Moro, Mrs. Fane and Dr. Ossa met Gen. Bo Lin, Sen. Kay, Gov. Roy and Lt. Col. Dey.",
        "Vice Admiral (ret.) Corinne Hale spoke first.",
        "MR. MORO AND SEN. KAY WILL MEET.",
    ],
)
def test_a_title_belongs_to_the_name_after_it(sentence: str) -> None:
    assert_divided(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The call on Jan. 17 followed the one on Sept. 3, 2021.",
        "Under Art. 5, para. 3 and Annex No. 12 of Res. 2041 the border stays open.",
        "The exports, e.g. Kestan steel, i.e. Most of the trade, are set out on p. 12 of vol. II.",
        "It was Kestan vs. Belmara again.",
    ],
)
def test_an_abbreviation_belongs_to_what_follows_it(sentence: str) -> None:
    assert_divided(sentence)


def test_the_word_no_ends_a_sentence() -> None:
    assert_divided("The answer is no.", "I told him so.", "No.", "They refused.")


def test_a_time_of_day_keeps_its_day_and_its_zone() -> None:
    assert_divided("It began at 9 a.m. Monday, or 5 p.m. Moscow time, 2 p.m. GMT.", "He left.")


def test_a_time_of_day_ends_a_sentence_before_another_word() -> None:
    assert_divided("Sirens were heard at 6:10 a.m.", "Trains stood still for an hour.")


def test_a_company_ends_a_sentence_only_before_a_word_that_begins_one() -> None:
    assert_divided(
        "Acme Inc. and Bolt Co. Ltd. Holdings signed with Tern Corp.", "The rest waited."
    )


def test_initials_and_junior_belong_to_the_name() -> None:
    assert_divided("Joseph R. Hale, Jr. spoke today with J. D. Okafor and A.B. Moro.")


def test_a_letter_or_numeral_that_names_a_part_ends_a_sentence() -> None:
    assert_divided("The form is in Annex C.", "Exporters file it.", "So it was in World War II.")


# Numbers and marks


def test_decimals_and_thousands_are_not_ends() -> None:
    assert_divided("Trade rose 3.5 percent to 1,200.75 tonnes.", "1,200 people came to Kestan.")


def test_a_sentence_may_begin_with_a_number_after_a_name() -> None:
    assert_divided("The ship reached Kestan.", "2014 brought the first talks.")


def test_a_section_number_belongs_to_its_sentence() -> None:
    assert_divided(
        "1. The Parties shall meet.", "2.1. They shall talk.", "Article 5. No one leaves."
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "We will act ... President Moro said.",
        "The text speaks of “peace [...] The rest” and no more.",
        "We waited... and waited… and left.",
    ],
)
def test_dots_for_omitted_words_do_not_end_a_sentence(sentence: str) -> None:
    assert_divided(sentence)


def test_dots_at_the_end_of_a_word_end_a_sentence() -> None:
    assert_divided("We have waited…", "The end is near...", "He left.")


def test_semicolons_and_colons_keep_clauses_together() -> None:
    assert_divided("They met; Kestan agreed: The border opens.")


def test_a_missing_space_is_not_missed() -> None:
    assert raw_sentences("The war ended.The talks began!He left.") == [
        "The war ended.",
        "The talks began!",
        "He left.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Read https://example.org/A.Html?q=Yes.No or write to j.Doe@example.org today.",
        "St.Ives and Co.Ltd are names, and so is www.example.Org here.",
    ],
)
def test_an_address_is_not_divided(sentence: str) -> None:
    assert_divided(sentence)


def test_a_footnote_mark_stays_with_its_sentence() -> None:
    assert_divided("The pact ended.[3]", "Another began.")


def test_capitals_alone_are_divided() -> None:
    assert_divided("THE TALKS ENDED.", "THE SIDES MEET TODAY.")


def test_a_post_with_exclamation_marks_is_divided() -> None:
    assert_divided(
        "Great day!!", "We won!", "🎉 Thank you, Kestan!", "#peace is here.", "@moro too!"
    )


# Quotations and brackets


@pytest.mark.parametrize(("left", "right"), ['""', "“”", "''", "‘’"])
def test_a_quotation_that_closes_after_the_full_stop_ends_the_sentence(
    left: str, right: str
) -> None:
    assert_divided(f"He said: {left}We leave tomorrow.{right}", "He left.")


@pytest.mark.parametrize(
    "sentence",
    [
        '"Is it over?" she asked.',
        "“Never!” he said.",
        '"We agree." the minister said.',
        '"We agree," she said, "and we will sign."',
        '"Never!" President Moro said.',
        "“Is it over?” Lin Wei asked on Monday.",
    ],
)
def test_a_quotation_stays_with_the_words_that_say_whose_it_is(sentence: str) -> None:
    assert_divided(sentence)


def test_a_question_in_quotation_marks_ends_a_sentence_before_a_new_one() -> None:
    assert_divided("He asked: “Is it over?”", "The minister left.")


def test_a_mark_after_the_closing_quote_stays_with_its_sentence() -> None:
    assert_divided('The banner read "Where are they?".', "Nobody answered.")


def test_quoted_speech_of_several_sentences_is_divided_inside() -> None:
    assert_divided("“We came.", "We saw.", "We left,” she said.", "The minister smiled.")


def test_brackets_within_a_sentence_are_not_divided() -> None:
    assert_divided("He spoke (it was late. He was tired.) and left.", "She stayed.")


def test_brackets_around_sentences_are_divided_inside() -> None:
    assert_divided("(He was tired.", "She was not.)", "They left.")


# Lines and paragraphs


def test_paragraphs_are_counted_between_empty_lines() -> None:
    sentences = split_sentences(
        "\n\nTalks end without a deal\n\nThey met. They left.\r\n \r\nSo?\n"
    )
    assert [(sentence.paragraph, sentence.text) for sentence in sentences] == [
        (0, "Talks end without a deal"),
        (1, "They met."),
        (1, "They left."),
        (2, "So?"),
    ]


def test_list_items_and_headings_stand_alone() -> None:
    lines = [
        "Key points",
        "They agreed:",
        "- to meet",
        "• To talk; and",
        "2) To sign.",
        "a. Kestan",
    ]
    sentences = split_sentences("\n".join(lines))
    assert [sentence.text for sentence in sentences] == lines
    assert {sentence.paragraph for sentence in sentences} == {0}


@pytest.mark.parametrize(
    "label",
    ["MR. MORO:", "QUESTION:", "Q:", "A:", "Q.", "Spokesperson Lin:", "Question (Kestan Post):"],
)
def test_a_speaker_label_belongs_to_the_first_sentence_of_the_turn(label: str) -> None:
    turns = f"Before that, nothing\n{label} Good morning. We have news.\n{label}\nIs it true?"
    assert raw_sentences(turns) == [
        "Before that, nothing",
        f"{label} Good morning.",
        "We have news.",
        f"{label}\nIs it true?",
    ]


def test_questions_and_answers_on_one_line_are_divided_before_their_labels() -> None:
    assert_divided("Q. Is it over?", "A. It is.", "Q. Why?")


def test_a_broken_line_reads_on() -> None:
    sentences = split_sentences("The talks in Kestan,\nMoro said, will\nbegin soon.\nThey did.")
    assert [sentence.text for sentence in sentences] == [
        "The talks in Kestan, Moro said, will begin soon.",
        "They did.",
    ]


# Any text


@pytest.mark.parametrize("text", ["", " ", "\n\n \r\n\t"])
def test_a_text_without_characters_has_no_sentences(text: str) -> None:
    assert split_sentences(text) == []


def test_a_sentence_of_ten_thousand_words_is_one_sentence() -> None:
    sentence = "The " + "very " * 9_998 + "end."
    assert_divided(sentence, "It is over.")


@pytest.mark.parametrize(
    "text",
    [
        "..[111 111 111 111 111 111 111 111 111 111",
        "." * 100_000,
        "word " * 200_000,
        "x" * 1_000_000,
        "(" * 50_000,
        "A," + "\n" * 100_000 + "B",
        '"' * 50_000 + "." * 50_000,
    ],
)
def test_a_hostile_text_is_one_sentence_or_two(text: str) -> None:
    assert len(split_sentences(text)) <= 2


@given(TEXTS)
@settings(deadline=None)
def test_sentences_cover_every_character_in_order_without_overlap(text: str) -> None:
    sentences = split_sentences(text)
    position = 0
    for sentence in sentences:
        assert not text[position : sentence.start].strip()
        assert sentence.start < sentence.end
        position = sentence.end
    assert not text[position:].strip()


@given(TEXTS)
@settings(deadline=None)
def test_a_sentence_is_the_normalised_text_at_its_place(text: str) -> None:
    sentences = split_sentences(text)
    assert [sentence.index for sentence in sentences] == list(range(len(sentences)))
    for sentence in sentences:
        raw = text[sentence.start : sentence.end]
        assert raw == raw.strip() != ""
        assert sentence.text == normalise_sentence(raw)


@given(TEXTS)
@settings(deadline=None)
def test_the_same_text_gives_the_same_sentences(text: str) -> None:
    assert split_sentences(text) == split_sentences(text)


@given(TEXTS)
@settings(deadline=None)
def test_paragraphs_never_go_back_and_leave_none_out(text: str) -> None:
    paragraphs = [sentence.paragraph for sentence in split_sentences(text)]
    assert sorted(set(paragraphs)) == list(range(len(set(paragraphs))))
    assert paragraphs == sorted(paragraphs)


@given(
    st.lists(
        st.sampled_from(
            ["The U.S. envoy left.", "“Is it over?” he asked.", "It is No. 5!", "Why?"]
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_sentence_split_again_is_itself(parts: list[str]) -> None:
    sentences = raw_sentences(" ".join(parts))
    assert sentences == parts
    assert [raw_sentences(sentence) for sentence in sentences] == [[part] for part in parts]
