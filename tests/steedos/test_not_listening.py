"""An instance that is alive and doesn't listen where it should: judged by its answers, and its log is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.harness import TestCluster, until
from tests.steedos.inspect_cluster import wait_until_healthy
from tests.steedos.limits import LIMIT

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

WORKERS = "\n  workers: {instances: 1} "
WORKER = "app-108-worker-5140"
STARTED = "Project is running at"


@pytest.fixture
def deaf_worker(steedos: TestCluster) -> Iterator[TestCluster]:
    """The file has the worker listen on an address that nobody asks; at the end it is as it was, and healthy."""
    env = f'{{BIND_IP: "{steedos.network}.108.99"}}'
    wrong = f"\n  workers: {{instances: 1, env: {env}, health: {{start_timeout: 25s}}}} "
    before = steedos.pids()
    steedos.edit(WORKERS, wrong)
    try:
        yield steedos
    finally:
        steedos.edit(wrong, WORKERS)
        steedos.run("up", "--detach")
        wait_until_healthy(steedos)
    after = steedos.pids()
    assert {name for name in after if after[name] != before[name]} == {WORKER}, "nobody else was restarted"


def test_an_instance_that_does_not_listen_is_unhealthy_and_its_log_is_shown(deaf_worker: TestCluster) -> None:
    said = deaf_worker.run("up", "--detach", code=1).stderr
    print(said)
    assert f"{WORKER} at {deaf_worker.network}.108.1:5140 did not become healthy" in said
    assert "the last lines of its log" in said
    until(lambda: deaf_worker.run("logs", WORKER, "-n", "8").stdout, lambda text: STARTED in text)
    status = deaf_worker.status()
    assert status["state"] == "degraded"
    [row] = [row for row in status["instances"] if row["state"] != "healthy"]
    assert (row["name"], row["state"]) == (WORKER, "unhealthy")
    assert row["pid"] > 0, "it is alive"
    problem, changed = status["problems"]
    assert (problem["code"], changed["code"]) == ("instance-unhealthy", "file-changed")
    assert STARTED in problem["message"]
