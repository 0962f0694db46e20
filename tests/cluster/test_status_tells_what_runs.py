"""`status` after a change that failed half-way: what it shows is what runs, not what the file wishes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.harness import TINY, TestCluster, make_cluster

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    made = make_cluster(tmp_path_factory.mktemp("status"), TINY)
    try:
        made.up()
        yield made
    finally:
        made.end()


def problems(status: dict[str, Any]) -> dict[str, str]:
    return {problem["code"]: problem["message"] for problem in status["problems"]}


def test_a_version_that_does_not_start_is_not_what_is_shown(cluster: TestCluster) -> None:
    assert problems(cluster.status()) == {}
    text = cluster.file.read_text()
    wrong = text.replace('version: "1.0"', 'version: "2.0"').replace("  env: {}", "  env: {MODE: sick}")
    cluster.file.write_text(wrong.replace("start_timeout: 2m", "start_timeout: 2s"))
    asked = cluster.status()
    assert [row["version"] for row in asked["instances"]] == ["1.0", "1.0"]
    assert problems(asked)["other-version"] == "2 of 2 instances run another version than the file's 2.0: 1.0"
    assert problems(asked)["file-changed"] == f"{cluster.file} has changed since it was last carried out as a whole"
    cluster.run("up", "--detach", code=1)
    after = cluster.status()
    assert [(row["version"], row["state"]) for row in after["instances"]] == [("", "unhealthy"), ("1.0", "healthy")]
    assert problems(after)["other-version"] == "1 of 2 instances run another version than the file's 2.0: 1.0"
    assert "file-changed" in problems(after)
    cluster.file.write_text(text)
    cluster.up()
    assert problems(cluster.status()) == {}


def test_comments_and_order_change_nothing(cluster: TestCluster) -> None:
    cluster.file.write_text("# said anew\n" + cluster.file.read_text())
    assert problems(cluster.status()) == {}


def test_another_file_with_nothing_to_do_is_carried_out(cluster: TestCluster) -> None:
    text = cluster.file.read_text().replace("  env: {}\n", "")
    cluster.file.write_text(text)
    assert "file-changed" in problems(cluster.status())
    cluster.up()
    assert problems(cluster.status()) == {}
