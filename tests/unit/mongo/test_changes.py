"""A complete set that is asked to become another one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from corral.errors import ChangeFailed
from corral.execute.handlers.replica_set import converge
from corral.model.database_users import ADMIN, APPLICATION, OPERATOR
from corral.model.resources import DatabaseUser, FoundReplicaSet, ReplicaSet, UserState
from corral.mongo.clients import Connections
from corral.mongo.users import update_user
from corral.secrets import Secret, generate
from tests.patience import PATIENCE, until

from .conftest import completed, observe, settle
from .mongods import Mongods


@pytest.fixture
def three(mongods: Mongods) -> Iterator[ReplicaSet]:
    """Members 1 to 3, 1 as primary, whatever the test before has made of them."""
    mongods.start(1, 2, 3)
    wanted = mongods.wanted(mongods.member(1, priority=2), 2, 3)
    settle(wanted, mongods.secrets)
    wait_for_primary(wanted, mongods, 1)
    yield wanted


def wait_for_primary(wanted: ReplicaSet, mongods: Mongods, number: int) -> None:
    """The member with the highest priority takes over when it has caught up, some time after the settings."""
    until(lambda: observe(wanted, mongods).primary, lambda primary: primary == mongods.name(number))


def settled(wanted: ReplicaSet, mongods: Mongods) -> FoundReplicaSet:
    """The set after converging to `wanted`, which was not complete before."""
    changed, sentences = settle(wanted, mongods.secrets)
    assert changed, sentences
    return completed(wanted, mongods)


def rewrite(mongods: Mongods, primary: str, user: DatabaseUser, password: Secret | None) -> None:
    """Change a user as somebody else would, beside Corral."""

    async def update() -> None:
        async with Connections(mongods.secrets) as connections:
            state: UserState = "wrong_password" if password else "wrong_roles"
            await update_user(connections, primary, user, state, {user.secret: password} if password else {})

    asyncio.run(update())


def user(wanted: ReplicaSet, name: str) -> DatabaseUser:
    return next(user for user in wanted.users if user.name == name)


def test_settings_alone(mongods: Mongods, three: ReplicaSet) -> None:
    before = observe(three, mongods).version
    found = settled(replace(three, election_timeout=2.5), mongods)
    assert (found.election_timeout, found.version) == (2.5, before + 1)


@pytest.mark.parametrize("name", [APPLICATION, OPERATOR])
def test_a_wrong_password_is_mended(mongods: Mongods, three: ReplicaSet, name: str) -> None:
    primary = observe(three, mongods).primary
    rewrite(mongods, primary, user(three, name), generate())
    assert dict(observe(three, mongods).users)[name] == "wrong_password"
    settled(three, mongods)


def test_wrong_roles_are_mended_and_the_password_stays(mongods: Mongods, three: ReplicaSet) -> None:
    primary = observe(three, mongods).primary
    rewrite(mongods, primary, replace(user(three, APPLICATION), roles=(("read", "board"),)), None)
    assert dict(observe(three, mongods).users)[APPLICATION] == "wrong_roles"
    settled(three, mongods)


def test_a_wrong_password_of_the_admin_is_a_matter_for_a_person(mongods: Mongods, three: ReplicaSet) -> None:
    secrets = {**mongods.secrets, ADMIN: generate()}
    with pytest.raises(ChangeFailed) as failure:
        asyncio.run(converge(three, Connections(secrets), lambda _: None, PATIENCE))
    (problem,) = failure.value.problems
    assert problem.code == "wrong-password"
    assert "secrets file" in problem.hint
    assert not any(secret.reveal() in problem.message for secret in secrets.values())


def test_a_member_that_has_lost_its_data_copies_them_again(mongods: Mongods, three: ReplicaSet) -> None:
    mongods.kill(3)
    mongods.wipe(3)
    mongods.start(3)
    settle(three, mongods.secrets)
    completed(three, mongods)


def test_a_higher_priority_makes_another_primary(mongods: Mongods, three: ReplicaSet) -> None:
    wanted = mongods.wanted(1, 2, mongods.member(3, priority=2))
    settled(wanted, mongods)
    wait_for_primary(wanted, mongods, 3)
