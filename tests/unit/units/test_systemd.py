"""systemd's services as units: what `systemctl show` told on a Debian 12 host, and the scripts with a systemctl of the
test's own. That it is so on real hosts is tests/lab's to prove."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.model.cluster import Cluster
from corral.model.ends import MONGOD_NEEDS, ended
from corral.model.identity import read_back
from corral.secrets import Secret
from corral.units.systemd import SystemdUnits, journal_script
from corral.units.systemd_show import found_units
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.transport.answers import Answers, Workshop, saying

FILE = """\
name: shop
hosts: {one: 10.0.0.1, two: 10.0.0.2}
proxy: {hosts: [one]}
app: {command: serve, runtime: systemd, directory: /srv/app, hosts: [one, two], instances: 2}
database: {members: [one]}
"""

RUNNING = """\
MainPID=398
Result=success
ExecMainStartTimestamp=Tue 2026-11-24 19:47:01 UTC
ExecMainStartTimestampMonotonic=1507452281
ExecMainCode=0
ExecMainStatus=0
Id=corral-shop-app@one-5001.service
Names=corral-shop-app@one-5001.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
"""
AT = 1507.452281
"""When it was started, in seconds since the host's boot."""


def cluster() -> Cluster:
    return cluster_of(FILE)


def shown(*changes: tuple[str, str], uptime: float = AT + 60) -> str:
    """RUNNING with other values."""
    text = RUNNING
    for key, value in changes:
        line = next(line for line in text.splitlines() if line.startswith(f"{key}="))
        text = text.replace(line, f"{key}={value}", 1)
    return f"Uptime={uptime}\n\n{text}\n"


AUTO_RESTART = (("ActiveState", "activating"), ("SubState", "auto-restart"), ("Result", "exit-code"), ("MainPID", "0"))
FAILED = (("ActiveState", "failed"), ("SubState", "failed"), ("MainPID", "0"))


@pytest.mark.parametrize(
    ("changes", "state", "detail"),
    [
        ((), "running", ""),
        ((("ActiveState", "reloading"), ("SubState", "reload")), "running", ""),
        ((("ActiveState", "activating"), ("SubState", "start")), "starting", ""),
        ((("ActiveState", "deactivating"), ("SubState", "stop-sigterm")), "stopping", ""),
        ((("ActiveState", "inactive"), ("SubState", "dead")), "stopped", ""),
        ((("ActiveState", "maintenance"),), "unknown", ""),
        ((*AUTO_RESTART, ("ExecMainCode", "1"), ("ExecMainStatus", "3")), "failed", "it ended with exit status 3"),
        (
            (*AUTO_RESTART, ("ExecMainCode", "1"), ("ExecMainStatus", "203")),
            "failed",
            "its program can't be executed: it isn't there, may not be run, or asks for a missing interpreter",
        ),
        (
            (*AUTO_RESTART, ("SubState", "auto-restart-queued"), ("Result", "signal"), ("ExecMainCode", "2"),
             ("ExecMainStatus", "9")),
            "failed",
            "it was ended by SIGKILL: often the kernel does that, when memory is short (`dmesg` on that machine tells)",
        ),
        (
            (*AUTO_RESTART, ("ExecMainCode", "1"), ("ExecMainStatus", "127")),
            "failed",
            f"it {ended(127)}",
        ),
        ((*FAILED, ("Result", "oom-kill")), "failed", "the kernel killed it since memory was short"),
        ((*FAILED, ("Result", "timeout")), "failed", "it did not start or stop within its time"),
        ((*FAILED, ("Result", "exit-code"), ("LoadState", "not-found")), "failed", "its unit file is gone"),
        ((*FAILED, ("Result", "something-new")), "failed", "something-new"),
    ],
)  # fmt: skip
def test_states(changes: tuple[tuple[str, str], ...], state: str, detail: str) -> None:
    [unit] = found_units("shop", "one", shown(*changes))
    assert (unit.state, unit.detail) == (state, detail)


@pytest.mark.parametrize(
    ("file", "comes", "why"),
    [
        ("enabled", True, "its unit is enabled"),
        ("disabled", False, "its unit is disabled"),
        ("masked", False, "its unit is masked"),
        ("enabled-runtime", False, "its unit is enabled until the next boot only"),
    ],
)
def test_what_becomes_of_it_at_a_boot(file: str, comes: bool, why: str) -> None:
    [unit] = found_units("shop", "one", shown(("UnitFileState", file)))
    assert unit.at_boot
    assert (unit.at_boot.comes, unit.at_boot.why_not) == (comes, why)
    assert unit.at_boot.name == "corral-shop-app@one-5001.service"


