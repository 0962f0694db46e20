"""Files that change in ways that hurt: the way back is open, data are not left behind, nobody is orphaned."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cluster.harness import TINY_APP, TestCluster, until
from tests.patience import PATIENCE
from tests.signals import send

pytestmark = pytest.mark.cluster


def test_a_bad_change_that_is_taken_back_is_gone(tiny: TestCluster) -> None:
    tiny.up()
    tiny.give_up_soon()
    tiny.edit('version: "1.0"', 'version: "2.0"')
    tiny.edit("env: {}", "env: {MODE: sick}")
    tiny.run("up", "--detach", code=1)
    tiny.file.write_text(tiny.text)
    assert tiny.up()["state"] == "healthy"
    environment = b"".join(
        Path(f"/proc/{pid}/environ").read_bytes() for name, pid in tiny.pids().items() if name.startswith("a-")
    )
    assert b"MODE=sick" not in environment
    assert b"VERSION=2.0" not in environment


def test_a_renamed_database_host_does_not_leave_its_data_behind(tiny: TestCluster) -> None:
    tiny.up()
    tiny.run("down")
    tiny.edit("d: 10.0.0.4", "dd: 10.0.0.4")
    tiny.edit("members: [d]", "members: [dd]")
    said = tiny.run("up", "--detach", code=1).stderr
    assert "This cluster's data are on d, and the file has no such member" in said
    tiny.file.write_text(tiny.text)
    assert tiny.up()["state"] == "healthy"


@pytest.mark.parametrize(
    ("change", "said"),
    [("database: {replica_set: other, ", "can't be renamed"), ("database: {port: 27018, ", "another address or port")],
)
def test_what_a_replica_set_can_only_refuse_is_refused_before_anything_changes(
    tiny: TestCluster, change: str, said: str
) -> None:
    tiny.up()
    pids = tiny.pids()
    tiny.edit("database: {", change)
    assert said in tiny.run("up", "--detach", code=1).stderr
    assert tiny.pids() == pids
    tiny.file.write_text(tiny.text)
    assert not tiny.up()["changed"]


def test_a_killed_nginx_master_is_replaced_with_its_workers(tiny: TestCluster) -> None:
    url = tiny.up()["url"]
    pid_file = tiny.root / "hosts" / "p" / "run" / "nginx.pid"
    old = int(pid_file.read_text())
    send(old)
    until(lambda: pid_file.read_text().strip(), lambda text: text not in ("", str(old)))
    until(tiny.status, lambda status: status["state"] == "healthy")
    tiny.edit("hosts: [p]", "hosts: [p], max_body_size: 1M")
    assert tiny.up()["changed"], "the new file is taken in"
    answer = httpx.post(url, content=bytes(2 << 20), trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 413


def test_down_killed_while_a_process_ends_slowly(tiny: TestCluster) -> None:
    tiny.edit("env: {}", "env: {MODE: slow-stop}")
    tiny.up()
    with tiny.start("down", stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert "proxy" in process.stderr.readline()
        process.kill()
    assert tiny.up()["state"] == "healthy"


def test_children_of_a_wrapper_end_with_it(tiny: TestCluster) -> None:
    line = next(line for line in tiny.file.read_text().splitlines() if "command:" in line)
    tiny.edit(line, f"""  command: [sh, -c, '"{sys.executable}" "{TINY_APP}"; echo ended']""")
    tiny.up()
    tiny.edit('version: "1.0"', 'version: "1.1"')
    assert tiny.up()["state"] == "healthy"
    tiny.edit("instances: 2", "instances: 1")
    tiny.up()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{tiny.network}.2.1:5041/health", trust_env=False, timeout=PATIENCE)


def test_a_cluster_can_be_stopped_by_its_name_when_its_file_is_broken(tiny: TestCluster) -> None:
    tiny.up()
    tiny.edit("hosts: [p]", "hosts: [q]")
    tiny.run("down", code=2)
    tiny.run("down", "--name", tiny.name)
    assert not tiny.processes()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_without_a_byte_left_is_a_sentence(tiny: TestCluster) -> None:
    disk = tiny.directory / "state"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "corral-test", str(disk)], check=True)
    try:
        tiny.run("up", "--detach", code=1)
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/filler", "bs=4k"], check=False, capture_output=True)
        for verb in ("up", "down", "status"):
            tiny.run(verb, *(["--detach"] if verb == "up" else []), code=1)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
