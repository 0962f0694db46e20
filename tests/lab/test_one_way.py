"""What can't be seen from here: members that don't hear each other, hosts that let nobody in, ways that are cut."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.lab.conftest import place
from tests.lab.faults import errors
from tests.lab.harness import A_RUN, LabCluster, change, made, until
from tests.lab.visitors import Visitors

MEMBERS = ("db-216", "db-217", "db-218")
PORT, OTHER_PORT = 27017, 27117


@contextmanager
def dropped(cluster: LabCluster, host: str, to: str, port: int) -> Iterator[None]:
    """What `host` sends to that port of `to` is lost, one way only; all else arrives."""
    rule = f"OUTPUT -d {cluster.lab.addresses[to]} -p tcp --dport {port} -j DROP"
    cluster.sh(host, f"iptables -I {rule}")
    try:
        yield
    finally:
        cluster.sh(host, f"iptables -D {rule}")


@contextmanager
def without_forwarding(cluster: LabCluster, *hosts: str) -> Iterator[None]:
    def reload(host: str, script: str) -> None:
        cluster.sh(host, f"{script}; systemctl reload ssh")

    for host in hosts:
        reload(host, "echo 'AllowTcpForwarding no' >/etc/ssh/sshd_config.d/no-forwarding.conf")
    try:
        yield
    finally:
        for host in hosts:
            reload(host, "rm /etc/ssh/sshd_config.d/no-forwarding.conf")


@contextmanager
def closed_to_people(cluster: LabCluster, host: str) -> Iterator[None]:
    cluster.sh(host, "echo 'work is done on this host' >/run/nologin")
    try:
        yield
    finally:
        cluster.sh(host, "rm /run/nologin")


def problems(status: dict[str, Any], code: str) -> list[dict[str, str]]:
    return [problem for problem in status["problems"] if problem["code"] == code]


def failed(cluster: LabCluster) -> list[dict[str, str]]:
    return [check for check in cluster.answer("verify")["checks"] if check["result"] == "failed"]


def test_a_member_that_the_primary_no_longer_hears(board: LabCluster) -> None:
    """It answers from here, and goes on copying; at the next loss the set would take no writes."""
    name = f"{board.lab.addresses['db-218']}:{PORT}"
    with dropped(board, "db-216", "db-218", PORT):
        status = until(board.status, lambda status: bool(problems(status, "member-unheard")), pause=0.5)
        assert (status["state"], status["database"]["writable"]) == ("degraded", True), str(status)
        [problem] = problems(status, "member-unheard")
        assert problem["where"] == "db-218"
        assert f"db-216 can't hear member db-218 ({name}), which is SECONDARY" in problem["message"]
        said = board.run("apply", "--yes", code=1)
        assert "nothing to change" in said.stderr
        assert "db-216 can't hear member db-218" in said.stderr
        with dropped(board, "proxy-100", "app-208", 5044):
            seen = {(check["name"], check["where"]): check["seen"] for check in failed(board)}
        assert "not heard by" in seen["the members hear each other", name]
        reached = seen["each member reaches each other member", "db-216"]
        assert reached == f"db-216 can't connect to {name}: no answer within 3 s"
        at = f"{board.lab.addresses['app-208']}:5044"
        reached = seen["each proxy reaches each instance", "proxy-100"]
        assert reached == f"proxy-100 can't connect to {at}: no answer within 3 s"
    board.until_healthy()


@pytest.mark.parametrize("hosts", [MEMBERS, MEMBERS[1:2]], ids=["all", "one"])
def test_a_set_that_can_not_be_read_is_not_planned_as_a_new_one(board: LabCluster, hosts: tuple[str, ...]) -> None:
    with without_forwarding(board, *hosts):
        verb = ("plan",) if hosts == MEMBERS else ("apply", "--yes")
        refusal = board.start(*verb, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = refusal.communicate(timeout=A_RUN)
        assert refusal.returncode in (1, 3), err  # by what a run needs of a host, or by the set that can't be read
        told = errors(err)
        assert len(told) == len(hosts), err
        for line, host in zip(told, hosts, strict=True):
            assert re.search(rf"\b{host}(: its sshd)? forbids connections .*\b{PORT}\b", line), line
        assert "initiate" not in out
        status = board.status()
        rows = {row["host"]: row["state"] for row in status["database"]["members"]}
        assert problems(status, "not-writable") == []
        if hosts == MEMBERS:
            assert (set(rows.values()), status["database"]["writable"]) == ({"unknown"}, None)
            assert len(problems(status, "set-unknown")) == 1
        else:
            assert (rows["db-217"], status["database"]["writable"]) == ("SECONDARY", True)
            assert [problem["where"] for problem in problems(status, "member-unasked")] == ["db-217"]
    board.until_healthy()


def test_of_a_primary_whose_host_lets_nobody_in_nothing_is_claimed(board: LabCluster) -> None:
    [primary] = [row["host"] for row in board.status()["database"]["members"] if row["state"] == "PRIMARY"]
    with closed_to_people(board, primary):
        status = board.status()
        rows = {row["host"]: row["state"] for row in status["database"]["members"]}
        assert (rows[primary], status["database"]["writable"]) == ("PRIMARY", True), str(status)
        assert problems(status, "not-writable") == []
        for check in failed(board):
            assert "authorization" not in check["hint"], str(check)
            assert "no member takes writes" not in check["seen"], str(check)
        assert board.run("apply", "--yes", code=3).stderr.count("error: ") == 1
    board.until_healthy()


def test_a_dead_member_is_left_out_and_the_next_apply_finishes_it(board: LabCluster) -> None:
    """Visitors notice nothing of it, and the set stays as it is."""
    board.change(proxy={"max_body_size": "66M"}, ssh={"timeout": "3s"})
    board.lab.kill("db-218")
    try:
        refused = board.run("apply", "--yes", code=3)
        assert "`corral apply --without db-218` carries out the rest" in refused.stderr
        with Visitors(f"{board.url}/notes", 4) as visitors:
            board.apply("--without", "db-218")
        visitors.assert_all_served(at_least=1)
        assert "66m" in board.on("proxy-100", "grep", "client_max_body_size", "/etc/corral/board/nginx.conf")
        status = board.status()
        rows = {row["host"]: (row["state"], row["votes"]) for row in status["database"]["members"]}
        assert (rows["db-218"], status["database"]["writable"]) == (("unknown", 1), True)
    finally:
        board.lab.start("db-218")
    board.until_healthy()
    board.assert_settled()


def test_a_set_is_not_begun_where_a_member_does_not_reach_another(
    board: LabCluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A second cluster on the same hosts, whose members are to listen at another port."""
    apart = made(board.lab, place(tmp_path_factory, "apart"), "apart")
    sections = {key: board.spec[key] for key in ("proxy", "app", "database")}
    sections = change(
        sections,
        proxy={"port": 8081},
        app={"first_port": 6040, "instances": 1, "workers": None},
        database={"port": OTHER_PORT},
    )
    apart.change(**sections)
    try:
        with dropped(board, "db-216", "db-218", OTHER_PORT):
            said = apart.run("apply", "--yes", code=1).stderr
            [told] = errors(said)
            to = f"{board.lab.addresses['db-218']}:{OTHER_PORT}"
            assert told == f"error: db-216 can't connect to {to}: no answer within 3 s [members-apart]"
        apart.run("apply", "--yes", "--only", "database")
    finally:
        apart.run("destroy", "--purge", "--yes", "apart")
