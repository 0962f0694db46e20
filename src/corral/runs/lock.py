"""One run at a time for each cluster, from whichever machine: a lock on every host, held while a run lasts.

A run that ends, however it ends, gives the lock back; one that was killed stops refreshing it, and after TTL seconds
the next one takes it over.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from corral.errors import ChangeFailed, CorralError, Locked, Unreachable, joined
from corral.events import Note, Sink, ignore
from corral.language import tr
from corral.model.cluster import Host
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.runs import lock_file
from corral.runs.lock_file import HELD, TTL, Answer, Claim, Holder, answer_in
from corral.transport.base import Transport
from corral.words import aside, placed

GIVING_BACK: Final = 20.0
"""Seconds for the script that gives the lock back, with the end of the record."""


def _nothing() -> None:
    """For a lock that nothing goes with."""


@dataclass(frozen=True)
class Hooks:
    """What goes with a lock. `on_lost` is called once; `sink` gets what the user should know.

    `start`, `news` and `end` give POSIX sh texts that travel to a host with the lock's own: when it is taken, each time
    that it is refreshed, and when it is given back. `news` also gives a function that is called once its text has
    arrived; `end` gets the failure of the run, None when there was none.
    """

    on_lost: Callable[[Problem], None] = lambda _problem: None
    sink: Sink = ignore
    start: Callable[[str], str] = lambda _host: ""
    news: Callable[[str], tuple[str, Callable[[], None]]] = lambda _host: ("", _nothing)
    end: Callable[[str, BaseException | None], str] = lambda _host, _failure: ""
    unlock: str = "corral unlock"
    """The command that says who holds it."""


NO_HOOKS = Hooks()


@asynccontextmanager
async def held(
    transport: Transport, hosts: Sequence[Host], holder: Holder, hooks: Hooks = NO_HOOKS, ttl: int = TTL
) -> AsyncIterator[Lock]:
    """Hold the lock on all of `hosts`.

    Raises Locked when another run holds it on one of them, Unreachable or ChangeFailed when it can't be taken; those
    that were taken by then are given back.
    """
    lock = Lock(transport, hosts, holder, hooks, ttl)
    failure: BaseException | None = None
    try:
        await lock.take()
        async with _running([lock.keep(host) for host in lock.hosts]):
            yield lock
    except BaseException as error:
        failure = error
        raise
    finally:
        await lock.release(failure)


class Lock:
    """A run's own lock. `lost` is set when the lock belongs to another run now, or when that can't be known."""

    def __init__(self, transport: Transport, hosts: Sequence[Host], holder: Holder, hooks: Hooks, ttl: int) -> None:
        self.hosts = sorted(hosts, key=lambda host: host.name)
        self.lost = asyncio.Event()
        self.taken_over: list[Claim] = []
        """The runs that had left the lock behind."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        self._claim = Claim(holder, since, secrets.token_hex(16), lock_file.process_of(holder.pid))
        self._transport, self._hooks, self._ttl = transport, hooks, ttl
        self._tried: list[Host] = []
        self._begun: set[str] = set()
        self._heard: dict[str, float] = {}
        """By host: when the last successful refresh was sent."""
        self._trouble: dict[str, str] = {}
        """By host: why the last refresh failed."""
        self._loss: Problem | None = None

    def check(self) -> None:
        """Raises Locked when the lock is lost, Unreachable when it is lost since a host no longer answers.

        No host is asked: a lock whose refresh is overdue counts as lost.
        """
        for host, heard in self._heard.items():
            if _now() - heard > self._ttl:
                self._lose(host, self._overdue(host, _now() - heard))
        if self._loss:
            raise (Unreachable if self._loss.where in self._trouble else Locked)(self._loss)

    async def take(self) -> None:
        """The first host decides between two runs that begin at the same time; the others follow, all at once."""
        for hosts in (self.hosts[:1], self.hosts[1:]):
            outcomes = await asyncio.gather(*(self._take_on(host) for host in hosts), return_exceptions=True)
            if failures := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
                raise joined(failures)

    async def _take_on(self, host: Host) -> None:
        self._tried.append(host)
        sent = _now()
        text = lock_file.take(str(host.layout.state), self._claim, self._ttl, self._hooks.start(host.name))
        try:
            completed = await self._transport.run(host.name, text)
        except Unreachable:
            self._tried.remove(host)  # nor could it be given back there
            raise
        answer = answer_in(completed.text)
        if completed.code == HELD and answer:
            self._tried.remove(host)
            if answer.claim and answer.claim.is_left_behind():
                await self._clear(host, answer)
                await self._take_on(host)
                return
            raise Locked(_held(host, answer, self._ttl, self._hooks.unlock))
        if answer:
            self._begun.add(host.name)
        if completed.code != 0 or not answer:
            raise ChangeFailed(_not_taken(host, completed))
        self._heard[host.name] = sent
        if answer.word == "taken-over":
            self._say_taken_over(answer)

    async def _clear(self, host: Host, answer: Answer) -> None:
        """Remove a lock that a dead process of this machine has left behind: there is nothing to wait for."""
        await self._transport.run(host.name, lock_file.remove(str(host.layout.state), answer.content))
        self._say_taken_over(answer, tr("no longer runs"))

    def _say_taken_over(self, answer: Answer, why: str = "") -> None:
        claim = answer.claim
        if claim and claim in self.taken_over:
            return
        if claim:
            self.taken_over.append(claim)
        reason = why or tr("has given no sign of life for {age} s", age=answer.age)
        self._hooks.sink(
            Note(tr("the lock is taken over from {who}: that run {reason}", who=answer.who, reason=reason), "warning")
        )

    async def keep(self, host: Host) -> None:
        """Refresh the lock on `host` until cancelled, or until it is lost. A failed refresh is tried again first."""
        state, name = str(host.layout.state), host.name
        text = lock_file.refresh(state, self._claim.token)
        pause = self._ttl / 3
        while not self._loss:
            await asyncio.sleep(pause)
            left = self._heard[name] + self._ttl - _now()
            if left <= 0:
                self._lose(name, self._overdue(name, self._ttl))
                return
            sent = _now()
            news, arrived = self._hooks.news(name)
            answer, whole = await self._ask(name, f"{text}{news}", min(left, self._ttl / 3))
            if whole:
                arrived()
            if answer is None:
                pause = min(self._ttl / 10, max(0.0, self._heard[name] + self._ttl - _now()))
            elif answer.word == "own":
                self._heard[name], pause = sent, self._ttl / 3
            else:
                taker = answer.claim
                self._lose(
                    name,
                    tr("{taker} holds it now", taker=taker)
                    if taker
                    else tr("somebody removed it, as `corral unlock` does"),
                )

    async def _ask(self, host: str, text: str, patience: float) -> tuple[Answer | None, bool]:
        """None when the host can't be asked just now; and whether all of `text` was carried out.

        What travels behind the refresh may fail where that succeeds, as with a full disk: the lock is held even so.
        """
        try:
            async with asyncio.timeout(patience):
                completed = await self._transport.run(host, text, patience)
        except (CorralError, OSError) as error:
            self._trouble[host] = str(error) or tr("no answer")  # TimeoutError has no words
            return None, False
        self._trouble.pop(host, None)
        return answer_in(completed.text), completed.code == 0

    def _overdue(self, host: str, seconds: float) -> str:
        why = aside(self._trouble.get(host, ""))
        return tr("it could not be refreshed for {seconds:.0f} s{why}", seconds=seconds, why=why)

    def _lose(self, host: str, reason: str) -> None:
        if self._loss:
            return
        message = tr("the cluster's lock on {host} is lost: {reason}", host=placed(host), reason=reason)
        first = "" if host in self._trouble else tr("`{unlock}` shows who holds it; then ", unlock=self._hooks.unlock)
        hint = tr("nothing more is changed; {first}run the same command again", first=first)
        self._loss = Problem("lock-lost", "error", message, hint, host)
        self.lost.set()
        self._hooks.on_lost(self._loss)

    async def release(self, failure: BaseException | None) -> None:
        """Give the lock back wherever it may have been taken.

        Where that fails, a warning says so, and the lock expires.
        """
        await asyncio.gather(*(self._release_on(host, failure) for host in self._tried))

    async def _release_on(self, host: Host, failure: BaseException | None) -> None:
        end = self._hooks.end(host.name, failure) if host.name in self._begun else ""
        text = lock_file.release(str(host.layout.state), self._claim.token, end)
        try:
            completed = await self._transport.run(host.name, text, deadline=GIVING_BACK)
            reason = completed.error if completed.code != 0 else ""
        except (CorralError, OSError) as error:
            reason = str(error)
        if reason:
            message = tr(
                "{host}: the end of the run could not be recorded there: {reason}; "
                "its lock expires {ttl} s after the last sign of life",
                host=placed(host.name),
                reason=reason,
                ttl=self._ttl,
            )
            self._hooks.sink(Note(message, "warning"))


@asynccontextmanager
async def _running(work: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """`work` runs beside the block and ends with it. An unforeseen failure in it is raised at the end."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def _now() -> float:
    """Seconds, also while the machine sleeps, if the system counts them: else a laptop would not notice that its lock
    is old."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _held(host: Host, answer: Answer, ttl: int, unlock: str) -> Problem:
    message = tr(
        "the cluster is locked by {who}; its last sign of life was {age} s ago", who=answer.who, age=answer.age
    )
    hint = tr(
        "wait until that run has ended, then run the same command again; if it is dead, its lock expires "
        "{ttl} s after its last sign of life; `{unlock}` says more",
        ttl=ttl,
        unlock=unlock,
    )
    return Problem("locked", "error", message, hint, host.name)


def _not_taken(host: Host, completed: CommandResult) -> Problem:
    message = tr(
        "{host}: the cluster's lock can't be taken: {error}",
        host=placed(host.name),
        error=completed.error or tr("it gave no answer"),
    )
    hint = tr("nothing was changed; fix that, then run the same command again")
    return Problem("lock-failed", "error", message, hint, host.name)
