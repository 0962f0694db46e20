"""The reference shape, as `corral init` writes it: one proxy, two times five instances, a worker, three members."""

from __future__ import annotations

import json
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from corral.cluster_file.example import init_text
from tests.cluster.harness import TestCluster, make_cluster, until
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def reference(directory: Path) -> Iterator[TestCluster]:
    """Up once for the whole module; the playground's own network and port are the only change to the file, and time for
    eleven instances to start on a machine with much else to do."""
    cluster = make_cluster(directory, "{name} {network} {port}")
    name, network, port = cluster.text.split()
    init, line = init_text(name), "\n    # start_timeout: 60s "
    assert line in init
    init = init.replace(line, "\n    start_timeout: 5m ")
    text = f"{init}\nplayground: {{network: {network}.0.0/16, port: {port}}}\n"
    cluster.text = text
    cluster.file.write_text(text)
    try:
        result = cluster.up()
        assert result | {"seconds": 0} == {
            "url": f"http://127.0.0.1:{port}",
            "state": "healthy",
            "seconds": 0,
            "changed": True,
            "next": "",
        }
        yield cluster
    finally:
        cluster.end()


def test_status_has_its_documented_shape(reference: TestCluster) -> None:
    status = reference.status()
    assert list(status) == ["cluster", "state", "proxies", "instances", "database", "problems"]
    assert (status["state"], status["problems"]) == ("healthy", [])
    [proxy] = status["proxies"]
    assert list(proxy) == ["host", "address", "url", "state"]
    assert proxy["address"] == f"{reference.network}.100.1"
    web = [row for row in status["instances"] if row["role"] == "web"]
    workers = [row for row in status["instances"] if row["role"] == "worker"]
    assert (len(web), len(workers)) == (10, 1)
    assert {row["port"] for row in web} == {5040, 5041, 5042, 5043, 5044}
    for row in status["instances"]:
        assert set(row) >= {"host", "address", "port", "role", "state", "version", "pid"}
        assert (row["state"], row["version"]) == ("healthy", "1.0")
        assert Path(f"/proc/{row['pid']}").exists()
    assert status["database"]["writable"]
    members = status["database"]["members"]
    assert [member["state"] for member in members].count("PRIMARY") == 1
    assert [(member["priority"], member["votes"]) for member in members] == [(2, 1), (1, 1), (1, 1)]
    assert all(set(member) >= {"host", "address", "lag_seconds", "pid"} for member in members)


def test_verify_proves_everything(reference: TestCluster) -> None:
    answer = json.loads(reference.run("verify", "--format", "json").stdout)
    assert answer["passed"]
    results = {check["name"]: check["result"] for check in answer["checks"]}
    assert set(results.values()) == {"passed"}
    for name in (
        "http through the proxy",
        "instance",
        "stickiness: one client, one instance",
        "stickiness: many clients, all instances",
        "websocket through the proxy",
        "a body of 99 MB is accepted",
        "a body of 101 MB is refused",
        "a majority write, read back from every member",
        "the members hear each other",
        "anonymous read refused",
        "one worker",
    ):
        assert name in results


def test_an_unchanged_file_changes_nothing(reference: TestCluster) -> None:
    before = reference.pids()
    assert not reference.up()["changed"]
    assert reference.pids() == before
    assert reference.run("up", "--dry-run").stdout == "nothing to change\n"


def test_one_instance_more_is_two_processes_and_one_reload(reference: TestCluster) -> None:
    before, workers = reference.pids(), nginx_workers(reference)
    reference.edit("\n  instances: 5 ", "\n  instances: 6 ")
    plan = json.loads(reference.run("up", "--dry-run", "--format", "json").stdout)
    kinds = [action["kind"] for stage in plan["stages"] for wave in stage["waves"] for action in wave]
    assert (kinds.count("start_unit"), kinds.count("reload_unit")) == (2, 1)
    assert reference.up()["changed"]
    after = reference.pids()
    assert set(after) - set(before) == {"app-108-5045", "app-208-5045"}
    assert {name: after[name] for name in before} == before, "nobody else was restarted"
    until(lambda: nginx_workers(reference), lambda now: not now & workers)
    reached = instances_reached(reference, 200)
    assert {"app-108-5045", "app-208-5045"} <= reached

    reference.edit("\n  instances: 6 ", "\n  instances: 5 ")
    assert reference.up()["changed"]
    assert reference.pids() == before
    assert not list(reference.root.glob("hosts/*/config/*/app-?08-5045*")), "nothing of them is left"


