"""An application that answers known hosts alone and forces https, as frameworks do: it is asked as a visitor asks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cluster.harness import TINY, TestCluster, make_cluster

pytestmark = pytest.mark.cluster

STRICT = TINY.replace("env: {{}}", "env: {{MODE: strict, KNOWN: 127.0.0.1}}").replace(
    "proxy: {{hosts: [p]}}", "proxy: {{hosts: [p], server_name: shop.example.com}}"
)
HTTPS = "headers: {X-Forwarded-Proto: https}"


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    made = make_cluster(tmp_path_factory.mktemp("visitor"), STRICT)
    try:
        yield made
    finally:
        made.end()


def test_it_is_told_what_it_wants_and_then_proven(cluster: TestCluster) -> None:
    text = cluster.file.read_text()
    cluster.file.write_text(text.replace("KNOWN: 127.0.0.1", "KNOWN: shop.example.com"))
    cluster.give_up_soon()
    refused = cluster.run("up", "--detach", code=1).stderr
    assert "GET /health answered 400, expected 200: it may refuse the host 127.0.0.1:" in " ".join(refused.split())
    cluster.file.write_text(text)
    cluster.give_up_soon()
    redirected = " ".join(cluster.run("up", "--detach", code=1).stderr.split())
    assert "answered 301, expected 200: it redirects to https://127.0.0.1:" in redirected
    assert "`X-Forwarded-Proto: https` in app.health.headers" in redirected

    cluster.file.write_text(text.replace("contains: fine", f"contains: fine, {HTTPS}"))
    cluster.up()
    pids = cluster.pids()
    assert cluster.status()["state"] == "healthy"
    checks = json.loads(cluster.run("verify", "--format", "json").stdout)["checks"]
    through = [check["seen"] for check in checks if check["name"] == "http through the proxy"]
    assert len(through) == 2
    assert all("answered 301, since it wants https" in seen and "answered 200, 3 times" in seen for seen in through)

    cluster.edit(HTTPS, HTTPS.replace("}", ", X-Health: '1'}"))
    assert cluster.up()["changed"] is False
    assert cluster.pids() == pids, "how health is asked is no process's business"


def test_a_secret_header_is_needed_by_whoever_asks(cluster: TestCluster) -> None:
    cluster.edit(
        "contains: fine", "contains: fine, headers: {X-Forwarded-Proto: https, X-Token: '${env:HEALTH_TOKEN}'}"
    )
    assert "${env:HEALTH_TOKEN} has no value" in " ".join(cluster.run("up", "--detach", code=2).stderr.split())
    plain = cluster.environment
    cluster.environment = {**plain, "HEALTH_TOKEN": "correct-horse"}
    cluster.up()
    assert cluster.status()["state"] == "healthy"
    cluster.environment = plain
    status = cluster.status()
    assert {row["state"] for row in status["instances"]} == {"unknown"}
    assert "its header X-Token refers to ${env:HEALTH_TOKEN}" in status["problems"][0]["message"]
    assert not [path for path in cluster.root.rglob("*") if path.is_file() and b"correct-horse" in path.read_bytes()]
