"""The address that moves: what it is called on the command line, what `status` says of it, and its proof."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from corral.errors import InvalidFile
from corral.model.cluster import Cluster
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId, read_back
from corral.model.resources import FoundUnit
from corral.model.routes import Way
from corral.operate.found_units import Units
from corral.operate.health import _not_moving
from corral.operate.targets import select
from corral.places.base import Place, Traits
from corral.places.hosts.place import _addresses
from corral.verify.endpoints import proxies
from tests.unit.desired.real_clusters import PAIR, REFERENCE, cluster_of

CLUSTER = cluster_of(PAIR)
KEEPALIVED = [UnitId("failover", host, f"keepalived.{host}") for host in ("one", "two")]


class Nowhere:
    """Routes on which nothing listens; notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        self.asked.append(to.socket)
        raise ConnectionRefusedError(111, "Connection refused")


def playground(cluster: Cluster) -> Cluster:
    return replace(cluster, abilities=frozenset())


def test_failover_is_a_word_where_an_address_moves() -> None:
    assert select(CLUSTER, "failover") == KEEPALIVED
    assert select(CLUSTER, "keepalived.two") == KEEPALIVED[1:]
    assert not set(KEEPALIVED) & set(select(CLUSTER, "proxy")), "a restart of the proxies moves the address by itself"
    for other in (playground(CLUSTER), cluster_of(REFERENCE)):
        with pytest.raises(InvalidFile):
            select(other, "failover")


def test_the_moving_address_is_reached_by_a_proxy() -> None:
    assert _addresses(CLUSTER)["10.0.0.9"] == "one"
    assert set(_addresses(playground(CLUSTER))) == {"10.0.0.1", "10.0.0.2", "10.0.0.3"}


def test_verify_asks_the_moving_address() -> None:
    routes = Nowhere()
    checks = {check.where: check for check in asyncio.run(proxies(CLUSTER, {}, routes))}
    assert ("10.0.0.9", 80) in routes.asked
    assert checks["failover"].name == "http through the virtual address"
    assert checks["failover"].result == "failed"
    assert checks["failover"].hint == "corral logs failover"
    assert "failover" not in {check.where for check in asyncio.run(proxies(playground(CLUSTER), {}, routes))}


@dataclass
class Placed:
    """As much of a Place as is asked about proxies."""

    cluster: Cluster
    traits: Traits


def codes(cluster: Cluster, units: dict[str, FoundUnit], silent: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    place = cast(Place, Placed(cluster, Traits("hosts", "corral apply", frozenset())))
    return [(problem.code, problem.where) for problem in _not_moving(Units(units, silent, unchanged=True), place)]


def test_status_names_each_proxy_without_keepalived() -> None:
    def unit(host: str, state: Any) -> FoundUnit:
        return FoundUnit(read_back(host, f"keepalived.{host}"), state)

    found = {"keepalived.one": unit("one", "running"), "keepalived.two": unit("two", "failed")}
    assert codes(CLUSTER, found) == [("failover-stopped", "two")]
    assert codes(CLUSTER, {}, frozenset({"one"})) == [("failover-stopped", "two")], "of a silent host nothing is known"
    assert codes(playground(CLUSTER), {}) == []
