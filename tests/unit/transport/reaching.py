"""How the tests reach a host, and what they are told when they can't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corral.errors import CorralError, Unreachable
from corral.problems import Problem
from corral.transport.ssh import SshTransport
from corral.transport.ssh_settings import SshSettings
from tests.unit.transport.sshd import Sshd, sshd


@asynccontextmanager
async def reaching(**settings: SshSettings) -> AsyncIterator[SshTransport]:
    transport = SshTransport(settings)
    try:
        yield transport
    finally:
        await transport.close()


async def problem_of(settings: SshSettings) -> Problem:
    """Why the host can't be used."""
    async with reaching(one=settings) as transport:
        with pytest.raises(CorralError) as failure:
            await transport.run("one", "true")
    assert len(failure.value.problems) == 1
    return failure.value.problems[0]


async def refused(call: Awaitable[object]) -> Problem:
    """Why `call` could not reach the host."""
    with pytest.raises(Unreachable) as failure:
        await call
    assert len(failure.value.problems) == 1
    return failure.value.problems[0]


async def gets_in(settings: SshSettings) -> None:
    async with reaching(one=settings) as transport:
        assert (await transport.run("one", "echo in")).stdout == b"in\n"


def on_a_host(tmp_path: Path, scenario: Callable[[Sshd], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with sshd(tmp_path) as host:
            await scenario(host)

    asyncio.run(whole())


Scenario = Callable[[Sshd, SshTransport], Awaitable[None]]


@asynccontextmanager
async def transport_to(host: Sshd, connections: int = 32, **settings: object) -> AsyncIterator[SshTransport]:
    transport = SshTransport({"one": host.with_settings(**settings)}, connections)
    try:
        yield transport
    finally:
        await transport.close()


def play(tmp_path: Path, scenario: Scenario, **settings: object) -> None:
    async def whole() -> None:
        async with sshd(tmp_path) as host, transport_to(host, **settings) as transport:
            await scenario(host, transport)

    asyncio.run(whole())
