"""The limit of a request's body, from both sides: a megabyte below it is accepted, a megabyte above it is refused.

A limit may be 1T, so no more than `LARGEST` is sent, and only the head of a request that is to be refused. The request
goes to a path that no application has, so that nothing is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from corral.desired.nginx import PROBE_HEADER, UPSTREAM_HEADER
from corral.language import tr
from corral.late import late
from corral.model.cluster import Cluster, Host
from corral.model.endpoint import Endpoint
from corral.model.headers import Headers
from corral.model.routes import Routes
from corral.secrets import Secrets
from corral.verify.check import Check, failed, judged, passed
from corral.verify.headers import CantBeAsked, sent
from corral.verify.http import client
from corral.words import named

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

PATH = "/.corral/verify-body"
_MEGABYTE = 1 << 20
LARGEST: Final = 128 * _MEGABYTE
"""Bytes that are sent at most: each proxy writes them to its disk, and the connection to it may be slow."""
_PATIENCE = 60.0
"""Seconds for `LARGEST` on a slow disk: nginx keeps the body in a file until it has all of it."""


async def body(cluster: Cluster, secrets: Secrets, routes: Routes) -> list[Check]:
    limit = cluster.proxy.max_body_size
    checks = []
    for host, at in zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True):
        margin = min(_MEGABYTE, limit // 2)
        try:
            headers = sent(cluster.app.headers, secrets, at.netloc)
            here = await routes.reach(at, "visitor")
        except CantBeAsked as reason:
            checks.append(
                failed(
                    tr("the limit of a body"),
                    tr("{netloc} can't be asked: {reason}", netloc=at.netloc, reason=reason),
                    host.name,
                )
            )
            continue
        except OSError as error:
            checks.append(failed(tr("the limit of a body"), named(at.netloc, error.strerror or str(error)), host.name))
            continue
        probe = (*headers, (PROBE_HEADER, secrets["probe"].reveal()))
        checks.append(await _accepted(host, here, limit - margin, probe))
        checks.append(await _refused(host, here, limit + margin, headers))
    return checks


async def _accepted(host: Host, here: Endpoint, wanted: int, headers: Headers) -> Check:
    """Any answer of the application will do, even a closed connection: nginx passes a request on when it has the whole
    body, and says in a header that it did, to whoever sends the probe secret."""
    size = min(wanted, LARGEST)
    name = tr("a body of {text} is accepted", text=_text(size))
    if size < wanted:
        name = tr(
            "a body of {sent} is accepted, the largest that is sent (up to {limit} was not tried)",
            sent=_text(size),
            limit=_text(wanted),
        )
    headers = (*headers, ("Content-Length", str(size)))
    try:
        async with client(_PATIENCE) as http:
            answer = await http.post(f"{here.url}{PATH}", content=_zeros(size), headers=headers)
    except httpx.HTTPError as error:
        return failed(name, tr("the connection broke: {error}", error=error or type(error).__name__), host.name)
    upstream = answer.headers.get(UPSTREAM_HEADER, "")
    if answer.status_code == 413 or not upstream:
        seen = tr("answered {status_code}", status_code=answer.status_code)
        return failed(name, seen, host.name, f"corral logs {host.name}")
    return passed(
        name,
        tr("passed on to {upstream}, which answered {status_code}", upstream=upstream, status_code=answer.status_code),
        host.name,
    )


async def _refused(host: Host, here: Endpoint, size: int, headers: Headers) -> Check:
    """Only the head is sent: a proxy that keeps its limit answers before the body comes."""
    name = tr("a body of {text} is refused", text=_text(size))
    lines = (f"{name}: {text}\r\n" for name, text in (*headers, ("Content-Length", size), ("Connection", "close")))
    head = f"POST {PATH} HTTP/1.1\r\n{''.join(lines)}\r\n"
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(*here.socket)
            writer.write(head.encode())
            line = (await reader.readline()).decode(errors="replace").strip()
            writer.close()
    except TimeoutError:
        return failed(name, tr("the proxy waits for the body instead of refusing it"), host.name)
    except OSError as error:
        return failed(name, tr("no answer: {strerror}", strerror=error.strerror or error), host.name)
    return judged(name, " 413" in line, tr("answered {line}", line=line or tr("nothing")), host.name)


async def _zeros(size: int) -> AsyncIterator[bytes]:
    chunk = bytes(_MEGABYTE)
    for _ in range(size // _MEGABYTE):
        yield chunk
    if size % _MEGABYTE:
        yield bytes(size % _MEGABYTE)


def _text(size: int) -> str:
    return f"{size / _MEGABYTE:.10g} MB" if size >= _MEGABYTE else tr("{size} bytes", size=size)
