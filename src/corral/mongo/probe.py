"""What `verify` asks of the database: a majority write that each member then has; and no reading without a login."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex

from corral.language import tr
from corral.model.database_users import OPERATOR, PROBE_DATABASE
from corral.model.routes import Routes
from corral.mongo.clients import UNAUTHORIZED, Connections, Refused
from corral.mongo.greeting import Greeting, greet, why_no_primary
from corral.words import clauses, named

COLLECTION = "probes"
PAUSE = 0.02


@dataclass(frozen=True)
class WriteProbe:
    """`seconds` until a majority had acknowledged the write; `missing` are members that never showed it."""

    written: bool
    primary: str
    seconds: float
    read_from: tuple[str, ...]
    missing: tuple[str, ...]
    detail: str

    @property
    def passed(self) -> bool:
        return self.written and not self.missing


@dataclass(frozen=True)
class StrangerProbe:
    """Whether one member refused to be read without a login, and what it said; or why it could not be asked."""

    member: str
    refused: bool
    detail: str
    asked: bool = True


async def probe_write(connections: Connections, members: Sequence[str], deadline: float = 10.0) -> WriteProbe:
    """Write one document as the operator, read it back from each of `members` (those with data), delete it.

    Never raises. `deadline` (seconds) is for all members together.
    """
    async with connections:
        greetings = await _greet_all(connections, members)
        primary = next((greeting.member for greeting in greetings if greeting.role == "PRIMARY"), "")
        if not primary:
            return WriteProbe(False, "", 0.0, (), tuple(members), why_no_primary(greetings))
        mark, started = token_hex(8), time.monotonic()
        try:
            await _write(connections, primary, {"insert": COLLECTION, "documents": [{"_id": mark}]}, deadline)
        except Refused as refused:
            return WriteProbe(False, primary, 0.0, (), tuple(members), refused.text)
        seconds = time.monotonic() - started
        has = await asyncio.gather(*(_appears(connections, name, mark, started + deadline) for name in members))
        await _delete(connections, primary, mark, deadline)
    missing = tuple(name for name, text in zip(members, has, strict=True) if text)
    detail = clauses(named(name, text) for name, text in zip(members, has, strict=True) if text)
    return WriteProbe(True, primary, seconds, tuple(n for n in members if n not in missing), missing, detail)


async def probe_strangers(routes: Routes, members: Sequence[str]) -> tuple[StrangerProbe, ...]:
    """Read from each of `members` without a login; only `Unauthorized` is the right answer. Never raises."""
    async with Connections({}, routes) as connections:
        return tuple(await asyncio.gather(*(_stranger(connections, name) for name in members)))


async def _greet_all(connections: Connections, members: Sequence[str]) -> list[Greeting]:
    return await asyncio.gather(*(greet(connections, name) for name in members))


async def _write(connections: Connections, primary: str, command: dict[str, object], deadline: float) -> None:
    concern = {"w": "majority", "wtimeout": round(deadline * 1000)}
    command = {**command, "writeConcern": concern}
    answer = await connections.ask(primary, command, user=OPERATOR, database=PROBE_DATABASE, seconds=deadline + 1)
    errors = [*answer.get("writeErrors", ()), answer.get("writeConcernError")]
    if any(errors):
        raise Refused(0, str(next(filter(None, errors)).get("errmsg")))


async def _appears(connections: Connections, member: str, mark: str, until: float) -> str:
    """Empty when `member` has the document; else why not."""
    find = {"find": COLLECTION, "filter": {"_id": mark}, "limit": 1}
    detail = tr("it doesn't have the document")
    while time.monotonic() < until:
        try:
            answer = await connections.ask(member, dict(find), user=OPERATOR, database=PROBE_DATABASE)
        except Refused as refused:
            detail = refused.text
        else:
            if answer["cursor"]["firstBatch"]:
                return ""
        await asyncio.sleep(PAUSE)
    return detail


async def _delete(connections: Connections, primary: str, mark: str, deadline: float) -> None:
    """A document left behind is harmless; the next probe has a mark of its own."""
    deletes = [{"q": {"_id": mark}, "limit": 1}]
    with suppress(Refused):
        await _write(connections, primary, {"delete": COLLECTION, "deletes": deletes}, deadline)


async def _stranger(connections: Connections, member: str) -> StrangerProbe:
    try:
        await connections.ask(member, {"listDatabases": 1})
    except Refused as refused:
        return StrangerProbe(member, refused.code == UNAUTHORIZED, refused.text, asked=bool(refused.code))
    return StrangerProbe(member, False, tr("it listed its databases without a login"))
