"""Hosts that start anew, in order or without power: everything comes back by itself, and Corral has nothing to do."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster.continuous_writes import ContinuousWrites
from tests.lab.harness import LabCluster, until
from tests.lab.test_changes import lost


def _back(cluster: LabCluster, what: str, began: float) -> None:
    """Healthy by itself; then nothing is to be changed, and nothing is done."""
    cluster.until_healthy()
    print(f"{what}: healthy {time.monotonic() - began:.0f} s after it began")
    cluster.assert_settled()


@pytest.mark.parametrize("host", ["proxy-100", "app-108", "time-123"])
def test_a_host_that_is_rebooted_comes_back_by_itself(board: LabCluster, host: str) -> None:
    began = time.monotonic()
    board.lab.reboot(host)
    _back(board, f"reboot of {host}", began)
    assert board.property(host, "chrony.service", "ActiveState") == "active"
    assert board.on(host, "systemctl", "--failed", "--no-legend") == ""


def test_a_rebooted_primary_loses_no_write(board: LabCluster) -> None:
    [primary] = [row["host"] for row in board.status()["database"]["members"] if row["state"] == "PRIMARY"]
    began = time.monotonic()
    with ContinuousWrites(board.url) as writes:
        until(lambda: len(writes.acknowledged), lambda count: count > 20)
        board.lab.reboot(primary)
        _back(board, f"reboot of {primary}, the primary", began)
    assert lost(board.url, writes) == []
    print(f"without writes: {writes.gap:.1f} s; {len(writes.acknowledged)} acknowledged, {writes.refused} refused")


def test_hosts_with_services_and_a_moving_address_too(pair: LabCluster) -> None:
    """One after the other, as somebody does who installs a new kernel."""
    for host in ("app-1", "proxy-2", "db-1"):
        began = time.monotonic()
        pair.lab.reboot(host)
        _back(pair, f"reboot of {host}", began)


def test_what_would_not_be_back_is_told_and_mended_without_a_restart(board: LabCluster) -> None:
    """Switched off in four ways, one of which systemd doesn't know of until it is reloaded."""
    pids = board.pids()
    links = "/etc/systemd/system/multi-user.target.wants"
    board.on("db-217", "systemctl", "disable", "corral-board-mongod")
    board.on("proxy-100", "rm", f"{links}/corral-board-nginx.service")
    board.on("app-108", "docker", "update", "--restart", "no", "corral-board-app-108-5041")
    board.on("app-208", "systemctl", "disable", "docker")
    status = board.status()
    assert status["state"] == "healthy"
    told = [problem["message"] for problem in status["problems"] if problem["code"] == "lost-at-boot"]
    assert [message.partition(" would ")[0] for message in told] == [
        "nginx.proxy-100",
        "app-108-5041",
        "mongod.db-217, docker.service",
    ]
    planned = [(action["kind"], action.get("unit") or action["service"]["name"]) for action in board.planned()]
    assert sorted(planned) == [
        ("enable_service", "docker.service"),
        ("keep_after_boot", "app-108-5041"),
        ("keep_after_boot", "mongod.db-217"),
        ("keep_after_boot", "nginx.proxy-100"),
    ]
    board.apply()
    board.assert_settled()
    assert board.pids() == pids
    assert board.status()["problems"] == []
    assert board.on("proxy-100", "ls", links).split().count("corral-board-nginx.service") == 1
    policy = board.on(
        "app-108", "docker", "inspect", "-f", "{{.HostConfig.RestartPolicy.Name}}", "corral-board-app-108-5041"
    )
    assert policy.strip() == "unless-stopped"


def test_masked_units_and_definitions_of_one_boot(pair: LabCluster) -> None:
    """A mask stops what runs no sooner than its next start; a definition below /run is another one after a reboot."""
    masked, runtime = (f"corral-pair-app@app-1-{port}.service" for port in (5040, 5041))
    pair.on("app-1", "systemctl", "mask", masked)
    pair.sh(
        "app-1",
        f"cp /etc/systemd/system/corral-pair-app@.service /run/systemd/system/{runtime}; systemctl daemon-reload; "
        "systemctl disable corral-pair-app@app-1-5042; systemctl enable --runtime corral-pair-app@app-1-5042",
    )
    told = [problem["message"] for problem in pair.status()["problems"] if problem["code"] == "lost-at-boot"]
    assert {message.partition(": ")[2] for message in told} == {
        "its unit is masked",
        "its unit is enabled until the next boot only",
        "it lies below /run, which is empty then",
    }
    kinds = [(action["kind"], action.get("unit") or action.get("path")) for action in pair.planned()]
    assert sorted(kinds) == [
        ("keep_after_boot", "app-1-5040"),
        ("keep_after_boot", "app-1-5042"),
        ("remove_file", f"/run/systemd/system/{runtime}"),
    ]
    pids = pair.pids()
    pair.apply()
    pair.assert_settled()
    assert pair.pids() == pids
    pair.on("app-1", "systemctl", "stop", masked)
    pair.on("app-1", "systemctl", "mask", masked)
    kinds = [(action["kind"], str(action["unit"])) for action in pair.planned()]
    assert [kind for kind, _ in kinds] == ["keep_after_boot", "start_unit"]
    pair.apply()
    pair.assert_settled()


def test_the_lights_go_out(board: LabCluster) -> None:
    """All seven lose their power at once, while people write."""
    with ContinuousWrites(board.url) as writes:
        until(lambda: len(writes.acknowledged), lambda count: count > 20)
        with ThreadPoolExecutor(len(board.spec["hosts"])) as pool:
            list(pool.map(board.lab.kill, board.spec["hosts"]))
    began = time.monotonic()
    with ThreadPoolExecutor(len(board.spec["hosts"])) as pool:
        list(pool.map(board.lab.start, board.spec["hosts"]))
    _back(board, "power back on seven hosts", began)
    assert lost(board.url, writes) == []