def nginx_workers(cluster: TestCluster) -> set[int]:
    """The pids of nginx's workers that take new connections."""
    master = int(next(cluster.root.glob("hosts/*/run/nginx.pid")).read_text())
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    titles = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children if Path(f"/proc/{pid}").exists()}
    return {pid for pid, title in titles.items() if "shutting down" not in title}


def instances_reached(cluster: TestCluster, clients: int) -> set[str]:
    url = cluster.status()["proxies"][0]["url"]
    return {httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE).json()["instance"] for _ in range(clients)}


def test_each_instance_is_given_what_it_needs(reference: TestCluster) -> None:
    pid = reference.pids()["app-208-5043"]
    environment = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in entry
    )
    net = reference.network
    members = ",".join(f"{net}.{last}.1:27017" for last in (216, 217, 218))
    assert environment["PORT"] == "5043"
    assert environment["HOST"] == f"{net}.208.1"
    assert environment["INSTANCE"] == "app-208-5043"
    assert environment["ROLE"] == "web"
    assert environment["VERSION"] == "1.0"
    assert environment["ROOT_URL"].startswith("http://127.0.0.1:")
    database = reference.name.replace("-", "_")
    for name, path in (("MONGO_URL", database), ("MONGO_OPLOG_URL", "local")):
        pattern = rf"mongodb://application:[0-9a-f]+@{members}/{path}\?replicaSet={reference.name}&authSource=admin"
        assert re.fullmatch(pattern, environment[name])


def test_secrets_show_nowhere_but_where_they_belong(reference: TestCluster) -> None:
    secrets = list(json.loads((reference.root / "secrets.json").read_text()).values())
    said = "".join(
        reference.run(*verb).stdout + reference.run(*verb).stderr
        for verb in (["show"], ["status"], ["up", "--dry-run", "--format", "json"], ["logs", "-n", "5000"])
    )
    commands = "".join(
        Path(f"/proc/{pid}/cmdline").read_text() for pid in reference.processes() if Path(f"/proc/{pid}").exists()
    )
    assert not [secret for secret in secrets if secret in said or secret in commands]
    for path in reference.root.rglob("*"):
        if path.is_file() and "data" not in path.parts and any(s in path.read_text(errors="replace") for s in secrets):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path} holds a secret and others may read it"


def test_logs_of_one_instance_of_a_host_and_of_a_role(reference: TestCluster) -> None:
    assert "listening on" in reference.run("logs", "app-108-5040", "-n", "1000").stdout
    units = {line.split()[0] for line in reference.run("logs", "app-108", "-n", "1000").stdout.splitlines()}
    assert units == {*(f"app-108-504{n}" for n in range(5)), "app-108-worker-5140"}
    assert reference.run("logs", "database").stdout.startswith("mongod.db-216 ")
    assert "did you mean app-108-5040?" in reference.run("logs", "app-108-5O40", code=2).stderr


def test_output_for_a_file_is_whole_and_plain(reference: TestCluster) -> None:
    """No colours, no cut-off lines."""
    text = reference.run("status").stdout
    assert "\x1b" not in text
    assert "…" not in text
    assert f"{reference.network}.208.1:5044" in text


def test_followed_logs_bring_new_lines(reference: TestCluster, tmp_path: Path) -> None:
    url, followed = reference.status()["proxies"][0]["url"], tmp_path / "followed"

    def ask_and_read() -> str:
        httpx.get(f"{url}/health?followed", trust_env=False, timeout=PATIENCE)
        return followed.read_text()

    with followed.open("w") as output, reference.start("logs", "proxy", "-f", "-n", "0", stdout=output) as process:
        try:
            until(ask_and_read, lambda text: "/health?followed" in text, pause=0.3)
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
