"""Correcting in the page: a form per sentence, kept in the store of annotations."""

from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Cookie, Form, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.desk.rendering import Pages
from pipeline.desk.results import Gone, Result, Results, anchor_of, sentences_of
from pipeline.errors import DataError
from pipeline.records import Annotation, Document, Prediction, Stance, sentence_sha256
from pipeline.report.text import Corrections

if TYPE_CHECKING:
    from pipeline.annotations.store import AnnotationStore

COOKIE = "annotator"
COOKIE_SECONDS = 365 * 24 * 3600
NAME_CHARACTERS = 100
PARTY_CHARACTERS = 200

Typed = Annotated[str, Form()]
Number = Annotated[int, Form(ge=0)]
InPath = Annotated[int, Path(ge=0)]


def corrections_of(
    result: Result, name: str | None, store: "AnnotationStore | None"
) -> Mapping[int, Corrections]:
    """What readers say of a result's sentences, by document.

    With the result's `name`, also where each sentence can be corrected.
    """
    if store is None:
        return {}
    found = {}
    for number, (document, predictions) in enumerate(sentences_of(result)):
        place = f"/results/{name}/{number}" if name else None
        found[number] = Corrections(
            made=_by_sentence(store.annotations(document), predictions),
            place=(lambda sentence, place=place: f"{place}/{sentence}") if place else None,
        )
    return found


def _by_sentence(
    annotations: list[Annotation], predictions: tuple[Prediction, ...]
) -> dict[int, list[Annotation]]:
    """Annotations with the sentences that they are of.

    The store knows a text whatever its paragraphs are, so that numbers can differ by a few.
    """
    places = defaultdict(list)
    if annotations:
        for number, prediction in enumerate(predictions):
            places[sentence_sha256(prediction.text)].append(number)
    found = defaultdict(list)
    for one in annotations:
        if same := places.get(one.text_sha256):
            found[min(same, key=lambda number: abs(number - one.sentence))].append(one)
    return found


def correction_routes(pages: Pages, results: Results, store: "AnnotationStore") -> APIRouter:
    """The routes by which a reader corrects a sentence and takes it back."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/results/{name}/{document}/{sentence}")
    def form(
        name: str, document: InPath, sentence: InPath, annotator: Annotated[str, Cookie()] = ""
    ) -> Response:
        return HTMLResponse(_form(name, document, sentence, unquote(annotator)))

    @routes.post("/corrections")
    def correct(
        result: Typed,
        document: Number,
        sentence: Number,
        stance: Typed = "",
        holder: Typed = "",
        target: Typed = "",
        annotator: Typed = "",
    ) -> Response:
        found = results.get(result)
        one, _ = _sentence(found, document, sentence)
        given = {"stance": stance, "holder": _one_line(holder), "target": _one_line(target)}
        annotator = _one_line(annotator)
        try:
            _check(given, annotator)
            if stance == Stance.NEUTRAL:
                given |= {"holder": "", "target": ""}
            parties = (given["holder"] or None, given["target"] or None)
            store.add(one, sentence, Stance(stance), *parties, annotator)
        except DataError as error:
            page = _form(result, document, sentence, annotator, given, str(error))
            return HTMLResponse(page, HTTPStatus.UNPROCESSABLE_ENTITY)
        return _back(found, result, document, sentence, annotator)

    @routes.post("/corrections/undo")
    def undo(result: Typed, document: Number, sentence: Number, annotator: Typed = "") -> Response:
        found = results.get(result)
        one, _ = _sentence(found, document, sentence)
        predictions = sentences_of(found)[document][1]
        made = _by_sentence(store.annotations(one, annotator), predictions)
        for annotation in made.get(sentence, ()):
            store.undo(annotator, one, annotation.sentence)
        return _back(found, result, document, sentence, annotator)

    def _form(
        name: str,
        document: int,
        sentence: int,
        annotator: str,
        given: Mapping[str, str] | None = None,
        problem: str = "",
    ) -> str:
        found = results.get(name)
        one, prediction = _sentence(found, document, sentence)
        predictions = sentences_of(found)[document][1]
        made = _by_sentence(store.annotations(one), predictions).get(sentence, [])
        own = next((each for each in made if each.annotator == annotator), prediction)
        given = given or {
            "stance": own.stance or "",
            "holder": own.holder or "",
            "target": own.target or "",
        }
        named = (party for p in predictions for party in (p.holder, p.target) if party)
        return pages.correction(
            name=name,
            document=document,
            sentence=sentence,
            prediction=prediction,
            parties=list(dict.fromkeys((*named, *filter(None, (one.issuer,))))),
            given={**given, "annotator": annotator},
            corrections=made,
            problem=problem,
            back=f"/results/{name}#{anchor_of(found, document, sentence)}",
        )

    return routes


def _sentence(result: Result, document: int, sentence: int) -> tuple[Document, Prediction]:
    try:
        one, predictions = sentences_of(result)[document]
        return one, predictions[sentence]
    except IndexError:
        raise Gone from None


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _check(given: Mapping[str, str], annotator: str) -> None:
    if not annotator:
        raise DataError("Enter your name: a correction is kept with the name of who made it.")
    if len(annotator) > NAME_CHARACTERS:
        raise DataError(f"The name is longer than {NAME_CHARACTERS} characters: shorten it.")
    if given["stance"] not in tuple(Stance):
        raise DataError(f"Choose one of {', '.join(Stance)}.")
    if max(len(given["holder"]), len(given["target"])) > PARTY_CHARACTERS:
        raise DataError(f"A party's name is longer than {PARTY_CHARACTERS} characters: shorten it.")


def _back(result: Result, name: str, document: int, sentence: int, annotator: str) -> Response:
    """Back to the sentence; the browser keeps the name."""
    place = f"/results/{name}#{anchor_of(result, document, sentence)}"
    response = RedirectResponse(place, HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE, quote(annotator), max_age=COOKIE_SECONDS, httponly=True, samesite="strict"
    )
    return response
