"""A health question over real sockets: what counts as an answer, and what the others are called."""

from __future__ import annotations

import asyncio

import pytest

from corral.model.endpoint import Endpoint
from corral.model.resources import Gate
from corral.model.routes import Direct, Routes, Way
from corral.verify.http import Answer, ask
from tests.patience import PATIENCE

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nall\r\n5\r\n well\r\n0\r\n\r\n"
FAREWELL = "GET /health: the connection was closed without an answer"


def asked(answer: bytes, routes: Routes | None = None, timeout: float = PATIENCE) -> tuple[Answer, bytes]:
    """The judgement on `answer`, and what the server was sent."""
    received = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async def question() -> Answer:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            gate = Gate("http", "127.0.0.1", port, path="/health", contains="all well", timeout=timeout)
            return await ask(gate, routes or Direct())

    return asyncio.run(question()), bytes(received)


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nall well", True, "GET /health answered 200"),
        (CHUNKED, True, "GET /health answered 200"),
        (b"HTTP/1.0 200 OK\r\n\r\nis all well?", True, "GET /health answered 200"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED, True, "GET /health answered 200"),
        (b"HTTP/1.1 200 OK\r\n\r\nno", False, "GET /health answered 200 without 'all well' in its body"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", False, "GET /health answered 302, expected 200"),
        (b"", False, FAREWELL),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", False, "GET /health: illegal status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\nall well", False, "GET /health: peer closed connection"),
    ],
)
def test_what_counts_as_an_answer(answer: bytes, healthy: bool, detail: str) -> None:
    judged, _ = asked(answer)
    assert judged.healthy is healthy
    assert judged.detail.startswith(detail)


def test_what_is_asked() -> None:
    _, request = asked(CHUNKED)
    assert request.startswith(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nConnection: close\r\n" in request


def test_nobody_there() -> None:
    judged = asyncio.run(ask(Gate("http", "127.0.0.1", 1, path="/"), Direct()))
    assert (judged.healthy, judged.detail) == (False, "GET /: connection refused")


def test_an_answer_that_does_not_end() -> None:
    async def question() -> Answer:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await ask(Gate("http", "127.0.0.1", port, path="/", timeout=0.2), Direct())

    assert asyncio.run(question()).detail == "GET / gave no answer within 0.2 s"


def test_a_way_that_takes_its_time_is_no_late_answer() -> None:
    class Slow(Direct):
        def __init__(self, seconds: float) -> None:
            self._seconds = seconds

        async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
            await asyncio.sleep(self._seconds)
            return await super().reach(to, way)

    times = (0.3, 3.0, 30.0)  # the first that the answer itself has enough of on this machine and now
    assert any(asked(CHUNKED, Slow(timeout + 0.1), timeout)[0].healthy for timeout in times)
