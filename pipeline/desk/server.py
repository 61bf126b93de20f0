"""The server: bound before the model is loaded, patient with nobody, and ended gracefully."""

import asyncio
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.desk.engine import Engine
from pipeline.desk.problems import BUSY, problem
from pipeline.desk.settings import DeskSettings
from pipeline.errors import PipelineError

BACKLOG = 512
HEADER_BYTES = 32_768
ARRIVAL_SECONDS = 0.3
"""How long a request that was sent just before the service stops may be on its way."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; connections wait until the service is ready.

    Raises:
        PipelineError: the address is in use, or not one of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PipelineError(
            f"{host}:{port}: cannot listen there: {reason}; choose another with --host and --port"
        ) from error


def serve(
    app: FastAPI,
    engine: Engine,
    listening: socket.socket,
    settings: DeskSettings,
    ready: Callable[[], None],
) -> None:
    """Answer until told to stop (SIGTERM, SIGINT); what was accepted is finished first.

    `ready` is called when the first request can be answered at once.
    """
    config = uvicorn.Config(
        app,
        http=_protocol(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    server = _Server(config)
    # Until uvicorn handles the signals itself, and again when it hands them on at its end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)

    async def run() -> None:
        await engine.warm()
        ready()
        await server.serve(sockets=[listening])

    asyncio.run(run())


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in what has arrived on accepted connections before idle ones are closed."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(ARRIVAL_SECONDS)
        await super().shutdown(sockets)


def _protocol(settings: DeskSettings) -> type[H11Protocol]:
    """HTTP/1.1 with a limit on the time of a request's headers, and of an unread answer."""

    class TimedProtocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            if len(self.connections) > settings.connections:
                self.app = _full
            self._start_timer()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._start_timer()
            else:
                self._stop_timer()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._start_timer()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._stop_timer()

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            self._start_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _start_timer(self) -> None:
            if self._timer is None:
                self._timer = self.loop.call_later(settings.receive_seconds, self.transport.abort)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return TimedProtocol


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem(
        BUSY, "there is no room for another connection", {"Retry-After": "2", "Connection": "close"}
    )
    await answer(scope, receive, send)
