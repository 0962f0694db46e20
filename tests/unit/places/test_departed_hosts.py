"""Hosts that have left the cluster file: they are remembered on those that stay, asked, and rid of what they ran."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from corral.cluster_file.parse import load_file
from corral.errors import CorralError, InvalidFile
from corral.events import Event, Warned
from corral.model.command import CommandResult
from corral.operate.apply import Applied, ApplyRequest, apply, plan
from corral.operate.session import Session
from corral.operate.where import Where
from corral.places.hosts.place import HostsPlace
from corral.plan.actions import Plan, RemoveFile, StopUnit
from corral.runs.marks import Mark
from corral.transport.fake import FakeFile
from tests.unit.operate.recorded_hosts import LOOK, MARKS, RecordedHosts, hosts

__all__ = ["hosts"]

GONE = "time-123"
"""It has been the second proxy."""
STAYING = ("proxy-100", "app-108", "app-208", "db-216", "db-217", "db-218")
WAY = {"address": "10.118.0.123", "user": "ops", "port": 2222, "jump": "", "sudo": True}
NOTHING = b"\036host\nclock 1.0\n\036files\n" + bytes(1024)
"""What a host answers on which there is nothing of the cluster."""


def remember(hosts: RecordedHosts, roster: dict[str, Any], on: str = "db-216", since: str = "2026-11-01") -> None:
    """As an earlier apply has left it on one of the hosts."""
    mark = Mark("hosts", "anna on ops-1", since, {"hosts": roster})
    hosts.transport.files[on][f"{MARKS}/hosts.json"] = FakeFile(mark.to_text().encode())


def remembered(hosts: RecordedHosts) -> dict[str, Any]:
    """The hosts that each host of the file knows of: the same everywhere."""
    (text,) = {hosts.transport.files[host][f"{MARKS}/hosts.json"].content for host in STAYING}
    names: dict[str, Any] = json.loads(text)["values"]["hosts"]
    return names


def leave(hosts: RecordedHosts) -> None:
    """The second proxy goes, with the address that moved between the two."""
    hosts.edit_file(f"  {GONE}: 10.118.0.123\n", "")
    hosts.edit_file(f"  - proxy-100\n  - {GONE}\n  virtual_ip: 10.118.0.10\n", "  - proxy-100\n")
    hosts.edit_file(f"  servers:\n  - {GONE}\n", "  servers:\n")


def planned(hosts: RecordedHosts) -> tuple[Plan, list[Event]]:
    events: list[Event] = []
    return asyncio.run(plan(Where(hosts.file, "hosts"), (), Session(sink=events.append))), events


def applied(hosts: RecordedHosts, forget: tuple[str, ...] = ()) -> Applied:
    request = ApplyRequest(yes=True, forget=forget)
    return asyncio.run(apply(Where(hosts.file, "hosts"), request, Session()))


def warnings(events: list[Event]) -> list[tuple[str, str]]:
    told = [problem for event in events if isinstance(event, Warned) for problem in event.problems]
    return [(problem.code, problem.where) for problem in told if problem.code == "departed-silent"]


def test_what_it_runs_is_stopped_by_the_plan(hosts: RecordedHosts) -> None:
    leave(hosts)
    remember(hosts, {GONE: WAY})
    made, events = planned(hosts)
    there = [action for action in made.actions() if action.host == GONE]
    stopped = {action.name for action in there if isinstance(action, StopUnit)}
    assert stopped == {f"nginx.{GONE}", f"keepalived.{GONE}"}
    removed = {action.path for action in there if isinstance(action, RemoveFile)}
    assert {"/etc/corral/board/nginx.conf", "/etc/systemd/system/corral-board-nginx.service"} <= removed
    assert len(there) == len(stopped) + len(removed), "and nothing else is done there"
    assert warnings(events) == []


def test_without_the_mark_nobody_knows_of_it(hosts: RecordedHosts) -> None:
    """As in a cluster that no Corral which remembers has changed yet."""
    leave(hosts)
    made, _ = planned(hosts)
    assert {action.host for action in made.actions()} <= {*STAYING, ""}
    assert hosts.transport.scripts(GONE) == []


def test_it_is_reached_as_it_was_reached(hosts: RecordedHosts) -> None:
    leave(hosts)
    remember(hosts, {GONE: WAY})
    planned(hosts)
    settings = hosts.settings[GONE]
    assert (settings.address, settings.user, settings.port, settings.sudo) == ("10.118.0.123", "ops", 2222, True)


def test_one_that_is_silent_is_a_warning_and_the_rest_goes_on(hosts: RecordedHosts) -> None:
    leave(hosts)
    remember(hosts, {GONE: WAY})
    hosts.transport.fail(GONE)
    made, events = planned(hosts)
    assert warnings(events) == [("departed-silent", GONE)]
    assert GONE not in {action.host for action in made.actions()}
    assert made.changes > 0, "the other proxy no longer needs keepalived"


def test_one_that_is_silent_is_asked_again_next_time_until_it_is_forgotten(hosts: RecordedHosts) -> None:
    remember(hosts, {"old-9": {**WAY, "address": "10.118.0.9"}})
    assert applied(hosts).changed
    names = remembered(hosts)
    assert names.keys() == {*STAYING, GONE, "old-9"}
    assert names["old-9"]["port"] == 2222, "and by which way is known still"
    assert hosts.scripts == [], "nothing is to be changed, so no lock is taken"

    assert applied(hosts, forget=("old-9",)).changed
    assert remembered(hosts).keys() == {*STAYING, GONE}
    assert warnings(planned(hosts)[1]) == []


def test_hosts_that_are_all_there_are_remembered_too(hosts: RecordedHosts) -> None:
    """By a run with nothing to change: a cluster that an older Corral has made has no such mark."""
    assert applied(hosts).changed
    assert remembered(hosts).keys() == {*STAYING, GONE}
    written = len(hosts.transport.calls)
    applied(hosts)
    assert not [call for call in hosts.transport.calls[written:] if "marks/hosts" in call.text], "once is enough"


def test_another_way_there_is_remembered(hosts: RecordedHosts) -> None:
    applied(hosts)
    hosts.file.write_text(f"{hosts.file.read_text()}ssh:\n  port: 2022\n")
    applied(hosts)
    assert {values["port"] for values in remembered(hosts).values()} == {2022}


def test_status_says_that_the_file_has_changed(hosts: RecordedHosts) -> None:
    def said() -> list[str]:
        async def ask() -> list[str]:
            place = HostsPlace(load_file(hosts.file))
            return [problem.code for problem in place.pending(await place.observe(live=True))]

        return asyncio.run(ask())

    assert said() == [], "not known: an older Corral has made it"
    applied(hosts)
    assert said() == []
    hosts.file.write_text(f"# a comment\n{hosts.file.read_text()}")
    assert said() == []
    hosts.file.write_text(f"{hosts.file.read_text()}ssh:\n  port: 2022\n")
    assert said() == ["file-changed"]


def test_what_was_false_is_remembered_as_that(hosts: RecordedHosts) -> None:
    """The file's own `ssh` section is for what was not remembered alone."""
    leave(hosts)
    remember(hosts, {GONE: {**WAY, "port": 0, "sudo": False}})
    hosts.file.write_text(f"{hosts.file.read_text()}ssh:\n  port: 2022\n  sudo: true\n")
    planned(hosts)
    settings = hosts.settings[GONE]
    assert (settings.port, settings.sudo) == (0, False)


