"""docker compose's services as units: what docker 20.10 told on a Debian 12 host, and the scripts with a docker of the
test's own. That it is so on real hosts is tests/lab's to prove."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from corral.errors import ChangeFailed
from corral.model.at_boot import AtBoot
from corral.model.cluster import Cluster
from corral.model.command import CommandResult
from corral.model.ends import ended
from corral.model.identity import read_back
from corral.secrets import Secret
from corral.transport.local import LocalTransport
from corral.units.compose import GATHER, SHELL, ComposeUnits, container_log_script
from corral.units.docker_inspect import found_containers
from tests.patience import holds_soon
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.transport.answers import Answers, Workshop, saying

FILE = """\
name: shop
hosts: {one: 10.0.0.1, two: 10.0.0.2}
proxy: {hosts: [one]}
app: {image: "shop:1.2", runtime: compose, hosts: [one, two], instances: 2, stop: {timeout: 7s}}
database: {members: [one]}
"""

STATE = {
    "Dead": False,
    "Error": "",
    "ExitCode": 0,
    "FinishedAt": "0001-01-01T00:00:00Z",
    "OOMKilled": False,
    "Paused": False,
    "Pid": 738,
    "Restarting": False,
    "Running": True,
    "StartedAt": "2026-11-24T19:48:50.851603212Z",
    "Status": "running",
}
AT = 1795549730.85
"""When it was started."""
ID = "43ad22a46a189985cc2c4c989f089184c69f3b5331ee9493c664e4ef8b36e8ba"


def cluster() -> Cluster:
    return cluster_of(FILE)


def row(restarts: int = 0, identity: str = ID, **changes: Any) -> str:
    """A line of `docker inspect` in Corral's format."""
    return f"{identity}\t{json.dumps({**STATE, **changes})}\t{restarts}\tnull"


