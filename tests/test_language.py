"""Only a text that is plainly English is spared the language identifier."""

import pytest

from pipeline import language
from pipeline.language import foreign_language

ENGLISH = (
    "The two ministers said that they would meet again in May, and that their talks on the "
    "fishing grounds have been useful for both sides."
)
OTHERS = {
    "da": (
        "Ministeren sagde, at det var godt for begge lande, og at de vil have mere tid til at "
        "tale om sagen, før der er noget nyt at sige."
    ),
    "de": "Die Minister sagten, was sie im Mai tun wollen, und was danach mit der Grenze wird.",
    "fr": "Les ministres ont dit qu'ils se reverront en mai pour parler de la frontière commune.",
    "nl": (
        "De minister zei dat het was afgesproken of dat het nog wordt besproken, en dat er in mei "
        "weer een gesprek is over de grens en het water."
    ),
    "pl": "Minister powiedział, że to by było dobre dla obu stron i że to jest ważny krok naprzód.",
}


@pytest.mark.parametrize("code", OTHERS)
def test_other_languages_are_told(code: str):
    assert foreign_language(OTHERS[code]) == code


@pytest.mark.parametrize("code", OTHERS)
def test_a_text_that_is_mostly_in_another_language_is_told(code: str):
    assert foreign_language(f"{OTHERS[code]} " * 12 + ENGLISH) == code


def test_plain_english_does_not_load_the_identifier(monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        raise AssertionError("the identifier was loaded")

    monkeypatch.setattr(language, "_identifier", fail)
    assert foreign_language(ENGLISH) is None
    with pytest.raises(AssertionError):
        foreign_language(OTHERS["fr"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ja. Nein.",
        "1 2 3 4 5 6 7 8 9 10",
        "Trade, fish, ships, ports, tariffs, visas, gas, oil.",
    ],
)
def test_what_tells_nothing_is_no_other_language(text: str):
    assert foreign_language(text) is None
