"""Real members whose data are not what file and secrets say: nothing is touched, and it is said why."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace

import pytest

from corral.errors import ChangeFailed
from corral.execute.handlers.replica_set import converge
from corral.model.resources import ReplicaSet
from corral.model.routes import Direct
from corral.mongo.clients import Connections
from corral.mongo.status import member_answers, member_statuses
from corral.observe.replica_set import observe_replica_set
from corral.problems import Problem
from corral.secrets import Secrets, generate
from tests.patience import PATIENCE

from .conftest import settle
from .mongods import PORT, Mongods


@pytest.fixture(scope="module")
def pair(mongods: Mongods) -> Mongods:
    """Two sets of the same name, of one member each, which know nothing of each other."""
    mongods.start(1, 2, 3)
    settle(mongods.wanted(1), mongods.secrets)
    settle(mongods.wanted(2), mongods.secrets)
    return mongods


def refused(wanted: ReplicaSet, secrets: Secrets) -> Problem:
    with pytest.raises(ChangeFailed) as failure:
        asyncio.run(converge(wanted, Connections(secrets), lambda _: None, PATIENCE))
    (problem,) = failure.value.problems
    assert problem.hint
    return problem


def test_an_empty_member_says_so(pair: Mongods) -> None:
    assert asyncio.run(member_answers(f"{pair.network}.3", PORT, Direct())) == (True, "it has no replica set yet")
    wanted = pair.wanted(3)
    found = asyncio.run(observe_replica_set(wanted, Connections(pair.secrets), [pair.name(3)]))
    assert [fact.state for fact in found.facts] == ["UNINITIALIZED"]
    status = asyncio.run(member_statuses(pair.database([pair.member(3)]), Connections(pair.secrets), [pair.name(3)]))
    assert (status.writable, status.members[pair.name(3)].state) == (False, "UNINITIALIZED")


def test_two_sets_are_not_made_one(pair: Mongods) -> None:
    problem = refused(pair.wanted(1, 2), pair.secrets)
    assert problem.code == "other-set"
    assert pair.name(1) in problem.message or pair.name(2) in problem.message


def test_secrets_of_another_cluster_open_nothing(pair: Mongods) -> None:
    secrets = {name: generate() for name in pair.secrets}
    assert refused(pair.wanted(1), secrets).code == "wrong-password"


def test_a_file_with_another_name_for_the_set(pair: Mongods) -> None:
    problem = refused(replace(pair.wanted(1), name="renamed"), pair.secrets)
    assert problem.code == "wrong-set-name"
    assert "replica_set: rs" in problem.hint


def test_data_that_have_moved_to_another_address(pair: Mongods) -> None:
    """As when the hosts' addresses are changed in the file: the old set has none of the new members."""
    pair.kill(2)
    pair.directory.joinpath("7").mkdir()
    shutil.move(pair.directory / "2" / "data", pair.directory / "7" / "data")
    pair.start(7)
    assert refused(pair.wanted(7), pair.secrets).code == "no-common-member"
    assert refused(pair.wanted(7), {name: generate() for name in pair.secrets}).code == "unknown-data"
    answers, why = asyncio.run(member_answers(f"{pair.network}.7", PORT, Direct()))
    assert not answers
    assert "it holds data" in why
    newcomer = asyncio.run(member_answers(f"{pair.network}.7", PORT, Direct(), "newcomer"))
    assert newcomer == (True, "it waits to join the set")
    status = asyncio.run(member_statuses(pair.database([pair.member(7)]), Connections(pair.secrets), [pair.name(7)]))
    assert not status.writable
