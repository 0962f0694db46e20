"""A cluster that is there: what is seen of its secrets, and what happens when people get in each other's way."""

from __future__ import annotations

import json
import os
import platform
import pty
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.cluster.continuous_writes import ContinuousWrites
from tests.lab import leaks
from tests.lab.faults import HOSTS, NAME, SILENT, SUBNET, applying, errors, sections, untouched
from tests.lab.harness import A_RUN, LabCluster, made, running, until
from tests.lab.holds import held
from tests.lab.leaks import Watch
from tests.lab.test_changes import lost
from tests.lab.visitors import Visitors

DOCKERS = (
    "/var/lib/docker/containers/{0}/config.v2.json",
    "/run/containerd/io.containerd.runtime.v2.task/moby/{0}/config.json",
)
CONTAINERDS = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"
"""Where docker keeps what a container is started with: all of it root's alone, as its environment has to be there."""
LIVING = "^/var/lib/(corral/t2/mongod|docker|containerd)(/|$)|^/var/lib/corral/t2/state(/journal.*|/lock.*|/working)?$"
"""What data, containers and the lock of a run that was refused change."""
COMMANDS = (
    ["plan", "--full"],
    ["plan", "--format", "json"],
    ["apply", "--yes"],
    ["restart", "app", "--yes"],
    ["status"],
    ["status", "--format", "json"],
    ["verify"],
    ["logs", "--lines", "1000"],
    ["journal", "--hosts", "--format", "json"],
    ["show"],
    ["exec", "all", "--", "sh", "-c", "cat /etc/corral/t2/*; env; ps auxww; docker inspect $(docker ps -aq) 2>&1; :"],
)


@dataclass
class Watched:
    """A cluster whose first apply, and a round of all verbs after it, was watched."""

    cluster: LabCluster
    watch: Watch
    said: dict[str, str] = field(default_factory=dict)
    """What each command wrote, to both of its channels."""

    def run(self, *arguments: str) -> None:
        done = self.cluster.run(*arguments)
        self.said[" ".join(arguments)] = done.stdout + done.stderr


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with running(NAME, SUBNET, HOSTS) as lab:
        cluster = made(lab, tmp_path_factory.mktemp("c"), "t2", **sections("compose"))
        cluster.change(ssh={"timeout": "10s"})
        cluster.run("plan", "--out", "first.json")  # from here on the secrets are there
        with leaks.watching(cluster.secrets().values()) as watch:
            watched = Watched(cluster, watch)
            for command in COMMANDS:
                watched.run(*command)
            watched.run("journal", cluster.runs()[-1]["run"])
        yield watched


@pytest.fixture
def cluster(watched: Watched) -> Iterator[LabCluster]:
    """The file is as it was after each test."""
    spec = watched.cluster.spec
    yield watched.cluster
    watched.cluster.write(spec)


def test_no_secret_is_seen_in_a_command_line(watched: Watched) -> None:
    """Of no process on any host, nor on the machine that corral runs on, at any look during all of it."""
    seen = "\n".join(watched.watch.seen)
    for known in ("-m corral -f", "bin/mongod --config", "apt-get", "sudo -n sh -s", "noticeboard", "compose"):
        assert known in seen, f"the watch saw no {known}: {watched.watch.rounds} rounds"
    assert watched.watch.leaks == set()
    assert leaks.seen_in(f"x {watched.cluster.secrets()['application']} y", watched.cluster.secrets().values())


def test_no_secret_is_in_what_corral_says(watched: Watched) -> None:
    assert leaks.texts_with(watched.said, watched.cluster.secrets().values()) == []
    assert "${secret:keyfile}" in watched.said["plan --full"]


def test_secrets_stand_in_no_file_but_those_that_need_them(watched: Watched) -> None:
    """Of all files on all hosts: journals, logs, histories, /tmp, docker's own. Nobody but root reads those."""
    cluster = watched.cluster
    ids = cluster.sh("app-1", "docker ps -aq --no-trunc").split()
    found = leaks.files_with(cluster, cluster.secrets().values())
    found["app-1"].discard(CONTAINERDS)  # its pages come and go
    assert found == {
        "proxy-1": {"/etc/corral/t2/nginx.conf"},
        "app-1": {
            *(f"/etc/corral/t2/instances/app-1-{name}.yaml" for name in ("5040", "5041", "worker-5140")),
            *(place.format(container) for container in ids for place in DOCKERS),
        },
        **{host: {"/etc/corral/t2/keyfile"} for host in ("db-1", "db-2", "db-3")},
    }, str(found)
    assert len(ids) == 3
    assert leaks.open_to_all(cluster, found) == ""
    assert leaks.machine_files_with(cluster.directory, cluster.secrets().values()) == {".corral/t2/secrets.yaml"}


