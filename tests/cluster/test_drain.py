"""An application that ends at once, restarted under load: nothing that was sent is lost."""

from __future__ import annotations

import subprocess
from collections import Counter

import pytest

from tests.cluster.harness import TestCluster, until
from tests.cluster.posts import Posts

pytestmark = pytest.mark.cluster


def restarted_under_load(tiny: TestCluster) -> Counter[str]:
    """By clients that keep their connections: no proxy is reloaded for it."""
    url = tiny.up()["url"]
    before = tiny.pids()
    with Posts(f"{url}/order", 8, kept=True) as posts:
        tiny.edit('version: "1.0"', 'version: "2.0"')
        tiny.run("up", "--detach")
    after = tiny.pids()
    assert all(after[name] != before[name] for name in ("a-5040", "a-5041", "a-5042"))
    assert after["d"] == before["d"]
    assert posts.answers["200"] > 8
    return posts.answers


def test_what_was_sent_is_answered(tiny: TestCluster) -> None:
    tiny.edit("instances: 2", "instances: 3\n  stop: {drain: 20s}")
    assert set(restarted_under_load(tiny)) == {"200"}
    assert not (tiny.root / "hosts" / "p" / "run" / "pools" / "now").is_file(), "nobody is left out"
    assert "nothing to change" in tiny.run("up", "--detach").stderr


def test_what_an_instance_that_left_the_file_was_sent_is_answered(tiny: TestCluster) -> None:
    tiny.edit("instances: 2", "instances: 3\n  stop: {drain: 20s}")
    url = tiny.up()["url"]
    with Posts(f"{url}/order", 8) as posts:
        tiny.edit("instances: 3", "instances: 2")
        tiny.run("up", "--detach")
    assert "a-5042" not in tiny.pids()
    assert set(posts.answers) == {"200"}


def test_what_a_host_that_left_the_file_was_sent_is_answered(tiny: TestCluster) -> None:
    tiny.edit("a: 10.0.0.2, ", "a: 10.0.0.2, b: 10.0.0.3, ")
    tiny.edit("hosts: [a]", "hosts: [a, b]\n  stop: {drain: 20s}")
    url = tiny.up()["url"]
    with Posts(f"{url}/order", 8) as posts:
        tiny.edit("b: 10.0.0.3, ", "")
        tiny.edit("hosts: [a, b]", "hosts: [a]")
        tiny.run("up", "--detach")
    assert "b-5040" not in tiny.pids()
    assert set(posts.answers) == {"200"}


def test_who_is_held_back_is_said(tiny: TestCluster) -> None:
    """As an interrupted run leaves it: the next one brings everybody back, and restarts nobody for it."""
    tiny.edit("instances: 2", "instances: 3\n  stop: {drain: 20s}")
    tiny.up()
    before = tiny.pids()
    tiny.edit('version: "1.0"', 'version: "2.0"')
    in_use = tiny.root / "hosts" / "p" / "run" / "pools" / "now"
    process = tiny.start("up", "--detach", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until(in_use.is_file, bool, pause=0.005)
    process.kill()
    process.wait()
    left = tiny.pids()
    tiny.file.write_text(tiny.text.replace("instances: 2", "instances: 3\n  stop: {drain: 20s}"))
    status = tiny.status()
    [problem] = [problem for problem in status["problems"] if problem["code"] == "held-back"]
    assert status["state"] == "degraded"
    assert problem["message"].startswith(f"{problem['where']} gets no requests from proxy p")
    tiny.run("up", "--detach")
    assert tiny.status()["state"] == "healthy"
    restarted = {name for name in before if left[name] != before[name]}
    assert {name for name, now in tiny.pids().items() if left[name] != now} <= restarted, (
        "the others had been left alone"
    )


def test_without_it_some_are_lost(tiny: TestCluster) -> None:
    """So that the test above can fail."""
    tiny.edit("instances: 2", "instances: 3")
    assert restarted_under_load(tiny)["502"] > 0
