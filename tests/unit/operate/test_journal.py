"""`corral journal` and `journal --follow`, of a run here and of one that a colleague has begun on another machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from corral import places
from corral.cluster_file.parse import Loaded, load_file
from corral.events import ActionFinished, Event, Note, RunEnded, ignore
from corral.model.cluster import Cluster
from corral.operate.journal import follow, journal
from corral.operate.where import Where
from corral.places import PlaceName
from corral.places.hosts import place as hosts_place
from corral.places.hosts.place import cluster_of
from corral.places.hosts.settings import vault_of
from corral.places.playground.place import PlaygroundPlace
from corral.runs import lock, records
from corral.runs.run import RunRequest
from corral.stop import StopFlag
from tests.unit.cluster_file.files import SMALL
from tests.unit.runs.journal_runs import PLAN, WRITE
from tests.unit.runs.lock_hosts import Wire, hosts_in

DONE = ActionFinished(WRITE.id, "one", WRITE.id, 0.5)


class Desk:
    """A machine of an administrator's: a directory with the cluster file, and what is kept beside it."""

    def __init__(self, directory: Path, place: PlaceName) -> None:
        directory.mkdir()
        self.where = Where(directory / "cluster.yaml", place)
        (directory / "cluster.yaml").write_text(SMALL)

    def loaded(self) -> Loaded:
        assert self.where.file
        return load_file(self.where.file)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, PlaceName], Desk]:
    """The hosts are directories, the same for everybody, and are told of a run every 1.3 s instead of every ten."""

    def cluster(loaded: Loaded) -> Cluster:
        return replace(cluster_of(loaded), hosts=tuple(hosts_in(tmp_path / "hosts", "one", "two")))

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(hosts_place, "SshTransport", lambda *_settings: Wire())
    monkeypatch.setattr(hosts_place, "cluster_of", cluster)
    monkeypatch.setattr(lock, "held", partial(lock.held, ttl=4))
    monkeypatch.setattr(records, "POLL", 0.05)
    return lambda name, place: Desk(tmp_path / name, place)


async def followed(runner: Desk, follower: Desk) -> list[Event]:
    """A run of one desk, as the other one sees it: its first event while it goes on, the last one after that."""
    events: list[Event] = []
    seen = asyncio.Event()

    async def look() -> None:
        async for event in follow(follower.where, ""):
            events.append(event)
            seen.set()

    async with (
        places.opened(runner.loaded(), runner.where.on or "hosts") as place,
        place.records.hold(RunRequest("apply", PLAN, StopFlag()), (), {}, ignore) as run,
    ):
        run.sink(Note("begun"))
        looking = asyncio.create_task(look())
        async with asyncio.timeout(20):
            await seen.wait()
        assert not looking.done()
        run.sink(DONE)
    async with asyncio.timeout(20):
        await looking
    return events


@pytest.mark.parametrize("place", ["hosts", "playground"])
def test_a_run_here(desk: Callable[[str, PlaceName], Desk], place: PlaceName) -> None:
    here = desk("here", place)
    events = asyncio.run(followed(here, here))
    assert events[:-1] == [Note("begun"), DONE]
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome == "done"
    (run,) = asyncio.run(journal(here.where, hosts=False)).runs
    assert (run.verb, run.outcome, run.notes) == ("apply", "done", ("begun",))


@pytest.mark.parametrize("place", ["hosts", "playground"])
def test_it_needs_no_secrets(desk: Callable[[str, PlaceName], Desk], place: PlaceName) -> None:
    here = desk("here", place)
    store = PlaygroundPlace(here.loaded()).secret_store if place == "playground" else None
    path = store.path if store else vault_of(here.loaded()).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{")
    assert asyncio.run(journal(here.where, hosts=False)).runs == []


def test_a_run_of_another_machine(desk: Callable[[str, PlaceName], Desk]) -> None:
    """Of which nothing is kept here."""
    here, there = desk("here", "hosts"), desk("there", "hosts")
    events = asyncio.run(followed(there, here))
    assert events[:-1] == [Note("begun"), DONE]
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome == "done"
    assert asyncio.run(journal(here.where, hosts=False)).runs == []
    (run,) = asyncio.run(journal(here.where, hosts=True)).runs
    assert run.hosts == ("one", "two")
