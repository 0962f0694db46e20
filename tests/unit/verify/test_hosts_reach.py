"""What hosts need of each other is asked from these hosts."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from corral.model.command import CommandResult
from corral.model.resources import Unheard
from corral.mongo.status import MemberStatus, SetStatus
from corral.verify.check import Check
from corral.verify.database import hearing_checks
from corral.verify.hosts_reach import hosts_reach, needs_of
from tests.unit.plan.cluster_of import REFERENCE, cluster_of
from tests.unit.transport.answers import Answers

CLUSTER = cluster_of(REFERENCE)
PROXY = CLUSTER.proxy.hosts[0]
INSTANCE = CLUSTER.app.web[0]
FIRST, SECOND, THIRD = CLUSTER.database.members


def asked(*cut: tuple[str, str], code: int = 124, silent: str = "") -> list[Check]:
    """`cut` are pairs of a host's name and the place that it doesn't reach."""

    def answer(host: str, script: str) -> CommandResult:
        lines = []
        for address, port in re.findall(r"(\d+\.\d+\.\d+\.\d+) (\d+)", script):
            lines.append(f"{code if (host, f'{address}:{port}') in cut else 0} {address} {port} why\n")
        return CommandResult(0, "".join(lines).encode(), b"")

    return asyncio.run(hosts_reach(CLUSTER, Answers(answer, silent=frozenset({silent}))))


def test_a_line_for_each_need() -> None:
    checks = asked()
    assert [check.name for check in checks] == [need.name for need in needs_of(CLUSTER)]
    assert {check.result for check in checks} == {"passed"}
    assert checks[0].seen == f"{len(CLUSTER.app.web)} connections, tried from {PROXY.name}"


def test_an_instance_that_its_proxy_does_not_reach_though_we_do() -> None:
    place = INSTANCE.endpoint.netloc
    failed = [check for check in asked((PROXY.name, place)) if check.result != "passed"]
    [line] = failed
    assert (line.result, line.where) == ("failed", PROXY.name)
    assert line.seen == f"{PROXY.name} can't connect to {place}: no answer within 3 s"
    assert INSTANCE.host.name in line.hint


def test_a_member_that_an_instances_host_or_another_member_does_not_reach() -> None:
    cut = ((INSTANCE.host.name, FIRST.name), (SECOND.host.name, THIRD.name))
    lines = [check for check in asked(*cut, code=1) if check.result != "passed"]
    assert [(line.where, line.result) for line in lines] == [(host, "failed") for host, _ in cut]
    assert lines[1].seen == f"{SECOND.host.name} can't connect to {THIRD.name}: why"


def test_a_host_that_can_not_be_asked_is_said_to_be_that() -> None:
    lines = [check for check in asked(silent=PROXY.name) if check.result != "passed"]
    [line] = lines
    assert (line.result, line.where) == ("skipped", PROXY.name)
    assert line.seen.startswith("not tried: ")


ROLES = {FIRST.name: "PRIMARY", SECOND.name: "SECONDARY", THIRD.name: "SECONDARY"}
ALL = {name: MemberStatus(state, 1.0, 1, 2.0) for name, state in ROLES.items()}
WELL = SetStatus(True, ALL, witnesses=tuple(ALL))


def test_that_all_members_are_heard_by_the_primary_is_a_proof() -> None:
    [line] = hearing_checks(CLUSTER, WELL)
    assert line.result == "passed"
    assert line.seen == f"{FIRST.name}, the primary, hears 2 others, which are 2 s behind it at most"


def test_a_member_that_is_not_heard_is_named() -> None:
    unheard = (Unheard(THIRD.name, FIRST.name, "no route"), Unheard(THIRD.name, SECOND.name))
    [line] = hearing_checks(CLUSTER, replace(WELL, unheard=unheard))
    assert (line.result, line.where) == ("failed", THIRD.name)
    assert line.seen == f"not heard by {FIRST.name}, {SECOND.name} (no route): it counts as dead for the set"


def test_what_the_primary_did_not_say_is_no_proof() -> None:
    [line] = hearing_checks(CLUSTER, replace(WELL, witnesses=(SECOND.name,)))
    assert (line.result, line.seen) == ("failed", "the primary doesn't say whom it hears")
    down = ALL | {THIRD.name: MemberStatus("UNREACHABLE", 1.0, 1)}
    [line] = hearing_checks(CLUSTER, replace(WELL, members=down))
    assert (line.result, line.seen) == ("failed", f"not all are there to be heard: {THIRD.name} (UNREACHABLE)")
