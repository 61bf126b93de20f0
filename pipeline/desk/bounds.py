"""Bounds of one request: its size, how long its sender may take, and whether it is still there."""

import asyncio
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.desk.origins import SAFE_METHODS
from pipeline.desk.problems import BUSY, problem
from pipeline.desk.settings import DeskSettings

RETRY_SECONDS = 2


class Bounded:
    """Takes the whole request before the application does, and stops when its sender has gone.

    What is held of bodies is at most `requests` times `body_bytes`.
    """

    def __init__(self, app: ASGIApp, settings: DeskSettings) -> None:
        self._app = app
        self._settings = settings
        self._n_bodies = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] in SAFE_METHODS:
            await self._while_connected(scope, receive, send, b"")
            return
        if self._n_bodies >= self._settings.requests:
            message = f"{self._n_bodies} requests are in work; try again in a moment"
            answer = problem(BUSY, message, {"Retry-After": str(RETRY_SECONDS)})
            await answer(scope, receive, send)
            return
        self._n_bodies += 1
        try:
            await self._bounded(scope, receive, send)
        finally:
            self._n_bodies -= 1

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._settings.receive_seconds
        try:
            async with asyncio.timeout(limit):
                body = await self._body(scope, receive)
        except ClientDisconnect:
            return
        except TimeoutError:
            answer = problem(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the request did not come whole within {limit:g} s; send it faster, or in parts",
            )
            await answer(scope, receive, send)
            return
        if body is None:
            answer = problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request may have {self._settings.body_bytes} bytes; send less at once",
            )
            await answer(scope, receive, send)
            return
        await self._while_connected(scope, receive, send, body)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body; None where it is too large."""
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > self._settings.body_bytes:
            return None
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self._settings.body_bytes:
                return None
            more = message.get("more_body", False)
        return bytes(body)

    async def _while_connected(
        self, scope: Scope, receive: Receive, send: Send, body: bytes
    ) -> None:
        """Run the application; it is cancelled once the sender has gone."""
        gone = asyncio.Event()
        unread = [body]

        async def replayed() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        answering = asyncio.ensure_future(self._app(scope, replayed, send))
        watching = asyncio.ensure_future(watch())
        try:
            await asyncio.wait([answering, watching], return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
        finally:
            for task in (answering, watching):
                task.cancel()
            await asyncio.gather(answering, watching, return_exceptions=True)
