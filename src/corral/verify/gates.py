"""Gates: a condition is asked again and again until it holds, or its deadline is over. Nothing sleeps a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from corral.language import tr
from corral.model.resources import FoundUnit, Gate
from corral.model.routes import Routes
from corral.mongo.status import greeted_states, member_answers
from corral.plan.member_restarts import refusal_of_restart
from corral.secrets import Secrets
from corral.verify.http import NO_SECRETS, ask
from corral.words import worded


@dataclass(frozen=True)
class GateOutcome:
    """Whether the gate was passed, and what was seen last."""

    passed: bool
    detail: str


State = Callable[[], Awaitable[FoundUnit | None]]
GiveUp = Callable[[FoundUnit | None], str]


async def wait_for_gate(
    gate: Gate,
    state: State,
    give_up: GiveUp,
    routes: Routes,
    answering: Callable[[], None] = lambda: None,
    secrets: Secrets = NO_SECRETS,
) -> GateOutcome:
    """Ask until the gate has held `streak` times in a row, `give_up` gives a reason, or the deadline is over.

    `answering` is called at each good answer.
    """
    deadline = time.monotonic() + gate.deadline
    streak, pause = 0, min(0.05, gate.interval)
    while True:
        seen = await _ask_once(gate, state, routes, secrets)
        streak = streak + 1 if seen.passed else 0
        if seen.passed:
            answering()
        if streak >= gate.streak:
            return seen
        reason = "" if seen.passed else give_up(await state())
        if reason:
            return GateOutcome(False, reason)
        if time.monotonic() + pause > deadline:
            return GateOutcome(False, tr("after {deadline:g} s: {detail}", deadline=gate.deadline, detail=seen.detail))
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, gate.interval)


async def _ask_once(gate: Gate, state: State, routes: Routes, secrets: Secrets) -> GateOutcome:
    if gate.kind == "http":
        answer = await ask(gate, routes, secrets=secrets)
        return GateOutcome(answer.healthy, answer.detail)
    if gate.kind == "majority":
        decision = refusal_of_restart(gate.members, await greeted_states(gate.members, routes))
        return GateOutcome(decision is None, decision.sentence if decision else tr("the others can do without it"))
    if gate.kind in ("member", "newcomer", "started"):
        return GateOutcome(*await member_answers(gate.address, gate.port, routes, gate.kind))
    found = await state()
    running = found is not None and found.state == "running"
    return GateOutcome(
        running, found.detail or worded(found.state) if found else tr("its supervisor doesn't know the unit")
    )
