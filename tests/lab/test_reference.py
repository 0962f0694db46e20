"""The reference cluster on seven hosts: made by one apply, left alone by the next, proved, shown, listened to."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import IO

import httpx
import pytest

from tests.lab.footprints import footprints
from tests.lab.harness import LabCluster, until
from tests.patience import PATIENCE


def test_one_apply_made_it_healthy(board: LabCluster) -> None:
    first = board.runs()[-1]
    assert (first["verb"], first["outcome"]) == ("apply", "done")
    status = board.report("status")
    assert status["state"] == "healthy"
    assert status["problems"] == []
    assert [row["state"] for row in status["proxies"]] == ["healthy"]
    assert [row["role"] for row in status["instances"]] == ["web"] * 10 + ["worker"]
    assert {row["version"] for row in status["instances"]} == {"1.0"}
    assert sorted(row["state"] for row in status["database"]["members"]) == ["PRIMARY", "SECONDARY", "SECONDARY"]
    assert all(row["pid"] for row in (*status["instances"], *status["database"]["members"]))
    print(f"first apply of seven hosts: {first['seconds']:.0f} s, {first['changes']} changes")


def test_an_unchanged_apply_touches_nothing(board: LabCluster) -> None:
    before = footprints(board)
    board.assert_settled()
    assert footprints(board) == before


def test_verify_proves_all_of_it(board: LabCluster) -> None:
    checks = board.until_verified()
    assert {check["result"] for check in checks.values()} == {"passed"}
    names = {check["name"] for check in checks.values()}
    assert {"clocks agree", "chrony keeps the time", "one worker", "websocket through the proxy"} <= names
    assert len([name for name in checks if name.startswith("instance ")]) == 11


def test_an_instance_that_somebody_stops_is_seen_and_started_again(board: LabCluster) -> None:
    board.on("app-208", "docker", "stop", "corral-board-app-208-5042")
    status = board.report("status", code=1)
    assert status["state"] == "degraded"
    assert [(problem["code"], problem["where"]) for problem in status["problems"]] == [
        ("instance-stopped", "app-208-5042")
    ]
    assert [action["kind"] for action in board.planned()] == ["start_unit"]
    assert board.apply()["state"] == "healthy"


def test_logs_show_the_last_lines(board: LabCluster) -> None:
    said = board.run("logs", "app-108-5040", "-n", "1").stdout.splitlines()
    assert len(said) == 1
    assert said[0].startswith("app-108-5040 noticeboard")
    lines = board.run("logs", "database", "-n", "2").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["mongod.db-216"] * 2 + ["mongod.db-217"] * 2 + ["mongod.db-218"] * 2
    assert "listening on http://10.111.0.108:5140" in board.run("logs", "worker", "-n", "50").stdout


def _put(lines: queue.Queue[str], source: IO[str]) -> None:
    for line in source:
        lines.put(line)


@pytest.mark.parametrize("target", ["proxy", "app-108-5043"])
def test_logs_are_followed_as_they_come(board: LabCluster, target: str) -> None:
    """From the journal of a service, and from a container."""
    lines: queue.Queue[str] = queue.Queue()
    with board.start("logs", target, "-f", "-n", "1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
        assert following.stdout is not None
        reader = threading.Thread(target=_put, args=(lines, following.stdout))
        reader.start()
        assert lines.get(timeout=PATIENCE)
        if target == "proxy":
            httpx.post(f"{board.url}/notes", content=bytes(101 << 20), trust_env=False, timeout=PATIENCE)
            wanted = "too large body"
        else:
            board.on("app-108", "docker", "exec", f"corral-board-{target}", "sh", "-c", "echo a word >/proc/1/fd/1")
            wanted = "a word"
        until(lambda: lines.get(timeout=PATIENCE), lambda line: wanted in line)
        following.terminate()
        assert following.wait(PATIENCE) == 130
        reader.join(PATIENCE)


def test_exec_runs_on_a_part_of_the_cluster(board: LabCluster) -> None:
    answers = board.report("exec", "database", "--", "sh", "-c", "id -un; hostname; hostname >&2")
    assert answers == {
        host: {"code": 0, "stdout": f"root\n{host}\n", "stderr": f"{host}\n"} for host in ("db-216", "db-217", "db-218")
    }
    assert board.report("exec", "proxy", "--", "sh", "-c", "exit 7", code=1)["proxy-100"]["code"] == 7
    said = board.run("exec", "no-such-host", "--", "true", code=2).stderr
    assert "no-such-host" in said


def test_exec_shows_no_secret(board: LabCluster) -> None:
    said = board.run("exec", "all", "--", "sh", "-c", "cat /etc/corral/board/keyfile || :; env").stdout
    whole = json.dumps(board.report("exec", "app-108", "--", "cat", "/etc/corral/board/instances/app-108-5040.yaml"))
    for value in board.secrets().values():
        assert value not in said
        assert value not in whole
    assert said.count("${secret:keyfile}") == 3
    assert "${secret:application}" in whole
