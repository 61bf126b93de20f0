"""The web application: the JSON API and the page, with their limits."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST

from pipeline.desk.access import TokenRequired, login_routes
from pipeline.desk.api import api_routes
from pipeline.desk.bounds import Bounded
from pipeline.desk.engine import Engine
from pipeline.desk.measures import Measured, Measures
from pipeline.desk.origins import Guarded
from pipeline.desk.page import page_routes
from pipeline.desk.problem_pages import ProblemPages
from pipeline.desk.problems import answers, handle_problems, state_problems
from pipeline.desk.rendering import Pages
from pipeline.desk.settings import DeskSettings

if TYPE_CHECKING:
    from pipeline.annotations.store import AnnotationStore

REFUSALS = (401, 403, 408, 413, 421, 500, 503)
"""Any request may be refused so, whatever its route."""


def create_app(
    engine: Engine,
    settings: DeskSettings,
    annotations: "AnnotationStore | None" = None,
    *,
    token: str | None = None,
    hosts: Iterable[str] = (),
) -> FastAPI:
    """The application; when it stops it closes the engine.

    Without a token everybody is let in. `hosts` are names of this machine besides those of the
    settings.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.close()

    app = FastAPI(
        title="Readout",
        summary="Labels every sentence of a diplomatic text by stance.",
        version=version("readout-stance"),
        lifespan=lifespan,
        responses=answers(*REFUSALS),
        # Their pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
    )
    measures = Measures(engine)
    app.include_router(api_routes(engine))
    app.include_router(page_routes(engine, settings, annotations))

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Figures of the service in the format of Prometheus."""
        return Response(measures.render(), media_type=CONTENT_TYPE_LATEST)

    handle_problems(app)
    state_problems(app)
    # The last one added sees a request first.
    app.add_middleware(Bounded, settings=settings)
    if token is not None:
        app.include_router(login_routes(token))
        app.add_middleware(TokenRequired, token=token)
    pages = Pages(engine.model, settings.result_seconds, correcting=annotations is not None)
    app.add_middleware(ProblemPages, pages=pages)
    app.add_middleware(Guarded, hosts=[*settings.hosts, *hosts])
    app.add_middleware(Measured, measures=measures)
    return app
