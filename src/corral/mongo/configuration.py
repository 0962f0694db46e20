"""The replica set's configuration: MongoDB's document and Corral's members."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from corral.model.database_users import OPERATOR
from corral.model.resources import SetMember
from corral.mongo.clients import Connections, Document


@dataclass(frozen=True)
class Configuration:
    """Times in seconds. `committed` is None when the member is not a primary: only a primary knows it."""

    name: str
    version: int
    members: tuple[SetMember, ...]
    election_timeout: float
    heartbeat_interval: float
    committed: bool | None
    document: Document


async def read_configuration(connections: Connections, member: str, user: str = OPERATOR) -> Configuration:
    """Raises Refused."""
    answer = await connections.ask(member, {"replSetGetConfig": 1}, user=user)
    return _configuration(answer)


async def read_commitment(connections: Connections, primary: str) -> Configuration:
    """The configuration, with whether it is safe to change it again. Raises Refused."""
    command = {"replSetGetConfig": 1, "commitmentStatus": True}
    return _configuration(await connections.ask(primary, command, user=OPERATOR))


def initial_document(name: str, member: SetMember, election_timeout: float, heartbeat_interval: float) -> Document:
    """What replSetInitiate is given: a set of one."""
    return {
        "_id": name,
        "members": [{"_id": 0, "host": member.name, "priority": member.priority, "votes": member.votes}],
        "settings": {
            "electionTimeoutMillis": _milliseconds(election_timeout),
            "heartbeatIntervalMillis": _milliseconds(heartbeat_interval),
        },
    }


def next_document(
    configuration: Configuration, members: Sequence[SetMember], settings: tuple[float, float] | None
) -> Document:
    """The configuration's successor: `members` instead of its own, and the two times unless None.

    What Corral doesn't know of (tags, hidden members, other settings) stays as it is.
    """
    document = deepcopy(configuration.document)
    document["version"] = configuration.version + 1
    present = {member["host"]: member for member in document["members"]}
    free = max((member["_id"] for member in document["members"]), default=-1) + 1
    document["members"] = []
    for member in members:
        if member.name not in present:
            present[member.name] = {"_id": free, "host": member.name, "arbiterOnly": member.arbiter}
            free += 1
        document["members"].append({**present[member.name], "priority": member.priority, "votes": member.votes})
    if settings is not None:
        election_timeout, heartbeat_interval = map(_milliseconds, settings)
        document["settings"]["electionTimeoutMillis"] = election_timeout
        document["settings"]["heartbeatIntervalMillis"] = heartbeat_interval
    return document


def _configuration(answer: Document) -> Configuration:
    document = answer["config"]
    settings = document.get("settings", {})
    return Configuration(
        name=document["_id"],
        version=document["version"],
        members=tuple(_member(member) for member in document["members"]),
        election_timeout=settings.get("electionTimeoutMillis", 10_000) / 1000,
        heartbeat_interval=settings.get("heartbeatIntervalMillis", 2_000) / 1000,
        committed=answer.get("commitmentStatus"),
        document=document,
    )


def _member(document: Document) -> SetMember:
    return SetMember(
        name=document["host"],
        priority=float(document.get("priority", 1)),
        votes=document.get("votes", 1),
        arbiter=document.get("arbiterOnly", False),
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
