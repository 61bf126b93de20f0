"""The pages, rendered from the templates beside this module."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.colours import STANCE_COLOURS
from pipeline.compare.output import party_lines, rows_of, sides
from pipeline.compare.records import Comparison
from pipeline.predict import ScoredDocument
from pipeline.records import STANCES, Prediction
from pipeline.report.text import MARKS, UNSURE, Link, shown_paragraphs, word_levels


def document_page(documents: Sequence[ScoredDocument]) -> str:
    """One page with the documents, each with its course of stance, its parties and its text."""
    shown = [
        {
            "scored": scored,
            "prefix": f"d{number}-",
            "paragraphs": shown_paragraphs(
                scored.document,
                scored.predictions,
                scored.voice,
                f"d{number}-",
                words=dict(enumerate(map(word_levels, scored.explanations))),
            ),
        }
        for number, scored in enumerate(documents)
    ]
    return _render("documents.html", documents=shown)


def comparison_page(comparison: Comparison) -> str:
    """One page with the verdict, what only one account says, and the texts in columns."""
    links = _links(comparison)
    columns = []
    for account in comparison.accounts:
        topics = comparison.only[account.letter]
        columns.append(
            {
                "account": account,
                "topics": topics,
                "profiles": list(rows_of(account)),
                "paragraphs": shown_paragraphs(
                    account.document,
                    account.predictions,
                    account.voice,
                    f"{account.letter}-",
                    only=frozenset(number for topic in topics for number in topic.sentences),
                    links=links[account.letter],
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
    return _render(
        "comparison.html",
        comparison=comparison,
        columns=columns,
        differing=differing,
        parties=party_lines(comparison),
    )


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


def _render(template: str, **values: object) -> str:
    environment = _environment()
    style = environment.get_template("style.css").render(
        colours={stance.value: colour for stance, colour in STANCE_COLOURS.items()}
    )
    script = environment.get_template("script.js").render()
    return environment.get_template(template).render(
        **values,
        stances=[stance.value for stance in STANCES],
        marks=MARKS,
        style=style,
        script=script,
        style_digest=_digest(style),
        script_digest=_digest(script),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["signed"] = lambda value: f"{value:+.2f}"
    environment.filters["percent"] = lambda value: f"{value:.0%}"
    return environment


def _digest(text: str) -> str:
    """The digest by which the page's content-security policy knows its own style and script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