def test_one_that_is_masked_and_stopped_is_known() -> None:
    stopped = (("ActiveState", "inactive"), ("SubState", "dead"), ("MainPID", "0"))
    assert found_units("shop", "one", shown(*stopped, ("UnitFileState", "disabled"))) == ()
    [unit] = found_units("shop", "one", shown(*stopped, ("UnitFileState", "masked"), ("LoadState", "masked")))
    assert (unit.state, unit.detail) == ("stopped", "its unit is masked")


def test_a_mongod_that_the_processor_ends() -> None:
    text = shown(*FAILED, ("Result", "core-dump"), ("ExecMainCode", "3"), ("ExecMainStatus", "4"))
    [unit] = found_units("shop", "one", text.replace("app@one-5001", "mongod"))
    assert unit.role == "database"
    assert unit.detail == f"it was ended by SIGILL: {MONGOD_NEEDS}"


@pytest.mark.parametrize(
    ("code", "status", "last"), [("1", "3", "; the last time it ended with exit status 3"), ("0", "0", "")]
)
def test_one_that_died_too_often_tells_how_the_last_time(code: str, status: str, last: str) -> None:
    changes = (*FAILED, ("Result", "start-limit-hit"), ("ExecMainCode", code), ("ExecMainStatus", status))
    [unit] = found_units("shop", "one", shown(*changes))
    assert unit.detail == f"it died too often in a short time{last}"


def test_a_stop_that_was_asked_for_needs_no_reason() -> None:
    [unit] = found_units(
        "shop", "one", shown(("ActiveState", "inactive"), ("ExecMainCode", "2"), ("ExecMainStatus", "15"))
    )
    assert (unit.state, unit.detail) == ("stopped", "")


def test_a_unit_with_its_process() -> None:
    [unit] = found_units("shop", "one", shown())
    assert (unit.host, unit.name, unit.pid, unit.started) == ("one", "one-5001", 398, "1795549621")


@pytest.mark.parametrize(("age", "state"), [(0.5, "starting"), (0.99, "starting"), (1.0, "running"), (60, "running")])
def test_a_process_that_may_die_at_once_does_not_run_yet(age: float, state: str) -> None:
    [unit] = found_units("shop", "one", shown(uptime=AT + age))
    assert unit.state == state


def test_two_deaths_differ_in_their_start() -> None:
    first, second = (
        found_units("shop", "one", shown(*AUTO_RESTART, ("ExecMainStartTimestamp", f"Tue 2026-11-24 19:47:0{n} UTC")))
        for n in (1, 3)
    )
    assert first[0].started != second[0].started


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("corral-shop-nginx.service", "nginx.one"),
        ("corral-shop-mongod.service", "mongod.one"),
        ("corral-shop-keepalived.service", "keepalived.one"),
        ("corral-shop-app@one-worker-5100.service", "one-worker-5100"),
        ("corral-shop-thp.service", ""),
        ("corral-shop-app-nginx.service", ""),  # of the cluster shop-app
        ("corral-shop-app-app@one-5001.service", ""),
        ("corral-shop-nginx.timer", ""),
        ("nginx.service", ""),
    ],
)
def test_whose_units_they_are(service: str, name: str) -> None:
    found = found_units("shop", "one", shown(("Id", service)))
    assert [unit.name for unit in found] == ([name] if name else [])


def test_a_unit_that_rests_is_defined_while_it_is_enabled() -> None:
    resting = (("ActiveState", "inactive"), ("SubState", "dead"))
    assert found_units("shop", "one", shown(*resting))
    assert not found_units("shop", "one", shown(*resting, ("UnitFileState", "disabled")))
    assert not found_units("shop", "one", shown(*resting, ("UnitFileState", ""), ("LoadState", "not-found")))


def test_a_host_without_systemd_has_no_units() -> None:
    assert found_units("shop", "one", "Uptime=5.0\n\n") == ()


def test_list_asks_each_host_once_and_leaves_out_those_that_are_silent() -> None:
    transport = Answers(saying(shown()), silent=frozenset({"two"}))
    units = asyncio.run(SystemdUnits(transport, cluster()).list())
    assert [(unit.host, unit.name) for unit in units] == [("one", "one-5001")]
    assert sorted(host for host, _ in transport.asked) == ["one", "two"]


def test_find_gives_the_unit_or_none() -> None:
    units = SystemdUnits(Answers(saying(shown()), silent=frozenset({"two"})), cluster())
    found = asyncio.run(units.find(read_back("one", "one-5001")))
    assert found is not None
    assert found.pid == 398
    assert asyncio.run(units.find(read_back("one", "one-5002"))) is None
    assert asyncio.run(units.find(read_back("two", "one-5001"))) is None


