"""HTTP questions as a gate or a health check asks them.

One question opens one connection and closes it: what is proved is that a new client would be served.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from corral.language import tr
from corral.late import late
from corral.model.endpoint import Endpoint
from corral.model.headers import Headers
from corral.model.resources import Gate
from corral.model.routes import Routes, Way
from corral.secrets import Secrets, redact
from corral.verify.headers import CantBeAsked, sent
from corral.verify.meaning import meaning, wants_https
from corral.words import named

if TYPE_CHECKING:
    import h11
    import httpx
else:
    h11 = late("h11")
    httpx = late("httpx")

_CHUNK: Final = 64 * 1024
NO_SECRETS: Final[Secrets] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    healthy: bool
    detail: str
    """What was seen, in a sentence: the status, why there is none, or what is missing in the body."""
    status: int = 0
    asks_for_https: bool = False
    """It is a redirect to the same with https, though a visitor was meant who came by https."""
    known: bool = True
    """False where the question could not even be put together: that says nothing about who would have answered."""


async def ask(gate: Gate, routes: Routes, way: Way = "inside", secrets: Secrets = NO_SECRETS) -> Answer:
    """One GET, answered within the gate's timeout; the way there has a deadline of its own.

    Never raises: no answer is an answer too.
    """
    question, netloc = f"GET {gate.path}", gate.endpoint.netloc
    try:
        headers = sent(gate.headers, secrets, netloc)
        here = await routes.reach(gate.endpoint, way)
        async with asyncio.timeout(gate.timeout):
            status, location, body = await _get(here, gate.path, headers)
    except CantBeAsked as reason:
        return Answer(False, tr("{question} can't be asked: {reason}", question=question, reason=reason), known=False)
    except TimeoutError:
        return Answer(
            False, tr("{question} gave no answer within {timeout:g} s", question=question, timeout=gate.timeout)
        )
    except (h11.ProtocolError, OSError) as error:
        return Answer(False, named(question, _reason(error)))
    if status != gate.status:
        why = meaning(status, redact(location, secrets), body, gate.headers, netloc)
        https = wants_https(status, location, headers, netloc, gate.path)
        return Answer(
            False,
            tr(
                "{question} answered {status}, expected {expected}{why}",
                question=question,
                status=status,
                expected=gate.status,
                why=why,
            ),
            status,
            https,
        )
    if gate.contains and gate.contains not in body:
        return Answer(
            False,
            tr(
                "{question} answered {status} without {contains!r} in its body",
                question=question,
                status=status,
                contains=gate.contains,
            ),
            status,
        )
    return Answer(True, tr("{question} answered {status}", question=question, status=status), status)


async def _get(here: Endpoint, path: str, headers: Headers) -> tuple[int, str, str]:
    """The status, the Location and the body. Raises OSError, and h11.ProtocolError for what isn't HTTP.

    Without httpx, whose import is a tenth of a run that changes nothing.
    """
    http = h11.Connection(h11.CLIENT)
    request = h11.Request(method="GET", target=path, headers=[*headers, ("Connection", "close")])
    status, location, body = 0, "", bytearray()
    reader, writer = await asyncio.open_connection(*here.socket)
    try:
        writer.write(http.send(request) + http.send(h11.EndOfMessage()))
        while not isinstance(event := http.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                data = await reader.read(_CHUNK)
                if not (data or status):
                    raise h11.RemoteProtocolError(tr("the connection was closed without an answer"))
                http.receive_data(data)
            elif isinstance(event, h11.Response):
                status = event.status_code
                location = next((text for name, text in event.headers if name == b"location"), b"").decode("latin-1")
            elif isinstance(event, h11.Data):
                body += event.data
    finally:
        writer.close()
        with suppress(OSError):  # the other end was quicker
            await writer.wait_closed()
    return status, location, body.decode(errors="replace")


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
