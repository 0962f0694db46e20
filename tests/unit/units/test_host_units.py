"""Both kinds of units of a real host as one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from corral.model.command import CommandResult
from corral.model.identity import read_back
from corral.units.host_units import HostUnits
from corral.units.log_file import file_log_script
from tests.unit.transport.answers import Answers, saying
from tests.unit.units.test_compose import cluster, listing


def test_logs_by_runtime() -> None:
    compose = cluster()
    in_compose = HostUnits(Answers(saying("")), compose)
    in_systemd = HostUnits(Answers(saying("")), replace(compose, app=replace(compose.app, runtime="systemd")))
    instance, nginx = read_back("one", "one-5001"), read_back("one", "nginx.one")
    shown = in_compose.log_script(instance, 9).splitlines()[-1]
    assert "label=com.docker.compose.project=corral-shop" in shown
    assert "label=com.docker.compose.service=one-5001" in shown
    assert shown.endswith(" --tail 9")
    assert in_compose.log_script(nginx, 9).startswith("exec journalctl ")
    assert in_systemd.log_script(instance, 9, follow=True).endswith(" -f -u corral-shop-app@one-5001.service\n")
    assert "--follow" in in_compose.log_script(instance, 9, follow=True)


def test_a_log_that_is_a_file() -> None:
    assert file_log_script("/var/log/a b", 3, follow=True) == "exec tail -n 3 -F -- '/var/log/a b' 2>/dev/null\n"
    assert file_log_script("/x", 3) == "[ ! -e /x ] || exec tail -n 3 -- /x\n"


class Two:
    """Answers as a host on which the instance one-5001 runs under systemd and in a container."""

    def __init__(self) -> None:
        self.changes: list[str] = []

    def __call__(self, host: str, script: str) -> CommandResult:
        if "systemctl show --all" in script:
            return CommandResult(0, _SHOWN.encode() if host == "one" else b"", b"")
        if "docker inspect" in script:
            return listing(host, script) if host == "one" else CommandResult(0, b"", b"")
        self.changes.append("compose" if "docker" in script else "systemd")
        return CommandResult(0, b"", b"")


_SHOWN = """\
Uptime=900.0

Id=corral-shop-app@one-5001.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
MainPID=11

Id=corral-shop-nginx.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
MainPID=12
"""


def test_an_instance_that_changes_its_runtime_is_listed_once_and_ended_before_it_starts() -> None:
    host = Two()
    units = HostUnits(Answers(host), cluster())
    assert [(u.name, u.pid) for u in asyncio.run(units.list())] == [("one-5001", 738), ("nginx.one", 12)]
    asyncio.run(units.start(read_back("one", "one-5001")))
    assert host.changes == ["systemd", "compose"]
    asyncio.run(units.stop(read_back("one", "nginx.one")))
    assert host.changes == ["systemd", "compose", "systemd"]


def test_with_systemd_the_container_is_the_one_that_goes() -> None:
    host, made = Two(), cluster()
    systemd = replace(made, app=replace(made.app, runtime="systemd"))
    units = HostUnits(Answers(host), systemd)
    assert [(u.name, u.pid) for u in asyncio.run(units.list())] == [("one-5001", 11), ("nginx.one", 12)]
    asyncio.run(units.start(read_back("one", "one-5001")))
    assert host.changes == ["compose", "systemd"]
    found = asyncio.run(units.find(read_back("one", "one-5001")))
    assert found is not None
    assert found.pid == 11
