"""Errors as pages: a browser is told in words what went wrong, and what to do about it."""

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.desk.problems import PROBLEM_TYPE
from pipeline.desk.rendering import Pages


class ProblemPages:
    """Turns problem details into pages where the request accepts HTML; the status stays."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        detail = b""

        async def turned(message: Message) -> None:
            nonlocal start, detail
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                detail += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._send_page(start, json.loads(detail), send)

        await self._app(scope, receive, turned)

    async def _send_page(self, start: Message, found: dict[str, str], send: Send) -> None:
        page = self._pages.problem(found["title"], found["detail"]).encode()
        headers = MutableHeaders(scope=start)
        headers["content-type"] = "text/html; charset=utf-8"
        headers["content-length"] = str(len(page))
        await send(start)
        await send({"type": "http.response.body", "body": page})


def _is_problem(start: Message) -> bool:
    return Headers(scope=start).get("content-type", "").startswith(PROBLEM_TYPE)
