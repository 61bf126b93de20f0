"""Who may call: hosts by name, pages of the service itself; and what browsers are told.

A page of another site can make a browser send requests to 127.0.0.1. It is kept out by the name it
called (DNS rebinding) and by the origin that the browser states.
"""

import ipaddress
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.desk.problems import problem

SAFE_METHODS = frozenset(["GET", "HEAD", "OPTIONS"])
BROWSER_RULES = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Set where an answer does not state its own."""


class Guarded:
    """Refuses what another site makes a browser send, and tells browsers what answers may do."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def ruled(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in BROWSER_RULES.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        app = self._app
        if not self._is_known(headers.get("host", "")):
            app = problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"called as {headers.get('host', '')!r}, which is not a name of this service; "
                "use its address, or start it with --allow-host NAME",
            )
        elif scope["method"] not in SAFE_METHODS and not _is_same_origin(headers):
            app = problem(
                HTTPStatus.FORBIDDEN, "sent by a page of another site; use the service's own page"
            )
        await app(scope, receive, ruled)

    def _is_known(self, host: str) -> bool:
        """Whether a Host header names this service; an address cannot be rebound."""
        name = _host_name(host)
        if name is None:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._hosts
        return True


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_same_origin(headers: Headers) -> bool:
    """Whether a browser states the service's own origin; other programs state none."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:
        return False
