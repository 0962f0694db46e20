"""Clients that read all the time while a test kills something, and what they noticed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from corral.desired.nginx import PROBE_HEADER, UPSTREAM_HEADER
from tests.patience import PATIENCE
from tests.steedos.ddp import Ddp
from tests.steedos.people import Account, Person, person

PAUSE = 0.2
"""Seconds between two reads of one client."""


class Crowd:
    """Clients of the proxy, by number: each reads, and holds a DDP connection that it opens anew when it breaks."""

    def __init__(self, people: list[Person], probe: str) -> None:
        self.people, self._probe = people, probe
        self.reads: Counter[int] = Counter()
        self.failures: list[str] = []
        self.breaks: Counter[int] = Counter()
        self.away: list[float] = []
        """Seconds from the loss of a connection to its replacement, signed in and subscribed."""
        self.instances: dict[int, str] = {}
        """The address behind each client's connection, of the clients that have one just now."""

    def work(self) -> list[Coroutine[Any, Any, None]]:
        return [loop(number) for number in range(len(self.people)) for loop in (self._read, self._hold)]

    async def reads_more(self, count: int) -> None:
        """Returns when every client has read `count` times more."""
        wanted = {number: self.reads[number] + count for number in range(len(self.people))}
        await wait_for(lambda: all(self.reads[number] >= least for number, least in wanted.items()))

    async def all_connected(self) -> None:
        await wait_for(lambda: len(self.instances) == len(self.people))

    def clients_of(self, address: str) -> set[int]:
        return {number for number, instance in self.instances.items() if instance == address}

    async def _read(self, number: int) -> None:
        while True:
            try:
                answer = await self.people[number].read()
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
            else:
                if not answer.is_success:
                    self.failures.append(f"{answer.status_code} {answer.text[:80]}")
            self.reads[number] += 1
            await asyncio.sleep(PAUSE)

    async def _hold(self, number: int) -> None:
        """Until it is cancelled. A connection that can't be opened is an error: the proxy has nine others to take."""
        lost = 0.0
        while True:
            async with self.people[number].ddp(**{PROBE_HEADER: self._probe}) as connection:
                self.instances[number] = connection.headers[UPSTREAM_HEADER].split(",")[-1].strip()
                if lost:
                    self.away.append(time.monotonic() - lost)
                await connection.lost.wait()
                lost = time.monotonic()
                self.breaks[number] += 1
                del self.instances[number]


@asynccontextmanager
async def crowd(url: str, account: Account, clients: int, probe: str) -> AsyncIterator[Crowd]:
    """All signed in, reading and connected when the block begins; they stop with it."""
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(url, account)) for _ in range(clients)]
        together = Crowd(people, probe)
        async with working(together.work()):
            await together.all_connected()
            yield together


class InstanceReaders:
    """One reader and one DDP connection on each instance, by the instance's name; no proxy between."""

    def __init__(self, reader: Person, urls: Mapping[str, str], connections: Mapping[str, Ddp]) -> None:
        self._person, self._urls, self._connections = reader, urls, connections
        self._last: dict[str, float] = {}
        self.gaps: dict[str, float] = dict.fromkeys(urls, 0.0)
        """The longest time in seconds between two good answers."""
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []

    def work(self) -> list[Coroutine[Any, Any, None]]:
        return [self._read(name) for name in self._urls]

    @property
    def lost(self) -> list[str]:
        return [name for name, connection in self._connections.items() if connection.lost.is_set()]

    async def answers_more(self, count: int) -> None:
        """Returns when every instance has given `count` good answers more."""
        wanted = {name: self.answers[name] + count for name in self._urls}
        await wait_for(lambda: all(self.answers[name] >= least for name, least in wanted.items()))

    async def told(self, name: str) -> None:
        """Returns when every open connection was told that the company bears this name."""
        await asyncio.gather(*(seconds_until_told(each, name, 0) for each in self._connections.values()))

    async def _read(self, name: str) -> None:
        while True:
            try:
                answer = await self._person.read(through=self._urls[name])
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
            else:
                self._count(name, answer)
            await asyncio.sleep(PAUSE)

    def _count(self, name: str, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            self.failures.append(f"{answer.status_code} {answer.text[:80]}")
            return
        now = time.monotonic()
        self.gaps[name] = max(self.gaps[name], now - self._last.get(name, now))
        self._last[name] = now
        self.answers[name] += 1


@asynccontextmanager
async def instance_readers(url: str, account: Account, urls: Mapping[str, str]) -> AsyncIterator[InstanceReaders]:
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(person(url, account))
        connections = {name: await stack.enter_async_context(reader.ddp(address)) for name, address in urls.items()}
        readers = InstanceReaders(reader, urls, connections)
        async with working(readers.work()):
            yield readers


async def seconds_until_told(connection: Ddp, name: str, since: float) -> float:
    """The time from `since` (monotonic) until the connection brought the company's new name."""
    async with asyncio.timeout(PATIENCE):
        while True:
            moment, message = await connection.changes.get()
            if message["msg"] == "changed" and message["fields"].get("name") == name:
                return moment - since


async def wait_for(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def working(loops: list[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Endless loops beside the block; an error in one of them ends the block with it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
