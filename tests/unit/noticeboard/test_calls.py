"""Calls of the driver: they end by themselves, and those that nobody waits for any more count too."""

import asyncio
import logging

import pytest

from corral.noticeboard.calls import Calls
from tests.patience import PATIENCE, holds_soon


class Call:
    """A call that ends when it is told to; `running` is how many of them run."""

    running = 0

    def __init__(self) -> None:
        self.end = asyncio.Event()
        self.ended = False

    async def __call__(self) -> str:
        Call.running += 1
        try:
            await self.end.wait()
            self.ended = True
        finally:
            Call.running -= 1
        return "done"


async def given_up(calls: Calls, call: Call) -> None:
    """Waits for `call` and is cancelled once it runs."""
    before = Call.running
    waiting = asyncio.create_task(calls.run(call))
    await holds_soon(lambda: Call.running > before)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()


def test_a_call_goes_on_when_nobody_waits_any_more() -> None:
    async def check() -> None:
        calls, call = Calls(1), Call()
        await given_up(calls, call)
        assert Call.running == 1

        call.end.set()
        await calls.settle(PATIENCE)
        assert call.ended

    asyncio.run(check())


def test_what_nobody_waits_for_leaves_no_room_for_more() -> None:
    async def check() -> None:
        calls, first, second = Calls(1), Call(), Call()
        await given_up(calls, first)
        second.end.set()
        waiting = asyncio.create_task(calls.run(second))
        await asyncio.wait([waiting], timeout=0.1)
        assert not second.ended

        first.end.set()
        assert await waiting == "done"

    asyncio.run(check())


def test_a_failure_is_raised_and_one_that_nobody_hears_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("a mistake")

    async def check() -> None:
        calls = Calls(1)
        with pytest.raises(KeyError):
            await calls.run(fail)
        waiting = asyncio.create_task(calls.run(fail))
        await asyncio.sleep(0)
        waiting.cancel()
        await calls.settle(PATIENCE)

    with caplog.at_level(logging.ERROR):
        asyncio.run(check())
    assert not caplog.records


def test_settling_takes_no_longer_than_it_may() -> None:
    async def check() -> None:
        calls, call = Calls(1), Call()
        await calls.settle(PATIENCE)
        await given_up(calls, call)
        await calls.settle(0.01)
        assert not call.ended

    asyncio.run(check())