def test_docker_shows_a_secret_in_an_instances_environment_alone(watched: Watched) -> None:
    """Which docker tells to root, and to whoever may talk to it: the instance needs it there."""
    cluster = watched.cluster
    containers = json.loads(cluster.sh("app-1", "docker inspect $(docker ps -aq)"))
    assert len(containers) == 3
    for container in containers:
        environment = container["Config"].pop("Env")
        held = [value.partition("=")[0] for value in environment if leaks.seen_in(value, cluster.secrets().values())]
        assert held == ["MONGO_URL", "MONGO_OPLOG_URL"]
    assert not leaks.seen_in(json.dumps(containers), cluster.secrets().values())
    assert cluster.sh("app-1", "stat -c '%U %G' /run/docker.sock").split()[0] == "root"


def colleague(cluster: LabCluster, directory: Path) -> LabCluster:
    """Another one who works on the cluster: with the same file and secrets, elsewhere."""
    other = made(cluster.lab, directory, cluster.name)
    other.write(cluster.spec)
    other.store.mkdir(parents=True)
    shutil.copy(cluster.store / "secrets.yaml", other.store)
    return other


def test_of_two_operators_the_second_is_told_who_is_at_work(cluster: LabCluster, tmp_path: Path) -> None:
    cluster.change(proxy={"max_body_size": "60M"})
    second = colleague(cluster, tmp_path)
    with held(cluster, "proxy-1", "/usr/bin/sync") as hold, applying(cluster, 0) as run:
        hold.reached(run.process)
        who = f"`corral apply` of root on {platform.node()} (pid {run.process.pid}), since "
        said = second.run("apply", "--yes", code=4).stderr
        assert who in errors(said)[0]
        assert "; its last sign of life was " in errors(said)[0]
        assert "`corral unlock --on hosts` says more" in said
        assert not list(second.store.glob("journal/*")), "it has changed nothing"
        second.run("plan")
        looked = second.run("unlock", code=2)
        assert looked.stdout.count(who) == len(cluster.spec["hosts"])
        assert "before the first one has noticed and stopped" in looked.stderr
        locks = second.report("unlock", code=4)["locks"]
        assert all(lock["held"] and lock["alive"] for lock in locks)
        hold.let_go()
    cluster.assert_settled()


def test_a_run_whose_lock_is_broken_stops(cluster: LabCluster, tmp_path: Path) -> None:
    """And the one that has broken it doesn't write beside what the first is still at."""
    cluster.change(proxy={"max_body_size": "61M"})
    second = colleague(cluster, tmp_path)
    with held(cluster, "proxy-1", "/usr/bin/sync") as hold, applying(cluster, 4) as run:
        hold.reached(run.process)
        assert "broke the lock on proxy-1, app-1, db-1, " in second.run("unlock", "--yes").stderr
        until(lambda: [line for line in run.lines() if line["kind"] == "note"], bool)
        hold.let_go()
    assert "is lost: somebody removed it, as `corral unlock` does" in errors(run.said)[0]
    assert "unit nginx.proxy-1" in run.account
    assert second.apply()["changed"]
    second.assert_settled()


LEFT = {
    "verb": "restart",
    "operator": "anna",
    "machine": "ops-9",
    "pid": 4242,
    "since": "2026-11-24T02:00:00+00:00",
    "token": "0123456789abcdef",
    "process": "another-kernel/pid:[1] 4242/1",
}


