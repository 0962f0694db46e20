"""`down` stops what runs: also by name alone, when the file is gone, wrong, or the secrets beside it are."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from corral.cluster_file.parse import load_file
from corral.desired.supervisor import program, program_path
from corral.errors import ChangeFailed, Interrupted, InvalidFile
from corral.events import ActionFinished, Event, Warned
from corral.files import write_file
from corral.model.identity import UnitId, instance_id, program_id
from corral.model.resources import FoundUnit, Observed, Unit
from corral.operate import up
from corral.operate.apply import Applied, ApplyRequest
from corral.operate.destroy import destroy
from corral.operate.down import Stopped, down, stop_plan
from corral.operate.report import Changed, Status
from corral.operate.session import Session
from corral.operate.up import dry_run, foreground
from corral.operate.where import Where
from corral.places.base import Observation, Place
from corral.places.playground import ports
from corral.places.playground.place import PlaygroundPlace
from corral.places.playground.state import State, state_of
from corral.plan.actions import Plan
from corral.runs.history import runs_in
from corral.runs.marks import newest
from corral.stop import StopFlag
from corral.units import orphans
from corral.units.supervisord import Supervisord
from tests.free_addresses import free_network, unique_name
from tests.patience import PATIENCE, until
from tests.unit.operate.playing import Person

FILE = """\
name: {name}
hosts: {{one: 10.0.0.1}}
playground: {{network: {network}.0.0/16}}
proxy: {{hosts: [one]}}
app: {{command: sleep 1000, hosts: [one]}}
database: {{members: [one]}}
"""
WEB, MEMBER = instance_id("one", 5040, "web"), program_id("database", "one")


class Cluster:
    """A real supervisord with two units that do nothing, as they are after an `up`."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "cluster.yaml"
        self.name = unique_name()
        self.file.write_text(FILE.format(name=self.name, network=free_network()))
        asyncio.run(self._up())

    @property
    def state(self) -> State:
        return state_of(self.name)

    def down(self, name: str = "", purge: bool = False, yes: bool = False, session: Session | None = None) -> Stopped:
        return asyncio.run(down(Where(self.file), name, purge, yes, session or Session()))

    def destroy(self, purge: bool = False, session: Session | None = None) -> bool:
        return asyncio.run(destroy(Where(self.file), purge, self.name, session or Session())).taken_off

    @property
    def runs(self) -> frozenset[int]:
        return orphans.processes_of(self.state.root)

    @property
    def marks(self) -> dict[str, Any]:
        found = newest(path.read_text() for path in self.state.root.glob("control/marks/*.json"))
        return {name: mark.values for name, mark in found.items()}

    async def _up(self) -> None:
        place = PlaygroundPlace(load_file(self.file))
        place.state.prepare()
        place.state.secrets_file.write_text("{}")
        await place.daemon.start()
        for each in (WEB, MEMBER):
            self._define(place, each)
            await place.units.start(each)
        await place.remember(Observation(Observed()), True, ())

    def _define(self, place: PlaygroundPlace, each: UnitId) -> None:
        host = place.cluster.hosts[0]
        command = ("/bin/sh", "-c", "exec sleep 1000")
        unit = Unit(each.host, each.name, each.role, "r", command, str(place.state.root), host.address, each.port)
        Path(host.layout.logs).mkdir(parents=True, exist_ok=True)
        write_file(Path(program_path(host, each.name)), program(unit, host).encode(), 0o644)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Cluster(tmp_path)
    try:
        # supervisord and two units, each of which is known once it has become its own program
        until(lambda: len(made.runs), lambda runs: runs == 3)
        yield made
    finally:
        asyncio.run(orphans.end(made.runs, 5))


def _as_it_was(_cluster: Cluster) -> None:
    """Nothing is the matter."""


def _gone(cluster: Cluster) -> None:
    cluster.file.unlink()


def _wrong(cluster: Cluster) -> None:
    cluster.file.write_text("name: [")


def _of_another_version(cluster: Cluster) -> None:
    """Neither the file nor the one that was kept of the last run can be read."""
    _wrong(cluster)
    (cluster.state.root / "applied.yaml").write_text("name: x\nsomething_new: 1\n")


def _with_broken_secrets(cluster: Cluster) -> None:
    cluster.state.secrets_file.write_text("{")


