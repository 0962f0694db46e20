"""What goes wrong before and during `up`, as its user meets it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cluster.harness import A_RUN, TestCluster, until

pytestmark = pytest.mark.cluster


def test_a_wrong_file_is_told_whole_and_nothing_starts(tiny: TestCluster) -> None:
    tiny.edit("hosts: [p]", "hosts: [q]")
    tiny.edit("instances: 2", "instances: many")
    tiny.edit("version:", "verzion:")
    said = tiny.run("up", "--detach", code=2).stderr
    assert f"{tiny.file}:3:" in said
    assert "many" in said
    assert "version" in said
    assert not tiny.root.exists()


def test_problems_come_as_json_too(tiny: TestCluster) -> None:
    tiny.edit("hosts: [p]", "hosts: [q]")
    answer = json.loads(tiny.run("up", "--detach", "--format", "json", code=2).stdout)
    assert answer["state"] == "failed"
    assert answer["problems"][0]["where"].startswith(str(tiny.file))


def test_a_taken_port_names_its_process(tiny: TestCluster) -> None:
    with (
        socket.create_server((f"{tiny.network}.2.1", 5041)),
        socket.create_server((f"{tiny.network}.4.1", 27017)),
    ):
        said = tiny.run("up", "--detach", code=1).stderr
    assert f"{tiny.network}.2.1:5041" in said
    assert f"{tiny.network}.4.1:27017" in said
    assert f"(pid {os.getpid()})" in said
    assert not tiny.processes()


def test_another_port_for_the_proxy_is_said_aloud(tiny: TestCluster) -> None:
    port = json.loads(tiny.run("show", "--format", "json").stdout)["playground"]["port"]
    with socket.create_server(("127.0.0.1", port)):
        done = tiny.run("up", "--detach", "--format", "json")
        assert f"127.0.0.1:{port} is taken by" in done.stderr
        url = json.loads(done.stdout)["url"]
        assert url == f"http://127.0.0.1:{port + 1}"
        again = tiny.run("up", "--detach", "--format", "json")
    assert json.loads(again.stdout) | {"seconds": 0} == {
        "url": url,
        "state": "healthy",
        "seconds": 0,
        "changed": False,
        "next": "",
    }


def test_a_missing_command_is_told_before_anything_starts(tiny: TestCluster) -> None:
    text = tiny.file.read_text()
    line = next(line for line in text.splitlines() if "command:" in line)
    tiny.edit(line, "  command: no-such-program --serve")
    said = tiny.run("up", "--detach", code=1).stderr
    assert "'no-such-program' was not found" in said
    assert "a-5040" in said
    assert not tiny.processes()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("die", ["no licence found, giving up", "died 3 times"]),
        ("die-late", ["no licence found, giving up", "died 3 times"]),
        ("sick", ["after {seconds} s: GET /health answered 500", "a-5041"]),
        ("deaf", ["alive, and not listening", "connection refused"]),
    ],
)
def test_an_application_that_does_not_come_up(tiny: TestCluster, mode: str, expected: list[str]) -> None:
    """The instance and the end of its log; the rest runs on, and the next `up` goes on from there."""
    seconds = 0 if mode.startswith("die") else tiny.give_up_soon()
    tiny.edit("env: {}", f"env: {{MODE: {mode}}}")
    said = tiny.run("up", "--detach", code=1).stderr
    assert "a-5040" in said
    for words in expected:
        assert words.format(seconds=seconds) in said
    status = tiny.status()
    assert status["state"] == "down"
    assert status["database"]["writable"]
    if mode == "deaf":
        [problem] = [problem for problem in status["problems"] if problem["where"] == "a-5040"]
        assert problem["code"] == "instance-unhealthy"
        log = "the last lines of the log of a-5040:\nalive, and not listening"
        assert (
            f"all 2 instances are unhealthy: GET /health: connection refused (a-5040, a-5041)\n{log}"
            in problem["message"]
        )
    database = status["database"]["members"][0]["pid"]
    tiny.edit(f"MODE: {mode}", "MODE: ''")
    assert tiny.up()["state"] == "healthy"
    assert tiny.status()["database"]["members"][0]["pid"] == database


def test_a_command_that_goes_into_the_background_is_told(tiny: TestCluster) -> None:
    """What it leaves behind answers, and nobody keeps it."""
    tiny.edit("env: {}", "env: {MODE: daemon}")
    try:
        said = tiny.run("up", "--detach", code=1).stderr
        assert "a-5040" in said
        assert "the process that was started has ended: its command has to stay in the foreground" in said
    finally:
        tiny.run("down", code=0)
    assert not tiny.processes()


def test_one_sick_instance_of_two_leaves_the_other_serving(tiny: TestCluster) -> None:
    assert tiny.up()["changed"]
    tiny.edit("env: {}", "env: {MODE: sick-one}")
    tiny.give_up_soon()
    said = tiny.run("up", "--detach", code=1).stderr
    assert "a-5041" in said
    states = {row["name"]: row["state"] for row in tiny.status()["instances"]}
    assert states["a-5040"] == "healthy"


@pytest.mark.parametrize("binary", ["nginx", "mongod"])
def test_a_missing_binary_says_where_it_was_looked_for(tiny: TestCluster, binary: str, tmp_path: Path) -> None:
    """A PATH with a broken one first: what is found there is what counts."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / binary).write_text("#!/bin/sh\necho 'libfoo.so.9: cannot open shared object file' >&2\nexit 127\n")
    (programs / binary).chmod(0o755)
    tiny.environment["PATH"] = f"{programs}:{os.environ['PATH']}"
    said = tiny.run("up", "--detach", code=1).stderr
    assert f"{programs / binary} doesn't run" in said
    assert "libfoo.so.9" in said
    assert not tiny.processes()


