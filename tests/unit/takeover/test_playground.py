"""A playground that an earlier Corral has left is taken over without a restart: nginx reloads, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corral.plan.actions import Plan
from tests.unit.takeover.state_directory import RECORDED, put_down, read
from tests.unit.takeover.today import beyond_nginx, playground_plan

APP, MEMBER = (f"hosts/{host}" for host in ("app-108", "db-217"))
PLACE = read("facts")["root"]

# one byte of a file below the state directory -> all that is done about it
EDITS: dict[str, tuple[str, str, str, str]] = {
    "a start script": (
        f"{APP}/config/instances/app-108-5040.sh",
        "PORT=5040",
        "PORT=5041",
        f"write_file: file {PLACE}/{APP}/config/instances/app-108-5040.sh on app-108",
    ),
    "what an instance was started from": (
        f"{APP}/run/revisions/app-108-5040.json",
        '"revision"',
        '"Revision"',
        "start_unit: unit app-108-5040",
    ),
    "what a member was started from": (
        f"{MEMBER}/run/revisions/mongod.db-217.json",
        '"revision"',
        '"Revision"',
        "start_unit: unit mongod.db-217",
    ),
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    put_down(tmp_path / "noticeboard")
    return tmp_path / "noticeboard"


def planned(files: Path, processes: list[dict[str, Any]]) -> Plan:
    return playground_plan((RECORDED / "cluster.yaml").read_text(), read("facts"), files, processes)


def test_nginx_alone_takes_in_what_is_new(files: Path) -> None:
    assert beyond_nginx(planned(files, read("supervisord")), 1) == []


def test_all_that_was_started_runs() -> None:
    """Nothing to do must not mean nothing seen."""
    stamps = {Path(path).stem: file for path, file in read("files").items() if "/run/revisions/" in path}
    processes = {row["name"]: row for row in read("supervisord")}
    assert processes.keys() == stamps.keys()
    assert len(processes) == 1 + 10 + 1 + 3
    for name, row in processes.items():
        assert row["statename"] == "RUNNING"
        assert f'"pid": {row["pid"]}' in stamps[name]["content"][0]


@pytest.mark.parametrize(("path", "old", "new", "change"), EDITS.values(), ids=EDITS)
def test_what_differs_by_one_byte_is_all_that_is_done(files: Path, path: str, old: str, new: str, change: str) -> None:
    text = (files / path).read_text()
    assert old in text
    (files / path).write_text(text.replace(old, new, 1))
    assert beyond_nginx(planned(files, read("supervisord")), 1) == [change]


def test_a_process_that_has_ended_is_started(files: Path) -> None:
    processes = read("supervisord")
    [ended] = [row for row in processes if row["name"] == "app-208-5044"]
    ended |= {"statename": "STOPPED", "pid": 0}
    assert beyond_nginx(planned(files, processes), 1) == ["start_unit: unit app-208-5044"]
