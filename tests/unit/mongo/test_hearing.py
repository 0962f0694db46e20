"""Who hears whom, by what the members of a set say of each other; and what is known of one that can't be asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from corral.model.endpoint import Endpoint
from corral.model.resources import FoundReplicaSet, MemberFacts, SetMember, Unheard
from corral.model.routes import Direct, Way
from corral.mongo.clients import Connections
from corral.mongo.greeting import Greeting, greet
from corral.mongo.hearing import freshly_heard, share_a_machine, statuses_of, told, unheard_in
from corral.mongo.probe import probe_strangers, probe_write
from corral.mongo.status import member_statuses, statuses_in
from corral.observe.replica_set import observe_replica_set

from .conftest import completed, observe, settle
from .mongods import Mongods

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STATES = [("a", "PRIMARY"), ("b", "SECONDARY"), ("c", "SECONDARY")]


def status(me: str, *others: dict[str, Any]) -> dict[str, Any]:
    return {"date": NOW, "heartbeatIntervalMillis": 2000, "members": [{"name": me, "self": True, "health": 1}, *others]}


def seen(name: str, health: int = 1, heard: float = 1, hears: float = 1, message: str = "") -> dict[str, Any]:
    """A member as another one tells of it: seconds since it answered last, and since it asked last."""
    return {
        "name": name,
        "stateStr": "SECONDARY" if health else "(not reachable/healthy)",
        "health": health,
        "lastHeartbeat": NOW - timedelta(seconds=heard),
        "lastHeartbeatRecv": NOW - timedelta(seconds=hears),
        "lastHeartbeatMessage": message,
    }


def test_nobody_is_unheard_in_a_healthy_set() -> None:
    assert unheard_in([status("a", seen("b"), seen("c")), status("b", seen("a"), seen("c"))], STATES) == ()


def test_whom_the_primary_does_not_hear_is_told_though_it_says_that_all_is_well() -> None:
    deaf = status("a", seen("b"), seen("c", health=0, message="no connection in time"))
    assert unheard_in([deaf], STATES) == (Unheard("c", "a", "no connection in time"),)


def test_members_that_do_not_hear_each_other_could_not_elect_a_primary() -> None:
    deaf = [status("a", seen("b"), seen("c")), status("b", seen("a"), seen("c", health=0))]
    assert unheard_in(deaf, STATES) == (Unheard("c", "b"),)


def test_heartbeats_that_no_longer_come_tell_that_their_sender_hears_nothing() -> None:
    silent = status("a", seen("b", hears=20), seen("c"))
    (found,) = unheard_in([silent], STATES)
    assert (found.member, found.by, found.why) == ("a", "b", "its last heartbeat came 20 s ago")


def test_one_that_never_was_heard_is_not_late() -> None:
    never = seen("b") | {"lastHeartbeatRecv": datetime(1970, 1, 1, tzinfo=UTC)}
    assert unheard_in([status("a", never)], STATES) == ()


def test_one_that_is_down_is_told_as_that_alone() -> None:
    gone = [("a", "PRIMARY"), ("b", "SECONDARY"), ("c", "UNREACHABLE")]
    assert unheard_in([status("a", seen("b"), seen("c", health=0))], gone) == ()


def test_whom_all_others_do_not_hear_is_told_once() -> None:
    both = (Unheard("c", "a"), Unheard("c", "b", "no route"))
    assert told(both) == {"c": (("a", "b"), "no route")}


def test_a_word_on_one_that_may_have_died_since_counts_for_nothing() -> None:
    assert freshly_heard(status("a", seen("b"), seen("c", heard=9))) == {"b": "SECONDARY"}


@pytest.mark.parametrize(
    ("members", "here"),
    [(["127.0.0.1:1", "127.9.0.3:1"], True), (["10.0.0.1:1", "127.0.0.1:1"], False), (["db-1.example:1"], False)],
)
def test_members_on_one_machine_have_no_network_between_them(members: list[str], here: bool) -> None:
    assert share_a_machine(members) is here


class Cut(Direct):
    """The way to some members fails, as where sshd forbids it."""

    def __init__(self, *members: str) -> None:
        self.members = members

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        if to.netloc in self.members:
            raise OSError("the host forbids it")
        return await super().reach(to, way)


@pytest.fixture(scope="module")
def three(mongods: Mongods) -> Mongods:
    mongods.start(1, 2, 3)
    wanted = mongods.wanted(mongods.member(1, priority=2), 2, 3)
    settle(wanted, mongods.secrets)
    completed(wanted, mongods)
    return mongods


def names(three: Mongods) -> list[str]:
    return [three.name(number) for number in (1, 2, 3)]


def test_each_member_tells_of_the_others(three: Mongods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corral.mongo.hearing.share_a_machine", lambda _members: False)

    async def ask() -> list[dict[str, Any]]:
        async with Connections(three.secrets) as connections:
            greetings = [await greet(connections, name) for name in names(three)]
            return await statuses_of(connections, greetings, "monitor")

    told = asyncio.run(ask())
    assert len(told) == 3
    assert unheard_in(told, [(name, "SECONDARY") for name in names(three)]) == ()
    assert freshly_heard(told[0]).keys() == set(names(three)[1:])


def test_a_primary_that_can_not_be_asked_is_the_primary_all_the_same(three: Mongods) -> None:
    """Nothing is claimed of it but what the others say."""
    primary = three.name(1)
    database = three.database([three.member(1, priority=2), three.member(2), three.member(3)])
    status = asyncio.run(member_statuses(database, Connections(three.secrets, Cut(primary)), names(three)))
    assert status.writable is True
    assert [member.state for member in status.members.values()] == ["PRIMARY", "SECONDARY", "SECONDARY"]
    wanted = three.wanted(three.member(1, priority=2), 2, 3)
    found = asyncio.run(observe_replica_set(wanted, Connections(three.secrets, Cut(primary)), names(three)))
    assert (found.primary, found.unasked) == ("", primary)
    first = found.facts[0]
    assert (first.state, first.unread, first.heard) == ("UNREACHABLE", "way", "PRIMARY")
    assert len(found.members) == 3
    assert statuses_in(found).members[primary].state == "PRIMARY"
    assert statuses_in(found).writable is True


def test_too_few_that_can_be_asked_know_nothing_of_the_set(three: Mongods) -> None:
    database = three.database([three.member(1, priority=2), three.member(2), three.member(3)])
    status = asyncio.run(member_statuses(database, Connections(three.secrets, Cut(*names(three))), names(three)))
    assert status.writable is None
    assert {member.state for member in status.members.values()} == {"unknown"}


def test_proofs_of_a_member_that_can_not_be_asked_claim_nothing(three: Mongods) -> None:
    primary = three.name(1)
    write = asyncio.run(probe_write(Connections(three.secrets, Cut(primary)), names(three)))
    assert not write.passed
    assert write.detail == f"{primary} is the primary, as the others say, and can't be asked: the host forbids it"
    [first, *others] = asyncio.run(probe_strangers(Cut(primary), names(three)))
    assert (first.refused, first.asked, first.detail) == (False, False, "the host forbids it")
    assert all(each.refused and each.asked for each in others)


def test_with_all_members_here_nothing_is_unheard(three: Mongods) -> None:
    found = observe(three.wanted(three.member(1, priority=2), 2, 3), three)
    assert (found.unheard, found.unasked) == ((), "")


def test_who_listens_and_says_nothing_right_is_not_taken_for_closed() -> None:
    async def ask() -> list[Greeting]:
        async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(cut, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Connections({}) as connections:
            there = await greet(connections, f"127.0.0.1:{port}")
            server.close()
            return [there, await greet(connections, f"127.0.0.1:{port}")]

    there, closed = asyncio.run(ask())
    assert (there.answered, there.unread) == (False, "answer")
    assert (closed.answered, closed.unread) == (False, "")


def test_in_doubt_the_set_is_neither_writable_nor_not() -> None:
    members = tuple(SetMember(name) for name in ("a:1", "b:1", "c:1"))
    unread = [MemberFacts(name, "UNREACHABLE", unread="way") for name in ("a:1", "b:1")]
    found = FoundReplicaSet("rs", members, facts=(*unread, MemberFacts("c:1", "SECONDARY")))
    assert statuses_in(found).writable is None
    majority = (unread[0], MemberFacts("b:1", "SECONDARY"), MemberFacts("c:1", "SECONDARY"))
    assert statuses_in(FoundReplicaSet("rs", members, facts=majority)).writable is False
