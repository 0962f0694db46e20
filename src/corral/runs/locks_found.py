"""The locks as they are found on the hosts, and their removal by hand: for `corral unlock`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corral.errors import ChangeFailed, split
from corral.language import tr
from corral.model.cluster import Host
from corral.problems import Problem
from corral.runs import lock_file
from corral.runs.lock_file import TTL, Answer, Claim, answer_in
from corral.transport.base import Transport
from corral.words import placed


@dataclass(frozen=True)
class FoundLock:
    """One host's lock, if it has one; `age` are the seconds since its last sign of life."""

    host: Host
    held: bool = False
    content: str = ""
    age: int = 0

    @property
    def alive(self) -> bool:
        """Whether its run has given a sign of life in time; a lock that isn't alive blocks nobody."""
        return self.held and self.age <= TTL

    @property
    def claim(self) -> Claim | None:
        return Claim.from_text(self.content)

    @property
    def sentence(self) -> str:
        if not self.held:
            return tr("not locked")
        who = str(self.claim or tr("a run whose name is unknown"))
        state = tr("alive") if self.alive else tr("left behind: the next run takes it over")
        return tr("{who}; last sign of life {age} s ago: {state}", who=who, age=self.age, state=state)

    def to_json(self) -> dict[str, Any]:
        """Without the token, which is the run's own."""
        claim = self.claim
        holder = {} if claim is None else {"since": claim.since, **vars(claim.holder)}
        return {
            "host": self.host.name,
            "held": self.held,
            "alive": self.alive,
            "refreshed_seconds_ago": self.age if self.held else None,
            "holder": holder or None,
        }


async def find_locks(transport: Transport, hosts: Sequence[Host]) -> tuple[list[FoundLock], list[Problem]]:
    """The lock of each host that can be asked, in their order, and a problem for each that can't."""
    return split(await asyncio.gather(*(_find(transport, host) for host in hosts), return_exceptions=True))


async def remove_locks(transport: Transport, locks: Sequence[FoundLock]) -> tuple[list[FoundLock], list[Problem]]:
    """Remove exactly `locks`: one that another run has taken since stays, and is one of the problems."""
    return split(await asyncio.gather(*(_remove(transport, lock) for lock in locks), return_exceptions=True))


async def _find(transport: Transport, host: Host) -> FoundLock:
    answer = await _ask(transport, host, lock_file.read(str(host.layout.state)))
    if answer.word == "free":
        return FoundLock(host)
    return FoundLock(host, True, answer.content, answer.age)


async def _remove(transport: Transport, lock: FoundLock) -> FoundLock:
    """The host without it. Raises ChangeFailed when another run has taken it since."""
    answer = await _ask(transport, lock.host, lock_file.remove(str(lock.host.layout.state), lock.content))
    if answer.word == "found":
        name = placed(lock.host.name)
        message = tr("{host}: another run has taken the lock since: {who}", host=name, who=answer.who)
        raise ChangeFailed(Problem("locked-anew", "error", message, tr("`corral unlock` shows it"), lock.host.name))
    return FoundLock(lock.host)


async def _ask(transport: Transport, host: Host, text: str) -> Answer:
    completed = await transport.run(host.name, text)
    answer = answer_in(completed.text)
    if completed.code != 0 or answer is None:
        message = tr(
            "{host}: the lock can't be read: {error}",
            host=placed(host.name),
            error=completed.error or tr("it gave no answer"),
        )
        raise ChangeFailed(Problem("lock-failed", "error", message, where=host.name))
    return answer
