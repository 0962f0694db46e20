"""A websocket through each proxy: it opens, a message is sent, and the expected message comes back."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from corral.late import late
from corral.model.cluster import Cluster, Host, Websocket
from corral.model.endpoint import Endpoint
from corral.model.routes import Routes
from corral.verify.check import Check, failed, passed, skipped

if TYPE_CHECKING:
    from websockets import exceptions
    from websockets.asyncio import client
else:
    client = late("websockets.asyncio.client")
    exceptions = late("websockets.exceptions")

NAME = "websocket through the proxy"
PATIENCE = 10.0
"""Seconds for the whole exchange."""


async def websocket(cluster: Cluster, routes: Routes) -> list[Check]:
    wanted = cluster.app.websocket
    if not wanted:
        why = "app.websocket is not set"
        return [skipped(NAME, why, hint="write the path of a websocket that sends each message back")]
    hosts = zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True)
    return list(await asyncio.gather(*(_exchange(host, at, wanted, routes) for host, at in hosts)))


async def _exchange(host: Host, at: Endpoint, wanted: Websocket, routes: Routes) -> Check:
    message = wanted.send or f"corral-{secrets.token_hex(8)}"
    url, expected = f"{replace(at, scheme='ws').url}{wanted.path}", wanted.contains or message
    try:
        here = await routes.reach(at, "visitor")
        opening = client.connect(url, host=here.address, port=here.port, proxy=None, user_agent_header="corral")
        async with asyncio.timeout(PATIENCE), opening as socket:
            await socket.send(message)
            others = 0
            async for answer in socket:
                if expected in str(answer):
                    more = f", after {others} messages of the application's own" if others else ""
                    return passed(NAME, f"{url}: {expected} came back{more}", host.name)
                others += 1
    except TimeoutError:
        return failed(NAME, f"{url}: {expected} did not come back within {PATIENCE:g} s", host.name)
    except (OSError, exceptions.WebSocketException) as error:
        return failed(NAME, f"{url}: {error}", host.name, f"corral logs {host.name}")
    return failed(NAME, f"{url}: closed before {expected} came back", host.name)
