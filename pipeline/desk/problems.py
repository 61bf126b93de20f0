"""Errors as problem details (RFC 9457): one JSON form, with what was found and the remedy."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from pipeline.desk.errors import Busy, NotOffered, TooLarge
from pipeline.errors import DataError, DocumentError, PipelineError
from pipeline.records import Record

PROBLEM_TYPE = "application/problem+json"
MAX_SHOWN_CHARACTERS = 80
DEFECT = "a defect of the service; its log says where"
BUSY = HTTPStatus.SERVICE_UNAVAILABLE

_STATUS = (
    (Busy, BUSY),
    (NotOffered, HTTPStatus.NOT_IMPLEMENTED),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ((DocumentError, DataError), HTTPStatus.UNPROCESSABLE_ENTITY),
    (PipelineError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


class Problem(Record):
    """What is wrong with a request."""

    title: str
    """What the status means."""
    status: int
    detail: str
    """What was found, and the remedy."""


def answers(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The errors that a route may answer with, as its description states them."""
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in statuses
    }


def problem(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that tells what is wrong."""
    found = Problem(title=status.phrase, status=status, detail=detail)
    return Response(found.model_dump_json(), status, headers, PROBLEM_TYPE)


def problem_of(error: PipelineError) -> Response:
    """The answer to an error that the caller can mend, or wait for."""
    status = next(status for kinds, status in _STATUS if isinstance(error, kinds))
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, Busy) else None
    return problem(status, str(error), headers)


def handle_problems(app: FastAPI) -> None:
    """Have the application answer every error in the one form."""

    @app.exception_handler(PipelineError)
    async def refused(_: Request, error: PipelineError) -> Response:
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _explained(error))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        status, path = HTTPStatus(error.status_code), request.url.path
        detail = error.detail
        if status is HTTPStatus.NOT_FOUND and detail == status.phrase:
            detail = f"{path}: there is nothing here; /openapi.json lists what there is"
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "another method")
            detail = f"{path}: {request.method} is not answered here; use {allowed}"
        return problem(status, detail, error.headers)


def _explained(error: RequestValidationError | ValidationError) -> str:
    """The problems of a request in one line, each with its field and the value found."""
    parts = []
    for found in error.errors():
        place = ".".join(str(part) for part in found["loc"] if part != "body")
        shown = repr(found.get("input"))
        if len(shown) > MAX_SHOWN_CHARACTERS:
            shown = shown[: MAX_SHOWN_CHARACTERS - 3] + "..."
        parts.append(f"{place or 'body'}: {found['msg']} (found {shown})")
    return "; ".join(parts)


def state_problems(app: FastAPI) -> None:
    """Have the application's OpenAPI description give errors the media type that they have."""
    plain = app.openapi

    def described() -> dict[str, object]:
        schema = plain()
        for path in schema["paths"].values():
            for operation in path.values():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
                        content[PROBLEM_TYPE] = content.pop("application/json")
        return schema

    app.openapi = described
