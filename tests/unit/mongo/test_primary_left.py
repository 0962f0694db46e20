"""The primary's host is taken out of the file while it runs: nobody can reach it any more."""

from __future__ import annotations

import asyncio

from corral.model.endpoint import Endpoint
from corral.model.resources import FoundReplicaSet
from corral.model.routes import Direct, OutsideCluster, Routes, Way
from corral.mongo.clients import Connections
from corral.observe.replica_set import observe_replica_set
from corral.plan.replica_set import decide
from corral.plan.replica_set_steps import Stuck
from tests.patience import until

from .conftest import settle, steps_in
from .mongods import Mongods


class Without:
    """Routes to all members but the one at `address`, as over SSH when the file has its host no more."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        if to.address == self.address:
            raise OutsideCluster(f"no host of the cluster has the address {to.address}")
        return to


def look(mongods: Mongods, routes: Routes) -> FoundReplicaSet:
    names = [mongods.name(1), mongods.name(2)]
    return asyncio.run(observe_replica_set(mongods.wanted(1, 2), Connections(mongods.secrets, routes), names))


def test_it_is_refused_by_name_and_what_the_hint_says_works(mongods: Mongods) -> None:
    mongods.start(1, 2, 3)
    settle(mongods.wanted(1, 2, mongods.member(3, priority=2)), mongods.secrets)
    until(lambda: look(mongods, Direct()).primary, lambda primary: primary == mongods.name(3))
    found = look(mongods, Without(f"{mongods.network}.3"))
    assert (found.primary, found.left) == ("", mongods.name(3))
    decision = decide(mongods.wanted(1, 2), found)
    assert isinstance(decision.step, Stuck)
    assert decision.step.code == "primary-left"
    assert mongods.name(3) in decision.sentence
    changed, sentences = settle(mongods.wanted(1, 2), mongods.secrets)
    assert changed
    assert steps_in(sentences, "have") == ["let", "take", "remove"]
    assert look(mongods, Without(f"{mongods.network}.3")).left == ""


def test_a_named_primary_that_is_only_silent_is_waited_for(mongods: Mongods) -> None:
    """The playground asks straight, and a host of the file that has just died is in the file all the same."""
    mongods.kill(1)
    assert look(mongods, Direct()).left == ""