def test_the_lock_of_a_run_on_another_machine_counts_until_it_is_old(cluster: LabCluster) -> None:
    """Whether that run is alive nobody here can tell."""
    cluster.change(proxy={"max_body_size": "62M"})
    place = "/var/lib/corral/t2/state/lock"
    for host in cluster.spec["hosts"]:
        cluster.on(host, "sh", "-c", f"printf '%s\\n' \"$1\" >{place}", "sh", json.dumps(LEFT))
    who = "`corral restart` of anna on ops-9 (pid 4242), since 2026-11-24T02:00:00+00:00"
    assert who in errors(cluster.run("apply", "--yes", code=4).stderr)[0]
    for host in cluster.spec["hosts"]:
        cluster.on(host, "touch", "-d", "-31 seconds", place)
    assert "left behind: the next run takes it over" in cluster.run("unlock", code=2).stdout
    said = cluster.run("apply", "--yes").stderr
    assert said.count(f"the lock is taken over from {who}: that run has given no sign of life for ") == 1
    assert "the lock is taken over from " in said
    cluster.assert_settled()


def by_hand(cluster: LabCluster, path: str) -> str:
    """A line that somebody adds on the proxy; the file's digest then."""
    cluster.sh("proxy-1", f"echo '# by hand' >>{path}")
    return cluster.on("proxy-1", "sha256sum", path)


def test_a_file_that_somebody_has_changed_is_kept_until_he_is_asked(cluster: LabCluster) -> None:
    path = "/etc/logrotate.d/corral-t2"
    digest = by_hand(cluster, path)
    shown = cluster.run("plan").stdout
    assert f"change {path} (changed by hand)" in shown
    assert "-# by hand" in shown
    with untouched(cluster, living=LIVING):
        said = cluster.run("apply", "--yes", code=1).stderr
    assert errors(said) == [f"error: proxy-1: {path} was changed by hand, so this run changes nothing [drift]"]
    assert "--overwrite" in said
    assert "nothing was changed" in answered(cluster, "n", code=1)
    assert cluster.on("proxy-1", "sha256sum", path) == digest
    asked = answered(cluster, "y", "y", code=0)
    assert f"{path} on proxy-1 was changed by hand: overwrite it?" in asked
    assert "by hand" not in cluster.on("proxy-1", "cat", path)
    by_hand(cluster, path)
    cluster.run("apply", "--yes", "--overwrite")
    assert "by hand" not in cluster.on("proxy-1", "cat", path)
    cluster.assert_settled()


def answered(cluster: LabCluster, *answers: str, code: int) -> str:
    """What `apply` shows on a terminal, where somebody answers its questions."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        process = cluster.start("apply", stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        terminal.write("".join(f"{answer}\n" for answer in answers).encode())
        shown = b""
        with suppress(OSError):  # the terminal's end, once nobody has it open any more
            while part := terminal.read(4096):
                shown += part
        assert process.wait(A_RUN) == code, shown.decode()
    return " ".join(shown.decode().split())


def test_a_file_that_is_gone_is_written_again(cluster: LabCluster) -> None:
    cluster.on("proxy-1", "rm", "/etc/logrotate.d/corral-t2", "/etc/corral/t2/nginx.conf")
    assert cluster.apply()["changed"]
    assert cluster.sh("proxy-1", "ls /etc/logrotate.d/corral-t2 /etc/corral/t2/nginx.conf").count("\n") == 1
    cluster.assert_settled()


CONFIG, SYSTEM, ROTATION = "/etc/corral/t2", "/etc/systemd/system", "/etc/logrotate.d/corral-t2"
IN_THE_WAY: Final = (
    # host, path, what is put in its place, and what is said of it
    ("proxy-1", f"{CONFIG}/nginx.conf", "mv $path /root/mine; ln -s /root/mine $path", "a link to /root/mine"),
    ("app-1", f"{CONFIG}/compose.yaml", "rm $path; ln -s /gone $path", "a link to /gone"),
    ("proxy-1", ROTATION, "rm $path; mkdir $path; touch $path/1 $path/2", "a directory with 2 files"),
    ("db-1", f"{CONFIG}/mongod.conf", "rm $path; mkfifo $path", "a FIFO"),
    (
        "db-2",
        f"{SYSTEM}/corral-t2-mongod.service",
        "mv $path /root/unit; ln -s /root/unit $path",
        "a link to /root/unit",
    ),
    ("db-3", f"{CONFIG}/mongod.conf", "echo '# mine' >>$path; chattr +i $path", "immutable, by `chattr`"),
    ("db-3", "/etc/sysusers.d/corral-t2.conf", "mount --bind /etc/hostname $path", "a mount point"),
)


def test_what_stands_in_the_place_of_a_file(cluster: LabCluster) -> None:
    """By name, before anything changes, and as long as it is there: it is somebody's."""
    for host, path, arrange, _ in IN_THE_WAY:
        cluster.sh(host, f"path={path}; cp -a $path /root/kept{path.replace('/', '-')}; {arrange}")
    try:
        with untouched(cluster, living=LIVING):
            planned, applied = (cluster.run(*verb, code=1).stderr for verb in (["plan"], ["apply", "--yes"]))
        assert errors(planned) == errors(applied)
        for host, path, _, told in IN_THE_WAY:
            assert any(line.startswith(f"error: {host}: {path} is {told}") for line in errors(planned)), planned
        assert len(errors(planned)) == len(IN_THE_WAY)
    finally:
        for host, path, *_ in IN_THE_WAY:
            away = f"umount {path} 2>/dev/null || {{ chattr -i {path} 2>/dev/null || :; rm -r {path}; }}"
            cluster.sh(host, f"{away}; mv /root/kept{path.replace('/', '-')} {path}")
    assert cluster.sh("proxy-1", "rm /root/mine; ls /root") == cluster.sh("db-2", "rm /root/unit; ls /root") == ""
    cluster.run("plan", "--exit-code")


