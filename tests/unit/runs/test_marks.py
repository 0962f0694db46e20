"""Intentions that are not in the cluster file: on every host, whoever set them; of several, the latest counts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corral.runs.marks import Mark, newest, path_of
from corral.runs.records import MachineRecords
from tests.unit.runs.lock_hosts import Wire, hosts_in

EARLY, LATE = "2026-11-01T10:00:00+00:00", "2026-11-01T10:00:01+00:00"


def text(name: str, since: str, by: str = "anna on ops-1") -> str:
    return Mark(name, by, since).to_text()


@pytest.fixture
def records(tmp_path: Path) -> MachineRecords:
    return MachineRecords("shop", "", tmp_path / "journal", Wire(), hosts_in(tmp_path, "one", "two"))


def on_hosts(records: MachineRecords, name: str = "stopped") -> dict[str, str]:
    """What each host has of the mark `name`."""
    places = {host.name: Path(path_of(str(host.layout.state), name)) for host in records.hosts}
    return {host: place.read_text() for host, place in places.items() if place.exists()}


def test_it_comes_back_as_it_was_set() -> None:
    mark = Mark("maintenance", "anna on ops-1", EARLY, {"hosts": ["one"], "until": 5})
    assert Mark.from_text(mark.to_text()) == mark


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_counts_in_whichever_order_hosts_answer(order: int) -> None:
    """A host that was away when the others were told comes back with an older one."""
    texts = [text("stopped", EARLY), text("stopped", LATE, "ben on ops-2")][::order]
    assert newest(texts)["stopped"].by == "ben on ops-2"


def test_each_name_has_its_own() -> None:
    found = newest([text("stopped", LATE), text("maintenance", EARLY)])
    assert {name: mark.since for name, mark in found.items()} == {"stopped": LATE, "maintenance": EARLY}


STRANGE = ["", "stopped", "[]", "7", "{}", '{"name": "stopped"}']
TORN = [text("stopped", LATE)[:-9], text("stopped", LATE).replace("{}", "7")]


@pytest.mark.parametrize("strange", [*STRANGE, *TORN])
def test_what_no_corral_has_written_is_passed_over(strange: str) -> None:
    """Whoever is root on a host may put anything there."""
    assert newest([strange, text("stopped", EARLY), strange])["stopped"].since == EARLY
    assert newest([strange]) == {}


def test_all_hosts_are_told(records: MachineRecords) -> None:
    asyncio.run(records.mark("stopped", {"purge": False}))
    told = on_hosts(records)
    assert told.keys() == {"one", "two"}
    assert newest(told.values())["stopped"].values == {"purge": False}
    asyncio.run(records.unmark("stopped"))
    assert on_hosts(records) == {}
    asyncio.run(records.unmark("stopped"))


def test_only_those_that_are_named(records: MachineRecords) -> None:
    asyncio.run(records.mark("hosts", {}, ["two"]))
    assert on_hosts(records, "hosts").keys() == {"two"}


def test_a_mark_is_set_anew_and_the_others_stay(records: MachineRecords) -> None:
    asyncio.run(records.mark("stopped", {"purge": False}))
    asyncio.run(records.mark("maintenance", {}))
    asyncio.run(records.mark("stopped", {"purge": True}))
    assert newest(on_hosts(records).values())["stopped"].values == {"purge": True}
    asyncio.run(records.unmark("stopped"))
    assert on_hosts(records, "maintenance").keys() == {"one", "two"}
