"""A preset of the user's own, on a running cluster: what it says is what the instances get."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cluster.harness import TestCluster

pytestmark = pytest.mark.cluster

PRESET = """\
about: the tests' tiny application
app:
  start_at_once: 1
  start_time: 20s
  memory: 9T
  storage: {path: /srv/tiny/files}
  next: Look at ${corral:ROOT_URL} now.
  env:
    LISTEN: ${corral:HOST}
    FILES: ${corral:STORAGE}
    LINK: ${corral:ROOT_URL}/of/${corral:INSTANCE}
    TOLD: ${corral:STORAGE}/told
"""


def prepared(tiny: TestCluster) -> TestCluster:
    (tiny.directory / "mine.yaml").write_text(PRESET)
    tiny.edit("app:\n", "app:\n  preset: ./mine.yaml\n")
    return tiny


def environment(pid: int) -> dict[str, str]:
    words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def test_what_it_says_is_what_the_instances_get(tiny: TestCluster) -> None:
    prepared(tiny)
    said = tiny.run("up", "--detach").stderr
    url = tiny.status()["proxies"][0]["url"].rpartition(":")[2]
    assert f"next: Look at http://127.0.0.1:{url} now." in said
    assert "2 instances start: this can take 40 s (20 s for one)" in said
    assert "Instances: 2, of 9437184 MB; members: 1, of 300 MB" in said
    pids = tiny.pids()
    given = environment(pids["a-5041"])
    storage = tiny.root / "storage"
    assert given["LISTEN"] == given["HOST"]
    assert given["FILES"] == given["STORAGE"] == str(storage)
    assert given["LINK"] == f"{given['ROOT_URL']}/of/a-5041"
    assert stat.S_IMODE(storage.stat().st_mode) == 0o700
    told = [line.split() for line in (storage / "told").read_text().splitlines()]
    first, second = told[0][0], told[-1][0]
    assert {first, second} == {"a-5040", "a-5041"}
    assert told == [[first, "begins"], [first, "answers"], [second, "begins"], [second, "answers"]]
    (storage / "uploaded").write_text("a letter")
    again = tiny.run("up", "--detach").stderr
    assert "nothing to change" in again
    assert "next:" not in again
    tiny.run("down")
    assert (storage / "uploaded").read_text() == "a letter"


def test_what_has_not_begun_is_named_when_a_start_fails(tiny: TestCluster) -> None:
    prepared(tiny)
    tiny.edit("env: {}", "env: {MODE: die}")
    said = tiny.run("up", "--detach", code=1).stderr
    assert "not started: a-5041" in said
    assert "no licence found, giving up" in said
