"""mongod.conf, the users and the URLs as text; the real mongod reads the former in tests/unit/mongo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from corral.desired.database import mongod_conf, replica_set
from corral.model.cluster import Database, Host, Install, Layout, Member
from corral.model.connection import mongo_url, oplog_url
from corral.model.host_needs import own_data_directory
from corral.model.resources import SetMember
from corral.secrets import Secret, resolve

LAYOUT = Layout(*(PurePosixPath("/srv/demo", name) for name in ("config", "data", "logs", "run", "state")))


def member(number: int, *, address: str = "192.168.0", priority: float = 1, arbiter: bool = False) -> Member:
    host = Host(f"db-{number}", f"{address}.{number}", f"{address}.{number}", LAYOUT)
    return Member(host, 27017, priority, 1, arbiter)


MEMBERS = (member(216, priority=2), member(217), member(218))
DATABASE = Database("steedos", "board", MEMBERS, 10, 2, None, None, (), None, Install(), tune=True)


def conf(database: Database = DATABASE, of: Member = MEMBERS[0]) -> str:
    return mongod_conf(database, of, of.host)


def test_a_plain_configuration_is_short() -> None:
    assert conf() == (
        "# mongod of db-216 (192.168.0.216:27017), written by Corral: a change made here is overwritten.\n"
        "net:\n"
        '  bindIp: "127.0.0.1,192.168.0.216"\n'
        "  port: 27017\n"
        "  unixDomainSocket.enabled: false\n"
        "replication:\n"
        '  replSetName: "steedos"\n'
        "security:\n"
        '  keyFile: "/srv/demo/config/keyfile"\n'
        '  authorization: "enabled"\n'
        "storage:\n"
        '  dbPath: "/srv/demo/data/mongod"\n'
        "systemLog:\n"
        "  quiet: true\n"
    )


@pytest.mark.parametrize(
    ("address", "bound"),
    [
        ("127.0.216", '"127.0.216.1"'),
        ("10.0.0", '"127.0.0.1,10.0.0.1"'),
        ("db.example", '"127.0.0.1,db.example.1"'),
    ],
)
def test_the_playgrounds_members_leave_127_0_0_1_to_each_other(address: str, bound: str) -> None:
    assert f"  bindIp: {bound}\n" in conf(of=member(1, address=address))


@pytest.mark.parametrize(
    ("others", "on"),
    [(["192.168.0.1", "db-2.example"], False), (["192.168.0.1", "fd00::2"], True)],
)
def test_ipv6_is_on_for_all_members_once_one_has_such_an_address(others: list[str], on: bool) -> None:
    members = tuple(replace(MEMBERS[0], host=replace(MEMBERS[0].host, address=address)) for address in others)
    for of in members:
        assert ("  ipv6: true\n" in conf(replace(DATABASE, members=members), of)) == on


def test_a_member_with_an_ipv6_address_binds_it() -> None:
    host = replace(MEMBERS[0].host, address="fd00::1")
    assert '  bindIp: "127.0.0.1,fd00::1"\n  ipv6: true\n' in conf(of=replace(MEMBERS[0], host=host))


def test_sizes_and_parameters_are_written_when_the_file_has_them() -> None:
    parameters = (("internalQueryEnableLoggingV2OplogEntries", "false"), ("ttlMonitorSleepSecs", "5"))
    text = conf(replace(DATABASE, cache_size=1536 * 1024**2, oplog_size=2 * 1024**3, parameters=parameters))
    assert "  wiredTiger.engineConfig.cacheSizeGB: 1.5\n" in text
    assert "  oplogSizeMB: 2048\n" in text
    assert 'setParameter:\n  internalQueryEnableLoggingV2OplogEntries: "false"\n  ttlMonitorSleepSecs: "5"\n' in text


def test_a_path_with_odd_characters_stays_one_value() -> None:
    host = replace(MEMBERS[0].host, layout=replace(LAYOUT, data=PurePosixPath("/srv/a: b #\"ü'")))
    assert '  dbPath: "/srv/a: b #\\"ü\'/mongod"\n' in mongod_conf(DATABASE, MEMBERS[0], host)


def test_the_data_have_a_directory_of_their_own() -> None:
    assert own_data_directory(MEMBERS[0].host) == PurePosixPath("/srv/demo/data/mongod")


def test_the_replica_set_is_the_files() -> None:
    found = replica_set(replace(DATABASE, members=(*MEMBERS[:2], member(9, priority=0, arbiter=True))))
    assert found.members == (
        SetMember("192.168.0.216:27017", 2, 1),
        SetMember("192.168.0.217:27017", 1, 1),
        SetMember("192.168.0.9:27017", 0, 1, arbiter=True),
    )
    assert (found.name, found.election_timeout, found.heartbeat_interval) == ("steedos", 10, 2)


def test_each_user_has_what_it_needs_and_a_secret_of_its_own() -> None:
    users = {user.name: user for user in replica_set(DATABASE).users}
    assert {name: user.roles for name, user in users.items()} == {
        "admin": (("userAdminAnyDatabase", "admin"),),
        "operator": (("clusterAdmin", "admin"), ("readWrite", "corral")),
        "application": (("readWrite", "board"), ("read", "local")),
        "monitor": (("clusterMonitor", "admin"), ("read", "local")),
    }
    assert all(user.secret == name for name, user in users.items())


def test_the_urls_name_all_members_the_set_and_where_the_users_are() -> None:
    seeds = "192.168.0.216:27017,192.168.0.217:27017,192.168.0.218:27017"
    tail = "?replicaSet=steedos&authSource=admin"
    assert mongo_url(DATABASE) == f"mongodb://application:${{secret:application}}@{seeds}/board{tail}"
    assert oplog_url(DATABASE) == f"mongodb://application:${{secret:application}}@{seeds}/local{tail}"
    assert mongo_url(DATABASE, "monitor").startswith("mongodb://monitor:${secret:monitor}@")


def test_a_url_gets_its_password_at_the_last_moment() -> None:
    assert resolve(mongo_url(DATABASE), {"application": Secret("c0ffee")}).startswith("mongodb://application:c0ffee@")


def test_an_arbiter_is_in_no_url() -> None:
    database = replace(DATABASE, members=(*MEMBERS[:2], member(218, priority=0, arbiter=True)))
    assert "192.168.0.218" not in mongo_url(database)