@pytest.mark.parametrize("matter", [_as_it_was, _gone, _wrong, _of_another_version, _with_broken_secrets])
def test_by_name_whatever_is_the_matter(cluster: Cluster, matter: Callable[[Cluster], None]) -> None:
    matter(cluster)
    stopped = cluster.down(cluster.name)
    assert stopped == Stopped(cluster.name, str(cluster.state.root), ran=True)
    assert not cluster.runs
    assert cluster.state.secrets_file.exists(), "its data stay"


def test_it_is_on_record_and_everybody_sees_that_it_was_meant(cluster: Cluster) -> None:
    cluster.down()
    (run,) = runs_in(cluster.state.journal)
    assert (run.verb, run.outcome) == ("down", "done")
    assert [step.action for step in run.steps] == [f"unit {WEB.name}", f"unit {MEMBER.name}"]
    assert cluster.marks == {"stopped": {}}
    assert not (cluster.state.root / "control/lock").exists()


def test_the_next_run_takes_the_mark_away(cluster: Cluster) -> None:
    cluster.down()
    place = PlaygroundPlace(load_file(cluster.file))
    asyncio.run(place.remember(Observation(Observed()), True, ()))
    assert cluster.marks == {}


def test_what_does_not_run_is_stopped_once_more_without_harm(cluster: Cluster) -> None:
    cluster.down()
    assert cluster.down() == Stopped(cluster.name, str(cluster.state.root), ran=False)


def test_purge_asks_before_anything_is_stopped(cluster: Cluster) -> None:
    with pytest.raises(InvalidFile, match="not done: delete the data"):
        cluster.down(purge=True)
    person = Person(answer=False)
    assert cluster.down(purge=True, session=Session(person)).declined
    assert person.questions == [f"delete the data, logs and secrets of {cluster.name} in {cluster.state.root}?"]
    until(lambda: len(cluster.runs), lambda runs: runs == 3)  # one that becomes its own program just now isn't known

    assert cluster.down(purge=True, yes=True).purged
    assert not cluster.runs
    assert not cluster.state.root.exists()


def as_the_last_unit_stops(stop: StopFlag) -> Callable[[Event], None]:
    """Somebody wants to stop when nothing is left to do but to delete."""
    return lambda event: stop.set() if isinstance(event, ActionFinished) and MEMBER.name in event.action else None


@pytest.mark.parametrize("verb", ["down", "destroy"])
def test_a_wish_to_stop_keeps_the_data(cluster: Cluster, verb: str) -> None:
    stop = StopFlag()
    session = Session(sink=as_the_last_unit_stops(stop), stop=stop)
    with pytest.raises(Interrupted, match="stopped at a safe point"):
        cluster.down(purge=True, yes=True, session=session) if verb == "down" else cluster.destroy(True, session)
    assert stop.is_set
    assert cluster.state.secrets_file.exists()


