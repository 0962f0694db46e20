"""HTTP questions as a gate or a health check asks them.

One question opens one connection and closes it: what is proved is that a new client would be served.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corral.late import late
from corral.model.endpoint import Endpoint
from corral.model.resources import Gate
from corral.model.routes import Routes, Way

if TYPE_CHECKING:
    import h11
    import httpx
else:
    h11 = late("h11")
    httpx = late("httpx")

_CHUNK: Final = 64 * 1024


@dataclass(frozen=True)
class Answer:
    healthy: bool
    detail: str
    """What was seen, in a sentence: the status, why there is none, or what is missing in the body."""
    status: int = 0


async def ask(gate: Gate, routes: Routes, way: Way = "inside") -> Answer:
    """One GET, answered within the gate's timeout; the way there has a deadline of its own.

    Never raises: no answer is an answer too.
    """
    question = f"GET {gate.path}"
    try:
        here = await routes.reach(gate.endpoint, way)
        async with asyncio.timeout(gate.timeout):
            status, body = await _get(here, gate.endpoint.netloc, gate.path)
    except TimeoutError:
        return Answer(False, f"{question} gave no answer within {gate.timeout:g} s")
    except (h11.ProtocolError, OSError) as error:
        return Answer(False, f"{question}: {_reason(error)}")
    if status != gate.status:
        return Answer(False, f"{question} answered {status}, expected {gate.status}", status)
    if gate.contains and gate.contains not in body:
        return Answer(False, f"{question} answered {status} without {gate.contains!r} in its body", status)
    return Answer(True, f"{question} answered {status}", status)


async def _get(here: Endpoint, name: str, path: str) -> tuple[int, str]:
    """The status and the body. Raises OSError, and h11.ProtocolError for what isn't HTTP.

    Without httpx, whose import is a tenth of a run that changes nothing.
    """
    http = h11.Connection(h11.CLIENT)
    headers = [("Host", name), ("User-Agent", "corral"), ("Accept", "*/*"), ("Connection", "close")]
    request = h11.Request(method="GET", target=path, headers=headers)
    status, body = 0, bytearray()
    reader, writer = await asyncio.open_connection(*here.socket)
    try:
        writer.write(http.send(request) + http.send(h11.EndOfMessage()))
        while not isinstance(event := http.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                data = await reader.read(_CHUNK)
                if not (data or status):
                    raise h11.RemoteProtocolError("the connection was closed without an answer")
                http.receive_data(data)
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
    finally:
        writer.close()
        with suppress(OSError):  # the other end was quicker
            await writer.wait_closed()
    return status, body.decode(errors="replace")


def client(timeout: float) -> httpx.AsyncClient:
    """A client that goes straight to the address: it uses no proxy of the environment and checks no certificate."""
    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=False)


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
