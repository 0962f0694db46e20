"""`down` stops what runs: also by name alone, when the file is gone, wrong, or the secrets beside it are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from corral.cluster_file.parse import load_file
from corral.desired.supervisor import program, program_path
from corral.errors import InvalidFile
from corral.files import write_file
from corral.model.identity import UnitId, instance_id, program_id
from corral.model.resources import FoundUnit, Observed, Unit
from corral.operate.down import Stopped, down, stop_plan
from corral.operate.session import Session
from corral.operate.where import Where
from corral.places.base import Observation
from corral.places.playground.place import PlaygroundPlace
from corral.places.playground.state import State, state_of
from corral.runs.history import runs_in
from corral.runs.marks import newest
from corral.units import orphans
from tests.free_addresses import free_network, unique_name
from tests.patience import until
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

    def down(self, name: str = "", purge: bool = False, yes: bool = False, person: Person | None = None) -> Stopped:
        session = Session(person) if person else Session()
        return asyncio.run(down(Where(self.file), name, purge, yes, session))

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
    assert cluster.down(purge=True, person=person).declined
    assert person.questions == [f"delete the data, logs and secrets of {cluster.name} in {cluster.state.root}?"]
    assert len(cluster.runs) == 3

    assert cluster.down(purge=True, yes=True).purged
    assert not cluster.runs
    assert not cluster.state.root.exists()


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
