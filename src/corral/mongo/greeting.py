"""What a member tells anybody, without a password: the answers to `hello` and, on an empty one, its state."""

from __future__ import annotations

from dataclasses import dataclass

from corral.mongo.clients import NOT_INITIATED, Connections, Document, Refused

STATES = {
    0: "STARTUP",
    1: "PRIMARY",
    2: "SECONDARY",
    3: "RECOVERING",
    5: "STARTUP2",
    6: "UNKNOWN",
    7: "ARBITER",
    8: "DOWN",
    9: "ROLLBACK",
    10: "REMOVED",
}
"""MongoDB's numbers for a member's state (replSetGetStatus, myState)."""


@dataclass(frozen=True)
class Greeting:
    """`set_name` and `names` (of all members) are empty without a configuration; `version` is its version.

    `role` is PRIMARY, SECONDARY, ARBITER or, for all else, empty; `election` orders two who both call
    themselves primary: the later one is right.
    """

    member: str
    answered: bool
    detail: str = ""
    set_name: str = ""
    role: str = ""
    names: tuple[str, ...] = ()
    primary: str = ""
    version: int = 0
    election: str = ""


async def greet(connections: Connections, member: str) -> Greeting:
    """Never raises: a member that doesn't answer is a greeting too."""
    try:
        return _greeting(member, await connections.ask(member, {"hello": 1}))
    except Refused as refused:
        return Greeting(member, answered=False, detail=refused.text)


async def open_state(connections: Connections, member: str) -> str:
    """The state of a member that has no users yet (UNINITIALIZED: no set either); empty once it has users.

    A mongod without users lets anybody on its own machine ask (the localhost exception).
    """
    try:
        status = await connections.ask(member, {"replSetGetStatus": 1})
    except Refused as refused:
        return "UNINITIALIZED" if refused.code == NOT_INITIATED else ""
    return STATES.get(status["myState"], "UNKNOWN")


def _greeting(member: str, hello: Document) -> Greeting:
    return Greeting(
        member,
        answered=True,
        set_name=hello.get("setName", ""),
        role=_role(hello),
        names=(*hello.get("hosts", ()), *hello.get("passives", ()), *hello.get("arbiters", ())),
        primary=hello.get("primary", ""),
        version=hello.get("setVersion", 0),
        election=str(hello.get("electionId", "")),
    )


def _role(hello: Document) -> str:
    if hello.get("isWritablePrimary"):
        return "PRIMARY"
    if hello.get("secondary"):
        return "SECONDARY"
    return "ARBITER" if hello.get("arbiterOnly") else ""
