"""Before a set is made, or a member joins, each member tries each other one's port."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from pathlib import PurePosixPath

import pytest

from corral.errors import ChangeFailed
from corral.execute.handlers.member_ports import refuse_apart
from corral.execute.ways import Ways
from corral.model.cluster import Host, Layout
from corral.model.command import CommandResult
from corral.transport.fake import FakeTransport
from tests.unit.execute.no_units import NoUnits

HOSTS = {
    name: Host(name, address, address, Layout(*[PurePosixPath("/x")] * 5))
    for name, address in (("db-1", "10.0.0.1"), ("db-2", "10.0.0.2"), ("db-3", "10.0.0.3"))
}
ONE, TWO, THREE = (f"{host.address}:27117" for host in HOSTS.values())


class Network:
    """Hosts of which some can't connect to others: pairs of a host's name and an address."""

    def __init__(self, *cut: tuple[str, str]) -> None:
        self.tried: list[tuple[str, str]] = []
        self.transport = FakeTransport.of(list(HOSTS))
        self.transport.on("try_all", self._answer)
        self._cut = cut

    def _answer(self, host: str, script: str) -> CommandResult:
        lines = []
        for address, port in re.findall(r"(10\.0\.0\.\d) (\d+)", script):
            self.tried.append((host, address))
            lines.append(f"{124 if (host, address) in self._cut else 0} {address} {port} \n")
        return CommandResult(0, "".join(lines).encode(), b"")

    def refuse(self, joining: Collection[str], others: Collection[str] = ()) -> None:
        asyncio.run(refuse_apart(Ways(self.transport, NoUnits(), {}, HOSTS), joining, others))


def test_all_try_all_others_before_a_set_is_made() -> None:
    network = Network()
    network.refuse([ONE, TWO, THREE])
    assert len(network.tried) == len(set(network.tried)) == 6


def test_each_pair_that_is_apart_is_named() -> None:
    with pytest.raises(ChangeFailed) as refused:
        Network(("db-1", "10.0.0.3"), ("db-2", "10.0.0.3")).refuse([ONE, TWO, THREE])
    assert [problem.message for problem in refused.value.problems] == [
        "db-1 can't connect to 10.0.0.3:27117: no answer within 3 s",
        "db-2 can't connect to 10.0.0.3:27117: no answer within 3 s",
    ]
    assert {problem.code for problem in refused.value.problems} == {"members-apart"}


def test_one_that_joins_tries_the_others_and_they_try_it() -> None:
    """What two others have of each other is not the newcomer's matter."""
    network = Network(("db-1", "10.0.0.2"))
    network.refuse([THREE], [ONE, TWO])
    assert set(network.tried) == {
        ("db-3", "10.0.0.1"), ("db-3", "10.0.0.2"), ("db-1", "10.0.0.3"), ("db-2", "10.0.0.3"),
    }  # fmt: skip


def test_a_member_that_has_left_the_file_is_tried_and_does_not_try() -> None:
    network = Network()
    network.refuse([ONE], ["10.0.0.9:27117"])
    assert network.tried == [("db-1", "10.0.0.9")]


def test_a_host_that_can_not_be_asked_refuses_nothing() -> None:
    network = Network()
    network.transport.fail("db-2")
    network.refuse([ONE, TWO])


def test_that_others_do_not_reach_a_silent_host_is_no_finding_of_its_own() -> None:
    """The run says that the host is silent, which is the cause."""
    network = Network(("db-1", "10.0.0.2"), ("db-1", "10.0.0.3"))
    network.transport.fail("db-2")
    with pytest.raises(ChangeFailed) as refused:
        network.refuse([ONE, TWO, THREE])
    assert [problem.message for problem in refused.value.problems] == [
        "db-1 can't connect to 10.0.0.3:27117: no answer within 3 s"
    ]


def test_members_on_this_machine_alone_have_no_network_between_them() -> None:
    network = Network()
    network.refuse(["127.0.0.1:1", "127.0.0.2:1"])
    assert network.tried == []