def test_a_word_that_names_no_such_host_is_refused(hosts: RecordedHosts) -> None:
    remember(hosts, {"old-9": {**WAY, "address": "10.118.0.9"}})
    with pytest.raises(InvalidFile, match="'old-8' is not a host that has left") as refused:
        applied(hosts, forget=("old-8",))
    assert "old-9" in refused.value.problems[0].hint


def test_one_that_has_nothing_left_is_asked_no_more(hosts: RecordedHosts) -> None:
    hosts.add("old-9", NOTHING)
    remember(hosts, {"old-9": {**WAY, "address": "10.118.0.9"}})
    applied(hosts)
    assert remembered(hosts).keys() == {*STAYING, GONE}
    asked = len(hosts.transport.calls)
    planned(hosts)
    assert "old-9" not in {call.host for call in hosts.transport.calls[asked:]}


def test_a_part_of_the_file_forgets_nobody(hosts: RecordedHosts) -> None:
    hosts.add("old-9", NOTHING)
    remember(hosts, {"old-9": {**WAY, "address": "10.118.0.9"}}, on="app-108")
    request = ApplyRequest(yes=True, only=("database",))
    asyncio.run(apply(Where(hosts.file, "hosts"), request, Session()))
    assert f"{MARKS}/hosts.json" not in hosts.transport.files["db-216"]


@pytest.mark.parametrize("silent", [False, True])
def test_the_lock_is_held_there_too_while_it_answers(hosts: RecordedHosts, silent: bool) -> None:
    """A colleague whose file still has the host is kept out of it. The run ends at its first change, which fails."""
    leave(hosts)
    remember(hosts, {GONE: WAY})
    if silent:
        hosts.transport.fail(GONE)
    changes = "corral-board-keepalived.service"
    hosts.transport.on(lambda _host, script: changes in script and LOOK not in script, CommandResult(1, b"", b"no"))
    with pytest.raises(CorralError):
        applied(hosts)
    locked = {call.host for call in hosts.transport.calls if "take_lock" in call.text}
    assert locked == {*STAYING} | (set() if silent else {GONE})


@pytest.mark.parametrize("roster", [{GONE: "10.118.0.123"}, ["time-123"], {}])
def test_a_mark_that_somebody_else_wrote_is_nobodys_roster(hosts: RecordedHosts, roster: Any) -> None:
    leave(hosts)
    remember(hosts, roster)
    assert GONE not in {action.host for action in planned(hosts)[0].actions()}


def test_the_roster_that_was_written_last_counts(hosts: RecordedHosts) -> None:
    """A host that was away when the others were told knows less than they do."""
    leave(hosts)
    remember(hosts, {GONE: WAY}, on="db-217", since="2026-10-01")
    remember(hosts, {name: {} for name in STAYING}, on="app-208", since="2026-11-01")
    planned(hosts)
    assert hosts.transport.scripts(GONE) == []


def test_a_host_that_was_renamed_has_not_left(hosts: RecordedHosts) -> None:
    """Else what it has under its new name would be stopped and removed by its old one."""
    identity = {"boot_id": "b1", "network": "net:[1]"}
    for name in ("values", "links"):
        words = {
            "values": f"/proc/sys/kernel/random/boot_id:{identity['boot_id']}\n/etc/machine-id:m1\n",
            "links": f"'/proc/self/ns/net' -> '{identity['network']}'\n",
        }[name]
        mark = f"\036{name}\n".encode()
        assert hosts.answers["app-208"].count(mark) == 1
        hosts.answers["app-208"] = hosts.answers["app-208"].replace(mark, mark + words.encode())
    hosts.add("app-2", hosts.answers["app-208"])
    remember(hosts, {"app-2": {**WAY, "address": "10.118.0.208"}})
    made, events = planned(hosts)
    assert [action for action in made.actions() if action.host == "app-2"] == []
    assert warnings(events) == []