def test_one_machine_under_two_addresses(cluster: LabCluster) -> None:
    """And two machines with one machine id, which are two."""
    twin = "10.112.0.99"
    cluster.sh("app-1", f"ip addr add {twin}/24 dev eth0")
    known = cluster.lab.known_hosts.read_text()
    key = next(line.split(" ", 1)[1] for line in known.splitlines() if "10.112.0.21" in line.split(" ")[0])
    (cluster.directory / "known").write_text(f"{known}{twin} {key}\n")
    mine = cluster.sh("db-2", "cat /etc/machine-id; cp -a /etc/machine-id /root/machine-id")
    cluster.sh("db-2", f"echo {cluster.on('app-1', 'cat', '/etc/machine-id').strip()} >/etc/machine-id")
    try:
        cluster.run("plan", "--exit-code")
        cluster.change(ssh={"known_hosts": "known"}, hosts={"app-2": twin}, app={"hosts": ["app-1", "app-2"]})
        for verb in (["plan"], ["apply", "--yes"]):
            (said,) = errors(cluster.run(*verb, code=1).stderr)
            assert "app-1 and app-2 are the same machine" in said
    finally:
        cluster.sh("app-1", f"ip addr del {twin}/24 dev eth0")
        cluster.sh("db-2", "cp -a /root/machine-id /etc/machine-id; rm /root/machine-id")
    assert cluster.on("db-2", "cat", "/etc/machine-id").strip() == mine.strip()


def test_what_root_owns_of_mongods_is_given_back_by_a_plan_that_says_so(cluster: LabCluster) -> None:
    """As after a start by hand. Without that, what mongod says of the reason comes first."""
    data = "/var/lib/corral/t2/mongod"
    cluster.sh("db-3", f"systemctl stop corral-t2-mongod; chown -R root {data}")
    shown = cluster.run("plan").stdout
    assert f"give {data} to corral-t2-db (owner root → corral-t2-db, with root's files in it)" in shown
    changes = [line for line in shown.splitlines() if line.strip().startswith(("give ", "start ", "replica set "))]
    assert shown.splitlines()[-1].strip() == f"{len(changes)} changes on 1 host"
    cluster.apply()
    assert cluster.sh("db-3", f"find {data} -user root") == ""
    cluster.sh("db-3", f"systemctl stop corral-t2-mongod; chmod 000 {data}/WiredTiger.turtle")
    cluster.sh("db-3", f"chown 65534 {data}/WiredTiger.turtle")
    try:
        said = cluster.run("apply", "--yes", code=1).stderr
    finally:
        turtle = f"{data}/WiredTiger.turtle"
        cluster.sh("db-3", f"chown corral-t2-db {turtle}; chmod 600 {turtle}")
    first = said.split("errors in its log:\n")[1].splitlines()[0]
    assert re.match("[EF] (STORAGE|WT|CONTROL): ", first)
    assert "ermission denied" in said.split("the last lines of its log:")[0]
    assert cluster.apply()["state"] == "healthy"


