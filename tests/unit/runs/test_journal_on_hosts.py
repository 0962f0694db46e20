"""The records on the hosts, and both kinds read together."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corral.errors import ChangeFailed
from corral.events import (
    ignore,
)
from corral.model.cluster import Host
from corral.runs.history import records_of, runs_in, with_those_of_hosts
from corral.runs.journal import Journal, recorded
from corral.runs.journal_texts import append, begin
from corral.runs.lock import held
from corral.transport.local import LocalTransport
from tests.unit.runs.journal_runs import PLAN, PROBLEM, go_through, header, lines
from tests.unit.runs.lock_hosts import ANNA, Wire, hosts_in, lock_of


async def with_lock(wire: LocalTransport, hosts: list[Host], directory: Path, act: Callable[[Journal], None]) -> None:
    with recorded(directory, header(), {}, ignore) as journal:
        async with held(wire, hosts, ANNA, journal.hooks(hosts, lambda _problem: None)):
            act(journal)


def host_lines(host: Host) -> list[dict[str, Any]]:
    return lines(Path(host.layout.state) / "journal")


def test_each_host_has_its_own_actions_and_that_costs_no_way_of_its_own(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b", "c")
    wire = Wire()
    asyncio.run(with_lock(wire, hosts, tmp_path / "journal", go_through))
    assert wire.runs == {"a": 2, "b": 2, "c": 2}
    a, b, c = (host_lines(host) for host in hosts)
    everybodys = [line["kind"] for line in a if not line.get("host")]
    assert everybodys == ["run", "note", "started", "stage", "ended"], "the first host's has what is no host's alone"
    assert [line["kind"] for line in a if line.get("host")] == ["started", "done"]
    assert [line["kind"] for line in b] == ["run", "started", "failed", "ended"]
    assert [line["kind"] for line in c] == ["run", "ended"]
    assert {line["run"] for line in [*a, *b, *c]} == {runs_in(tmp_path / "journal")[0].run}
    assert a[2]["details"] == ["@@ -0,0 +1 @@", "+x=1"]
    directory = Path(hosts[0].layout.state) / "journal"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(next(directory.iterdir()).stat().st_mode) == 0o600


def test_what_the_hosts_alone_know(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b", "c")

    def fail(journal: Journal) -> None:
        go_through(journal)
        raise ChangeFailed(PROBLEM)

    with pytest.raises(ChangeFailed):
        asyncio.run(with_lock(LocalTransport(), hosts, tmp_path / "elsewhere", fail))
    asyncio.run(with_lock(LocalTransport(), hosts[:2], tmp_path / "journal", lambda journal: journal.planned(PLAN)))
    here = runs_in(tmp_path / "journal")
    wire = Wire(cut=lambda host, _number: host == "c")
    texts, problems = asyncio.run(records_of(wire, hosts))
    assert [problem.where for problem in problems] == ["c"]
    merged = with_those_of_hosts(here, texts)
    assert len(merged) == 2
    assert merged == sorted(merged, key=lambda run: run.run, reverse=True)
    [other] = [run for run in merged if run.run != here[0].run]
    assert here[0] in merged, "the record here knows more than the hosts'"
    assert other.hosts == ("a", "b")
    assert (other.verb, other.operator, other.outcome, other.changes) == ("apply", "anna", "failed", 1)
    known = [("", "unfinished"), ("a", "done"), ("b", "failed")]
    assert sorted((step.host, step.result) for step in other.steps) == known
    assert other.problems == (PROBLEM,)


def test_a_killed_run_is_told_by_the_hosts(tmp_path: Path) -> None:
    [host] = hosts_in(tmp_path, "a")
    Path(host.layout.state).mkdir(parents=True)
    text = begin(str(host.layout.state), "20260101T000000-ab12", '{"run": "20260101T000000-ab12", "kind": "run"}')
    assert asyncio.run(LocalTransport().run("a", text)).code == 0
    with next((Path(host.layout.state) / "journal").iterdir()).open("a") as file:
        file.write('{"run": "20260101T000000-ab12", "kind": "st')
    later = begin(str(host.layout.state), "20260102T000000-cd34", '{"run": "20260102T000000-cd34", "kind": "run"}')
    assert asyncio.run(LocalTransport().run("a", later)).code == 0
    texts, problems = asyncio.run(records_of(LocalTransport(), [host]))
    assert problems == []
    newer, run = with_those_of_hosts([], texts)
    assert (newer.run, run.run) == ("20260102T000000-cd34", "20260101T000000-ab12")
    assert (run.outcome, run.hosts) == ("interrupted or killed", ("a",))


def test_a_host_without_a_journal_has_none(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    (Path(hosts[1].layout.state) / "journal").mkdir(parents=True)
    assert asyncio.run(records_of(LocalTransport(), hosts)) == ({"a": "", "b": ""}, [])


def test_a_host_keeps_the_newest_hundred_too(tmp_path: Path) -> None:
    state = tmp_path / "it's state"
    state.mkdir()
    for number in range(4):
        text = begin(str(state), f"20260101T00000{number}-00ab", "{}", kept=3)
        assert asyncio.run(LocalTransport().run("a", text)).stderr == b""
    names = sorted(path.name for path in (state / "journal").iterdir())
    assert names == [f"20260101T00000{number}-00ab.jsonl" for number in (1, 2, 3)]


def test_a_directory_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    done = asyncio.run(LocalTransport().run("a", append(str(tmp_path / "gone"), "20260101T000000-ab12", ["{}"])))
    assert (done.code, done.stderr) == (0, b"")
    assert not (tmp_path / "gone").exists()


def test_a_record_that_cannot_be_begun_gives_the_lock_back(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a")
    Path(hosts[0].layout.state).mkdir(parents=True)
    (Path(hosts[0].layout.state) / "journal").write_text("no directory")
    with pytest.raises(ChangeFailed, match="journal"):
        asyncio.run(with_lock(LocalTransport(), hosts, tmp_path / "journal", go_through))
    assert not lock_of(hosts[0]).exists()
