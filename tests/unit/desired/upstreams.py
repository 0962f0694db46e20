"""Small real application instances: one thread, one event loop, as many listening sockets as wanted.

They answer HTTP/1.1 with keepalive, say what they were asked, upgrade to a websocket-like echo, and die on request.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.patience import PATIENCE

BIG_JSON = json.dumps([{"id": n, "title": f"note number {n}", "done": n % 3 == 0} for n in range(900)]).encode()


@dataclass
class Seen:
    """One request as it arrived."""

    instance: str
    method: str
    target: str
    headers: dict[str, str]
    body: int

    def to_json(self) -> bytes:
        return json.dumps(vars(self)).encode()


@dataclass
class Upstream:
    name: str
    address: str
    port: int
    accepted: int = 0
    """Connections that were opened to it, ever."""
    requests: list[Seen] = field(default_factory=list)
    server: asyncio.Server | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._serve, self.address, self.port)

    async def kill(self) -> None:
        """As kill -9 leaves it: connections reset in the middle of what they do, new ones refused."""
        if self.server is not None:
            self.server.close()
            self.server = None
        for writer in self.writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.writers.add(writer)
        try:
            while seen := await self._read(reader):
                self.requests.append(seen)
                await self._answer(seen, reader, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # nginx or the test closed it: nothing is left to answer
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Seen | None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        left = length = int(headers.get("content-length", "0"))
        while left and (part := await reader.read(min(left, 1 << 20))):
            left -= len(part)
        return Seen(self.name, method, target, headers, length) if not left else None

    async def _answer(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = seen.target.partition("?")[0]
        if {"upgrade", "connection"} <= seen.headers.keys():
            await _echo(seen, reader, writer)
        elif path == "/die":
            writer.transport.abort()
        elif path == "/hang":
            await reader.read()
        elif path.endswith("/stream"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            writer.write(b"6\r\nfirst\n\r\n")
            await writer.drain()
            await reader.read()
        elif path == "/accel":
            told = b"Location: http://corral_app/elsewhere\r\nX-Accel-Redirect: /other\r\nContent-Length: 4\r\n"
            writer.write(b"HTTP/1.1 201 Created\r\n" + told + b"\r\nmine")
        elif path == "/418":
            writer.write(b"HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n")
        elif path == "/big":
            writer.write(_response(BIG_JSON))
        else:
            await asyncio.sleep(0.002)  # long enough for requests to meet each other, and a kill, under way
            writer.write(_response(seen.to_json()))


async def _echo(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    writer.write(seen.to_json() + b"\n")
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


def _response(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


class Upstreams:
    """A context manager: the instances of `ports` on each of `addresses`, named a1, a2, … b1, b2, …"""

    def __init__(self, addresses: list[str], ports: list[int]) -> None:
        self.all = [
            Upstream(f"{letter}{number}", address, port)
            for letter, address in zip("abcdefgh", addresses, strict=False)
            for number, port in enumerate(ports, 1)
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="upstreams")

    def __enter__(self) -> Self:
        self._thread.start()
        for upstream in self.all:
            self.call(upstream.open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for upstream in self.all:
            self.call(upstream.kill())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def call(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def __getitem__(self, name: str) -> Upstream:
        return next(upstream for upstream in self.all if upstream.name == name)

    @property
    def requests(self) -> list[Seen]:
        return [seen for upstream in self.all for seen in list(upstream.requests)]

    @property
    def accepted(self) -> int:
        return sum(upstream.accepted for upstream in self.all)

    @property
    def open_connections(self) -> int:
        return sum(len(upstream.writers) for upstream in self.all)
