"""Asking hosts for their keys, before anybody trusts them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from corral.errors import Unreachable
from corral.late import late
from corral.problems import Problem
from corral.transport.known_hosts import Entry, HostKey, KeyState
from corral.transport.ssh_settings import SshSettings
from corral.transport.ssh_trouble import untrusted

if TYPE_CHECKING:
    from corral.transport import ssh_hosts
else:
    ssh_hosts = late("corral.transport.ssh_hosts")

CONNECTIONS = 32
"""How many hosts are asked at the same time."""


@dataclass(frozen=True)
class Step:
    """A host of the cluster, or with `number` the `number`th one on the way to it. `name` is for people."""

    name: str
    host: str
    number: int | None = None


@dataclass(frozen=True)
class Shown:
    """A host and the key that it shows; none when it can't be asked."""

    name: str
    address: str
    port: int
    place: str
    """Its name in a known_hosts file."""
    state: KeyState | Literal["unreachable"]
    key: HostKey | None = None
    known: tuple[Entry, ...] = ()
    """What is known of it so far."""
    problem: Problem | None = None
    """Why it is not trusted as it is; None for a key that is known."""


async def steps_to(settings: Mapping[str, SshSettings], names: Sequence[str]) -> list[list[Step]]:
    """Lists of hosts to ask at the same time, one list after the other: hosts on the way to others come first."""
    async with _Asking(settings) as hosts:
        levels: list[dict[str, Step]] = []
        for name in names:
            for number, jump in enumerate((await hosts.resolved(name)).jumps):
                if number == len(levels):
                    levels.append({})
                levels[number].setdefault(jump.text, Step(jump.text, name, number))
        return [*(list(level.values()) for level in levels), [Step(name, name) for name in names]]


async def ask(settings: Mapping[str, SshSettings], steps: Sequence[Step]) -> list[Shown]:
    """All of `steps` at once.

    Never raises Unreachable: a host that can't be asked is in the answer, with its problem.
    """
    async with _Asking(settings) as hosts:
        return list(await asyncio.gather(*(_ask(hosts, step) for step in steps)))


async def _ask(hosts: ssh_hosts.Hosts, step: Step) -> Shown:
    to = await (hosts.resolved(step.host) if step.number is None else hosts.resolved_jump(step.host, step.number))
    known = (*to.known.keys, *to.known.revoked)
    shown = Shown(step.name, to.way.address, to.way.port, to.listed, "unreachable", known=known)
    try:
        key = await (hosts.key(step.host) if step.number is None else hosts.jump_key(step.host, step.number))
    except Unreachable as failure:
        return replace(shown, problem=failure.problems[0])
    state = to.known.state(key)
    problem = None if state == "known" else untrusted(to.way, key, to.known, to.listed).problems[0]
    return replace(shown, state=state, key=key, problem=problem)


class _Asking:
    """Hosts for one round of questions: files are read again each time."""

    def __init__(self, settings: Mapping[str, SshSettings]) -> None:
        self._hosts = ssh_hosts.Hosts(settings, asyncio.Semaphore(CONNECTIONS))

    async def __aenter__(self) -> ssh_hosts.Hosts:
        return self._hosts

    async def __aexit__(self, *_: object) -> None:
        await self._hosts.close()
