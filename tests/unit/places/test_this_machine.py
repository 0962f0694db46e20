"""What this machine is seen to be, with real ports and files. The rules on it: tests/unit/rules/test_one_machine.py."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
from pathlib import Path

import pytest

from corral.late import late
from corral.model.cluster import Cluster
from corral.model.machine import Disk, Listener, Machine, Program
from corral.model.resources import FoundUnit, Observed
from corral.model.shared_machine import FoundCommand, KeptData, SharedMachine
from corral.places.base import Observation
from corral.places.playground import this_machine
from corral.places.playground.state import State
from corral.units import orphans, supervisord
from corral.units.supervisord import Supervisord
from tests.free_addresses import free_network
from tests.unit.rules import one_machine

NGINX = Program("nginx", "/usr/sbin/nginx", (1, 22, 1))


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.prepare()
    return state


def cluster(directory: Path, command: str = "sh") -> Cluster:
    text = one_machine.FILE.replace("/srv/app", str(directory)).replace("serve --quick", command)
    return one_machine.cluster(text, free_network())


def look(made: Cluster, state: State, *units: FoundUnit, orphans: frozenset[int] = frozenset()) -> Observation:
    machines = {host.name: Machine(host.name, disks=(Disk("/state", 7, "ext4"),)) for host in made.hosts}
    known = this_machine.Known((NGINX,), "/usr/bin:/bin", orphans)
    return this_machine.completed(Observation(Observed(units=units), machines), made, state, known)


def shared(made: Cluster, state: State) -> SharedMachine:
    found = look(made, state).shared
    assert found
    return found


def test_what_is_there(tmp_path: Path, state: State) -> None:
    made = cluster(tmp_path)
    seen = look(made, state)
    found = seen.shared
    assert found
    assert (found.root, found.disk, found.path) == (str(state.root), Disk("/state", 7, "ext4"), "/usr/bin:/bin")
    assert found.supervisor
    assert found.directory
    assert found.search_path.endswith("/sbin")
    assert found.open_files
    assert found.data == KeptData()
    assert found.refused == ()
    for machine in seen.machines.values():
        assert machine.programs == (NGINX,)
        assert machine.listeners == ()
        assert machine.memory.available


def test_commands_are_found_by_their_first_word(tmp_path: Path, state: State) -> None:
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "text").write_text("")
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "text").chmod(0o644)
    for word, expected in (
        ("sh -c true", FoundCommand("found")),
        ("no-such-program", FoundCommand("missing")),
        ("./run now", FoundCommand("found", f"{tmp_path}/run")),
        ("./text", FoundCommand("not executable", f"{tmp_path}/text")),
        ("./none", FoundCommand("missing", f"{tmp_path}/none")),
    ):
        assert shared(cluster(tmp_path, word), state).commands == {word.split()[0]: expected}
    missing = shared(cluster(tmp_path / "none"), state)
    assert not missing.directory
    assert missing.commands == {}


def test_ports_of_what_is_not_up_are_tried(tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    made = cluster(tmp_path)
    one, other = made.app.instances[:2]
    with socket.create_server((one.host.address, one.port)), socket.create_server((other.host.address, other.port)):
        seen = look(made, state, FoundUnit(other.unit, "running"))
        [listener] = seen.machines["one"].listeners
        assert (listener.protocol, listener.address, listener.port) == ("tcp", one.host.address, one.port)
        assert listener.pid == os.getpid()
        assert listener.command
        assert not listener.stray
        assert [each.listeners for name, each in seen.machines.items() if name != "one"] == [(), ()]
        monkeypatch.setattr(orphans, "processes_of", lambda _root: frozenset((os.getpid(),)))
        found: list[Listener] = [each for seen in look(made, state).machines.values() for each in seen.listeners]
        assert [each.stray for each in found] == [True, True]


def test_what_orphans_hold_is_as_good_as_free(tmp_path: Path, state: State) -> None:
    made = cluster(tmp_path)
    one = made.app.instances[0]
    with socket.create_server((one.host.address, one.port)):
        seen = look(made, state, orphans=frozenset((os.getpid(),)))
    assert seen.shared
    assert seen.shared.outlived == {one.name}
    assert all(machine.listeners == () for machine in seen.machines.values())


def test_where_nobody_can_listen_is_no_port_that_is_taken(tmp_path: Path, state: State) -> None:
    text = one_machine.FILE.replace("/srv/app", str(tmp_path))
    seen = look(one_machine.cluster(text, "203.0"), state)
    assert seen.shared
    refused = {each.unit: each for each in seen.shared.refused}
    assert refused["mongod.three"].address == "203.0.2.1"
    assert refused["one-5000"].port == 5000
    assert refused["nginx.one"].reason
    assert all(machine.listeners == () for machine in seen.machines.values())


def test_the_data_of_an_earlier_run(tmp_path: Path, state: State) -> None:
    (state.root / "hosts" / "db" / "data" / "mongod" / "WiredTiger").mkdir(parents=True)
    state.add_facts(replica_set="rs0", members=["127.9.0.1:27017"])
    assert shared(cluster(tmp_path), state).data == KeptData(("db",), "rs0", ("127.9.0.1:27017",))


def test_without_supervisord_nothing_runs_and_a_rule_tells(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisord, "supervisor_rpc", late("corral.no_such_module"))
    assert asyncio.run(Supervisord(state.root, "shop").pid()) == 0
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "supervisor" else found(name))
    assert not shared(cluster(tmp_path), state).supervisor
