"""A websocket through each proxy: it opens, a message is sent, and the expected message comes back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from corral.language import tr
from corral.late import late
from corral.model.cluster import Application, Cluster, Host, Websocket
from corral.model.endpoint import Endpoint
from corral.model.headers import HOST, text_of, without
from corral.model.routes import Routes, Way
from corral.secrets import Secrets, redact
from corral.verify.check import Check, judged, skipped
from corral.verify.headers import CantBeAsked, sent
from corral.verify.meaning import meaning, wants_https
from corral.words import clauses, counted, named

if TYPE_CHECKING:
    from websockets import exceptions
    from websockets.asyncio import client
    from websockets.http11 import Response
else:
    client = late("websockets.asyncio.client")
    exceptions = late("websockets.exceptions")

NAME = tr("websocket through the proxy")
ALL = tr("websocket through all instances")
_STRONGER = tr(
    ", from the instance that it was sent to; `websocket: {through_all: true}` proves that it reaches everybody"
)
_BUS = tr("the instances need a message bus (README, What Corral doesn't do): is it named in app.env, and does it run?")
PATIENCE = 10.0
"""Seconds for the whole exchange."""
_AGENT = "User-Agent"


@dataclass(frozen=True)
class _Exchange:
    """What came of one: `log` says that the log of whoever was asked may say why."""

    holds: bool
    seen: str
    log: bool = False
    asks_for_https: bool = False


async def websocket(cluster: Cluster, secrets: Secrets, routes: Routes) -> list[Check]:
    if not cluster.app.websocket:
        why = tr("app.websocket is not set")
        return [skipped(NAME, why, hint=tr("write the path of a websocket that sends each message back"))]
    visitor = _Visitor(cluster.app, cluster.app.websocket, secrets, routes)
    hosts = zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True)
    several = len(cluster.app.web) > 1
    stronger = "" if cluster.app.websocket.through_all or not several else _STRONGER
    proofs = [_through(host, at, visitor, stronger) for host, at in hosts]
    if cluster.app.websocket.through_all and several:
        proofs.append(_through_all(cluster, visitor))
    return list(await asyncio.gather(*proofs))


async def _through_all(cluster: Cluster, visitor: _Visitor) -> Check:
    """People are on all instances, and most applications need a message bus for them to hear each other."""
    first, *others = cluster.app.web
    deaf = await visitor.unheard([instance.endpoint for instance in cluster.app.web])
    if not deaf:
        return judged(
            ALL,
            True,
            tr(
                "a message to {first} left at {others}",
                first=first.name,
                others=", ".join(other.name for other in others),
            ),
        )
    names = {instance.endpoint: instance.name for instance in cluster.app.web}
    seen = clauses(named(names[at], why) for at, why in deaf.items())
    return judged(
        ALL,
        False,
        tr("a message to {first} did not leave everywhere: {seen}", first=first.name, seen=seen),
        first.name,
        _BUS,
    )


async def _through(host: Host, at: Endpoint, visitor: _Visitor, stronger: str) -> Check:
    """`stronger` is said of a proof that holds, where another one would prove more."""
    seen = await visitor.exchange(at, "visitor")
    if seen.asks_for_https:
        seen = await visitor.past_the_proxy(seen)
    more = stronger if seen.holds else ""
    return judged(NAME, seen.holds, f"{seen.seen}{more}", host.name, f"corral logs {host.name}" if seen.log else "")


class _Visitor:
    def __init__(self, app: Application, wanted: Websocket, known: Secrets, routes: Routes) -> None:
        self._app, self._wanted, self._secrets, self._routes = app, wanted, known, routes

    async def exchange(self, at: Endpoint, way: Way) -> _Exchange:
        url = f"{replace(at, scheme='ws').url}{self._wanted.path}"
        message = self._wanted.send or f"corral-{secrets.token_hex(8)}"
        expected = self._wanted.contains or message
        try:
            opening = await self._opening(at, way)
            async with asyncio.timeout(PATIENCE), opening as socket:
                await socket.send(message)
                others = 0
                async for answer in socket:
                    if expected in str(answer):
                        return _Exchange(True, _came_back(url, expected, others))
                    others += 1
        except CantBeAsked as reason:
            return _Exchange(False, tr("{url} can't be asked: {reason}", url=url, reason=reason))
        except TimeoutError:
            return _Exchange(
                False,
                tr(
                    "{url}: {expected} did not come back within {patience:g} s",
                    url=url,
                    expected=expected,
                    patience=PATIENCE,
                ),
            )
        except (OSError, ValueError, exceptions.WebSocketException) as error:
            return self._broken(url, at, error)
        return _Exchange(False, tr("{url}: closed before {expected} came back", url=url, expected=expected))

    async def unheard(self, instances: Sequence[Endpoint]) -> dict[Endpoint, str]:
        """Those of `instances` at which a message to the first one does not leave, each with what was seen instead."""
        message = self._wanted.send or f"corral-{secrets.token_hex(8)}"
        expected = self._wanted.contains or message
        deaf: dict[Endpoint, str] = {}
        sockets: dict[Endpoint, client.ClientConnection] = {}

        async def hear(at: Endpoint, socket: client.ClientConnection) -> None:
            try:
                async with asyncio.timeout(PATIENCE):
                    async for answer in socket:
                        if expected in str(answer):
                            return
                deaf[at] = tr("closed before {expected} came", expected=expected)
            except TimeoutError:
                deaf[at] = tr("{expected} did not come within {patience:g} s", expected=expected, patience=PATIENCE)
            except exceptions.WebSocketException as error:
                deaf[at] = str(error)

        async with AsyncExitStack() as stack:
            for at in instances:
                try:
                    async with asyncio.timeout(PATIENCE):
                        opening = await self._opening(at, "inside")
                        socket = await stack.enter_async_context(opening)
                except (CantBeAsked, TimeoutError, OSError, ValueError, exceptions.WebSocketException) as error:
                    return {at: str(error) or tr("it did not open")}
                sockets[at] = socket
            await sockets[instances[0]].send(message)
            await asyncio.gather(*(hear(at, socket) for at, socket in sockets.items()))
        return deaf

    async def past_the_proxy(self, seen: _Exchange) -> _Exchange:
        """With an instance, where the application wants https, which ends in front of the proxy."""
        direct = _Exchange(False, tr("there is no instance to ask"))
        for instance in self._app.web:
            direct = await self.exchange(instance.endpoint, "inside")
            if direct.holds:
                break
        return replace(
            direct,
            seen=tr(
                "{seen}; that https ends before this proxy. Asked as by https, {again}",
                seen=seen.seen,
                again=direct.seen,
            ),
        )

    async def _opening(self, at: Endpoint, way: Way) -> client.connect:
        """The Host of a websocket is that of its URL, wherever it is connected to."""
        headers = sent(self._app.headers, self._secrets, at.netloc)
        here = await self._routes.reach(at, way)
        return client.connect(
            f"ws://{text_of(headers, HOST)}{self._wanted.path}",
            host=here.address,
            port=here.port,
            proxy=None,
            user_agent_header=text_of(headers, _AGENT),
            additional_headers=without(headers, HOST, _AGENT),
        )

    def _broken(self, url: str, at: Endpoint, error: Exception) -> _Exchange:
        answer = _answer_in(error)
        if answer is None:
            return _Exchange(False, named(url, str(error)), log=True)
        location = answer.headers.get("Location", "")
        headers, path = self._app.headers, self._wanted.path
        https = wants_https(answer.status_code, location, headers, at.netloc, path)
        body = bytes(answer.body or b"").decode(errors="replace")
        why = meaning(answer.status_code, redact(location, self._secrets), body, headers, at.netloc)
        return _Exchange(
            False,
            tr("{url}: answered {status_code}{why}", url=url, status_code=answer.status_code, why=why),
            True,
            https,
        )


def _came_back(url: str, expected: str, others: int) -> str:
    own = tr(", after {messages} of the application's own", messages=counted(others, "message")) if others else ""
    return tr("{url}: {expected} came back{more}", url=url, expected=expected, more=own)


def _answer_in(error: BaseException | None) -> Response | None:
    """What was answered instead of a websocket; also where the redirect that came could not be followed."""
    while error is not None and not isinstance(error, exceptions.InvalidStatus):
        error = error.__cause__ or error.__context__
    return error.response if error else None
