"""A new version under people who keep their connections: no request fails, no socket is cut without a word."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cluster.harness import TestCluster, until
from tests.cluster.posts import Posts
from tests.held_sockets import HeldSockets

pytestmark = pytest.mark.cluster
GROUPS = 4


def workers(cluster: TestCluster) -> set[str]:
    """nginx's processes that serve: a reload makes new ones."""
    master = (cluster.root / "hosts" / "p" / "run" / "nginx.pid").read_text().strip()
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def test_a_new_version_costs_no_request_and_no_socket_without_a_word(small: TestCluster) -> None:
    """The playground's two hosts have two instances each, so each is out once; the others' sockets go on."""
    url, before, serving = small.up()["url"], small.pids(), workers(small)
    with Posts(f"{url}/notes", 8, {"text": "x"}, pause=0.01, kept=True) as posts, HeldSockets(f"{url}/ws", 24) as held:
        small.edit('version: "1.0"', 'version: "2.0"')
        said = small.run("up", "--detach").stderr
        after = small.pids()
        count = sum(posts.answers.values())
        until(lambda: sum(posts.answers.values()), lambda now: now > count + 50)
    assert {name for name, pid in before.items() if after[name] != pid} == {
        *("a-5040", "a-5041", "b-5040", "b-5041", "a-worker-5140")
    }
    assert set(posts.answers) == {"201"}, said
    held.assert_each_was_told(at_most=GROUPS)
    assert workers(small) == serving, "no proxy was reloaded for it"
    moved = f"{dict(held.ended)} sockets moved, none more than {held.most} times, away for {held.gap:.2f} s at most"
    print(f"{posts.answers['201']} POSTs; {moved}")


def test_what_a_killed_run_left_out_is_said_and_brought_back_by_the_next(small: TestCluster) -> None:
    small.edit('version: "', 'version: "3.')
    in_use = small.root / "hosts" / "p" / "run" / "pools" / "now"
    run = small.start("up", "--detach", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until(in_use.is_file, bool, pause=0.005)
    run.kill()
    run.wait()
    status = small.status()
    assert "held-back" in {problem["code"] for problem in status["problems"]}
    assert status["state"] == "degraded"
    serving = workers(small)
    plan = json.loads(small.run("up", "--dry-run", "--format", "json").stdout)
    [proxy] = [stage for stage in plan["stages"] if stage["name"] == "proxy"]
    assert [action["kind"] for wave in proxy["waves"] for action in wave] == ["steer"]
    assert small.up()["state"] == "healthy"
    assert not in_use.is_file()
    assert workers(small) == serving
    assert small.status()["problems"] == []
