"""`stop` and `start` in the playground: what rests stays so, through `up`, `down` and a restart."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.cluster.harness import TestCluster
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster


def states(tiny_up: TestCluster) -> dict[str, str]:
    return {row["name"]: row["state"] for row in tiny_up.status()["instances"]}


def answers(tiny_up: TestCluster) -> set[str]:
    url = tiny_up.status()["proxies"][0]["url"]
    found = [httpx.get(url, trust_env=False, timeout=PATIENCE) for _ in range(20)]  # visitors without a cookie
    assert {answer.status_code for answer in found} == {200}
    return {answer.text.rpartition(" ")[2] for answer in found}


def codes(status: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in status["problems"]]


def test_an_instance_rests_until_it_is_started(tiny_up: TestCluster) -> None:
    said = tiny_up.run("stop", "a-5040")
    assert "left so: a-5040" in said.stderr
    resting = {"a-5040": "stopped", "a-5041": "healthy"}
    assert states(tiny_up) == resting
    assert (tiny_up.status()["state"], codes(tiny_up.status())) == ("healthy", ["left-stopped"])
    assert answers(tiny_up) == {"a-5041"}
    assert "stopped on purpose: a-5040" in tiny_up.run("verify").stdout

    done = tiny_up.run("up", "--detach")
    assert "nothing to change" in done.stderr
    assert "`corral start a-5040` starts it again" in done.stderr
    tiny_up.run("down")
    tiny_up.up()
    assert states(tiny_up) == resting
    tiny_up.edit('version: "1.0"', 'version: "2.0"')
    tiny_up.up()
    assert states(tiny_up) == resting
    tiny_up.run("restart", "a", "--yes")
    assert states(tiny_up) == resting

    tiny_up.run("start", "a-5040")
    assert states(tiny_up) == dict.fromkeys(resting, "healthy")
    assert answers(tiny_up) == {"a-5040", "a-5041"}
    assert codes(tiny_up.status()) == []
    assert not json.loads(tiny_up.run("up", "--detach", "--format", "json").stdout)["changed"]


def test_a_database_is_asked_about(tiny_up: TestCluster) -> None:
    done = tiny_up.run("stop", "database", code=2)
    assert "takes no writes until they are started again" in done.stderr
    tiny_up.run("stop", "database", "--yes")
    status = tiny_up.status()
    assert [row["state"] for row in status["database"]["members"]] == ["stopped"]
    assert "not-writable" not in codes(status)
    tiny_up.run("start", "database")
    assert tiny_up.status()["database"]["writable"]
