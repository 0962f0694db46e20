"""Bounded attempts: what is repeated, for how long, and what is said in the end."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError

from corral.noticeboard import database
from corral.noticeboard.database import Database, UnavailableError, backoff, reason
from corral.noticeboard.notes import Notes
from corral.noticeboard.settings import from_environment
from tests.patience import PATIENCE

from .conftest import Mongod

NOWHERE = "mongodb://127.0.0.1:1/board"
Result = TypeVar("Result")


def connect(url: str, timeout: str = "8") -> Database:
    return Database(from_environment({"PORT": "1", "MONGO_URL": url, "DATABASE_TIMEOUT": timeout}))


async def closing(connected: Database, work: Awaitable[Result]) -> Result:
    try:
        return await work
    finally:
        await connected.close()


def test_what_fails_is_repeated_until_it_succeeds() -> None:
    failures: list[Exception] = [AutoReconnect("lost"), OperationFailure("stepping down", 189)]

    async def operation() -> str:
        if failures:
            raise failures.pop()
        return "done"

    async def check() -> None:
        connected = connect(NOWHERE)
        assert await closing(connected, connected.persist(operation)) == "done"

    asyncio.run(check())


def test_a_failure_of_the_program_itself_is_not_repeated() -> None:
    calls = []

    async def operation() -> None:
        calls.append(1)
        raise KeyError("a mistake")

    async def check() -> None:
        connected = connect(NOWHERE)
        with pytest.raises(KeyError):
            await closing(connected, connected.persist(operation))

    asyncio.run(check())
    assert len(calls) == 1


def test_the_refusal_is_told_rather_than_what_follows_from_it() -> None:
    errors: list[Exception] = [OperationFailure("u:s3cret refused", 18)]

    async def operation() -> None:
        raise errors.pop() if errors else ServerSelectionTimeoutError("no primary at h:1")

    async def check() -> None:
        connected = connect(NOWHERE)
        with pytest.raises(UnavailableError) as refused:
            await closing(connected, connected.attempts(operation, 0.5))
        assert refused.value.reason == ("the database refuses the user of MONGO_URL (AuthenticationFailed)")

    asyncio.run(check())


def test_hurry_ends_what_waits_and_what_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "HURRY", 0.2)

    async def check() -> None:
        connected = connect(NOWHERE, timeout="3600")
        waiting = asyncio.create_task(connected.persist(connected["x"].find_one))
        await asyncio.sleep(0)
        connected.hurry()
        for pending in (waiting, connected.persist(connected["x"].find_one)):
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(UnavailableError):
                    await pending
        await connected.close()

    asyncio.run(check())


def test_writing_a_note_again_changes_nothing(mongod: Mongod) -> None:
    async def check() -> None:
        connected = connect(mongod.url())
        notes = Notes(connected, "one")
        note = notes.new("once")
        await notes.write(note)
        await connected["notes"].update_one({"_id": note["_id"]}, {"$set": {"text": "edited"}})
        await notes.write(note)
        assert [found["text"] for found in await notes.latest(10)] == ["edited"]
        await connected.close()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationFailure("x", 13), "the database refuses the user of MONGO_URL (Unauthorized)"),
        (OperationFailure("x", 11602), "the members are electing a primary"),
        (OperationFailure("x", 14031), "the database answered with error 14031"),
        (AutoReconnect("h:1 closed"), "the connection to the primary was lost"),
        (ServerSelectionTimeoutError("h:1"), "no writable primary was found in time"),
    ],
)
def test_reasons_are_plain_words(error: OperationFailure, words: str) -> None:
    assert reason(error) == words


def test_pauses_double_up_to_the_longest() -> None:
    assert 0.05 <= backoff(0, longest=2) <= 0.1
    assert 0.2 <= backoff(2, longest=2) <= 0.4
    assert 1 <= backoff(1000, longest=2) <= 2
