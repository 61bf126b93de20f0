"""The web application: the JSON API and the page, with their limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from pipeline.desk.api import api_routes
from pipeline.desk.engine import Engine
from pipeline.desk.settings import DeskSettings


def create_app(engine: Engine, settings: DeskSettings, annotations: object = None) -> FastAPI:
    """The application; when it stops it closes the engine."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await engine.warm()
        yield
        engine.close()

    app = FastAPI(title="Readout", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.include_router(api_routes(engine))
    return app
