"""The script itself: its grammar, and what it tells of this very machine."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from corral.model.ends import SILENT, ended
from corral.model.machine import Machine, Program
from corral.model.resources import Directory, FileRecord
from corral.observe import machine as observed
from corral.observe import machine_script
from corral.observe.files import record_path
from corral.observe.machine_script import script_of
from corral.observe.question import Question, question_of
from corral.secrets import Secret
from corral.shell import ShellFile
from corral.transport import apt_locks
from corral.transport.local import LocalTransport
from tests.unit.observe.recorded import COMPOSE, SYSTEMD
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.transport.answers import Workshop


def question(text: str, host: str) -> Question:
    cluster = cluster_of(text)
    return question_of(cluster, cluster.host_by_name[host])


QUESTIONS = [question(COMPOSE, "app-208"), question(SYSTEMD, "two"), Question("c", "h", "10.0.0.1")]


@pytest.mark.parametrize("shell", [["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"], ["ksh"]], ids="".join)
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.host)
def test_its_grammar(shell: list[str], asked: Question) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]}")
    done = subprocess.run([*shell, "-n"], input=script_of(asked).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def owner() -> str:
    return "" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def ask(asked: Question, transport: LocalTransport | None = None, secrets: dict[str, Secret] | None = None) -> Machine:
    return asyncio.run(observed.ask(transport or LocalTransport(), asked, secrets or {}))


def test_what_this_machine_is() -> None:
    machine = ask(question(SYSTEMD, "one"))
    assert machine.system.root is (os.geteuid() == 0)
    assert machine.system.cores == len(os.sched_getaffinity(0))
    assert machine.system.kernel == os.uname().release
    assert machine.system.architecture == os.uname().machine
    assert machine.system.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert machine.system.tar
    assert machine.system.lacks == ()
    assert machine.system.network == Path("/proc/self/ns/net").readlink().name
    assert machine.is_also(ask(question(SYSTEMD, "two")))
    assert machine.memory.total
    assert machine.memory.available
    assert machine.memory.total >= machine.memory.available
    disk = machine.disk("/var/lib/corral/obs/mongod")
    assert disk is not None, "of a directory that isn't there the file system above it counts"
    assert disk.free > 0


def test_programs_that_are_missing_are_told(tmp_path: Path) -> None:
    asked = replace(question(SYSTEMD, "one"), sections=("host", "files"))
    script = f"PATH={tmp_path}\n{script_of(asked)}"
    said = asyncio.run(LocalTransport().run("one", script)).text
    assert [line.removeprefix("lacks ") for line in said.splitlines() if line.startswith("lacks ")] == [
        *("base64", "find", "flock", "grep", "sed", "setpriv", "sha256sum", "sync", "timeout")
    ]


NAMES = ["plain", "with blank", "quote'd", 'double"d', "$HOME", "*", "-n", "umlaut-ü"]


def test_files_and_directories_whatever_they_are_called(tmp_path: Path) -> None:
    config, state = tmp_path / "conf", tmp_path / "st ate"
    for name in NAMES:
        (config / name).mkdir(parents=True)
        (config / name / "file").write_text(f"password=correct-horse-{name}\n")
        (config / name / "file").chmod(0o640)
    (state / "revisions").mkdir(parents=True)
    (state / "marks").mkdir()
    (state / "marks" / "hosts.json").write_text("known\n")
    asked = Question(
        "shop",
        "h",
        "10.0.0.1",
        trees=(str(config), str(state / "marks"), str(tmp_path / "not there")),
        directories=(*(str(config / name) for name in NAMES), str(tmp_path / "not there")),
        parents=(str(state),),
        disks=(str(config / NAMES[1]), str(tmp_path / "not" / "there")),
        state=str(state),
    )
    owned = ask(asked, secrets={"key": Secret("correct-horse-plain")}).owned
    assert sorted(file.path for file in owned.files) == sorted(str(config / name / "file") for name in NAMES)
    contents = {file.path: file for file in owned.files}
    assert contents[str(config / "plain" / "file")].content == "password=${secret:key}\n"
    assert contents[str(config / "*" / "file")].content == "password=correct-horse-*\n"
    assert {(file.mode, file.owner) for file in owned.files} == {(0o640, owner())}
    assert owned.marks == ("known\n",)
    wanted = {str(config / name) for name in NAMES} | {str(state / "revisions"), str(state / "marks")}
    assert {directory.path for directory in owned.directories} == wanted


def test_what_corral_wrote_down_of_its_files(tmp_path: Path) -> None:
    state = tmp_path / "state"
    note = Path(record_path(str(state), "/etc/corral/shop/nginx.conf"))
    note.parent.mkdir(parents=True)
    note.write_text("pending abc /etc/corral/shop/nginx.conf\n")
    owned = ask(Question("shop", "h", "10.0.0.1", trees=(str(state / "files"),), state=str(state))).owned
    assert owned.records == (FileRecord("h", "/etc/corral/shop/nginx.conf", "abc", pending=True),)
    assert owned.files == ()


def test_a_directory_behind_a_link_is_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o750)
    (tmp_path / "link").symlink_to(tmp_path / "there")
    (tmp_path / "file").touch()
    asked = Question("shop", "h", "10.0.0.1", directories=(str(tmp_path / "link"), str(tmp_path / "file")))
    assert ask(asked).owned.directories == (Directory("h", str(tmp_path / "link"), 0o750, owner=owner()),)


@pytest.mark.skipif(os.geteuid() != 0, reason="root's files")
def test_whether_root_owns_what_a_program_has_to_write(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    for place in (data, other):
        place.mkdir()
        (place / "WiredTiger.wt").touch()
    os.chown(other / "WiredTiger.wt", 7, -1)
    vital = tuple(str(place / name) for place in (data, other) for name in ("WiredTiger.wt", "not there"))
    asked = Question("shop", "h", "10.0.0.1", directories=(str(data), str(other)), vital=vital)
    found = {Path(each.path).name: each.foreign for each in ask(asked).owned.directories}
    assert found == {"data": True, "other": False}


BARE = dict.fromkeys(("systemctl", "ss", "ip", "chronyc", "docker", "apt-cache", "dnf", "getent", "rpm"), "exit 127")


def test_a_host_on_which_every_program_fails_is_told_all_the_same(tmp_path: Path) -> None:
    asked = replace(question(COMPOSE, "app-208"), address="app.example.com")
    machine = ask(asked, Workshop(tmp_path, {**BARE, "dpkg-query": "exit 127", "df": "exit 1", "stat": "exit 1"}))
    assert machine.system.kernel == os.uname().release
    assert machine.system.systemd == 0
    assert not any((machine.listeners, machine.services, machine.disks, machine.owned.units, machine.owned.directories))


DOCKER = r"""
case $1 in
ps) printf '43ad\n99ff\n' ;;
inspect)
    shift
    printf '%s\n' "$*" >>"$0.asked"
    case $* in *gone*) exit 1 ;; esac
    printf '43ad\tcorral-obs\tapp-208-5040\t/corral-obs-app-208-5040\t{}\n'
    ;;
