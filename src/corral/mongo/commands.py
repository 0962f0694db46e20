"""What changes a replica set: initiate, reconfigure, step down or up. Each is safe to ask for again."""

from __future__ import annotations

from collections.abc import Sequence

from corral.model.database_users import OPERATOR
from corral.model.resources import SetMember
from corral.mongo.clients import CHANGE, Connections, Document
from corral.mongo.configuration import Configuration, next_document

STEP_DOWN = 60
"""Seconds in which a member that has stepped down can't be elected; its vote is taken long before they are over."""


async def initiate(connections: Connections, member: str, document: Document) -> None:
    """Make a set of `member`, by the localhost exception. Raises Refused, as everything here."""
    await connections.ask(member, {"replSetInitiate": document}, seconds=CHANGE)


async def reconfigure(
    connections: Connections,
    primary: str,
    configuration: Configuration,
    members: Sequence[SetMember],
    settings: tuple[float, float] | None,
    seconds: float,
) -> None:
    """The successor of `configuration`, refused when that is no longer the newest one.

    MongoDB answers when the primary knows that a majority has the new one: one heartbeat later. `seconds` is the time
    limit of that wait; when it is over (TIME_LIMIT), a configuration that is in force stays in force.
    """
    document = next_document(configuration, members, settings)
    command = {"replSetReconfig": document, "maxTimeMS": round(seconds * 1000)}
    await connections.ask(primary, command, user=OPERATOR, seconds=seconds + 5)


async def step_down(connections: Connections, primary: str) -> None:
    command = {"replSetStepDown": STEP_DOWN, "secondaryCatchUpPeriodSecs": 10}
    await connections.ask(primary, command, user=OPERATOR, seconds=CHANGE)


async def step_up(connections: Connections, member: str) -> None:
    """Have a secondary stand for election. Refused when another one has newer data, or doesn't vote for it."""
    await connections.ask(member, {"replSetStepUp": 1}, user=OPERATOR, seconds=CHANGE)


async def default_to_majority(connections: Connections, primary: str) -> None:
    """Writes wait for a majority in a set with an arbiter too, where MongoDB wants this said."""
    command = {"setDefaultRWConcern": 1, "defaultWriteConcern": {"w": "majority", "wtimeout": 0}}
    await connections.ask(primary, command, user=OPERATOR, seconds=CHANGE)