def test_an_old_binary_is_refused(tiny: TestCluster, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "nginx").write_text("#!/bin/sh\necho 'nginx version: nginx/1.10.3' >&2\n")
    (programs / "mongod").write_text("#!/bin/sh\necho 'db version v3.6.8'\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    tiny.environment["PATH"] = f"{programs}:{os.environ['PATH']}"
    said = tiny.run("up", "--detach", code=1).stderr
    assert "is nginx 1.10.3; Corral needs 1.19.5 or later" in said
    assert "is mongod 3.6.8; Corral needs 4.4.0 or later" in said


def test_a_state_directory_of_another_version_is_left_alone(tiny: TestCluster) -> None:
    tiny.root.mkdir(parents=True)
    facts = tiny.root / "state.json"
    facts.write_text('{"format": 99}')
    for verb in (["up", "--detach"], ["status"], ["down"]):
        assert "made by another version" in tiny.run(*verb, code=1).stderr
    assert facts.read_text() == '{"format": 99}'
    shutil.rmtree(tiny.root)


def test_other_addresses_for_existing_data_are_refused(tiny: TestCluster) -> None:
    tiny.up()
    pids = tiny.pids()
    tiny.edit(f"network: {tiny.network}.0.0/16", "network: 127.254.0.0/16")
    assert "data were made on" in tiny.run("up", "--detach", code=1).stderr
    tiny.edit("network: 127.254.0.0/16", f"network: {tiny.network}.0.0/16")
    assert tiny.pids() == pids


def test_the_second_run_at_a_time_is_told(tiny: TestCluster) -> None:
    with tiny.start("up", "--detach", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        until((tiny.root / "control" / "lock").exists, bool)
        said = tiny.run("down", code=4).stderr
        assert "`corral up` of " in said and f"(pid {first.pid})" in said
        assert first.wait(A_RUN) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_a_sentence(tiny: TestCluster, tmp_path: Path) -> None:
    disk = tmp_path / "state"
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "corral-test", str(disk)], check=True)
    try:
        said = tiny.run("up", "--detach", code=1).stderr
        assert "MB of disk left" in said
        assert not tiny.processes()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
