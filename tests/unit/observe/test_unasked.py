"""Programs, mounts and hosts that hang: each has a deadline of its own, and what it would have told is unknown."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.model.command import CommandResult
from corral.model.machine import Machine, Unasked
from corral.observe import machine as observed
from corral.observe.machine_parse import machine_in
from corral.observe.question import Question, at_a_glance, question_of
from corral.rules.registry import There
from tests.unit.observe.recorded import COMPOSE, SECRETS, SYSTEMD, stdout
from tests.unit.observe.test_machine_script import BARE, ask, question
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.transport.answers import Answers, Workshop

HANGS = "exec sleep 100"
DOCKER_RUNS = "[ $1 = --version ] || printf 'Id=docker.service\\nLoadState=loaded\\nActiveState={state}\\n\\n'"


def looked(tmp_path: Path, programs: dict[str, str], asked: Question) -> Machine:
    """In a second for the first that hangs, and no more for the others together."""
    began = time.monotonic()
    machine = ask(replace(asked, patience=1), Workshop(tmp_path, {**BARE, **programs}))
    assert time.monotonic() - began < 10
    return machine


def with_docker(tmp_path: Path, docker: str, state: str = "active") -> Machine:
    programs = {"systemctl": DOCKER_RUNS.format(state=state), "docker": docker}
    return looked(tmp_path, programs, question(COMPOSE, "app-208"))


@pytest.mark.parametrize("state", ["active", "activating"])
def test_a_docker_that_hangs_is_asked_once(tmp_path: Path, state: str) -> None:
    machine = with_docker(tmp_path, HANGS, state)
    assert machine.docker.unseen == "no answer in 1 s"
    assert machine.owned.units == ()
    assert machine.system.kernel, "the rest is told"


def test_a_docker_that_hangs_once_its_containers_are_named(tmp_path: Path) -> None:
    machine = with_docker(tmp_path, "case $1 in ps) echo 43ad ;; *) exec sleep 100 ;; esac")
    assert machine.docker.unseen == "no answer in 1 s"


def test_a_docker_that_refuses_is_told_in_its_own_words(tmp_path: Path) -> None:
    machine = with_docker(tmp_path, "echo warning >&2; echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    assert machine.docker.unseen == "Cannot connect to the Docker daemon"


def test_a_docker_that_is_of_no_concern_is_a_word_aside(tmp_path: Path) -> None:
    programs = {"systemctl": DOCKER_RUNS.format(state="active"), "docker": HANGS}
    machine = looked(tmp_path, programs, question(COMPOSE, "db-216"))
    assert machine.docker.unseen == ""
    assert machine.unasked == (Unasked("docker", "no answer in 1 s"),)


@pytest.mark.parametrize("program", ["chronyc", "getent", "dpkg-query", "df", "mongod"])
def test_any_program_that_hangs(tmp_path: Path, program: str) -> None:
    asked = replace(question(COMPOSE, "app-208"), address="app.example.com", versions=("mongod",))
    machine = looked(tmp_path, {program: HANGS}, asked)
    assert machine.unasked == (Unasked(program, "no answer in 1 s"),)
    found = machine.program("mongod")
    assert found is None or found.failure is None


def test_several_that_hang_have_less_time(tmp_path: Path) -> None:
    asked = replace(question(COMPOSE, "app-208"), patience=2)
    machine = ask(asked, Workshop(tmp_path, {**BARE, "chronyc": HANGS, "df": HANGS}))
    assert machine.unasked == (Unasked("df", "no answer in 2 s"), Unasked("chronyc", "no answer in 1 s"))


def test_package_lists_that_can_not_be_read_say_nothing_of_packages() -> None:
    asked = question(SYSTEMD, "one")
    told = b"\036host\nlists\n\036packages\n\036unasked\napt-cache\tsilent\t9\n\036candidates\n\036files\n"
    assert {each.candidate for each in machine_in(asked, told, {}).packages} == {None}


@pytest.mark.parametrize("kind", ["silent\t4", "failed\tno bus"])
def test_without_systemds_answer_nothing_is_said_of_a_host(kind: str) -> None:
    asked, told = question(SYSTEMD, "one"), stdout("one")
    said = told.replace(b"\036sockets\n", f"\036unasked\nsystemctl\t{kind}\n\036sockets\n".encode())
    with pytest.raises(ValueError, match="systemctl: no "):
        machine_in(asked, said, SECRETS)


def hung(tmp_path: Path, **more: tuple[str, ...]) -> Machine:
    """/x/share doesn't answer."""
    stat = 'case "$*" in */x/share*) exec sleep 100 ;; esac\nexec /usr/bin/stat "$@"'
    asked = Question("shop", "h", "10.0.0.1", state="/nowhere", patience=1)
    return looked(tmp_path, {"stat": stat}, replace(asked, **more))  # type: ignore[arg-type]