def test_a_saved_plan(cluster: LabCluster) -> None:
    """It is carried out as it is, also when a host that it doesn't touch has changed; else it is refused."""
    saved = str(cluster.directory / "p.json")
    cluster.change(proxy={"max_body_size": "63M"})
    cluster.run("plan", "--out", saved)
    cluster.sh("db-3", "chmod 640 /etc/corral/t2/mongod.conf")
    cluster.run("apply", saved, "--yes")
    assert "63m" in cluster.on("proxy-1", "grep", "client_max_body_size", "/etc/corral/t2/nginx.conf")

    cluster.change(proxy={"max_body_size": "64M"})
    cluster.run("plan", "--out", saved)
    by_hand(cluster, "/etc/logrotate.d/corral-t2")
    with untouched(cluster, living=LIVING):
        refusal = cluster.run("apply", saved, "--yes", code=5).stderr
    assert "the plan is out of date: proxy-1 changed since it was made" in errors(refusal)[0]
    assert "nothing was changed; `corral plan --on hosts` shows what would change now" in refusal
    cluster.run("apply", "--yes", "--overwrite")
    cluster.assert_settled()


def test_what_is_no_plan_of_this_cluster(cluster: LabCluster) -> None:
    saved = cluster.directory / "p.json"
    cluster.run("plan", "--out", str(saved))
    plan = json.loads(saved.read_text())
    for content, told in (
        (json.dumps({**plan, "cluster": "shop"}), "is a plan for the cluster shop, but the cluster file is for t2"),
        (json.dumps({**plan, "format": 99}), "it is not a plan that this version of Corral can read"),
        ("hosts: []", "it is not a plan that this version of Corral can read"),
    ):
        saved.write_text(content)
        assert told in cluster.run("apply", str(saved), "--yes", code=2).stderr
    saved.unlink()
    assert "No such file" in cluster.run("apply", str(saved), "--yes", code=2).stderr


def test_a_part_of_the_cluster_while_a_host_is_down(cluster: LabCluster) -> None:
    """status judges the rest; --only changes its part and nothing else, and asks for no more than it needs."""
    cluster.change(proxy={"max_body_size": "65M"}, app={"env": {"ROUND": "1"}})
    with ContinuousWrites(cluster.url) as writes:
        until(lambda: len(writes.acknowledged), lambda count: count > 10)
        cluster.lab.kill("db-3")
        count = len(writes.acknowledged)
        until(lambda: len(writes.acknowledged), lambda now: now > count + 10)
    try:
        until(cluster.status, lambda status: status["state"] == "degraded")  # the application's driver has to notice
        status = cluster.report("status", code=1)
        assert {row["host"]: row["state"] for row in status["database"]["members"]}.pop("db-3") == "UNREACHABLE"
        assert (status["state"], status["database"]["writable"]) == ("degraded", True), str(status)
        assert all(row["state"] == "healthy" for row in (*status["instances"], *status["proxies"]))
        assert any(problem["where"] == "db-3" for problem in status["problems"])
        before = cluster.pids()
        refused = cluster.run("apply", "--yes", "--only", "database", code=3).stderr
        assert re.search(rf"db-3 \(10\.112\.0\.33\): {SILENT}", errors(refused)[0])
        with Visitors(f"{cluster.url}/notes", 4) as visitors:
            cluster.run("apply", "--yes", "--only", "proxy")
            assert "65m" in cluster.on("proxy-1", "grep", "client_max_body_size", "/etc/corral/t2/nginx.conf")
            assert cluster.pids() == before, "a reload, and nothing of the application"
        visitors.assert_all_served(at_least=1)
        cluster.run("apply", "--yes", "--only", "app-1")
        assert all(cluster.pids()[name] != before[name] for name in ("app-1-5040", "app-1-5041", "app-1-worker-5140"))
    finally:
        cluster.lab.start("db-3")
    cluster.until_healthy()
    cluster.assert_settled()
    assert lost(cluster.url, writes) == []
