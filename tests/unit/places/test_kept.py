"""The clusters of a machine: which run, which have left something, what that takes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corral.cli.main import app
from corral.errors import InvalidFile
from corral.operate.where import Where, load
from corral.places.base import Kept
from corral.places.playground.kept import kept_here
from corral.places.playground.state import State, state_of
from corral.units import orphans
from corral.units.supervisord import Supervisord
from tests.free_addresses import unique_name
from tests.patience import until


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(name: str, **facts: object) -> State:
    state = state_of(name)
    state.prepare()
    state.add_facts(**facts)
    return state


def found() -> dict[str, Kept]:
    return {each.name: each for each in asyncio.run(kept_here())}


def test_none_yet() -> None:
    assert found() == {}
    done = CliRunner().invoke(app, ["list"])
    assert (done.exit_code, done.stderr) == (0, "no cluster is kept on this machine\n")


def test_a_stopped_one_is_listed_with_what_it_takes_and_how_to_be_rid_of_it(home: Path) -> None:
    state = made("shop", applied={"source": "cluster.yaml", "directory": "/srv/[shop]"}, proxy_ports={"one": 8080})
    (state.root / "data").write_bytes(b"x" * 3_000_000)
    shop = found()["shop"]
    assert (shop.state, shop.url, shop.file) == ("stopped", "", "/srv/[shop]/cluster.yaml")
    assert 3_000_000 <= shop.size < 4_000_000
    done = CliRunner().invoke(app, ["list"])
    assert "shop stopped - 3.0 MB /srv/[shop]/cluster.yaml" in " ".join(done.stdout.split())
    assert "`corral down --name shop --purge` deletes what a stopped one has left" in done.stderr
    (row,) = json.loads(CliRunner().invoke(app, ["list", "--format", "json"]).stdout)["clusters"]
    assert row == {
        "name": "shop",
        "state": "stopped",
        "directory": str(home / "state/corral/shop"),
        "url": "",
        "file": "/srv/[shop]/cluster.yaml",
        "size": shop.size,
    }


def test_one_of_another_version_is_listed_and_left_alone() -> None:
    state = made("old")
    state.facts_file.write_text('{"format": 99}')
    made("new")
    assert {name: each.state for name, each in found().items()} == {"old": "unreadable", "new": "stopped"}


def test_one_that_runs_and_one_whose_supervisor_was_killed() -> None:
    name = unique_name()
    state = made(name, proxy_ports={"one": 8081})
    daemon = Supervisord(state.root, name)

    async def scenario() -> None:
        await daemon.start()
        (running,) = await kept_here()
        assert (running.state, running.url) == ("running", "http://127.0.0.1:8081")

    try:
        asyncio.run(scenario())
    finally:
        asyncio.run(orphans.end(orphans.processes_of(state.root), 5))
    assert found()[name].state == "stopped"


def test_a_process_without_its_supervisor_is_seen() -> None:
    name = unique_name()
    state = made(name)
    environment = {**os.environ, orphans.MARK: str(state.root)}
    with subprocess.Popen(["sleep", "100"], env=environment) as child:
        try:
            # it is known once it has become its own program
            until(lambda: found()[name].state, lambda word: word == "unwatched")
        finally:
            child.kill()


def test_where_there_is_no_file_it_is_told_which_clusters_there_are(home: Path) -> None:
    with pytest.raises(InvalidFile, match=r"there is no cluster\.yaml in this directory") as refused:
        load(Where())
    assert refused.value.problems[0].hint == "name one with -f FILE, or `corral init` writes one to start from"
    made("shop")
    with pytest.raises(InvalidFile) as refused:
        load(Where())
    assert "this machine has shop: `corral list` shows where their files are" in refused.value.problems[0].hint
    assert load(Where(example=True)).spec.name == "noticeboard", "up begins it"
    made("noticeboard")
    assert load(Where()).spec.name == "noticeboard", "and then it is meant"
