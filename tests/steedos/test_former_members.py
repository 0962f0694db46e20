"""A member of the database moves to another host: Steedos' driver, of 2018, finds it though no instance was told."""

from __future__ import annotations

import httpx
import pytest

from tests.cluster.harness import TestCluster, until
from tests.patience import PATIENCE
from tests.steedos.inspect_cluster import instances, primary
from tests.steedos.limits import LIMIT, UP_SECONDS
from tests.steedos.people import READ, Account

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

MEMBERS = "members: {db-216: {priority: 2}, db-217: {}, db-218: {}}"
MOVED = "members: {db-216: {}, db-217: {}, app-208: {priority: 3}}"


def test_people_sign_in_at_a_primary_that_no_instance_was_started_with(steedos: TestCluster, account: Account) -> None:
    """A sign-in is a write, so it goes to the primary."""
    before, addresses = steedos.pids(), instances(steedos)
    try:
        steedos.edit(MEMBERS, MOVED)
        steedos.run("up", "--detach", timeout=UP_SECONDS)
        until(lambda: primary(steedos).get("host"), lambda host: host == "app-208")
        assert {name for name in addresses if steedos.pids()[name] != before[name]} == set(), "none was restarted"
        assert [each["code"] for each in steedos.status()["problems"]] == ["former-members"]
        signed_in = [name for name, address in addresses.items() if signs_in(address, account)]
    finally:
        steedos.edit(MOVED, MEMBERS)
        steedos.run("up", "--detach", timeout=UP_SECONDS)  # whatever happened: the other tests find it as it was
    print(f"\nsigned in through {len(signed_in)} instances, at a primary that none of them was started with")
    assert signed_in == [*addresses]
    assert steedos.status()["problems"] == []
    assert steedos.pids().items() >= {name: before[name] for name in addresses}.items()


def signs_in(address: str, account: Account) -> bool:
    """Once the instance has noticed who is primary, which takes this driver up to ten seconds after an election."""
    who = {"user": {"email": account.email}, "password": account.password}
    with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as http:
        until(lambda: http.post("/accounts/password/login", json=who).status_code, lambda status: status == 200)
        return len(http.get(READ).json()["value"]) == 1
