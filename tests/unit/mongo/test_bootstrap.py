"""From three empty mongods to a complete set, and what is seen of it then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from corral.model.cluster import Database, Install
from corral.model.connection import mongo_url, oplog_url
from corral.model.database_users import OPERATOR
from corral.model.machine import Machine
from corral.model.mongodb_series import Series
from corral.model.resources import FoundReplicaSet, ReplicaSet
from corral.model.routes import Direct
from corral.mongo.clients import Connections, Document, Refused
from corral.mongo.probe import COLLECTION, probe_strangers, probe_write
from corral.mongo.status import member_answers, member_statuses
from corral.observe.members import with_members
from corral.observe.replica_set import observe_replica_set
from corral.plan.replica_set import is_complete
from corral.secrets import Secret, resolve
from tests.patience import PATIENCE
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.rules.good_hosts import FILE
from tests.unit.verify.detour import Detour

from .conftest import settle, steps_in
from .mongods import Mongods

NUMBERS = (1, 2, 3)


@dataclass(frozen=True)
class Made:
    mongods: Mongods
    database: Database
    wanted: ReplicaSet
    sentences: list[str]

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.wanted.members]


@pytest.fixture(scope="module")
def made(mongods: Mongods) -> Iterator[Made]:
    """With the settings of the cluster file's defaults, not the tests' short ones."""
    began = time.monotonic()
    mongods.start(*NUMBERS)
    listening = time.monotonic()
    members = [mongods.member(1, priority=2), mongods.member(2), mongods.member(3)]
    wanted = mongods.wanted(*members, election=10, heartbeat=2)
    _, sentences = settle(wanted, mongods.secrets)
    figures = f"three listen after {listening - began:.2f} s, converged {time.monotonic() - listening:.2f} s later"
    print(figures)
    yield Made(mongods, mongods.database(members, election=10, heartbeat=2), wanted, sentences)


def observe(made: Made, *, running: list[str] | None = None) -> FoundReplicaSet:
    return asyncio.run(
        observe_replica_set(made.wanted, Connections(made.mongods.secrets), made.names if running is None else running)
    )


def test_the_set_is_what_the_file_wants(made: Made) -> None:
    found = observe(made)
    assert set(found.members) == set(made.wanted.members)
    assert (found.election_timeout, found.heartbeat_interval) == (10, 2)
    assert dict(found.users) == dict.fromkeys(("admin", "operator", "application", "monitor"), "ok")
    assert [fact.state for fact in found.facts] == ["PRIMARY", "SECONDARY", "SECONDARY"]
    assert found.primary == made.names[0]
    assert is_complete(made.wanted, found)


def test_the_release_series_and_what_the_data_are_compatible_with(made: Made) -> None:
    """The second is lowered for a while, as it stays after an upgrade of the programs alone."""
    found = observe(made)
    assert [fact.series for fact in found.facts] == [(6, 0)] * 3
    assert compatibility(made, found) == (6, 0)
    set_compatibility(made, "5.0")
    assert compatibility(made, found) == (5, 0)
    set_compatibility(made, "6.0")


def compatibility(made: Made, found: FoundReplicaSet) -> Series | None:
    """As it is told before a MongoDB that nobody runs yet is started."""
    hosts = tuple(member.host for member in made.database.members)
    database = replace(made.database, install=Install("archive", version=(7, 0, 14)))
    cluster = replace(cluster_of(FILE), hosts=hosts, database=database)
    machines = {host.name: Machine(host.name) for host in hosts}
    seen = asyncio.run(with_members(cluster, machines, found, Connections(made.mongods.secrets)))
    [told] = {machine.member.compatibility for machine in seen.values()}
    return told


def set_compatibility(made: Made, version: str) -> None:
    async def set_it() -> None:
        async with Connections(made.mongods.secrets) as connections:
            command: Document = {"setFeatureCompatibilityVersion": version}
            await connections.ask(made.names[0], command, user=OPERATOR, seconds=PATIENCE)

    asyncio.run(set_it())


def test_the_steps_are_said_as_they_are_done(made: Made) -> None:
    assert steps_in(made.sentences) == ["initiate", "create", "create", "add", "create", "create", "give", "give"]


def test_a_complete_set_is_not_touched_again(made: Made) -> None:
    before = observe(made).version
    assert settle(made.wanted, made.mongods.secrets) == (False, [])
    assert observe(made).version == before


def test_members_that_do_not_run_are_not_asked(made: Made) -> None:
    found = observe(made, running=made.names[:2])
    assert found.facts[2].state == "UNREACHABLE"
    assert found.facts[2].detail == "it is not running"
    assert observe(made, running=[]).name == ""


def test_status_tells_of_each_member(made: Made) -> None:
    status = asyncio.run(member_statuses(made.database, Connections(made.mongods.secrets), made.names))
    assert status.writable
    assert [m.state for m in status.members.values()] == ["PRIMARY", "SECONDARY", "SECONDARY"]
    assert [(m.priority, m.votes) for m in status.members.values()] == [(2, 1), (1, 1), (1, 1)]
    assert all(m.lag_seconds is not None and m.lag_seconds < 60 for m in status.members.values())


def test_status_without_a_right_password_still_tells_the_states(made: Made) -> None:
    secrets = {**made.mongods.secrets, "monitor": Secret("wrong")}
    status = asyncio.run(member_statuses(made.database, Connections(secrets), made.names))
    assert status.writable
    assert [m.state for m in status.members.values()] == ["PRIMARY", "SECONDARY", "SECONDARY"]
    assert "monitor" in status.detail


def test_status_tells_of_members_that_the_file_does_not_have(made: Made) -> None:
    """The primary has left the file, and is the primary all the same."""
    rest = replace(made.database, members=made.database.members[1:])
    status = asyncio.run(member_statuses(rest, Connections(made.mongods.secrets), made.names[1:]))
    assert status.writable
    assert {name: member.state for name, member in status.members.items()} == {
        made.names[0]: "PRIMARY",
        made.names[1]: "SECONDARY",
        made.names[2]: "SECONDARY",
    }


def test_status_of_nothing(made: Made) -> None:
    status = asyncio.run(member_statuses(made.database, Connections(made.mongods.secrets), []))
    assert (status.writable, status.members, status.detail) == (False, {}, "no member is running")


def test_a_started_member_says_what_it_is(made: Made) -> None:
    address = made.names[1].partition(":")[0]
    assert asyncio.run(member_answers(address, 27017, Direct())) == (True, "it is SECONDARY")
    answers, why = asyncio.run(member_answers(address, 1, Direct()))
    assert not answers
    assert "refused" in why
    far = Detour(("192.0.2.7", 27017), (address, 27017))
    assert asyncio.run(member_answers("192.0.2.7", 27017, far)) == (True, "it is SECONDARY")


def test_a_majority_write_is_read_from_every_member(made: Made) -> None:
    probe = asyncio.run(probe_write(Connections(made.mongods.secrets), made.names))
    assert probe.passed, probe
    assert probe.read_from == tuple(made.names)
    assert probe.primary == made.names[0]
    assert ask(made, {"count": COLLECTION}, "operator", "corral")["n"] == 0


def test_a_write_that_nobody_takes_is_told(made: Made) -> None:
    probe = asyncio.run(probe_write(Connections(made.mongods.secrets), made.names[1:]))
    assert (probe.written, probe.detail) == (False, "no member takes writes")
    probe = asyncio.run(probe_write(Connections({"operator": Secret("wrong")}), made.names))
    assert not probe.written
    assert "Authentication failed" in probe.detail


def test_strangers_are_sent_away_by_every_member(made: Made) -> None:
    answers = asyncio.run(probe_strangers(Direct(), made.names))
    assert [(answer.member, answer.refused) for answer in answers] == [(name, True) for name in made.names]


def ask(made: Made, command: dict[str, object], user: str, database: str = "admin") -> dict[str, object]:
    async def asking() -> dict[str, object]:
        async with Connections(made.mongods.secrets) as connections:
            return await connections.ask(made.names[0], command, user=user, database=database)

    return asyncio.run(asking())


@pytest.mark.parametrize(
    ("user", "database", "command"),
    [
        ("application", "other", {"find": "notes"}),
        ("application", "admin", {"replSetGetStatus": 1}),
        ("application", "local", {"insert": "notes", "documents": [{}]}),
        ("monitor", "board", {"find": "notes"}),
        ("operator", "board", {"find": "notes"}),
        ("admin", "board", {"find": "notes"}),
    ],
)
def test_a_user_may_not_do_what_is_not_its_work(
    made: Made, user: str, database: str, command: dict[str, object]
) -> None:
    with pytest.raises(Refused, match="not authorized"):
        ask(made, dict(command), user, database)


def test_the_urls_work_as_they_are(made: Made) -> None:
    from pymongo import AsyncMongoClient

    async def use() -> None:
        secrets = made.mongods.secrets
        data: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(resolve(mongo_url(made.database), secrets))
        oplog: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(resolve(oplog_url(made.database), secrets))
        async with data, oplog:
            await data.get_default_database()["notes"].insert_one({"_id": 1})
            assert await data["board"]["notes"].find_one() == {"_id": 1}
            assert await oplog.get_default_database()["oplog.rs"].find_one({"ns": "board.notes"})

    asyncio.run(use())


def test_mongod_has_taken_the_whole_configuration(made: Made) -> None:
    options = ask(made, {"getCmdLineOpts": 1}, "operator")["parsed"]
    assert isinstance(options, dict)
    assert options["storage"]["wiredTiger"]["engineConfig"]["cacheSizeGB"] == 0.25
    assert options["replication"] == {"oplogSizeMB": 64, "replSetName": "rs"}
    assert options["net"]["unixDomainSocket"] == {"enabled": False}
    assert ask(made, {"getParameter": 1, "ttlMonitorSleepSecs": 1}, "operator")["ttlMonitorSleepSecs"] == 7


def test_no_password_is_in_any_log(made: Made) -> None:
    logs = "".join(made.mongods.log(number) for number in NUMBERS)
    assert "createUser" in logs or len(logs) > 1000
    for secret in (*made.mongods.secrets.values(), made.mongods.key):
        assert secret.reveal() not in logs


def test_a_reconfiguration_of_what_is_not_the_newest_is_refused(made: Made) -> None:
    from corral.mongo.commands import reconfigure
    from corral.mongo.configuration import read_configuration

    async def old() -> None:
        async with Connections(made.mongods.secrets) as connections:
            now = await read_configuration(connections, made.names[0])
            old = replace(now, version=now.version - 1)
            await reconfigure(connections, made.names[0], old, old.members, None, PATIENCE)

    with pytest.raises(Refused) as refused:
        asyncio.run(old())
    assert refused.value.code == 103