esac
"""


def docker(root: Path, state: str) -> Workshop:
    systemctl = f"[ $1 = --version ] || printf 'Id=docker.service\\nLoadState=loaded\\nActiveState={state}\\n\\n'"
    return Workshop(root, {**BARE, "systemctl": systemctl, "docker": DOCKER})


def test_docker_is_asked_for_what_its_directory_names(tmp_path: Path) -> None:
    for name in ("43ad", "99ff"):
        (tmp_path / "containers" / name).mkdir(parents=True)
    up = docker(tmp_path, "active")
    assert ask(replace(question(COMPOSE, "app-208"), docker_root=str(tmp_path)), up).docker.running
    assert [call.split()[1] for call in up.calls if call.startswith("docker")] == ["inspect"]
    assert (tmp_path / "bin" / "docker.asked").read_text().endswith(" 43ad 99ff obs-tiny:1\n")


@pytest.mark.parametrize("containers", [(), ("43ad", "gone")], ids=["elsewhere", "left behind"])
def test_docker_is_asked_what_there_is_where_its_directory_misleads(
    tmp_path: Path, containers: tuple[str, ...]
) -> None:
    for name in containers:
        (tmp_path / "containers" / name).mkdir(parents=True)
    up = docker(tmp_path, "active")
    ask(replace(question(COMPOSE, "app-208"), docker_root=str(tmp_path)), up)
    assert (tmp_path / "bin" / "docker.asked").read_text().endswith(" 43ad 99ff obs-tiny:1\n")
    assert "docker ps -aq --no-trunc" in up.calls


def test_a_docker_that_does_not_run_is_not_asked(tmp_path: Path) -> None:
    down = docker(tmp_path, "inactive")
    assert not ask(question(COMPOSE, "app-208"), down).docker.running
    assert not [call for call in down.calls if call.startswith("docker")], "a question may start docker, by its socket"


def test_what_could_be_installed_is_asked_only_where_it_is_missing(tmp_path: Path) -> None:
    installed = r"printf 'nginx\tii \t1.22.1-9\nchrony\trc \t4.3-2\nlogrotate\thi \t3.21\n'"
    asked = question(SYSTEMD, "one")
    (tmp_path / "some").mkdir()
    some = Workshop(tmp_path / "some", {**BARE, "dpkg-query": installed})
    machine = ask(asked, some)
    policies = [call for call in some.calls if call.startswith("apt-cache")]
    if any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        assert policies == ["apt-cache policy mongodb-org-server mongodb-org chrony"]
    assert machine.package("nginx").installed == "1.22.1-9"
    assert machine.package("logrotate").installed == "3.21"
    assert machine.package("chrony").installed == ""
    (tmp_path / "all").mkdir()
    whole = installed.replace("rc ", "ii ") + r"; printf 'mongodb-org\tii \t7.0.14\n'"
    everything = Workshop(tmp_path / "all", {**BARE, "dpkg-query": whole})
    assert ask(asked, everything).package("mongodb-org").installed == "7.0.14"
    assert not [call for call in everything.calls if call.startswith("apt-cache")]


def test_who_holds_a_lock_of_apts_is_asked_where_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lists-lock"
    script = apt_locks.SHELL.text.replace("/var/lib/apt/lists/lock", str(lock))
    (tmp_path / "apt_locks.sh").write_text(script)
    monkeypatch.setattr(apt_locks, "SHELL", ShellFile(tmp_path / "apt_locks.sh"))
    machine_script._machine_sh.cache_clear()
    with lock.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        machine = ask(question(SYSTEMD, "one"), Workshop(tmp_path, {**BARE, "apt-get": "exit 0"}))
    machine_script._machine_sh.cache_clear()
    assert machine.apt_lock == (str(lock), f"{Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})")


def test_programs_that_the_user_sees_to_are_asked_for_their_version(tmp_path: Path) -> None:
    programs = {"nginx": "echo 'nginx version: nginx/1.29.7' >&2", "mongod": "echo 'db version v8.0.4'; echo more"}
    workshop = Workshop(tmp_path, {**BARE, **programs})
    machine = ask(replace(question(SYSTEMD, "one"), versions=("nginx", "mongod")), workshop)
    for name, version in (("nginx", (1, 29, 7)), ("mongod", (8, 0, 4))):
        program = machine.program(name)
        assert program is not None
        assert (program.path, program.version) == (str(tmp_path / "bin" / name), version)


@pytest.mark.parametrize(
    ("nginx", "expected"),
    [
        (
            "echo 'Angie version: Angie/1.8.1' >&2; [ $1 = -v ] || echo 'nginx version: nginx/1.27.3' >&2",
            Program("nginx", "", (1, 27, 3), product="Angie 1.8.1"),
        ),
        ("echo 'Tengine version: Tengine/3.1.0'; echo 'nginx version: nginx/1.24.0'",
         Program("nginx", "", (1, 24, 0), product="Tengine 3.1.0")),
        ("kill -SEGV $$", Program("nginx", "", failure=f"it {ended(139, also=SILENT)}")),
        ("echo broken >&2; exit 4", Program("nginx", "", failure="broken")),
    ],
)  # fmt: skip
def test_what_a_program_is_that_the_user_sees_to(tmp_path: Path, nginx: str, expected: Program) -> None:
    workshop = Workshop(tmp_path, {**BARE, "nginx": nginx})
    machine = ask(replace(question(SYSTEMD, "one"), versions=("nginx",)), workshop)
    assert machine.program("nginx") == replace(expected, path=str(tmp_path / "bin" / "nginx"))


def test_a_mongod_that_the_processor_ends(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, {**BARE, "mongod": "kill -ILL $$"})
    found = ask(replace(question(SYSTEMD, "one"), versions=("mongod",)), workshop).program("mongod")
    assert found
    assert found.failure
    assert "AVX" in found.failure


@pytest.mark.parametrize(("docker", "podman"), [('exec podman "$@"', True), ("exit 0", False)])
def test_another_program_of_dockers_name_is_seen(tmp_path: Path, docker: str, podman: bool) -> None:
    workshop = Workshop(tmp_path, {**BARE, "docker": docker})
    assert ask(question(COMPOSE, "app-208"), workshop).docker.podman is podman
