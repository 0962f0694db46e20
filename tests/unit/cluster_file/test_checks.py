"""What no key alone can tell."""

from __future__ import annotations

import pytest

from corral.cluster_file.ports import claims, worker_places
from tests.unit.cluster_file.files import SMALL, load, only, problems, said


def with_members(members: str, hosts: int = 9) -> str:
    names = "".join(f"  db{n}: 10.0.1.{n}\n" for n in range(1, hosts + 1))
    return SMALL.replace("proxy:\n", f"{names}proxy:\n").replace("members: [one]", f"members: {members}")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ("[db1, db2]", "even-voters"),
        ("{db1: {}, db2: {votes: 0}, db3: {}}", "even-voters"),
        ("[db1, db2, db3, db4, db5, db6, db7, db8, db9]", "too-many-voters"),
        ("{db1: {priority: 0}}", "no-electable-member"),
        ("{db1: {arbiter: true}}", "no-electable-member"),
        ("{db1: {votes: 0}}", "no-electable-member"),
        ("{db1: {}, db2: {}, db3: {arbiter: true, priority: 1}}", "arbiter-priority"),
        ("{db1: {}, db2: {arbiter: true, votes: 0}}", "arbiter-vote"),
        ("{db1: {}, db2: {votes: 0, priority: 1}}", "priority-without-vote"),
        ("[db1, db1, db2]", "repeated-host"),
        ("[db1, dbb2, db3]", "unknown-host"),
        ("{db1: {}, dbb2: {}, db3: {}}", "unknown-host"),
        ("[]", "bad-value"),
        ("{}", "bad-value"),
    ],
)
def test_replica_sets_that_do_not_work(members: str, code: str) -> None:
    assert code in [found for _where, found in said(with_members(members))]


@pytest.mark.parametrize(
    "members",
    [
        "[db1]",
        "{db1: , db2: , db3: }",
        "{db1: {}, db2: {}, db3: {arbiter: true}}",
        "{db1: {}, db2: {votes: 0}}",
        "{db1: {}, db2: {}, db3: {}, db4: {votes: 0, priority: 0}}",
    ],
)
def test_replica_sets_that_work(members: str) -> None:
    assert said(with_members(members)) == []


@pytest.mark.parametrize("directory", ["data", "''", '"/a\\nb"', '"/a\\x7fb"', "[/a]"])
def test_a_directory_for_the_data_is_an_absolute_path(directory: str) -> None:
    problem = only(SMALL.replace("database:\n", f"database:\n  directory: {directory}\n"))
    assert problem.message.startswith("database.directory must be an absolute path without control characters, not")


def test_members_that_cannot_lead_need_no_priority() -> None:
    members = load(with_members("{db1: {}, db2: {}, db3: {arbiter: true}, db4: {votes: 0}}")).spec.database.members
    assert [member.priority for member in members.values()] == [1, 1, 0, 0]


def test_fifty_members_at_most() -> None:
    members = ", ".join(f"db{n}: {{votes: {int(n < 8)}}}" for n in range(1, 52))
    assert "too-many-members" in [code for _where, code in said(with_members(f"{{{members}}}", 51))]


def test_the_place_of_a_wrong_member() -> None:
    problem = only(with_members("\n    db1: {}\n    dbb2: {}\n    db3: {}"))
    assert (problem.where, problem.hint) == ("cluster.yaml:22:5", "Did you mean 'db2'?")


def test_one_host_twice_in_a_list() -> None:
    problem = only(SMALL.replace("[one, two]", "[one, two, one]"))
    assert (problem.code, problem.where) == ("repeated-host", "cluster.yaml:8:21")


def test_two_hosts_with_one_address() -> None:
    problem = only(SMALL.replace("10.0.0.2", "10.0.0.1"))
    assert (problem.code, problem.where) == ("same-address", "cluster.yaml:4:8")
    assert "one" in problem.message
    text = SMALL.replace("10.0.0.1", "{address: 'fd00::1'}").replace("10.0.0.2", "{address: 'FD00:0::1'}")
    assert said(text) == [("4:18", "same-address")]


def test_hosts_without_names_make_no_follow_ups() -> None:
    assert said(SMALL.replace("hosts:\n  one: 10.0.0.1\n  two: 10.0.0.2\n", "hosts: {}\n")) == [("2:8", "bad-value")]


def test_a_heartbeat_is_shorter_than_an_election() -> None:
    text = SMALL.replace("database:\n", "database:\n  election_timeout: 2s\n  heartbeat_interval: 2s\n")
    assert said(text) == [("12:23", "bad-value")]
    assert said(SMALL.replace("database:\n", "database:\n  election_timeout: 2s\n")) == [("10:1", "bad-value")]


def test_names_that_mongodb_keeps() -> None:
    assert "admin" in only(SMALL.replace("name: shop", "name: admin")).message
    assert said(SMALL.replace("database:\n", "database:\n  name: Local\n")) == [("11:9", "bad-value")]
    assert said(SMALL.replace("database:\n", "database:\n  name: a b\n")) == [("11:9", "bad-value")]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("members: [one]", "port: 5040\n  members: [one]", "11:9"),
        ("command:", "first_port: 80\n  command:", "9:15"),
        ("command:", "instances: 101\n  command:", "9:14"),
        ("command:", "instances: 3\n  workers: {instances: 1, first_port: 5041}\n  command:", "10:39"),
        ("command:", "first_port: 27016\n  instances: 2\n  command:", "9:15"),
    ],
)
def test_one_port_twice_on_one_host(old: str, new: str, where: str) -> None:
    problem = only(SMALL.replace(old, new, 1))
    assert problem.where == f"cluster.yaml:{where}"
    assert problem.code == ("bad-value" if "101" in new else "port-conflict")


def test_a_conflict_names_the_port_the_host_and_both() -> None:
    message = only(SMALL.replace("members: [one]", "port: 80\n  members: [one]")).message
    assert message == "database.port leads to port 80 on one for both the proxy and mongod."


def test_one_port_on_two_hosts_is_no_conflict() -> None:
    assert said(SMALL.replace("proxy:\n  hosts: [one]", "proxy:\n  hosts: [two]\n  port: 27017")) == []


def test_ports_end_somewhere() -> None:
    text = SMALL.replace("command:", "first_port: 65530\n  instances: 10\n  command:")
    assert [problem.code for problem in problems(text)] == ["port-range"]
    assert said(SMALL.replace("command:", "first_port: 65530\n  command:")) == [], "workers' ports count down then"


def test_workers_take_turns() -> None:
    spec = load(SMALL.replace("command:", "workers: {instances: 3}\n  command:")).spec
    assert worker_places(spec) == [("one", 5140), ("two", 5140), ("one", 5141)]
    assert [claim.port for claim in claims(spec)] == [80, 5040, 5040, 5140, 5140, 5141, 27017]


def test_a_worker_may_not_have_a_web_instance_s_name() -> None:
    """Names are made of a host's and a port; a host may end in `-worker`."""
    file = """\
name: shop
hosts: {app: 10.0.0.1, app-worker: 10.0.0.2}
proxy: {hosts: [app]}
app: {hosts: [app-worker], command: x, instances: 2, workers: {hosts: [app], instances: 1, first_port: 5041}}
database: {members: [app]}
"""
    problem = only(file)
    assert problem.code == "same-name"
    assert "two instances named app-worker-5041: a worker on app, and a web instance on app-worker" in problem.message
    assert problem.where.startswith("cluster.yaml:4:") or ":4:" in problem.where
    assert said(file.replace("first_port: 5041", "first_port: 5042")) == []
