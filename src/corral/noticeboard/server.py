"""Listening and stopping: uvicorn, with a way to stop that supervisors and proxies can rely on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

GRACE: Final = 8
"""Seconds for running requests to finish once the process was told to stop."""
KEEP_ALIVE: Final = 75
"""Seconds that an idle connection stays open: longer than the 60 s for which nginx keeps its own end, so that
the proxy is the one that closes and never sends a request into a closing connection."""
FAREWELL: Final = 2.0
"""Seconds for a websocket's client to take the last bytes."""
LONGEST_MESSAGE: Final = 64 * 1024


class Websocket(WebSocketsSansIOProtocol):
    """Cuts clients that don't read: closing politely would wait for them for ever."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if not self.writable.is_set():
            self.transport.abort()

    def shutdown(self) -> None:
        """Closes with 1012 (service restart), which tells the browser to connect again at once."""
        super().shutdown()
        self.loop.call_later(FAREWELL, self.transport.abort)


class Server(uvicorn.Server):
    """uvicorn without its signal handling, which ends the process by the signal instead of with status 0."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            self._last_on_its_connection(app),
            http=H11Protocol,
            ws=Websocket,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_max_size=LONGEST_MESSAGE,
            ws_per_message_deflate=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
        super().__init__(config)
        self._told_to_stop = asyncio.Event()

    def _last_on_its_connection(self, app: ASGIApp) -> ASGIApp:
        """Says `Connection: close` in the answers to requests that were running when the stop began."""

        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            async def mark(message: Message) -> None:
                if message["type"] == "http.response.start" and self.should_exit:
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
                await send(message)

            await app(scope, receive, mark)

        return wrapped

    def stop(self) -> None:
        """No more requests, websockets closed; `serve` returns when the running requests are done."""
        self.should_exit = True
        self._told_to_stop.set()

    async def main_loop(self) -> None:
        """Wakes once a second for the Date header, and at once to stop; uvicorn's own wakes ten times."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_stop.wait(), 1)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
