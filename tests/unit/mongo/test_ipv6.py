"""Members that know each other by IPv6 addresses alone: mongod leaves these out unless its file says otherwise."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corral.model.cluster import Member
from tests.binaries import missing
from tests.free_addresses import free_port

from .conftest import settle
from .mongods import Mongods

LOOPBACK = "::1"


class OnIpv6(Mongods):
    """All on the one loopback address that IPv6 has, each on a port of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.ports = {number: free_port(LOOPBACK) for number in (1, 2)}

    def member(self, number: int, priority: float = 1.0, *, arbiter: bool = False) -> Member:
        member = super().member(number, priority, arbiter=arbiter)
        host = replace(member.host, address=LOOPBACK, declared=LOOPBACK)
        return replace(member, host=host, port=self.ports[number])


@pytest.fixture
def members(tmp_path: Path) -> Iterator[OnIpv6]:
    try:
        socket.create_server((LOOPBACK, 0), family=socket.AF_INET6).close()
    except OSError as reason:
        missing(f"no IPv6 on this machine: {reason}")
    started = OnIpv6(tmp_path)
    try:
        yield started
    finally:
        started.close()


def test_members_listen_on_ipv6_and_reach_each_other(members: OnIpv6) -> None:
    members.start(1, 2)
    changed, sentences = settle(members.wanted(1, 2), members.secrets)
    assert changed, sentences
    assert members.name(2).startswith("[::1]:")
    assert settle(members.wanted(1, 2), members.secrets)[0] is False
