"""An address that moves between two proxies: to one that serves, within seconds, and back only when it must."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.lab.harness import LabCluster
from tests.patience import PATIENCE, until

PROXIES = ("proxy-1", "proxy-2")
ADDRESS = "10.113.0.10"
MOVED = 20.0
"""Seconds until somebody else answers; it takes two to four, on a machine that has nothing else to do."""


class Watch:
    """A visitor who knocks every 20 ms, anew each time; `gap` is the longest time that nobody answered.

    `usual` is the longest before anything happened: how busy this machine is just now.
    """

    def __init__(self, url: str) -> None:
        self.url, self.gap, self.usual, self.answers = url, 0.0, 0.0, 0
        self._patience = PATIENCE
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._knock, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        until(lambda: self.answers, lambda answers: answers > 30)
        self.usual = self.gap
        self._patience = max(0.5, 10 * self.usual)
        return self

    def __exit__(self, *_: object) -> None:
        seen = self.answers
        try:
            until(lambda: self.answers, lambda answers: answers > seen + 10)
        finally:
            self._end.set()
            self._thread.join(PATIENCE)

    def _knock(self) -> None:
        last = time.monotonic()
        while not self._end.wait(0.02):
            try:
                good = httpx.get(self.url, trust_env=False, timeout=self._patience).status_code == 200
            except httpx.HTTPError:
                good = False
            if good:
                self.gap = max(self.gap, time.monotonic() - last)
                last = time.monotonic()
                self.answers += 1


def holders(pair: LabCluster) -> list[str]:
    running = [host for host in PROXIES if pair.lab.runs(host)]
    return [host for host in running if f" {ADDRESS}/" in pair.on(host, "ip", "-brief", "address")]


def holder(pair: LabCluster) -> str:
    """The one that has it: exactly one, as soon as it has settled."""
    [name] = until(lambda: holders(pair), lambda found: len(found) == 1, pause=0.2)
    return name


def other(name: str) -> str:
    return PROXIES[1 - PROXIES.index(name)]


@pytest.fixture(autouse=True)
def whole(pair: LabCluster) -> Iterator[None]:
    """Both proxies are there before and after each test."""
    pair.until_healthy()
    yield
    for host in PROXIES:
        if not pair.lab.runs(host):
            pair.lab.start(host)
        pair.on(host, "systemctl", "start", "corral-pair-nginx", "corral-pair-keepalived")
    pair.until_healthy()


def test_people_reach_the_address(pair: LabCluster) -> None:
    assert holder(pair) in PROXIES
    assert pair.url == f"http://{ADDRESS}:80"
    assert httpx.get(f"{pair.url}/health", trust_env=False, timeout=PATIENCE).text == "ok\n"
    assert pair.apply()["url"] == f"http://{ADDRESS}"
    checks = pair.report("verify")["checks"]
    assert [check["result"] for check in checks if check["name"] == "http through the virtual address"] == ["passed"]


def test_a_stopped_nginx_gives_the_address_away(pair: LabCluster) -> None:
    first = holder(pair)
    with Watch(f"{pair.url}/health") as watch:
        pair.on(first, "systemctl", "stop", "corral-pair-nginx")
        until(lambda: holders(pair), lambda found: found == [other(first)])
    print(f"nginx stopped: {watch.gap:.1f} s without an answer")
    assert watch.gap < MOVED + 20 * watch.usual
    pair.on(first, "systemctl", "start", "corral-pair-nginx")
    pair.until_healthy()
    _stays(pair, other(first))


def test_a_killed_nginx_is_back_before_the_address_moves(pair: LabCluster) -> None:
    """Its unit starts it again after a second; whether the address moves in between is a matter of that second."""
    first = holder(pair)
    with Watch(f"{pair.url}/health") as watch:
        pair.on(first, "systemctl", "kill", "--signal=KILL", "corral-pair-nginx")
        pair.until_healthy()
    print(f"nginx killed: {watch.gap:.1f} s without an answer")
    assert watch.gap < MOVED + 20 * watch.usual
    assert holder(pair) in PROXIES


def test_a_host_without_power_loses_the_address_and_does_not_take_it_back(pair: LabCluster) -> None:
    first = holder(pair)
    with Watch(f"{pair.url}/health") as watch:
        pair.lab.kill(first)
        until(lambda: holders(pair), lambda found: found == [other(first)])
    print(f"host killed: {watch.gap:.1f} s without an answer")
    assert watch.gap < MOVED + 20 * watch.usual
    status = pair.answer("status")
    assert status["state"] == "degraded"
    with Watch(f"{pair.url}/health") as watch:
        pair.lab.start(first)
        pair.until_healthy()
        _stays(pair, other(first))
    print(f"host back: {watch.gap:.1f} s without an answer")
    assert watch.gap < 1.0 + 10 * watch.usual, "nopreempt: nothing moves when it comes back"
    pair.assert_settled()


def test_a_proxy_without_keepalived_is_told_and_mended(pair: LabCluster) -> None:
    spare = other(holder(pair))
    pair.on(spare, "systemctl", "stop", "corral-pair-keepalived")
    status = pair.report("status", code=1)
    assert status["state"] == "degraded"
    assert [(problem["code"], problem["where"]) for problem in status["problems"]] == [("failover-stopped", spare)]
    assert [action["kind"] for action in pair.planned()] == ["start_unit"]
    assert pair.apply()["state"] == "healthy"
    assert "Entering BACKUP STATE" in pair.run("logs", f"keepalived.{spare}").stdout


def _stays(pair: LabCluster, name: str) -> None:
    """For as many advertisements as a preemption would take: three, one a second."""
    end = time.monotonic() + 5
    until(lambda: (holders(pair), time.monotonic()), lambda seen: seen[0] != [name] or seen[1] > end)
    assert holders(pair) == [name]
