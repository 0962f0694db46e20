"""SockJS without websockets: a session lives in one instance, and the proxy has to bring every request there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from corral.desired.nginx import PROBE_HEADER, UPSTREAM_HEADER
from tests.cluster.harness import TestCluster
from tests.patience import PATIENCE
from tests.steedos.ddp import CONNECT
from tests.steedos.inspect_cluster import instances, secret
from tests.steedos.limits import LIMIT
from tests.steedos.sockjs import XhrSession

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

CLIENTS, SENDS = 8, 200
STICKY = "\n  server_name: cn.steedos.com\n"
IP_HASH = "\n  server_name: cn.steedos.com\n  balance: ip_hash\n"


@dataclass(frozen=True)
class Seen:
    """What one session saw: the status of each xhr_send, the pings that were answered, who served it."""

    statuses: Counter[int]
    answered: set[str]
    instance: str


async def use_session(url: str, source: str, token: str) -> Seen:
    """A session of `SENDS` pings, each on a connection of its own, while a long poll brings the answers."""
    transport = httpx.AsyncHTTPTransport(local_address=source, limits=httpx.Limits(max_keepalive_connections=0))
    headers = {PROBE_HEADER: token}
    async with httpx.AsyncClient(transport=transport, timeout=PATIENCE, headers=headers) as http:
        session = XhrSession(http, url)
        served = (await session.open())[UPSTREAM_HEADER]
        statuses: Counter[int] = Counter()
        polling = asyncio.create_task(poll_for_answers(session, SENDS))
        assert await session.send(CONNECT) == 204
        for number in range(SENDS):
            statuses[await session.send({"msg": "ping", "id": str(number)})] += 1
        return Seen(statuses, await asyncio.wait_for(polling, PATIENCE), served)


async def poll_for_answers(session: XhrSession, count: int) -> set[str]:
    answered: set[str] = set()
    while len(answered) < count:
        answered |= {message["id"] for message in await session.poll() if message.get("msg") == "pong"}
    return answered


async def use_sessions(cluster: TestCluster, url: str) -> list[Seen]:
    """At once, each from a network of its own: ip_hash looks at an address's first three numbers."""
    token = secret(cluster, "probe")
    sources = [f"{cluster.network}.{130 + number}.9" for number in range(CLIENTS)]
    return await asyncio.gather(*(use_session(url, source, token) for source in sources))


def judge(balance: str, seen: list[Seen]) -> None:
    statuses = sum((each.statuses for each in seen), Counter[int]())
    served = {each.instance for each in seen}
    print(f"{balance}: {CLIENTS} sessions x {SENDS} xhr_send on {len(served)} instances: {dict(statuses)}")
    assert statuses == {204: CLIENTS * SENDS}, "0 answered 404"
    assert all(each.answered == {str(number) for number in range(SENDS)} for each in seen), "each ping was answered"
    assert len(served) > 1, "sessions on one instance alone would prove nothing"


@pytest.fixture
def ip_hash(steedos: TestCluster) -> Iterator[None]:
    """The cluster with another balance, and back: a reload each, no instance and no mongod restarts."""
    before = steedos.pids()
    steedos.edit(STICKY, IP_HASH)
    try:
        steedos.run("up", "--detach")
        assert steedos.pids() == before
        yield
    finally:
        steedos.edit(IP_HASH, STICKY)
        steedos.run("up", "--detach")
    assert steedos.pids() == before


def test_with_sticky_cookie(steedos: TestCluster, url: str) -> None:
    judge("sticky_cookie", asyncio.run(use_sessions(steedos, url)))


@pytest.mark.usefixtures("ip_hash")
def test_with_ip_hash(steedos: TestCluster, url: str) -> None:
    judge("ip_hash", asyncio.run(use_sessions(steedos, url)))


def test_without_stickiness_sends_are_lost(steedos: TestCluster) -> None:
    """What the two above would see if the proxy spread requests: half of them at the wrong instance."""

    async def spread(first: str, second: str) -> Counter[int]:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            session = XhrSession(http, first)
            await session.open()
            sends = [await session.send(CONNECT, through=(first, second)[number % 2]) for number in range(20)]
        return Counter(sends)

    statuses = asyncio.run(spread(*list(instances(steedos).values())[4:6]))
    print(f"spread over two instances: {dict(statuses)}")
    assert statuses == {204: 10, 404: 10}
