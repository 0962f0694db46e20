"""Processes killed while people use the cluster."""

from __future__ import annotations

import asyncio
import signal
import subprocess

import httpx
import pytest

from tests.cluster.continuous_writes import ContinuousWrites
from tests.cluster.harness import A_RUN, TestCluster, until
from tests.patience import PATIENCE
from tests.signals import send

pytestmark = pytest.mark.cluster


@pytest.fixture(autouse=True)
def healthy(small: TestCluster) -> None:
    """All processes are there: the test before may have ended one."""
    until(small.status, lambda status: status["state"] == "healthy")


@pytest.fixture(scope="module")
def url(small: TestCluster) -> str:
    return str(small.status()["proxies"][0]["url"])


async def read_while_killing(url: str, victim: int, clients: int = 20, requests: int = 40) -> list[str]:
    """What went wrong in `clients` x `requests` GETs, each client with its own cookie, the victim killed early on."""
    failures: list[str] = []
    served = asyncio.Event()

    async def client() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            for number in range(requests):
                try:
                    answer = await http.get(f"{url}/session")
                    if answer.status_code != 200:
                        failures.append(f"{answer.status_code} {answer.text[:80]}")
                except httpx.HTTPError as error:
                    failures.append(repr(error))
                if number == requests // 4:
                    served.set()

    async def kill() -> None:
        await served.wait()
        send(victim)

    await asyncio.gather(kill(), *(client() for _ in range(clients)))
    return failures


def test_a_killed_instance_costs_no_get_and_comes_back(small: TestCluster, url: str) -> None:
    before = small.pids()
    assert asyncio.run(read_while_killing(url, before["a-5040"])) == []
    after = until(small.pids, lambda pids: pids["a-5040"] not in (0, before["a-5040"]))
    assert {name for name in after if after[name] != before[name]} == {"a-5040"}
    until(small.status, lambda status: status["state"] == "healthy")


def test_a_killed_primary_loses_no_acknowledged_write(small: TestCluster, url: str) -> None:
    members = small.status()["database"]["members"]
    primary = next(member for member in members if member["state"] == "PRIMARY")
    with ContinuousWrites(url) as writes:
        until(lambda: len(writes.acknowledged), lambda count: count > 20)
        send(primary["pid"])
        killed_at = len(writes.acknowledged)
        until(lambda: len(writes.acknowledged), lambda count: count > killed_at + 20)
    until(small.status, lambda status: status["state"] == "healthy")
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        lost = [
            note
            for note, text in writes.acknowledged.items()
            if client.get(f"{url}/notes/{note}").json().get("text") != text
        ]
    print(f"gap without writes: {writes.gap:.1f} s; {len(writes.acknowledged)} acknowledged, {writes.refused} refused")
    assert lost == []


def test_a_killed_supervisor_is_replaced_by_the_next_up(small: TestCluster) -> None:
    """Its processes are orphans: they are ended, and the cluster starts anew with its data."""
    daemon = int((small.root / "supervisord.pid").read_text())
    orphans = set(small.pids().values())
    send(daemon)
    until(lambda: daemon in small.processes(), lambda alive: not alive)
    status = until(small.status, lambda status: status["state"] == "degraded")
    assert status["problems"][0]["code"] == "unwatched"
    assert {row["state"] for row in status["instances"]} == {"healthy"}
    assert set(small.pids().values()) == orphans
    assert status["database"]["writable"]
    done = small.run("up", "--detach")
    assert "processes whose supervisor is gone: a-5040, a-5041, " in done.stderr
    assert not orphans & small.processes()
    assert "0 failed" in small.run("verify").stdout


def test_verify_says_what_does_not_hold(small: TestCluster) -> None:
    """A stopped process: alive, and no use to anybody."""
    victim = small.pids()["b-5040"]
    send(victim, signal.SIGSTOP)
    try:
        done = small.run("verify", code=1)
        assert "✘ instance b-5040" in done.stdout
        assert "no answer within 10 s" in done.stdout
        status = small.status()
        assert status["state"] == "degraded"
        assert [row["name"] for row in status["instances"] if row["state"] != "healthy"] == ["b-5040"]
        assert {"instance-unhealthy"} == {problem["code"] for problem in status["problems"]}
    finally:
        send(victim, signal.SIGCONT)


def test_ctrl_c_in_the_foreground_stops_everything(small: TestCluster) -> None:
    with small.start("up", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "is healthy" in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(A_RUN) == 130
    assert small.processes() == frozenset()
    assert small.status()["state"] == "down"
