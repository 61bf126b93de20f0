"""The page of the desk: the form, the results and what can be done with them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from pipeline.compare.comparison import MAX_ACCOUNTS
from pipeline.desk.accounts import EXAMPLES, Asked, asked_accounts, example_uploads, upload_of
from pipeline.desk.correcting import correction_routes, corrections_of
from pipeline.desk.engine import Engine
from pipeline.desk.errors import Busy, TooLarge
from pipeline.desk.problems import problem_of
from pipeline.desk.rendering import Pages, static_file
from pipeline.desk.results import Download, Result, Results, render_download
from pipeline.desk.settings import DeskSettings
from pipeline.errors import DataError, DocumentError, PipelineError
from pipeline.records import Document, Prediction

if TYPE_CHECKING:
    from pipeline.annotations.store import AnnotationStore

LINES = "application/x-ndjson"
"""What the script asks for: lines of JSON while a text is read, the address of the result last."""
MEDIA_TYPES = {
    Download.HTML: "text/html",
    Download.JSON: "application/json",
    Download.CSV: "text/csv",
}
EXPIRY_SECONDS = 0.5
"""A result leaves the memory so long after its time is over."""
NOTHING_GIVEN = "There is no text yet: paste one, or choose a file."


def page_routes(
    engine: Engine, settings: DeskSettings, annotations: "AnnotationStore | None"
) -> APIRouter:
    """The routes of the page; without annotations nothing can be corrected in it."""
    results = Results(settings.result_megabytes * 1_000_000, settings.result_seconds)
    pages = Pages(engine.model, settings.result_seconds, correcting=annotations is not None)
    routes = APIRouter(include_in_schema=False)
    if annotations is not None:
        routes.include_router(correction_routes(pages, results, annotations))

    @routes.get("/")
    def one_text() -> Response:
        return HTMLResponse(pages.form([Asked()]))

    @routes.get("/compare")
    def several_accounts() -> Response:
        return HTMLResponse(pages.form([Asked(), Asked()]))

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        found = static_file(name)
        if found is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        content, media_type = found
        return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})

    @routes.post("/read")
    async def read(request: Request) -> Response:
        limits = {"max_files": MAX_ACCOUNTS, "max_fields": 10 * MAX_ACCOUNTS}
        async with request.form(max_part_size=settings.body_bytes, **limits) as form:
            asked = await asked_accounts(form)
            example = form.get("example")
            adding = "add" in form
        if adding:
            return HTMLResponse(pages.form([*asked, Asked()][:MAX_ACCOUNTS]))
        try:
            if example:
                n_accounts = len(EXAMPLES) if example == "2" else 1
                documents = await engine.read(example_uploads(n_accounts))
            else:
                n_accounts = sum(not one.is_blank for one in asked)
                documents = await _documents(asked, n_accounts)
            work = _work(documents, comparing=n_accounts > 1)
            if request.headers.get("accept") == LINES:
                return await _streamed(work, documents[0])
            async with aclosing(work):
                async for item in work:
                    found = item
            return RedirectResponse(_keep(found), HTTPStatus.SEE_OTHER)
        except _Refused as refused:
            return HTMLResponse(pages.form(asked), refused.status)
        except PipelineError as error:
            page, status = pages.form(asked, str(error)), problem_of(error).status_code
            return HTMLResponse(page, status, _headers_of(error))

    @routes.get("/results/{name}")
    def result(name: str) -> Response:
        found = results.get(name)
        return _unsaved(pages.result(found, name, corrections_of(found, name, annotations)))

    @routes.get("/results/{name}/readout.{download}")
    def save(name: str, download: Download) -> Response:
        found = results.get(name)
        content = render_download(found, download, corrections_of(found, None, annotations))
        headers = {"Content-Disposition": f'attachment; filename="readout.{download.value}"'}
        return _unsaved(content, MEDIA_TYPES[download], headers)

    @routes.post("/results/{name}/forget")
    def forget(name: str) -> Response:
        results.forget(name)
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    def _keep(found: Result) -> str:
        """The address at which a result is found until its time is over."""
        name = results.keep(found)
        loop = asyncio.get_running_loop()
        loop.call_later(settings.result_seconds + EXPIRY_SECONDS, results.expire)
        return f"/results/{name}"

    async def _documents(asked: list[Asked], n_accounts: int) -> list[Document]:
        """What was given, as documents; every account with a problem is told of it.

        Raises:
            _Refused: an account has a problem.
        """
        if not n_accounts:
            raise DocumentError(NOTHING_GIVEN)
        documents, status = [], None
        for number, one in enumerate(asked):
            if one.is_blank:
                continue
            upload = upload_of(one, number, n_accounts)
            if upload is None:
                status = HTTPStatus.UNPROCESSABLE_ENTITY
                continue
            try:
                documents += await engine.read([upload])
            except (DataError, DocumentError, TooLarge) as error:
                one.problem, status = str(error), problem_of(error).status_code
        if status:
            raise _Refused(status)
        return documents

    async def _work(
        documents: list[Document], *, comparing: bool
    ) -> AsyncIterator[Prediction | Result]:
        """The sentences of a single document as they are read; last the result."""
        if comparing:
            yield await engine.compare(documents)
        elif len(documents) > 1:
            yield tuple(await engine.score(documents))
        else:
            async with aclosing(engine.stream(documents[0])) as found:
                async for item in found:
                    yield item if isinstance(item, Prediction) else (item,)

    async def _streamed(
        work: AsyncIterator[Prediction | Result], document: Document
    ) -> StreamingResponse:
        """The work as lines of JSON; what fails before the first one is raised."""
        first = await anext(work)

        async def lines() -> AsyncIterator[str]:
            item, end = first, 0
            async with aclosing(work):
                try:
                    while isinstance(item, Prediction):
                        yield _line(_preview(document, item, end))
                        end = item.end
                        item = await anext(work)
                    yield _line({"location": _keep(item)})
                except PipelineError as error:
                    yield _line({"problem": str(error)})

        return StreamingResponse(lines(), media_type=LINES)

    return routes


class _Refused(Exception):
    """Some accounts have a problem, which each of them holds."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


def _preview(document: Document, prediction: Prediction, end: int) -> dict[str, object]:
    """A sentence while others are still read; `end` is where the one before it ended."""
    return {
        "text": prediction.text,
        "stance": prediction.stance or "unsure",
        "paragraph": "\n\n" in document.text[end : prediction.start],
        "done": prediction.end / len(document.text),
    }


def _line(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _unsaved(
    content: str | bytes, media_type: str = "text/html", headers: Mapping[str, str] | None = None
) -> Response:
    """A response that no cache keeps."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(content, media_type=media_type, headers=headers)


def _headers_of(error: PipelineError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, Busy) else {}
