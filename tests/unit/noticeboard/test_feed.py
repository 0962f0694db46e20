"""The feed's inboxes and its way back when the server has forgotten where it was."""

import asyncio
import json

from corral.noticeboard.feed import INBOX, Feed, Inbox
from corral.noticeboard.notes import Notes
from tests.patience import PATIENCE, holds_soon

from .conftest import Mongod
from .test_database import connect


def test_a_full_inbox_overflows_instead_of_waiting() -> None:
    inbox = Inbox()
    for number in range(INBOX):
        inbox.put(str(number))
    assert not inbox.overflowed.is_set()

    inbox.put("one too many")

    assert inbox.overflowed.is_set()


def test_a_forgotten_resume_token_is_given_up(mongod: Mongod) -> None:
    async def check() -> None:
        connected = connect(mongod.url())
        feed = Feed(connected)
        feed._token = {"_data": "8200000001000000012B0229296E04"}  # long before the oplog's first entry
        with feed.subscribe() as inbox:
            running = asyncio.create_task(feed.run())
            async with asyncio.timeout(PATIENCE):
                assert json.loads(await inbox.get()) == {"type": "feed", "live": True}
                await Notes(connected, "one").write(Notes(connected, "one").new("hello"))
                assert json.loads(await inbox.get())["note"]["text"] == "hello"
            running.cancel()
            await asyncio.wait([running])
        await connected.close()

    asyncio.run(check())


def test_a_feed_that_ends_closes_its_stream_on_the_server(mongod: Mongod) -> None:
    async def check() -> None:
        connected = connect(mongod.url())
        feed = Feed(connected)
        running = asyncio.create_task(feed.run())
        await holds_soon(lambda: feed.live)
        assert feed._stream is not None
        assert feed._stream.alive

        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        assert not feed._stream.alive
        await connected.close()

    asyncio.run(check())


def test_a_dropped_collection_is_followed_again(mongod: Mongod) -> None:
    async def check() -> None:
        connected = connect(mongod.url())
        notes = Notes(connected, "one")
        await notes.write(notes.new("gone"))
        feed = Feed(connected)
        with feed.subscribe() as inbox:
            running = asyncio.create_task(feed.run())
            async with asyncio.timeout(PATIENCE):
                await inbox.get()
                await connected["notes"].drop()
                texts: list[str] = []
                while texts != ["new"]:
                    await notes.write(notes.new("new"))
                    try:
                        async with asyncio.timeout(0.5):
                            texts = [json.loads(await inbox.get())["note"]["text"]]
                    except TimeoutError:
                        continue
            running.cancel()
            await asyncio.wait([running])
        await connected.close()

    asyncio.run(check())
