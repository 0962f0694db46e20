"""What a member answers without a password: to `hello`, and, while it is empty, to the question for its state."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corral.language import tr
from corral.late import late
from corral.model.endpoint import Endpoint
from corral.model.mongodb_series import Series, series_by_wire
from corral.model.resources import Unread
from corral.model.routes import OutsideCluster
from corral.mongo.clients import ANSWER, NOT_INITIATED, Connections, Document, Refused

if TYPE_CHECKING:
    import bson
    import bson.errors
else:
    bson = late("bson")

_HEAD: Final = struct.Struct("<iiiiIB")
"""Of MongoDB's messages: length, number, number that it answers, kind, flags; and the kind of the one section here."""
_MESSAGE: Final = 2013
"""OP_MSG (MongoDB wire protocol)."""
_LARGEST: Final = 1 << 20
"""Bytes: an answer to hello has one or two thousand."""

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
    themselves primary: the later election counts.
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
    series: Series | None = None
    """The release series of its mongod; None for a series that Corral doesn't know."""
    outside: bool = False
    """Whether it is outside the cluster's hosts, so that it could not be asked."""
    unread: Unread = ""


async def greet(connections: Connections, member: str) -> Greeting:
    """Never raises: a member that doesn't answer gives a greeting that says so.

    Reaching the host has a deadline of its own: a login may take longer than the member's answer.
    """
    unread: Unread = "answer"
    try:
        here = await connections.reach(member)
        async with asyncio.timeout(ANSWER):
            return _greeting(member, await _hello(here))
    except OutsideCluster as error:
        return Greeting(member, answered=False, detail=str(error), outside=True)
    except TimeoutError:
        detail = tr("it accepts connections but gave no answer within {answer:g} s", answer=ANSWER)
    except OSError as error:
        detail = os.strerror(error.errno) if error.errno else str(error)
        unread = _unread(error)
    except (EOFError, bson.errors.BSONError):
        detail = tr("it accepts connections but doesn't answer as MongoDB does")
    return Greeting(member, answered=False, detail=detail, unread=unread)


async def _hello(here: Endpoint) -> Document:
    """The answer to `hello`, over a connection of its own: a client opens two, and says hello on each before.

    Raises OSError, EOFError, bson.errors.BSONError.
    """
    reader, writer = await asyncio.open_connection(*here.socket)
    try:
        question = bson.encode({"hello": 1, "$db": "admin"})
        writer.write(_HEAD.pack(_HEAD.size + len(question), 1, 0, _MESSAGE, 0, 0) + question)
        length, *_ = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        answer: Document = bson.decode(await reader.readexactly(max(0, min(length, _LARGEST) - _HEAD.size)))
        return answer
    finally:
        writer.close()
        with suppress(OSError):  # the other end was quicker
            await writer.wait_closed()


def why_no_primary(greetings: Sequence[Greeting]) -> str:
    """Why none of those who were greeted is the primary. Of members that can't be asked no more is said than what the
    others say."""
    unread = {greeting.member: greeting.detail for greeting in greetings if greeting.unread}
    named = next((greeting.primary for greeting in greetings if greeting.primary in unread), "")
    if named:
        return tr(
            "{member} is the primary, as the others say, and can't be asked: {detail}",
            member=named,
            detail=unread[named],
        )
    if unread:
        return tr(
            "none of those that can be asked takes writes, and of {members} it is not known: {detail}",
            members=", ".join(unread),
            detail=next(iter(unread.values())),
        )
    return tr("no member takes writes")


async def open_state(connections: Connections, member: str) -> str:
    """The state of a member that has no users yet (UNINITIALIZED: no set either); empty once it has users.

    A mongod without users lets anybody on its own machine ask (the localhost exception).
    """
    try:
        status = await connections.ask(member, {"replSetGetStatus": 1})
    except Refused as refused:
        return "UNINITIALIZED" if refused.code == NOT_INITIATED else ""
    return STATES.get(status["myState"], "UNKNOWN")


def _unread(error: OSError) -> Unread:
    """That nothing listens is known of a member; a connection that it has taken and cut says as little as none."""
    if isinstance(error, ConnectionRefusedError):
        return ""
    return "answer" if isinstance(error, ConnectionError) else "way"


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
        series=series_by_wire(hello.get("maxWireVersion", 0)),
    )


def _role(hello: Document) -> str:
    if hello.get("isWritablePrimary"):
        return "PRIMARY"
    if hello.get("secondary"):
        return "SECONDARY"
    return "ARBITER" if hello.get("arbiterOnly") else ""
