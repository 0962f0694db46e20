"""What the replica set tells of the members' MongoDB, and when it is asked once more."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from corral.model.machine import FoundMember, Machine, PackageState
from corral.model.mongodb_series import Series
from corral.model.resources import FoundReplicaSet, MemberFacts
from corral.mongo.clients import Connections, Document, Refused
from corral.observe.members import has_new_series, with_members
from tests.unit.rules.good_hosts import cluster, good

CLUSTER = cluster()
NAMES = [member.name for member in CLUSTER.database.members]


class Asked(Connections):
    """Answers by member, those without one refuse; `asked` are those that were asked."""

    def __init__(self, answers: dict[str, str]) -> None:
        super().__init__({})
        self.answers = answers
        self.asked: list[str] = []

    async def ask(
        self, member: str, command: Document, *, user: str = "", database: str = "admin", seconds: float = 1
    ) -> Document:
        self.asked.append(member)
        if member not in self.answers:
            raise Refused(13, "not authorized")
        return {"featureCompatibilityVersion": {"version": self.answers[member]}, "ok": 1.0}


def machines(*versions: str) -> dict[str, Machine]:
    """With the MongoDB that each is to run."""
    return {
        host.name: replace(good(host), packages=(PackageState("mongodb-org-server", version),))
        for host, version in zip(CLUSTER.hosts, versions, strict=True)
    }


def running(*series: Series | None) -> FoundReplicaSet:
    states = ["PRIMARY", "SECONDARY", "SECONDARY"]
    facts = [MemberFacts(*each, series=its) for *each, its in zip(NAMES, states, series, strict=True)]
    return FoundReplicaSet(facts=tuple(facts), primary=NAMES[0])


@pytest.mark.parametrize(
    ("series", "versions", "new"),
    [
        (((7, 0), (7, 0), (7, 0)), ("7.0.14", "7.0.14", "7.0.2"), False),
        (((6, 0), (6, 0), (6, 0)), ("7.0.14", "7.0.14", "7.0.14"), True),
        (((7, 0), (6, 0), (6, 0)), ("7.0.14", "7.0.14", "7.0.14"), False),
        (((6, 0), (6, 0), None), ("6.0.5", "6.0.5", "7.0.14"), True),
        ((None, None, None), ("7.0.14", "7.0.14", "7.0.14"), False),
        (((6, 0), (6, 0), (6, 0)), ("", "", ""), False),
    ],
)
def test_a_series_that_no_member_runs_yet(
    series: tuple[Series | None, ...], versions: tuple[str, ...], new: bool
) -> None:
    assert has_new_series(CLUSTER, machines(*versions), running(*series)) is new


def test_nothing_more_is_asked_when_all_stays_as_it_is() -> None:
    connections = Asked({NAMES[0]: "6.0"})
    seen = asyncio.run(with_members(CLUSTER, machines(*["7.0.14"] * 3), running(*[(7, 0)] * 3), connections))
    assert connections.asked == []
    assert [machine.member for machine in seen.values()] == [FoundMember((7, 0))] * 3


def test_the_first_member_that_answers_tells_for_all() -> None:
    connections = Asked({NAMES[1]: "5.0"})
    seen = asyncio.run(with_members(CLUSTER, machines(*["7.0.14"] * 3), running(*[(6, 0)] * 3), connections))
    assert connections.asked == NAMES[:2]
    assert [machine.member for machine in seen.values()] == [FoundMember((6, 0), (5, 0))] * 3


def test_who_does_not_answer_is_no_failure() -> None:
    seen = asyncio.run(with_members(CLUSTER, machines(*["7.0.14"] * 3), running(*[(6, 0)] * 3), Asked({})))
    assert [machine.member.compatibility for machine in seen.values()] == [None] * 3