def test_the_journal_is_asked_by_the_services_name() -> None:
    instance = read_back("one", "one-5001")
    assert journal_script("shop", instance, 20).endswith("-n 20 -u corral-shop-app@one-5001.service\n")
    assert " -f -u corral-shop-nginx.service" in journal_script("shop", read_back("one", "nginx.one"), 5, follow=True)


def systemctl(state: str, then: str = "exit 0") -> dict[str, str]:
    """One that says `state` of every unit, and does `then` for any other command."""
    return {
        "systemctl": f"case $1 in show) printf '%s\\n' {state} ;; *) {then} ;; esac",
        "journalctl": "echo the password is hunter2-of-the-sea",
    }


UP = "LoadState=loaded ActiveState=active UnitFileState=enabled NeedDaemonReload=no"


def commands(transport: Workshop) -> list[str]:
    """What was changed: the calls without questions."""
    return [call.removeprefix("systemctl ") for call in transport.calls if not call.startswith("systemctl show")]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (UP, ["restart"]),
        (UP.replace("NeedDaemonReload=no", "NeedDaemonReload=yes"), ["daemon-reload", "restart"]),
        (UP.replace("LoadState=loaded", "LoadState=not-found"), ["daemon-reload", "restart"]),
        (UP.replace("=enabled", "=disabled"), ["enable --quiet", "restart"]),
        (UP.replace("=enabled", "=enabled-runtime"), ["enable --quiet", "restart"]),
        (UP.replace("=active", "=failed"), ["reset-failed", "restart"]),
        (UP.replace("=active", "=activating"), ["reset-failed", "restart"]),
        (UP.replace("=active", "=inactive"), ["restart"]),
    ],
)
def test_start_does_what_is_needed(tmp_path: Path, state: str, expected: list[str]) -> None:
    transport = Workshop(tmp_path, systemctl(state))
    asyncio.run(SystemdUnits(transport, cluster()).start(read_back("one", "one-5001")))
    unit = "corral-shop-app@one-5001.service"
    wanted = [each if each == "daemon-reload" else f"{each} -- {unit}" for each in expected]
    assert commands(transport) == wanted


def test_a_start_that_systemd_refuses_is_told_in_its_words_without_secrets(tmp_path: Path) -> None:
    refusing = "echo 'Job for x failed because the control process exited.' >&2; echo 'See more.' >&2; exit 1"
    transport = Workshop(tmp_path, systemctl(UP, refusing))
    units = SystemdUnits(transport, cluster(), {"admin": Secret("hunter2-of-the-sea")})
    with pytest.raises(ChangeFailed) as caught:
        asyncio.run(units.start(read_back("one", "nginx.one")))
    [problem] = caught.value.problems
    assert problem.where == "nginx.one"
    assert problem.message == (
        "one: systemd can't start corral-shop-nginx.service: Job for x failed because the control process exited.\n"
        "the password is ${secret:admin}"
    )


def test_a_reload_of_systemd_that_fails_ends_the_start(tmp_path: Path) -> None:
    transport = Workshop(tmp_path, systemctl(UP.replace("=no", "=yes"), "echo 'no bus' >&2; exit 1"))
    with pytest.raises(ChangeFailed, match="no bus"):
        asyncio.run(SystemdUnits(transport, cluster()).start(read_back("one", "nginx.one")))
    assert commands(transport) == ["daemon-reload"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (UP, ["stop", "disable --quiet"]),
        (UP.replace("=enabled", "=disabled"), ["stop"]),
        (UP.replace("=active", "=inactive"), ["disable --quiet"]),
        (UP.replace("=active", "=inactive").replace("=enabled", "="), []),
        (UP.replace("=active", "=failed"), ["stop", "disable --quiet", "reset-failed"]),
    ],
)
def test_stop_forgets_the_unit(tmp_path: Path, state: str, expected: list[str]) -> None:
    transport = Workshop(tmp_path, systemctl(state))
    asyncio.run(SystemdUnits(transport, cluster()).stop(read_back("one", "nginx.one")))
    assert commands(transport) == [f"{each} -- corral-shop-nginx.service" for each in expected]


def test_reload_waits_and_tells_what_went_wrong(tmp_path: Path) -> None:
    transport = Workshop(tmp_path, systemctl(UP, "case $3 in *mongod*) echo 'not applicable' >&2; exit 1 ;; esac"))
    units = SystemdUnits(transport, cluster())
    asyncio.run(units.reload(read_back("one", "nginx.one")))
    assert commands(transport) == ["reload -- corral-shop-nginx.service"]
    with pytest.raises(ChangeFailed, match=r"can't reload corral-shop-mongod\.service: not applicable"):
        asyncio.run(units.reload(read_back("one", "mongod.one")))
