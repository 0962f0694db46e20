"""MongoDB's documents in and out, without a MongoDB."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from corral.model.resources import SetMember
from corral.model.routes import Way
from corral.mongo.clients import AUTHENTICATION_FAILED, Connections, Refused
from corral.mongo.configuration import Configuration, initial_document, next_document
from corral.mongo.set_view import lags_in, states_in
from corral.secrets import Secret
from tests.unit.verify.detour import Detour

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def configuration() -> Configuration:
    """One member that somebody has given a tag, and settings that Corral knows nothing of."""
    document = {
        "_id": "rs",
        "version": 7,
        "term": 3,
        "members": [{"_id": 4, "host": "a:1", "priority": 1, "votes": 1, "tags": {"room": "7"}}],
        "settings": {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 100, "chainingAllowed": False},
    }
    return Configuration("rs", 7, (SetMember("a:1"),), 2.0, 0.1, True, document)


def test_a_set_begins_with_one_member_and_its_times_in_milliseconds() -> None:
    assert initial_document("rs", SetMember("a:1", 2), 2.0, 0.1) == {
        "_id": "rs",
        "members": [{"_id": 0, "host": "a:1", "priority": 2, "votes": 1}],
        "settings": {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 100},
    }


def test_the_successor_keeps_what_corral_does_not_know_of() -> None:
    now = configuration()
    members = (SetMember("a:1", 2), SetMember("b:1", 0, 0), SetMember("c:1", 0, 1, arbiter=True))
    after = next_document(now, members, (10.0, 2.0))
    assert after["version"] == 8
    assert after["term"] == 3
    assert after["members"] == [
        {"_id": 4, "host": "a:1", "priority": 2, "votes": 1, "tags": {"room": "7"}},
        {"_id": 5, "host": "b:1", "priority": 0, "votes": 0, "arbiterOnly": False},
        {"_id": 6, "host": "c:1", "priority": 0, "votes": 1, "arbiterOnly": True},
    ]
    assert after["settings"] == {
        "electionTimeoutMillis": 10000,
        "heartbeatIntervalMillis": 2000,
        "chainingAllowed": False,
    }
    assert now == configuration(), "the document that was read stays as it is"


def test_without_settings_the_old_ones_stay() -> None:
    assert next_document(configuration(), (SetMember("a:1"),), None)["settings"]["heartbeatIntervalMillis"] == 100


def member(name: str, state: str, behind: float, health: int = 1) -> dict[str, object]:
    return {"name": name, "stateStr": state, "health": health, "optimeDate": NOW - timedelta(seconds=behind)}


def test_lag_is_counted_from_the_primary() -> None:
    status = {
        "members": [
            member("a", "SECONDARY", 3),
            member("b", "PRIMARY", 1),
            member("c", "SECONDARY", 0.5),
            member("d", "(not reachable/healthy)", 99, health=0),
            {"name": "e", "stateStr": "ARBITER", "health": 1},
        ]
    }
    assert lags_in(status) == {"a": 2, "b": 0, "c": 0}
    assert states_in(status) == {
        "a": "SECONDARY",
        "b": "PRIMARY",
        "c": "SECONDARY",
        "d": "UNREACHABLE",
        "e": "ARBITER",
    }


def test_without_a_primary_there_is_no_lag() -> None:
    assert lags_in({"members": [member("a", "SECONDARY", 3)]}) == {}


def ask(member: str, secrets: dict[str, Secret], user: str) -> Refused:
    async def asking() -> None:
        async with Connections(secrets) as connections:
            await connections.ask(member, {"ping": 1}, user=user)

    with pytest.raises(Refused) as refused:
        asyncio.run(asking())
    return refused.value


def test_nobody_there_is_told_at_once() -> None:
    refused = ask("127.0.0.1:1", {"operator": Secret("sesame")}, "operator")
    assert (refused.code, refused.text) == (0, "Connection refused")


def test_a_missing_secret_is_a_refused_login() -> None:
    async def asking() -> Refused:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        async with server, Connections({}) as connections:
            with pytest.raises(Refused) as refused:
                name = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
                await connections.ask(name, {"ping": 1}, user="operator")
            return refused.value

    refused = asyncio.run(asking())
    assert refused.code == AUTHENTICATION_FAILED
    assert "the secrets file has no password for operator" in refused.text


async def rude(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def dumb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(("server", "text"), [(rude, "127.0.0.1"), (dumb, "it accepts connections but doesn't answer")])
def test_somebody_else_on_the_port_is_no_member(server: Handler, text: str) -> None:
    """A server that speaks no MongoDB, or nothing at all: an answer in time, and no password in it."""

    async def asking() -> Refused:
        listener = await asyncio.start_server(server, "127.0.0.1", 0)
        name = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with listener, Connections({"operator": Secret("sesame")}) as connections:
            with pytest.raises(Refused) as refused:
                await connections.ask(name, {"ping": 1}, user="operator")
            return refused.value

    refused = asyncio.run(asking())
    assert refused.code == 0
    assert text in refused.text
    assert "sesame" not in refused.text


def test_a_member_is_asked_by_its_route() -> None:
    """Its name in the set is one thing, the way to it from this machine another one: it ends on the member's own host,
    where MongoDB lets the first user in."""
    visits: list[int] = []
    ways: list[Way] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(1)
        await dumb(reader, writer)

    async def asking() -> None:
        listener = await asyncio.start_server(count, "127.0.0.1", 0)
        here = ("127.0.0.1", listener.sockets[0].getsockname()[1])
        async with listener, Connections({}, Detour(("fd00::7", 27017), here, ways)) as connections:
            with pytest.raises(Refused, match="doesn't answer"):
                await connections.ask("[fd00::7]:27017", {"ping": 1})
            with pytest.raises(Refused, match="Connection refused"):
                await connections.ask("[fd00::8]:27017", {"ping": 1})

    asyncio.run(asking())
    assert visits
    assert ways == ["local", "local"]
