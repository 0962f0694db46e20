"""Changes of the reference cluster while people use it: only what has to be touched is touched."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from subprocess import DEVNULL
from typing import Final

import httpx

from lab.artifacts import container_image
from tests.cluster.continuous_writes import ContinuousWrites
from tests.cluster.posts import Posts
from tests.held_sockets import HeldSockets
from tests.lab.footprints import changed
from tests.lab.harness import ARTIFACTS, LabCluster, until
from tests.lab.visitors import Visitors
from tests.patience import PATIENCE

APPS: Final = ("app-108", "app-208")
_NOTES: Final = "cat /var/lib/corral/board/state/images/*"
MEMBERS = {"db-216", "db-217", "db-218"}


def lost(url: str, writes: ContinuousWrites) -> list[str]:
    """Notes that were acknowledged and are not there."""
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        return [
            note
            for note, text in writes.acknowledged.items()
            if client.get(f"{url}/notes/{note}").json().get("text") != text
        ]


def test_a_rolling_restart_of_the_application_turns_nobody_away(board: LabCluster) -> None:
    """Nor does it cost a POST over a kept connection, or end a socket without a code: no proxy is reloaded for it."""
    before, reloads, url = board.pids(), _reloads(board), board.url
    posts = Posts(f"{url}/notes", 8, {"text": "x"}, pause=0.02, kept=True)
    with Visitors(f"{url}/notes") as visitors, posts, HeldSockets(f"{url}/ws", 30) as held:
        board.run("restart", "app", "--yes")
    visitors.assert_all_served()
    assert set(posts.answers) == {"201"}
    held.assert_each_was_told(at_most=5)
    assert _reloads(board) == reloads
    instances = {row["name"] for row in board.status()["instances"]}
    assert changed(before, board.pids()) == instances
    served = f"{visitors.served} GETs, {posts.answers['201']} POSTs, {dict(held.ended)} sockets moved"
    print(f"rolling restart of {len(instances)} containers: {board.runs()[0]['seconds']:.0f} s, {served}")


def test_a_rolling_restart_of_the_database_loses_no_write(board: LabCluster) -> None:
    before = board.pids()
    [primary] = [row["host"] for row in board.status()["database"]["members"] if row["state"] == "PRIMARY"]
    with Visitors(f"{board.url}/health") as visitors, ContinuousWrites(board.url) as writes:
        until(lambda: len(writes.acknowledged), lambda count: count > 20)
        said = board.run("restart", "database", "--yes").stdout
        restarts = [line for line in said.splitlines() if line.startswith("    restart mongod.")]
        assert restarts[-1] == f"    restart mongod.{primary} (asked for; it is the primary, so another one is elected)"
        assert len(restarts) == 3
        count = len(writes.acknowledged)
        until(lambda: len(writes.acknowledged), lambda now: now > count + 20)
    assert changed(before, board.pids()) == MEMBERS
    assert lost(board.url, writes) == []
    visitors.assert_all_served()
    print(f"without writes: {writes.gap:.1f} s; {len(writes.acknowledged)} acknowledged, {writes.refused} refused")


def test_a_new_variable_restarts_the_instances_in_batches(board: LabCluster) -> None:
    before = board.pids()
    board.change(app={"env": {"GREETING": 'It\'s $5 for "you", 100%'}})
    plan = board.planned()
    starts = [action for action in plan if action["kind"] == "start_unit"]
    assert {action["kind"] for action in plan} == {"write_file", "start_unit", "steer"}
    assert [action["kind"] for action in plan].count("steer") == 6, "five groups, and all of them again"
    assert len(starts) == 11
    waves = {(action["stage"], action["wave"]): 0 for action in starts}
    for action in starts:
        waves[action["stage"], action["wave"]] += 1
    assert max(waves.values()) == 2, "one in five of ten"
    with Visitors(f"{board.url}/notes") as visitors:
        board.apply()
    visitors.assert_all_served()
    assert changed(before, board.pids()) == {action["unit"]["name"] for action in starts}
    seen = board.on("app-108", "docker", "exec", "corral-board-app-108-5040", "printenv", "GREETING")
    assert seen == 'It\'s $5 for "you", 100%'


def test_another_image_under_the_same_name_restarts_the_instances_in_batches(board: LabCluster, tmp_path: Path) -> None:
    """A run that is stopped once it is loaded is finished by the next one."""
    archive = container_image.make(tmp_path, ARTIFACTS / "noticeboard.tar", ["ENV EDITION=second"])
    with tarfile.open(archive) as tar:
        [saved] = json.load(tar.extractfile("manifest.json") or io.BytesIO())
    image = Path(saved["Config"]).stem
    before = board.pids()
    board.change(app={"image_archive": str(archive)})
    plan = board.planned()
    assert {action["kind"] for action in plan} == {"load_image", "start_unit", "steer"}
    assert [action["image"]["host"] for action in plan if action["kind"] == "load_image"] == [*APPS]
    starts = {action["unit"]["name"]: action["why"] for action in plan if action["kind"] == "start_unit"}
    assert len(starts) == 11
    assert set(starts.values()) == {"its image changed"}
    with Visitors(f"{board.url}/notes") as visitors:
        run = board.start("apply", "--yes", stdout=DEVNULL, stderr=DEVNULL)
        until(lambda: [board.sh(host, _NOTES) for host in APPS], lambda told: all(image in each for each in told), 120)
        run.terminate()
        assert run.wait(120) == 130
        left = {action["unit"]["name"]: action for action in board.planned() if action["kind"] == "start_unit"}
        assert left.keys() <= starts.keys()
        assert {action["why"] for action in left.values()} == {"its image changed"}
        assert not [action for action in board.planned() if action["kind"] == "load_image"]
        board.apply()
    visitors.assert_all_served()
    assert changed(before, board.pids()) == starts.keys()
    for host in APPS:
        names = board.on(host, "docker", "ps", "--format", "{{.Names}}").split()
        assert len(names) >= 5
        assert {board.on(host, "docker", "exec", name, "printenv", "EDITION") for name in names} == {"second"}
    board.assert_settled()


def test_a_setting_of_nginx_costs_one_reload(board: LabCluster) -> None:
    before, reloads = board.pids(), _reloads(board)
    board.change(proxy={"max_body_size": "2M"})
    plan = board.planned()
    assert [action["kind"] for action in plan] == ["write_file", "reload_unit"]
    with Visitors(f"{board.url}/notes") as visitors, HeldSockets(f"{board.url}/ws", 30) as held:
        board.apply()
    visitors.assert_all_served(at_least=1)
    assert (held.ended, held.refused) == ({}, {}), "an old worker goes on with them"
    assert changed(before, board.pids()) == set()
    answer = httpx.post(f"{board.url}/notes", content=bytes(3 << 20), trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 413
    assert _reloads(board) == reloads + 1


def _reloads(board: LabCluster) -> int:
    said = board.on("proxy-100", "journalctl", "--unit=corral-board-nginx.service", "--output=cat")
    return sum(line.startswith("Reloaded ") for line in said.splitlines())


def test_an_instance_more_on_each_host_and_one_less(board: LabCluster) -> None:
    before = board.pids()
    board.change(app={"instances": 6})
    assert [action["unit"]["name"] for action in board.planned() if action["kind"] == "start_unit"] == [
        "app-108-5045",
        "app-208-5045",
    ]
    with Visitors(f"{board.url}/notes") as visitors, HeldSockets(f"{board.url}/ws", 30) as held:
        board.apply()
        more = board.pids()
        assert changed(before, more) == {"app-108-5045", "app-208-5045"}
        board.change(app={"instances": 5})
        board.apply()
    visitors.assert_all_served()
    assert set(held.ended) <= {1012}, held.ended
    assert not held.refused, "and nobody was ended but by an instance that went"
    assert board.pids() == before
    assert "5045" not in board.on("app-108", "docker", "ps", "--all", "--format", "{{.Names}}")
    board.assert_settled()


def test_a_member_is_replaced_by_another_host_and_comes_back(board: LabCluster) -> None:
    """Its old data are still there when it comes back: MongoDB brings them up to date. No instance restarts for it: two
    of the members that they know are left, by which they find the third."""
    before, instances = board.pids(), {row["name"] for row in board.status()["instances"]}
    members = board.spec["database"]["members"]
    with ContinuousWrites(board.url) as writes:
        board.write({**board.spec, "database": {**board.spec["database"], "members": _with(members, "time-123")}})
        board.apply()
        assert not instances & changed(before, board.pids())
        [told] = [each for each in board.report("status")["problems"] if each["code"] == "former-members"]
        assert told["message"].startswith(f"all {len(instances)} instances know the database's members of before: ")
        board.write({**board.spec, "database": {**board.spec["database"], "members": members}})
        board.apply()
    assert lost(board.url, writes) == []
    rows = {row["host"]: row for row in board.report("status")["database"]["members"]}
    assert {host: row["votes"] for host, row in rows.items()} == dict.fromkeys(MEMBERS, 1)
    assert ({"db-216", "db-217"} | instances) & changed(before, board.pids()) == set(), "those that stay go on"
    assert board.on("time-123", "systemctl", "list-units", "--all", "--no-legend", "corral-*mongod*") == ""
    board.assert_settled()


def _with(members: dict[str, object], host: str) -> dict[str, object]:
    return {"db-216": members["db-216"], "db-217": members["db-217"], host: {}}
