"""Two clusters of different names on one machine, which know nothing of each other."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from corral.places.playground.addresses import default_network
from tests.cluster.harness import SMALL, TestCluster, make_cluster
from tests.free_addresses import unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[TestCluster, TestCluster]]:
    """Without addresses or ports in their files, of two names that ask for the same network; they share a directory."""
    clusters: list[TestCluster] = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        cluster = make_cluster(tmp_path / str(number), SMALL)
        name = _name_like(clusters[0].name) if clusters else cluster.name
        text = cluster.text[: cluster.text.index("playground:")].replace(cluster.name, name)
        environment = cluster.environment | {"XDG_STATE_HOME": str(tmp_path / "1" / "state")}
        cluster = dataclasses.replace(cluster, name=name, text=text, environment=environment)
        clusters.append(cluster)
    one, other = clusters
    try:
        yield one, other
    finally:
        try:
            one.end()
        finally:
            other.end()


def _name_like(other: str) -> str:
    """Another name for which Corral would choose the same network."""
    names = (unique_name() for _ in range(10_000))
    return next(name for name in names if default_network(name) == default_network(other))


def test_they_run_and_stop_each_for_itself(two: tuple[TestCluster, TestCluster]) -> None:
    one, other = two
    first, second = one.up(), other.up()
    assert first["url"] != second["url"], "the second takes another port of 127.0.0.1, and says so"
    addresses = [{row["address"] for row in cluster.status()["instances"]} for cluster in two]
    assert not addresses[0] & addresses[1]

    httpx.post(
        f"{first['url']}/notes", json={"text": "only here"}, trust_env=False, timeout=PATIENCE
    ).raise_for_status()
    assert httpx.get(f"{second['url']}/notes", trust_env=False, timeout=PATIENCE).json()["notes"] == []

    pids = other.pids()
    one.run("down")
    assert other.pids() == pids
    assert other.status()["state"] == "healthy"
    assert "0 failed" in other.run("verify").stdout


def test_the_example_of_an_own_application_runs(tmp_path: Path) -> None:
    """As the README has it, but for the name and the port."""
    example = Path(__file__).parents[2] / "examples" / "hello"
    cluster = make_cluster(tmp_path, "{name} {port}")
    name, port = cluster.text.split()
    text = (example / "cluster.yaml").read_text().replace("name: hello", f"name: {name}")
    cluster.text = f"{text}\nplayground: {{port: {port}}}\n"
    cluster.file.write_text(cluster.text)
    shutil.copy(example / "server.py", tmp_path)
    try:
        url = cluster.up()["url"]
        assert httpx.get(url, trust_env=False, timeout=PATIENCE).text.startswith("Hello from app-")
        assert "0 failed" in cluster.run("verify").stdout
    finally:
        cluster.end()