def test_a_file_system_that_hangs_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("here\n")
    machine = hung(tmp_path, directories=("/x", "/x/share", "/x/share/files", "/"), trees=(str(tmp_path / "note"),))
    assert machine.unasked == (Unasked("/x/share", "no answer in 1 s"),)
    assert [file.content for file in machine.owned.files] == ["here\n"]


def test_corrals_own_files_on_a_file_system_that_hangs(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="/x/share/conf: no answer in 1 s"):
        hung(tmp_path, directories=("/x/share",), trees=("/x/share/conf",))


SOCKETS = """\
tcp LISTEN 0 5 10.0.0.1:80 0.0.0.0:* users:(("python3",pid=3900,fd=3))
tcp LISTEN 0 5 10.0.0.1:81 0.0.0.0:* users:(("docker-proxy",pid=3901,fd=3))
tcp LISTEN 0 5 10.0.0.1:82 0.0.0.0:* users:(("nginx",pid=3902,fd=3))
"""
CGROUPS = f"""\
/proc/3900/cgroup:0::/system.slice/docker-{"4" * 64}.scope
/proc/3901/cgroup:0::/system.slice/docker.service
/proc/3902/cgroup:0::/docker/{"5" * 64}/system.slice/nginx.service
"""


@pytest.mark.parametrize(
    ("docker", "unasked", "strangers"),
    [
        ("running\n", "", {80, 81, 82}),
        ("running\n", "docker\tsilent\t4\n", {82}),
        ("compose docker compose\n", "", {82}),
    ],
    ids=["answers", "hangs", "stopped"],
)
def test_what_is_in_a_container_is_a_strangers_only_if_docker_says_so(
    docker: str, unasked: str, strangers: set[int]
) -> None:
    cluster = cluster_of(COMPOSE)
    parts = {"values": CGROUPS, "sockets": SOCKETS, "docker": docker, "unasked": unasked, "files": ""}
    told = "".join(f"\036{name}\n{text}" for name, text in parts.items())
    host = cluster.host_by_name["app-208"]
    machine = machine_in(question_of(cluster, host), told.encode(), {})
    assert {each.port for each in There(cluster, host, machine).strangers} == strangers


def test_a_look_at_what_runs_waits_for_no_frozen_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed, "LATE", 0.2)
    told = CommandResult(0, stdout("one"), b"")
    patience = []

    class Frozen(Answers):
        async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
            patience.append("patience=4\n" in script)
            await asyncio.sleep({"one": 0.1, "two": 60}.get(host, 0))
            return await super().run(host, script, deadline)

    transport = Frozen(lambda _host, _script: told, silent=frozenset({"three"}))
    began = time.monotonic()
    looking = observed.observe_machines(transport, cluster_of(SYSTEMD), SECRETS, live=True)
    machines, problems = asyncio.run(looking)
    assert time.monotonic() - began < 10
    assert (list(machines), sorted(problems), patience) == (["one"], ["three", "two"], [True] * 3)
    assert "two gave no answer within 0.2 s after the first host did" in problems["two"].message


def test_a_glance_asks_of_no_package() -> None:
    asked = at_a_glance(question(SYSTEMD, "one"))
    assert (asked.packages, asked.versions, asked.patience) == ((), (), 4)
