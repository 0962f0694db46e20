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
