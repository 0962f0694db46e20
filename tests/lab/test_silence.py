"""What hangs on a host, or leads docker and others elsewhere there: said by name, and nothing derived from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tests.lab.harness import LabCluster

IN_TIME: Final = 9.0
"""Seconds for a `status` of five, on a machine that does much else."""
_ELSEWHERE: Final = """\
printf 'DOCKER_HOST=tcp://127.0.0.1:9\\nCOMPOSE_FILE=/nowhere\\nSYSTEMD_OFFLINE=1\\n' >>/etc/environment
printf 'Defaults secure_path="/usr/bin:/bin"\\nDefaults env_keep += "DOCKER_HOST COMPOSE_FILE SYSTEMD_OFFLINE"\\n' \\
    >/etc/sudoers.d/zz-lab
"""
_BACK: Final = "rm -f /etc/sudoers.d/zz-lab; sed -i '/^DOCKER_HOST=/,$d' /etc/environment"


@contextmanager
def frozen(cluster: LabCluster, host: str, pids: str) -> Iterator[None]:
    """The processes that the shell's words `pids` print."""
    cluster.sh(host, f"{pids} >/run/lab-frozen; xargs kill -STOP </run/lab-frozen")
    try:
        yield
    finally:
        cluster.sh(host, "xargs kill -CONT </run/lab-frozen")


@contextmanager
def changed(cluster: LabCluster, host: str, script: str, back: str) -> Iterator[None]:
    cluster.sh(host, script)
    try:
        yield
    finally:
        cluster.sh(host, back)


def status_in_time(cluster: LabCluster) -> dict[str, Any]:
    began = time.monotonic()
    found = cluster.status()
    assert time.monotonic() - began < IN_TIME
    return found


def unhealthy(found: dict[str, Any]) -> dict[str, str]:
    rows = [*found["proxies"], *found["instances"], *found["database"]["members"]]
    return {
        str(row.get("name", row["host"])): row["state"]
        for row in rows
        if row["state"] not in ("healthy", "PRIMARY", "SECONDARY")
    }


def test_a_docker_that_does_not_answer(board: LabCluster) -> None:
    said = "docker on app-208 doesn't answer"
    with frozen(board, "app-208", "pidof dockerd"):
        found = status_in_time(board)
        assert (found["state"], unhealthy(found)) == ("degraded", {})
        assert found["problems"][0]["message"].startswith(said)
        assert "not asked: docker, no answer in 4 s" in found["problems"][0]["message"]
        for words in (["plan"], ["stop", "app-208-5040"]):
            refused = board.run(*words, code=1).stderr
            first = next(line for line in refused.splitlines() if not line.startswith("✔"))
            assert said in first
            assert "End that process" not in refused
        assert said in board.run("verify", code=1).stdout
    board.until_healthy()


def test_hosts_and_members_that_are_frozen_hold_nobody_up(board: LabCluster) -> None:
    with frozen(board, "app-208", "cat /run/sshd.pid"):
        found = status_in_time(board)
        assert found["problems"][0]["message"].startswith("app-208 gave no answer within ")
        assert set(unhealthy(found)) == {row["name"] for row in found["instances"] if row["host"] == "app-208"}
        assert set(unhealthy(found).values()) == {"unknown"}
    with frozen(board, "db-218", "pidof mongod"):
        assert unhealthy(status_in_time(board))["db-218"] == "UNREACHABLE"
    with changed(board, "db-217", "mkfifo /etc/docker/daemon.json", "rm /etc/docker/daemon.json"):
        found = status_in_time(board)
        assert "grep: no answer in 4 s" in found["problems"][0]["message"]
        assert unhealthy(found) == {}, "its mongod is asked all the same"
    board.until_healthy()


def test_variables_and_paths_that_lead_elsewhere(board: LabCluster) -> None:
    with changed(board, "app-208", _ELSEWHERE, _BACK), changed(board, "db-217", _ELSEWHERE, _BACK):
        assert board.report("plan", "--exit-code")["stages"] == []
        board.run("restart", "app-208-5040", "--yes")
        assert "noticeboard" in board.run("exec", "app-208", "--", "docker ps").stdout
        board.change(time={"servers": ["time-123"]})
        board.apply("--only", "db-217")
    board.until_healthy()


def test_a_strangers_container_of_an_instances_name(board: LabCluster) -> None:
    name = "corral-board-app-208-5044"
    stranger = f"docker run -d --name {name} --entrypoint sh noticeboard:1.0 -c 'echo a stranger; sleep 1000'"
    back = f"docker rm -f {name}; docker rename lab-aside {name}"
    with changed(board, "app-208", f"docker rename {name} lab-aside; {stranger}", back):
        assert "a stranger" not in board.run("logs", "app-208-5044").stdout
        refused = board.run("plan", code=1).stderr
        assert f"The container {name} is none of this cluster's, and app-208-5044 needs its name" in refused
    board.until_healthy()


def test_the_log_of_a_container_between_two_lives(board: LabCluster) -> None:
    board.on("app-108", "docker", "rm", "-f", "corral-board-app-108-5041")
    told = board.run("logs", "app-108", code=1)
    assert "there is no container of app-108-5041 on app-108 just now" in told.stderr
    assert "app-108-5042" in told.stdout
    board.apply()