@pytest.mark.parametrize("verb", ["down", "destroy"])
def test_nobody_else_begins_while_it_ends_and_deletes(
    cluster: Cluster, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is held until nothing is left."""
    held = dict[str, bool]()
    shutdown, purge = Supervisord.shutdown, State.purge

    async def shut_down(daemon: Supervisord, patience: float = 90) -> None:
        held["shutdown"] = (cluster.state.root / "control/lock").exists()
        await shutdown(daemon, patience)

    def purged(state: State) -> None:
        held["purge"] = (cluster.state.root / "control/lock").exists()
        purge(state)

    monkeypatch.setattr(Supervisord, "shutdown", shut_down)
    monkeypatch.setattr(State, "purge", purged)
    cluster.down(purge=True, yes=True) if verb == "down" else cluster.destroy(purge=True)
    assert held == {"shutdown": True, "purge": True}
    assert not cluster.state.root.exists()


def test_the_lock_is_the_last_that_is_deleted(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    left, rmtree = list[set[str]](), shutil.rmtree

    def removed(path: Path) -> None:
        rmtree(path)
        if cluster.state.root.exists():
            left.append({each.name for each in cluster.state.root.iterdir()})

    monkeypatch.setattr(shutil, "rmtree", removed)
    cluster.down(purge=True, yes=True)
    assert all("control" in names for names in left)
    assert not cluster.state.root.exists()


@pytest.mark.parametrize("verb", ["down", "destroy"])
def test_it_needs_no_port_and_no_network_of_the_file_s(
    cluster: Cluster, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ports may be taken, and the file may ask for another network than that of its data."""
    _other_network(cluster)
    monkeypatch.setattr(ports, "choose", lambda *_: pytest.fail("a port was looked for"))
    with pytest.raises(ChangeFailed, match="this cluster's data were made on"):
        asyncio.run(dry_run(Where(cluster.file), (), Session()))
    assert (cluster.down() if verb == "down" else cluster.destroy()) is not None
    assert not cluster.runs


def test_a_stopped_cluster_is_taken_away_without_a_supervisor(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with secrets that can't be read: there is no need of them."""
    cluster.down()
    _with_broken_secrets(cluster)
    monkeypatch.setattr(Supervisord, "start", lambda *_: pytest.fail("a supervisor was started"))
    told: list[Event] = []
    assert cluster.destroy(session=Session(sink=told.append))
    codes = [each.code for event in told if isinstance(event, Warned) for each in event.problems]
    assert "secrets-broken" in codes, "and they are not kept out of the record"
    assert not list(cluster.state.root.glob("hosts/*/config"))


def test_the_foreground_ends_when_its_supervisor_was_killed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The units go on without it: that is no running cluster."""

    async def begun(place: Place, *_: object) -> Applied:
        return Applied(place.cluster.name, "", Changed(Plan("", ()), None), True)

    async def watched() -> int:
        place = PlaygroundPlace(load_file(cluster.file))
        pid, seen = await place.daemon.pid(), 0
        async for shown in foreground(Where(cluster.file), ApplyRequest("up"), Session(), print):
            seen += isinstance(shown, Status)
            if seen == 1:
                os.kill(pid, signal.SIGKILL)
                await orphans.gone([pid], 10)
        return seen

    monkeypatch.setattr(up, "apply_to", begun)
    assert asyncio.run(asyncio.wait_for(watched(), PATIENCE)) == 1
    assert cluster.runs, "the next up takes them over"


def test_stopped_at_a_question_the_foreground_leaves_what_ran_before(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(*_: object) -> Applied:
        raise asyncio.CancelledError

    async def watched() -> None:
        async for _ in foreground(Where(cluster.file), ApplyRequest("up"), Session(), print):
            pytest.fail("nothing was done")

    monkeypatch.setattr(up, "apply_to", asked)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watched())
    until(lambda: len(cluster.runs), lambda runs: runs == 3)


def test_a_deletion_that_has_begun_is_brought_to_its_end_under_the_lock(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second Ctrl-C comes while it goes on."""
    begun, purge, locked = threading.Event(), State.purge, list[bool]()

    def slowly(state: State) -> None:
        begun.set()
        time.sleep(0.3)  # long enough for the run to be cancelled meanwhile
        locked.append((state.root / "control/lock").exists())
        purge(state)

    async def impatient() -> None:
        task = asyncio.create_task(down(Where(cluster.file), "", True, True, Session()))
        await asyncio.to_thread(begun.wait, PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    monkeypatch.setattr(State, "purge", slowly)
    asyncio.run(impatient())
    assert locked == [True]
    assert not cluster.state.root.exists()


def test_the_foreground_ends_with_a_no(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    async def declined(place: Place, *_: object) -> Applied:
        return Applied(place.cluster.name, "", None, True)

    async def watched() -> list[Applied | Status]:
        return [shown async for shown in foreground(Where(cluster.file), ApplyRequest("up"), Session(), print)]

    monkeypatch.setattr(up, "apply_to", declined)
    (shown,) = asyncio.run(asyncio.wait_for(watched(), PATIENCE))
    assert isinstance(shown, Applied)


def _other_network(cluster: Cluster) -> None:
    (cluster.state.root / "hosts/one/data/mongod").mkdir(parents=True)
    (cluster.state.root / "hosts/one/data/mongod/WiredTiger").touch()
    State(cluster.state.root).add_facts(network=f"{free_network()}.0.0/16")


def test_of_nothing(cluster: Cluster) -> None:
    """Also where a name is one that nobody has used."""
    cluster.down(purge=True, yes=True)
    for name in ("", "never-used"):
        assert "nothing runs on this machine" in cluster.down(name).nothing
    assert not state_of("never-used").root.exists()


def test_whoever_depends_on_others_stops_before_them() -> None:
    """And what is stopped already, or is just about to be, is left to itself."""
    proxy, worker = program_id("proxy", "one"), instance_id("one", 5140, "worker")
    units = [FoundUnit(each, "running") for each in (MEMBER, worker, WEB)]
    units += [FoundUnit(proxy, "failed"), FoundUnit(instance_id("one", 5041, "web"), "stopping")]
    plan = stop_plan("shop", tuple(units))
    waves = [[action.id for action in wave] for stage in plan.stages for wave in stage.waves]
    assert waves == [["unit nginx.one"], ["unit one-worker-5140", "unit one-5040"], ["unit mongod.one"]]
