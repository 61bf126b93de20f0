"""What the service counts, in the format of Prometheus, and its log of requests."""

import logging
import time
import traceback
from http import HTTPStatus

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.desk.engine import Engine
from pipeline.desk.problems import DEFECT, problem

logger = logging.getLogger(__name__)

METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
SECONDS = (0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1, 2, 4, 8, 15, 30, 60)
SENTENCES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Measures:
    """The figures of one service."""

    def __init__(self, engine: Engine) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        names = ("method", "route", "status")
        self._requests = Counter("readout_requests", "Requests answered", names, registry=registry)
        self._seconds = Histogram(
            "readout_request_seconds",
            "From the headers of a request to the end of its answer",
            ("route",),
            buckets=SECONDS,
            registry=registry,
        )
        self._refusals = Counter(
            "readout_refusals", "Requests answered with an error", ("status",), registry=registry
        )
        self._sentences = Counter("readout_sentences", "Sentences scored", registry=registry)
        self._batches = Histogram(
            "readout_batch_sentences",
            "Sentences in one batch of the classifier",
            buckets=SENTENCES,
            registry=registry,
        )
        in_work = Gauge("readout_requests_in_work", "Requests in work", registry=registry)
        in_work.set_function(lambda: engine.n_requests)
        waiting = Gauge("readout_queue_sentences", "Sentences that wait", registry=registry)
        waiting.set_function(lambda: engine.n_waiting)
        model = Gauge(
            "readout_model_info", "The model that answers", ("name", "version"), registry=registry
        )
        model.labels(engine.model.name, engine.model.version).set(1)
        self._registry = registry
        engine.batch_done = self._batch_done

    def render(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if status >= HTTPStatus.BAD_REQUEST:
            self._refusals.labels(str(status)).inc()

    def _batch_done(self, n_sentences: int) -> None:
        self._sentences.inc(n_sentences)
        self._batches.observe(n_sentences)


class Measured:
    """Counts and logs each request, without its text; a defect becomes an answer too."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception as error:
            # Its message may hold a text, which no log is to keep.
            places = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s\n%s", type(error).__name__, places)
            if status:
                raise ConnectionAbortedError("an answer broke off") from None
            answer = problem(HTTPStatus.INTERNAL_SERVER_ERROR, DEFECT)
            await answer(scope, receive, observed)
        finally:
            seconds = time.perf_counter() - begun
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            self._measures.answered(method, route, status, seconds)
            logger.info("%s %s %s %.0f ms", method, route, status or "gone", 1000 * seconds)
