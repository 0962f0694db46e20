"""Processes killed while people are signed in: who notices, and for how long."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.cluster.harness import TestCluster, until
from tests.signals import send
from tests.steedos.inspect_cluster import NAME, database, instances, primary, secret, wait_until_healthy
from tests.steedos.limits import LIMIT
from tests.steedos.people import Account
from tests.steedos.reading import Crowd, InstanceReaders, crowd, instance_readers

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

CLIENTS = 20


@dataclass(frozen=True)
class Killed:
    name: str
    clients: set[int]
    seconds: float
    """Until it was healthy again."""


async def kill_under(people: Crowd, cluster: TestCluster) -> Killed:
    """Ends the instance with the most clients; they all go on reading until it is healthy again, and then some."""
    names = {address.removeprefix("http://"): name for name, address in instances(cluster).items()}
    pids = cluster.pids()
    await people.reads_more(5)
    [(address, _)] = Counter(people.instances.values()).most_common(1)
    clients, since = people.clients_of(address), time.monotonic()
    send(pids[names[address]])
    await asyncio.to_thread(until, cluster.pids, lambda now: now[names[address]] not in (0, pids[names[address]]))
    await people.all_connected()
    await asyncio.to_thread(wait_until_healthy, cluster)
    seconds = time.monotonic() - since
    await people.reads_more(5)
    return Killed(names[address], clients, seconds)


def test_a_killed_instance_costs_its_clients_a_reconnect_and_nobody_a_get(
    steedos: TestCluster, url: str, account: Account
) -> None:
    before = steedos.pids()

    async def run() -> tuple[Crowd, Killed]:
        async with crowd(url, account, CLIENTS, secret(steedos, "probe")) as people:
            return people, await kill_under(people, steedos)

    people, killed = asyncio.run(run())
    after = steedos.pids()
    print(
        f"{killed.name} was killed under {len(killed.clients)} of {CLIENTS} clients: {sum(people.breaks.values())} "
        f"connections lost, back within {max(people.away):.2f} s; {people.reads.total()} GETs, {len(people.failures)} "
        f"failed; it was healthy again after {killed.seconds:.1f} s"
    )
    assert people.failures == []
    assert people.breaks == dict.fromkeys(killed.clients, 1), "the killed instance's clients, once, and nobody else"
    assert {name for name in after if after[name] != before[name]} == {killed.name}


async def kill_primary_under(readers: InstanceReaders, cluster: TestCluster, account: Account) -> dict[str, float]:
    """The gap of each instance. By then the killed member has its place and the primary's role again."""
    old = primary(cluster)
    await readers.answers_more(3)
    send(old["pid"])
    await asyncio.to_thread(until, lambda: primary(cluster), lambda row: row.get("pid", old["pid"]) != old["pid"])
    await readers.answers_more(3)
    gaps = dict(readers.gaps)
    await asyncio.to_thread(until, lambda: primary(cluster).get("host"), lambda host: host == old["host"])
    await asyncio.to_thread(wait_until_healthy, cluster)
    await readers.answers_more(3)
    for name in (f"{account.company} again", account.company):
        async with database(cluster) as client:
            await client[NAME]["spaces"].update_one({"_id": account.space}, {"$set": {"name": name}})
        await readers.told(name)
    return gaps


def test_after_a_killed_primary_every_instance_answers_again(steedos: TestCluster, url: str, account: Account) -> None:
    """By itself; nobody is signed out, and changes reach the connections that were open before."""
    before = steedos.pids()

    async def run() -> tuple[InstanceReaders, dict[str, float]]:
        async with instance_readers(url, account, instances(steedos, "web", "worker")) as readers:
            return readers, await kill_primary_under(readers, steedos, account)

    readers, gaps = asyncio.run(run())
    print(
        f"gap without an answer after kill -9 of the primary: median {statistics.median(gaps.values()):.1f} s, longest "
        f"{max(gaps.values()):.1f} s, {len(gaps)} instances; with its return as the primary "
        f"{max(readers.gaps.values()):.1f} s; {readers.answers.total()} answers, failed: {Counter(readers.failures)}"
    )
    assert len(gaps) == 11
    assert readers.lost == [], "no connection was lost"
    changed = {name for name, pid in steedos.pids().items() if pid != before[name]}
    assert changed == {"db-216"}, "no instance was started anew"
