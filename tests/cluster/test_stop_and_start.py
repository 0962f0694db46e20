"""`stop` and `start` in the playground: what rests stays so, through `up`, `down` and a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.cluster.harness import TINY, TestCluster, make_cluster
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    made = make_cluster(tmp_path_factory.mktemp("rest"), TINY)
    try:
        made.up()
        yield made
    finally:
        made.end()


def states(cluster: TestCluster) -> dict[str, str]:
    return {row["name"]: row["state"] for row in cluster.status()["instances"]}


def answers(cluster: TestCluster) -> set[str]:
    url = cluster.status()["proxies"][0]["url"]
    found = [httpx.get(url, trust_env=False, timeout=PATIENCE) for _ in range(20)]  # visitors without a cookie
    assert {answer.status_code for answer in found} == {200}
    return {answer.text.rpartition(" ")[2] for answer in found}


def codes(status: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in status["problems"]]


def test_an_instance_rests_until_it_is_started(cluster: TestCluster) -> None:
    said = cluster.run("stop", "a-5040")
    assert "left so: a-5040" in said.stderr
    resting = {"a-5040": "stopped", "a-5041": "healthy"}
    assert states(cluster) == resting
    assert (cluster.status()["state"], codes(cluster.status())) == ("healthy", ["left-stopped"])
    assert answers(cluster) == {"a-5041"}
    assert "stopped on purpose: a-5040" in cluster.run("verify").stdout

    done = cluster.run("up", "--detach")
    assert "nothing to change" in done.stderr
    assert "`corral start a-5040` starts it again" in done.stderr
    cluster.run("down")
    cluster.up()
    assert states(cluster) == resting
    cluster.edit('version: "1.0"', 'version: "2.0"')
    cluster.up()
    assert states(cluster) == resting
    cluster.run("restart", "a", "--yes")
    assert states(cluster) == resting

    cluster.run("start", "a-5040")
    assert states(cluster) == dict.fromkeys(resting, "healthy")
    assert answers(cluster) == {"a-5040", "a-5041"}
    assert codes(cluster.status()) == []
    assert not json.loads(cluster.run("up", "--detach", "--format", "json").stdout)["changed"]


def test_a_database_is_asked_about(cluster: TestCluster) -> None:
    done = cluster.run("stop", "database", code=2)
    assert "takes no writes until they are started again" in done.stderr
    cluster.run("stop", "database", "--yes")
    status = cluster.status()
    assert [row["state"] for row in status["database"]["members"]] == ["stopped"]
    assert "not-writable" not in codes(status)
    cluster.run("start", "database")
    assert cluster.status()["database"]["writable"]
