"""MongoDB users: their states, and how they are created and corrected. They are kept in the database `admin`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from corral.model.database_users import ADMIN
from corral.model.resources import DatabaseUser, UserState
from corral.mongo.clients import AUTHENTICATION_FAILED, CHANGE, Connections, Document, Refused
from corral.secrets import Secrets

Roles = dict[str, frozenset[tuple[str, str]]]


async def user_states(
    connections: Connections, primary: str, users: Sequence[DatabaseUser]
) -> tuple[tuple[str, UserState], ...]:
    """The state of each of `users`, by its own login and by the admin's list. Never raises."""
    known, states = await asyncio.gather(
        _roles(connections, primary),
        asyncio.gather(*(_login(connections, primary, user) for user in users)),
    )
    return tuple((user.name, _state(user, state, known)) for user, state in zip(users, states, strict=True))


async def create_user(connections: Connections, primary: str, user: DatabaseUser, secrets: Secrets) -> None:
    """The admin is created by MongoDB's localhost exception, which ends with that. Raises Refused."""
    command = {"createUser": user.name, "pwd": secrets[user.secret].reveal(), "roles": _documents(user)}
    await connections.ask(primary, command, user="" if user.name == ADMIN else ADMIN, seconds=CHANGE)


async def update_user(
    connections: Connections, primary: str, user: DatabaseUser, state: UserState, secrets: Secrets
) -> None:
    """Its password is set only when the password is what is wrong. Raises Refused."""
    command: Document = {"updateUser": user.name, "roles": _documents(user)}
    if state == "wrong_password":
        command["pwd"] = secrets[user.secret].reveal()
    await connections.ask(primary, command, user=ADMIN, seconds=CHANGE)


def _documents(user: DatabaseUser) -> list[dict[str, str]]:
    return [{"role": role, "db": database} for role, database in user.roles]


async def _login(connections: Connections, primary: str, user: DatabaseUser) -> UserState:
    try:
        await connections.ask(primary, {"ping": 1}, user=user.name)
    except Refused as refused:
        return "wrong_password" if refused.code == AUTHENTICATION_FAILED else "unknown"
    return "ok"


async def _roles(connections: Connections, primary: str) -> Roles | None:
    """Each user's roles; None when the admin can't ask for them."""
    try:
        answer = await connections.ask(primary, {"usersInfo": 1}, user=ADMIN)
    except Refused:
        return None
    return {user["user"]: frozenset((role["role"], role["db"]) for role in user["roles"]) for user in answer["users"]}


def _state(user: DatabaseUser, login: UserState, known: Roles | None) -> UserState:
    """A refused login alone says little: the user may not exist. Only the admin can see that."""
    if known is None:
        return login if login == "ok" or user.name == ADMIN else "unknown"
    if user.name not in known:
        return "missing"
    if login == "ok" and known[user.name] != frozenset(user.roles):
        return "wrong_roles"
    return login