@pytest.mark.parametrize(
    ("changes", "restarts", "state", "detail"),
    [
        ({}, 0, "running", ""),
        ({"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}, 0, "stopped", "it was created but never started"),
        ({"Status": "paused", "Paused": True}, 0, "unknown", "it is paused"),
        ({"Status": "removing"}, 0, "stopping", ""),
        (
            {"Status": "restarting", "Pid": 0, "ExitCode": 3},
            15,
            "failed",
            "it ended with exit status 3, and was restarted 15 times",
        ),
        ({"Status": "restarting", "ExitCode": 1}, 1, "failed", "it ended with exit status 1, and was restarted 1 time"),
        ({"Status": "exited", "ExitCode": 1}, 0, "failed", "it ended with exit status 1"),
        ({"Status": "exited", "ExitCode": 0}, 0, "stopped", "it ended with exit status 0"),
        (
            {"Status": "exited", "ExitCode": 143},
            0,
            "stopped",
            "it was ended by SIGTERM (exit status 143): it was asked to end",
        ),
        (
            {"Status": "restarting", "ExitCode": 137},
            2,
            "failed",
            f"it {ended(137, also=', and was restarted 2 times')}",
        ),
        ({"Status": "exited", "ExitCode": 127}, 0, "failed", f"it {ended(127)}"),
        (
            {"Status": "exited", "ExitCode": 0, "OOMKilled": True},
            0,
            "failed",
            "the kernel killed it since memory was short",
        ),
        ({"Status": "dead", "Error": "no such device"}, 0, "failed", "no such device"),
        ({"Status": "new word"}, 0, "unknown", "it ended with exit status 0"),
    ],
)
def test_states(changes: dict[str, Any], restarts: int, state: str, detail: str) -> None:
    [unit] = found_containers("one", {ID: "one-5001"}, [row(restarts, **changes)], AT + 60)
    assert (unit.state, unit.detail) == (state, detail)


def test_a_container_with_its_process() -> None:
    [unit] = found_containers("one", {ID: "one-5001"}, [row()], AT + 60)
    assert (unit.host, unit.name, unit.pid, unit.started) == ("one", "one-5001", 738, "1795549730")


@pytest.mark.parametrize(("age", "state"), [(0.5, "starting"), (1.01, "running")])
def test_a_process_that_may_die_at_once_does_not_run_yet(age: float, state: str) -> None:
    [unit] = found_containers("one", {ID: "one-5001"}, [row(4)], AT + age)
    assert unit.state == state


def test_only_the_projects_containers_count_and_of_two_of_a_service_the_newest() -> None:
    lines = [
        row(identity="old", Status="exited", ExitCode=1, StartedAt="2026-11-24T19:00:00Z"),
        row(identity="new"),
        row(identity="stranger"),
        'sha256:78d4\tnull\tnull\t["shop:1.2"]',
        "a line of something else",
    ]
    [unit] = found_containers("one", {"old": "one-5001", "new": "one-5001"}, lines, AT + 60)
    assert unit.state == "running"
    [unit] = found_containers("one", {"old": "one-5001", "new": "one-5001"}, lines[1::-1], AT + 60)
    assert unit.state == "running"


def listing(host: str, _script: str) -> CommandResult:
    text = f"hello\nclock {AT + 60}\n{ID}\t{host}-5001\n{row()}\n"
    return CommandResult(0, text.encode(), b"")


def test_list_asks_each_host_once_and_leaves_out_those_that_are_silent() -> None:
    transport = Answers(listing, silent=frozenset({"two"}))
    units = asyncio.run(ComposeUnits(transport, cluster()).list())
    assert [(unit.host, unit.name, unit.state) for unit in units] == [("one", "one-5001", "running")]
    assert sorted(host for host, _ in transport.asked) == ["one", "two"]


@pytest.mark.parametrize("text", ["", f"clock {AT}\n"])
def test_a_host_without_docker_or_containers_has_none(text: str) -> None:
    units = ComposeUnits(Answers(saying(text, code=1, error="Cannot connect to the Docker daemon")), cluster())
    assert asyncio.run(units.list()) == ()
    assert asyncio.run(units.find(read_back("one", "one-5001"))) is None


def test_find_asks_by_the_containers_name() -> None:
    transport = Answers(saying(f"clock {AT + 60}\n{row()}\n"))
    found = asyncio.run(ComposeUnits(transport, cluster()).find(read_back("one", "one-5001")))
    assert found is not None
    assert (found.name, found.pid) == ("one-5001", 738)
    assert " corral-shop-one-5001\n" in transport.asked[0][1]


def starts(transport: Answers) -> list[tuple[str, str]]:
    """Host and names of each compose command."""
    return [
        (host, script.rstrip().rpartition(" /etc/corral/shop/compose.yaml corral-shop ")[2])
        for host, script in transport.asked
    ]


def test_starts_of_one_moment_travel_in_one_command_for_each_host() -> None:
    transport = Answers(saying(""))

    async def scenario() -> None:
        units = ComposeUnits(transport, cluster())
        await asyncio.gather(
            units.start(read_back("one", "one-5001")),
            units.start(read_back("two", "two-5001")),
            units.start(read_back("one", "one-5002")),
        )
        await units.start(read_back("one", "one-5001"))

    asyncio.run(scenario())
    assert starts(transport) == [("one", "one-5001 one-5002"), ("two", "two-5001"), ("one", "one-5001")]
    assert "\nstart_services 7 /etc/corral/shop/compose.yaml corral-shop " in transport.asked[0][1]


def test_starts_that_come_while_a_command_runs_wait_for_it_and_go_together() -> None:
    running = most = 0
    others_have_come = asyncio.Event()

    class Slow(Answers):
        async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
            nonlocal running, most
            running += 1
            most = max(most, running)
            done = await super().run(host, script, deadline)
            await others_have_come.wait()
            running -= 1
            return done

    transport = Slow(saying(""))

    async def scenario() -> None:
        units = ComposeUnits(transport, cluster())
        starting = [asyncio.create_task(units.start(read_back("one", "a")))]
        await holds_soon(lambda: running)
        for name in "bc":
            starting.append(asyncio.create_task(units.start(read_back("one", name))))
            await asyncio.sleep(3 * GATHER)  # longer than those of one moment are gathered for
        others_have_come.set()
        await asyncio.gather(*starting)

    asyncio.run(scenario())
    assert starts(transport) == [("one", "a"), ("one", "b c")]
    assert most == 1, "two compose commands ran on one project at the same time"


def test_stops_of_one_moment_travel_in_one_command(tmp_path: Path) -> None:
    transport = Workshop(tmp_path, {"docker": 'case "$*" in *-500[12]) echo "id-${6##*-}" ;; esac'})

    async def scenario() -> None:
        units = ComposeUnits(transport, cluster())
        await asyncio.gather(*(units.stop(read_back("one", name)) for name in ("one-5001", "one-5002", "one-gone")))

    asyncio.run(scenario())
    assert transport.calls[-2:] == ["docker stop -t 7 id-5001 id-5002", "docker rm -f id-5001 id-5002"]


def test_a_run_that_is_broken_off_leaves_no_command_behind() -> None:
    """Neither one that goes on, nor one that begins later."""
    ended = []

    class Endless(Answers):
        async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
            try:
                return await super().run(host, script, deadline)
            finally:
                ended.append(host)

    transport = Endless(saying(""), seconds=3600)

    async def scenario() -> None:
        units = ComposeUnits(transport, cluster())
        first = [asyncio.create_task(units.start(read_back("one", name))) for name in ("a", "b")]
        await holds_soon(lambda: transport.asked)
        second = asyncio.create_task(units.start(read_back("one", "c")))
        await asyncio.sleep(0)
        for task in (*first, second):
            task.cancel()
        await asyncio.gather(*first, second, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())
    assert starts(transport) == [("one", "a b")]
    assert ended == ["one"]


def test_a_start_that_fails_is_told_once_and_without_secrets() -> None:
    said = (
        "Recreating corral-shop-one-5001 ... error\n"
        "ERROR: for corral-shop-one-5001  Cannot start service one-5001: port is taken by hunter2-of-the-sea\n"
        "ERROR: for one-5001  Cannot start service one-5001: port is taken by hunter2-of-the-sea\n"
        "Encountered errors while bringing up the project.\n"
    )
    units = ComposeUnits(Answers(saying("", 1, said)), cluster(), {"admin": Secret("hunter2-of-the-sea")})

    async def scenario() -> list[object]:
        both = (units.start(read_back("one", "one-5001")), units.start(read_back("one", "one-5002")))
        return list(await asyncio.gather(*both, return_exceptions=True))

    first, second = asyncio.run(scenario())
    assert isinstance(first, ChangeFailed)
    assert isinstance(second, ChangeFailed)
    assert first.problems[0].message == (
        "one: docker compose can't start one-5001: "
        "ERROR: for one-5001  Cannot start service one-5001: port is taken by ${secret:admin}"
    )
    assert second.problems[0].message.startswith("one: one-5002 was to start in the same docker command")
    assert "hunter2" not in str(first) + str(second)


def test_nothing_in_a_container_reloads() -> None:
    with pytest.raises(ChangeFailed, match="can't reload"):
        asyncio.run(ComposeUnits(Answers(saying("")), cluster()).reload(read_back("one", "one-5001")))


def at(root: Path) -> Cluster:
    """The cluster, with its configuration below `root`."""
    made = cluster()
    hosts = tuple(replace(h, layout=replace(h.layout, config=PurePosixPath(root))) for h in made.hosts)
    return replace(made, hosts=hosts)


DOCKER = f"""\
case $1 in
ps) printf '{ID}\\tone-5001\\n' ;;
inspect) printf '%s\\n' '{row()}' ;;
esac
"""


def test_the_scripts_with_a_docker(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").touch()
    transport = Workshop(tmp_path, {"docker": DOCKER})
    units = ComposeUnits(transport, at(tmp_path))
    assert [unit.name for unit in asyncio.run(units.list())] == ["one-5001"] * 2  # both hosts are this machine
    found = asyncio.run(units.find(read_back("one", "one-5001")))
    assert found is not None
    assert found.name == "one-5001"
    asyncio.run(units.stop(read_back("one", "one-5001")))
    label = "label=com.docker.compose"
    assert transport.calls[-3:] == [
        f"docker ps -aq --filter {label}.project=corral-shop --filter {label}.service=one-5001",
        f"docker stop -t 7 {ID} one-5001",
        f"docker rm -f {ID} one-5001",
    ]


def test_where_corral_wrote_no_compose_file_docker_is_not_asked(tmp_path: Path) -> None:
    transport = Workshop(tmp_path, {"docker": DOCKER})
    units = ComposeUnits(transport, at(tmp_path))
    assert asyncio.run(units.list()) == ()
    assert asyncio.run(units.find(read_back("one", "one-5001"))) is None
    assert transport.calls == []


def test_stopping_what_is_gone_is_no_failure_and_a_silent_docker_is_one(tmp_path: Path) -> None:
    gone = Workshop(tmp_path, {"docker": "exit 0"})
    asyncio.run(ComposeUnits(gone, cluster()).stop(read_back("one", "one-5001")))
    assert len(gone.calls) == 1
    (tmp_path / "down").mkdir()
    down = Workshop(tmp_path / "down", {"docker": "echo 'Cannot connect to the Docker daemon' >&2; exit 1"})
    with pytest.raises(ChangeFailed, match="Cannot connect"):
        asyncio.run(ComposeUnits(down, cluster()).stop(read_back("one", "one-5001")))


def test_how_compose_is_called_is_found_on_the_host(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = SHELL.before(f'HOME={home}\nfind_compose\necho "[$compose]"\n')
    older = Workshop(tmp_path, {"docker-compose": "exit 9"})
    assert asyncio.run(older.run("one", told)).text == "[docker-compose]\n"
    plugin = home / ".docker" / "cli-plugins" / "docker-compose"
    plugin.parent.mkdir(parents=True)
    plugin.touch(0o755)
    assert asyncio.run(older.run("one", told)).text == "[docker compose]\n"
    assert older.calls == [], "finding it must not run it"


def test_a_start_by_compose(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").touch()
    transport = Workshop(tmp_path, {"docker": "", "docker-compose": ""})
    asyncio.run(ComposeUnits(transport, at(tmp_path)).start(read_back("one", "one-5001")))
    (told,) = transport.calls
    program, _, words = told.partition(" -p ")
    assert program in ("docker compose", "docker-compose")  # whichever of them this machine has
    assert words == f"corral-shop -f {tmp_path}/compose.yaml up -d --no-deps --force-recreate -t 7 one-5001"


def test_without_compose_a_start_says_so(tmp_path: Path) -> None:
    class Bare(LocalTransport):
        async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
            return await super().run(host, f"HOME={tmp_path} PATH={tmp_path}\n{script}", deadline)

    with pytest.raises(ChangeFailed, match="docker compose is not installed"):
        asyncio.run(ComposeUnits(Bare(), at(tmp_path)).start(read_back("one", "one-5001")))


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ('{"Name":"unless-stopped","MaximumRetryCount":0}', "unless-stopped"),
        ('{"Name":"no","MaximumRetryCount":0}', "no"),
        ('{"Name":"","MaximumRetryCount":0}', "no"),
        ('{"Name":"on-failure","MaximumRetryCount":3}', "on-failure"),
        ("", None),
    ],
)
def test_what_becomes_of_a_container_at_a_boot(policy: str, state: str | None) -> None:
    line = f'{row()}\t"sha256:78"\t{policy}'
    [unit] = found_containers("one", {ID: "one-5000"}, [line], AT + 60)
    assert unit.at_boot == (AtBoot("docker", ID, state) if state else None)
    assert unit.image == "78"


LOGGED = """\
case "$1 $*" in
ps*service=one-5001*) printf 'new\\nold\\n' ;;
logs*gone*) echo 'Error: No such container' >&2; exit 1 ;;
logs*) echo "said by $*" ;;
ps*service=one-5002*) echo gone ;;
inspect*) exit 1 ;;
esac
"""


def log_of(transport: Workshop, name: str) -> CommandResult:
    script = container_log_script("shop", read_back("one", name), 7)
    return asyncio.run(transport.run("one", script))


def test_a_log_is_that_of_the_newest_container_by_its_labels(tmp_path: Path) -> None:
    shown = log_of(Workshop(tmp_path, {"docker": LOGGED}), "one-5001")
    assert (shown.code, shown.text) == (0, "said by logs --tail 7 new\n")


@pytest.mark.parametrize("name", ["one-5002", "one-5003"], ids=["goes just now", "is not there"])
def test_between_two_lives_a_container_has_no_log_and_that_is_said(tmp_path: Path, name: str) -> None:
    shown = log_of(Workshop(tmp_path, {"docker": LOGGED}), name)
    assert shown.code == 1
    assert shown.error == f"there is no container of {name} on one just now: it is being replaced, or was removed"


def test_a_docker_that_refuses_says_why_there_is_no_log(tmp_path: Path) -> None:
    down = Workshop(tmp_path, {"docker": "echo 'Cannot connect to the Docker daemon' >&2; exit 1"})
    assert "Cannot connect" in log_of(down, "one-5001").error


def test_a_container_is_found_by_its_name_and_its_labels(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").touch()
    transport = Workshop(tmp_path, {"docker": "exit 0"})
    assert asyncio.run(ComposeUnits(transport, at(tmp_path)).find(read_back("one", "one-5001"))) is None
    [asked] = transport.calls
    assert 'eq (printf "%v/%v"' in asked
    assert '"corral-shop/one-5001"' in asked
