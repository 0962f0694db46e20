"""Walk through the replica set's state machine: observe, decide, do one step, observe again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, NoReturn

from corral.errors import ChangeFailed
from corral.language import tr
from corral.model.resources import SERVING, FoundReplicaSet, ReplicaSet
from corral.mongo.clients import TIME_LIMIT, Connections, Refused
from corral.mongo.commands import default_to_majority, initiate, reconfigure, step_down, step_up
from corral.mongo.configuration import Configuration, initial_document, read_commitment
from corral.mongo.greeting import greet
from corral.mongo.users import create_user, update_user
from corral.observe.replica_set import observe_through
from corral.plan.replica_set import decide
from corral.plan.replica_set_steps import (
    AddArbiter,
    AddMembers,
    Complete,
    CreateUser,
    Decision,
    Elect,
    Initiate,
    Reconfiguration,
    Settings,
    Step,
    StepDown,
    Stuck,
    UpdateUser,
    Wait,
)
from corral.problems import Problem
from corral.secrets import Secrets, redact
from corral.words import aside, clauses, worded

PAUSE: Final = 0.03
"""Seconds between two observations during a wait."""

SURE: Final = 3
"""How often in a row a refusal is seen before it is believed: a member that starts may say odd things."""

_PASSING: Final = frozenset(
    {0, 23, 74, 91, 103, 109, 125, 189, 262, 308, 10107, 11600, 11602, 13435, 13436, 51003, TIME_LIMIT}
)
"""MongoDB's error codes that say no more than: the set has changed meanwhile, or is about to. 0 is no answer,
23 AlreadyInitialized, 103 that the configuration is older than the newest, 125 an election that was not won,
308 CurrentConfigNotCommittedYet, 51003 that the user exists; the others are elections, reconfigurations and
shutdowns under way."""


Apart = Callable[[Collection[str], Collection[str]], Awaitable[None]]
"""Raises ChangeFailed when one of the first members, which are to join, and another one, of either, are apart."""


async def _together(_joining: Collection[str], _others: Collection[str]) -> None:
    return


async def converge(
    wanted: ReplicaSet,
    connections: Connections,
    report: Callable[[str], None],
    deadline_seconds: float,
    check: Callable[[], None] = lambda: None,
    refuse_apart: Apart = _together,
) -> bool:
    """Bring the set to `wanted`; True when something had to be changed. Each decision is reported.

    `check` is called before each step, and raises when the run may not go on; `refuse_apart` before members join.
    Raises ChangeFailed when only a person can go on or the deadline is over. Safe to cut off and repeat.
    """
    async with connections:
        walk = _Walk(connections, wanted, report, check, refuse_apart)
        try:
            async with asyncio.timeout(deadline_seconds):
                return await walk.run()
        except TimeoutError:
            raise ChangeFailed(walk.overdue(deadline_seconds)) from None


class _Walk:
    def __init__(
        self,
        connections: Connections,
        wanted: ReplicaSet,
        report: Callable[[str], None],
        check: Callable[[], None],
        refuse_apart: Apart,
    ) -> None:
        self.connections, self.wanted, self.report, self.check = connections, wanted, report, check
        self.refuse_apart = refuse_apart
        self.together: set[str] = set()
        """Members of which it is known that they reach the others."""
        self.secrets: Secrets = connections.secrets
        self.names = [member.name for member in wanted.members]
        self.found = FoundReplicaSet()
        self.sentence = ""
        self.refusal = ""
        self.refusals = 0
        self.patience = 0.1
        """Seconds for a reconfiguration to come into force; that it has spread is seen at the members."""
        self.changed = False

    async def run(self) -> bool:
        while True:
            self.check()
            self.found = await observe_through(self.connections, self.wanted, self.names)
            decision = decide(self.wanted, self.found)
            if isinstance(decision.step, Complete):
                await self._spread()
                return self.changed
            self._say(decision.sentence)
            if isinstance(decision.step, Stuck):
                self._doubt(Problem(decision.step.code, "error", decision.sentence, decision.step.hint))
            elif not isinstance(decision.step, Wait):
                self.changed = True
                if await self._try(decision):
                    continue
            await asyncio.sleep(PAUSE)

    def overdue(self, seconds: float) -> Problem:
        states = clauses(
            tr("{member} is {state}{detail}", member=fact.name, state=worded(fact.state), detail=aside(fact.detail))
            for fact in self.found.facts
        )
        refusal = tr("; the last answer was: {refusal}", refusal=self.refusal) if self.refusal else ""
        message = tr(
            "replica set {wanted} is not complete after {seconds:g} s. Last: {sentence}. {states}{refusal}",
            wanted=self.wanted.name,
            seconds=seconds,
            sentence=self.sentence,
            states=states,
            refusal=refusal,
        )
        hint = tr("`corral logs database` says more; the same command goes on from here")
        return Problem("replica-set-overdue", "error", self._clean(message), hint)

    def _say(self, sentence: str) -> None:
        if sentence != self.sentence:
            self.sentence, self.refusal, self.refusals = sentence, "", 0
            self.report(sentence)

    def _clean(self, text: str) -> str:
        return redact(text, self.secrets)

    def _doubt(self, problem: Problem) -> None:
        """Raises ChangeFailed when this has been seen SURE times."""
        self.refusals += 1
        if self.refusals >= SURE:
            raise ChangeFailed(problem)

    async def _try(self, decision: Decision) -> bool:
        """Do the step; False when the set has to be observed again first."""
        try:
            return await self._do(decision.step)
        except Refused as refused:
            self.refusal = refused.text
            if refused.code == TIME_LIMIT:
                self.patience *= 2
            elif refused.code not in _PASSING:
                message = self._clean(
                    tr("MongoDB refuses to {sentence}: {text}", sentence=decision.sentence, text=refused.text)
                )
                self._doubt(Problem("replica-set-refused", "error", message, "corral logs database"))
            return False

    async def _do(self, step: Step) -> bool:
        primary = self.found.primary
        match step:
            case Initiate():
                await self._initiate(step)
            case CreateUser():
                await create_user(self.connections, primary, step.user, self.secrets)
            case UpdateUser():
                await update_user(self.connections, primary, step.user, step.why, self.secrets)
            case Elect():
                await step_up(self.connections, step.name)
            case StepDown():
                await step_down(self.connections, primary)
            case _ if isinstance(step, Reconfiguration):
                return await self._reconfigure(step)
            case _:
                _unforeseen(step)
        return True

    async def _initiate(self, step: Initiate) -> None:
        await self._refuse_apart(self.names, ())
        settings = step.settings
        document = initial_document(
            self.wanted.name, step.member, settings.election_timeout, settings.heartbeat_interval
        )
        await initiate(self.connections, step.member.name, document)
        await self.connections.forget(step.member.name)

    async def _reconfigure(self, step: Reconfiguration) -> bool:
        """Compare and set: nothing is done when the configuration isn't the one decided on."""
        now = await self._committed()
        if now is None:
            return False
        if isinstance(step, AddMembers | AddArbiter):
            await self._refuse_apart(_joining(step), self._serving())
        if isinstance(step, AddArbiter):
            await default_to_majority(self.connections, self.found.primary)
        if isinstance(step, AddMembers):
            for name in step.names:
                await self.connections.forget(name)
        members = step.applied(now.members)
        await reconfigure(self.connections, self.found.primary, now, members, _times(step.settings), self.patience)
        return True

    async def _refuse_apart(self, joining: Collection[str], others: Collection[str]) -> None:
        if new := [name for name in joining if name not in self.together]:
            await self.refuse_apart(new, others)
            self.together.update(new)

    def _serving(self) -> list[str]:
        members = {member.name for member in self.found.members}
        return [fact.name for fact in self.found.facts if fact.name in members and fact.state in SERVING]

    async def _committed(self) -> Configuration | None:
        """The configuration that was decided on, once it may be changed; None when there is a newer one."""
        while True:
            now = await read_commitment(self.connections, self.found.primary)
            if now.version != self.found.version:
                return None
            if now.committed:
                return now
            await asyncio.sleep(PAUSE)

    async def _spread(self) -> None:
        """Until a majority has the configuration itself: the primary may die the next moment."""
        voters = [member.name for member in self.found.members if member.votes]
        while self.changed:
            greetings = await asyncio.gather(*(greet(self.connections, name) for name in voters))
            if sum(greeting.version >= self.found.version for greeting in greetings) > len(voters) // 2:
                return
            await asyncio.sleep(PAUSE)


def _times(settings: Settings | None) -> tuple[float, float] | None:
    return None if settings is None else (settings.election_timeout, settings.heartbeat_interval)


def _joining(step: AddMembers | AddArbiter) -> tuple[str, ...]:
    return step.names if isinstance(step, AddMembers) else (step.name,)


def _unforeseen(step: Step) -> NoReturn:
    raise AssertionError(f"the state machine asks for {step}, which is not done here")
