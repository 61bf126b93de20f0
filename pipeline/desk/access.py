"""The token that opens the service: as a bearer token, or by a form as a cookie."""

import hashlib
import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.desk.problems import problem

COOKIE = "readout_session"
LOGIN = "/login"
_OPEN = (LOGIN, "/healthz", "/static/")
"""What is answered without the token; it holds no text."""
_FORM = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Readout: log in</title>
<link rel="stylesheet" href="/static/style.css">
<main><h1>Readout</h1>{message}
<form method="post" action="/login"><label>Access token
<input type="password" name="token" required autofocus autocomplete="current-password"></label>
<button>Log in</button></form></main></html>
"""


class TokenRequired:
    """Lets through who states the token, or has logged in with it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or self._is_open(scope["path"]) or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        accepts = HTTPConnection(scope).headers.get("accept", "")
        answer: Response
        if scope["method"] == "GET" and "text/html" in accepts:
            answer = RedirectResponse(LOGIN, HTTPStatus.SEE_OTHER)
        else:
            answer = problem(
                HTTPStatus.UNAUTHORIZED,
                "the access token is missing or wrong; send it as `Authorization: Bearer TOKEN`",
                {"WWW-Authenticate": "Bearer"},
            )
        await answer(scope, receive, send)

    @staticmethod
    def _is_open(path: str) -> bool:
        return any(
            path.startswith(known) if known.endswith("/") else path == known for known in _OPEN
        )

    def _is_allowed(self, scope: Scope) -> bool:
        connection = HTTPConnection(scope)
        scheme, _, stated = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(stated.strip().encode(), self._token)
        session = connection.cookies.get(COOKIE, "")
        return hmac.compare_digest(session.encode(), session_of(self._token).encode())


def session_of(token: bytes) -> str:
    """What the cookie holds: it follows from the token, which it does not tell."""
    return hmac.new(token, b"readout session", hashlib.sha256).hexdigest()


def login_routes(token: str) -> APIRouter:
    """The form that takes the token and sets the cookie."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(LOGIN)
    async def form() -> Response:
        return HTMLResponse(_FORM.format(message=""))

    @routes.post(LOGIN)
    async def log_in(request: Request, token_: Annotated[str, Form(alias="token")]) -> Response:
        if not hmac.compare_digest(token_.strip().encode(), token.encode()):
            wrong = "<p role='alert'>This is not the access token.</p>"
            return HTMLResponse(_FORM.format(message=wrong), HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE,
            session_of(token.encode()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    return routes
