"""The pages, rendered from the templates beside this module."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from pipeline.colours import STANCE_COLOURS
from pipeline.compare.output import party_lines, rows_of, sides
from pipeline.compare.records import Comparison
from pipeline.predict import ScoredDocument
from pipeline.records import STANCES, Document, Prediction
from pipeline.report.text import (
    MARKS,
    UNSURE,
    Corrections,
    Link,
    ShownSentence,
    shown_paragraphs,
    word_levels,
)

AlongWith = Mapping[int, Corrections]
"""For each document, by its number from 0, what readers say of its sentences."""
Values = dict[str, object]
"""What a template shows."""


def document_page(documents: Sequence[ScoredDocument], corrections: AlongWith | None = None) -> str:
    """One page with the documents, each with its course of stance, its parties and its text."""
    return _render("documents.html", document_values(documents, corrections or {}))


def comparison_page(comparison: Comparison, corrections: AlongWith | None = None) -> str:
    """One page with the verdict, what only one account says, and the texts in columns."""
    return _render("comparison.html", comparison_values(comparison, corrections or {}))


def document_values(documents: Sequence[ScoredDocument], corrections: AlongWith) -> Values:
    """What documents.html shows."""
    shown = [
        {
            "scored": scored,
            "prefix": f"d{number}-",
            "source": citation_source(scored.document),
            "paragraphs": shown_paragraphs(
                scored.document,
                scored.predictions,
                scored.voice,
                f"d{number}-",
                words=dict(enumerate(map(word_levels, scored.explanations))),
                corrections=corrections.get(number),
            ),
        }
        for number, scored in enumerate(documents)
    ]
    return {"documents": shown, "holders": _holders(one["paragraphs"] for one in shown)}


def comparison_values(comparison: Comparison, corrections: AlongWith) -> Values:
    """What comparison.html shows."""
    links = _links(comparison)
    columns = []
    for number, account in enumerate(comparison.accounts):
        topics = comparison.only[account.letter]
        columns.append(
            {
                "account": account,
                "topics": topics,
                "profiles": list(rows_of(account)),
                "source": citation_source(account.document),
                "paragraphs": shown_paragraphs(
                    account.document,
                    account.predictions,
                    account.voice,
                    f"{account.letter}-",
                    only=frozenset(number for topic in topics for number in topic.sentences),
                    links=links[account.letter],
                    corrections=corrections.get(number),
                ),
            }
        )
    differing = [
        [
            _side(letter, prediction, number)
            for (letter, prediction), number in zip(
                sides(comparison, point), (point.first_sentence, point.second_sentence), strict=True
            )
        ]
        for point in comparison.shared
        if point.stance_differs
    ]
    return {
        "comparison": comparison,
        "columns": columns,
        "differing": differing,
        "parties": party_lines(comparison),
        "holders": _holders(column["paragraphs"] for column in columns),
    }


def citation_source(document: Document) -> str:
    """Who issued a document, its title and its date, as far as they are known."""
    title = f"“{document.title}”" if document.title else document.source or document.id
    return ", ".join(filter(None, (document.issuer, title, document.date)))


def _holders(texts: Iterable[list[list[ShownSentence | str]]]) -> list[str]:
    """Everybody who holds a stance in the texts, in the order in which they come up."""
    pieces = (piece for text in texts for paragraph in text for piece in paragraph)
    return list(dict.fromkeys(p.holder for p in pieces if isinstance(p, ShownSentence)))


def _side(letter: str, prediction: Prediction, number: int) -> dict[str, object]:
    stance = prediction.stance or UNSURE
    return {
        "letter": letter,
        "anchor": f"{letter}-{number}",
        "stance": stance,
        "text": prediction.text,
    }


def _links(comparison: Comparison) -> Mapping[str, Mapping[int, list[Link]]]:
    """For each account and sentence, the sentences of the others that make the same point."""
    links: dict[str, dict[int, list[Link]]] = defaultdict(lambda: defaultdict(list))
    for point in comparison.shared:
        numbers = (point.first_sentence, point.second_sentence)
        (first, one), (second, other) = sides(comparison, point)
        for letter, number, there, prediction, target in (
            (first, numbers[0], second, other, numbers[1]),
            (second, numbers[1], first, one, numbers[0]),
        ):
            links[letter][number].append(
                Link(
                    anchor=f"{there}-{target}",
                    letter=there,
                    stance=prediction.stance or UNSURE,
                    differs=point.stance_differs,
                )
            )
    return links


def _render(template: str, values: Values) -> str:
    """A page that carries its style and script in itself."""
    environment = page_environment("pipeline.report")
    style, script = page_style(), page_script()
    return environment.get_template(template).render(
        **values,
        layout="page.html",
        style=style,
        script=script,
        style_digest=_digest(style),
        script_digest=_digest(script),
    )


@cache
def page_style() -> str:
    """The style sheet of the pages."""
    colours = {stance.value: colour for stance, colour in STANCE_COLOURS.items()}
    return page_environment("pipeline.report").get_template("style.css").render(colours=colours)


@cache
def page_script() -> str:
    """The script of the pages, all of which can be read without it."""
    return page_environment("pipeline.report").get_template("script.js").render()


@cache
def page_environment(*packages: str) -> Environment:
    """The templates of these packages; the first that has one of a name gives it."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["signed"] = lambda value: f"{value:+.2f}"
    environment.filters["percent"] = lambda value: f"{value:.0%}"
    environment.globals |= {"stances": [stance.value for stance in STANCES], "marks": MARKS}
    return environment


def _digest(text: str) -> str:
    """The digest by which the page's content-security policy knows its own style and script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
