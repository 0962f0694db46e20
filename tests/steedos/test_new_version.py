"""A change that restarts every instance, while people work: Steedos ends at once, so the proxy has to go first."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.cluster.harness import TestCluster
from tests.cluster.posts import Posts
from tests.patience import PATIENCE
from tests.steedos.inspect_cluster import secret
from tests.steedos.limits import LIMIT, UP_SECONDS
from tests.steedos.people import Account
from tests.steedos.reading import Crowd, crowd

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

CLIENTS = 10


def test_a_new_version_fails_no_request(steedos: TestCluster, url: str, account: Account) -> None:
    """`version` as people write it who want a restart. Sign-ins are POSTs: one that is cut can't be sent again."""
    before = steedos.pids()

    async def run() -> Crowd:
        async with crowd(url, account, CLIENTS, secret(steedos, "probe")) as people:
            await people.reads_more(3)
            steedos.edit('version: "1.22.2', 'version: "1.22.2-a')
            done = await asyncio.to_thread(steedos.run, "up", "--detach", timeout=UP_SECONDS)
            print(f"\n{done.stderr}")
            await people.all_connected()
            await people.reads_more(3)
            return people

    # Of somebody else: Steedos forgets a user's older sign-ins when there are many, and the readers need theirs.
    bob = {"email": "bob@example.org", "password": "Long-enough-2"}
    registering = {**bob, "name": "Bob", "locale": "en-us"}
    httpx.post(f"{url}/accounts/password/register", json=registering, timeout=PATIENCE).raise_for_status()
    signing_in = {"user": {"email": bob["email"]}, "password": bob["password"]}
    try:
        with Posts(f"{url}/accounts/password/login", 4, signing_in, pause=0.2, kept=True) as posts:
            people = asyncio.run(run())
    finally:
        steedos.run("up", "--detach", timeout=UP_SECONDS)  # whatever happened: the other tests find it whole
    after = steedos.pids()
    print(
        f"11 instances restarted: {people.reads.total()} GETs, {len(people.failures)} failed; sign-ins "
        f"{dict(posts.answers)}; {sum(people.breaks.values())} connections of {CLIENTS} clients moved, each away for "
        f"{max(people.away):.2f} s at most"
    )
    assert people.failures == []
    assert set(posts.answers) == {"200"}, "over connections that are kept: no proxy was reloaded"
    assert {name for name in after if after[name] == before[name]} == {"db-216", "db-217", "db-218"}
    assert {row["version"] for row in steedos.status()["instances"]} == {"1.22.2-a"}
