"""The one way of every change: observe, refuse, plan, show, ask, lock, recheck, carry out, prove."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from corral.errors import StalePlan
from corral.events import Note, Warned
from corral.execute.engine import execute
from corral.operate.consent import Consent
from corral.operate.early import Answers, asked_early
from corral.operate.health import status_of
from corral.operate.planning import Planner
from corral.operate.prove import announce, prove
from corral.operate.refusals import Case, refuse
from corral.operate.report import Changed
from corral.operate.session import Session
from corral.operate.status import status_in
from corral.places.base import Observation, Place, Scope
from corral.plan.actions import Plan
from corral.plan.only import Only
from corral.plan.retire import left_on
from corral.runs.run import RunRequest

ATTEMPTS: Final = 3
"""How often a plan is made that the hosts may outrun."""


@dataclass(frozen=True)
class Change:
    """What a verb wants. `question` is asked before anything is changed, nothing where it is empty; with `name` that
    name has to be typed. `yes` is an answer given beforehand; `overwrite` one for files that were changed by hand."""

    verb: str
    planner: Planner
    question: str = ""
    name: str = ""
    only: Only = field(default_factory=Only)
    yes: bool = False
    overwrite: bool = False
    saved: bool = False
    """Whether the plan was made before, and is not made anew where it no longer fits."""
    proves: bool = True
    """Whether the cluster is there afterwards, and has to be healthy."""
    forgotten: Collection[str] = ()
    """Hosts that have left the file and are to be looked for no more."""
    converges: bool = True
    """Whether the cluster is what its file says afterwards, as far as `only` goes."""

    @property
    def whole(self) -> bool:
        return self.converges and self.only.everything


async def change(place: Place, wanted: Change, session: Session) -> Changed | None:
    """None when the user said no. Raises CorralError; what has been done until then stays done.

    Hosts that change after the look at them, as where a killed run's last script still goes on, are planned for anew.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            return await _attempt(place, wanted, session)
        except StalePlan as stale:
            if wanted.saved or not left:
                raise
            session.sink(Note(f"{stale}: planning anew"))
    raise AssertionError("the last attempt returns or raises")


async def _attempt(place: Place, wanted: Change, session: Session) -> Changed | None:
    await place.settle(session.sink)
    async with asked_early(place) as early:
        seen = await place.observe(Scope(wanted.only), session.sink)
        case = judged(place, wanted, seen, session)
        plan = case.plan
        if not plan.changes:
            return await _unchanged(place, wanted, case, early)
    session.show(plan)
    if not await _is_agreed(wanted, plan, session.consent):
        return None
    return await _carry_out(place, wanted, case, session)


def judged(place: Place, wanted: Change, seen: Observation, session: Session) -> Case:
    """With the plan. Raises CorralError for what keeps it from being carried out; what else is known goes to `sink`."""
    findings = tuple(place.findings(seen, session.language))
    overwrites = wanted.overwrite or (session.consent.can_ask and not wanted.yes)
    case = Case(wanted.verb, place, findings, wanted.only, seen, overwrites)
    refuse("seen", case)
    case = replace(case, plan=wanted.planner(place, seen))
    refuse("plan", case)
    session.sink(Warned(tuple(finding for finding in findings if finding.severity != "error")))
    return case


async def _unchanged(place: Place, wanted: Change, case: Case, early: Answers) -> Changed:
    if case.seen.departed or wanted.forgotten:
        await place.remember(case.seen, wanted.whole, _left(case, wanted))
    return Changed(case.plan, await status_of(place, case.seen, early), 0.0)


async def _is_agreed(wanted: Change, plan: Plan, consent: Consent) -> bool:
    """Changes by hand are asked about one by one, unless they may be overwritten."""
    if not wanted.overwrite:
        for drift in plan.drift():
            where = f"{drift.file.path} on {drift.host}"
            if not await consent.agreed(f"overwrite what somebody changed by hand in {where}?"):
                return False
    if wanted.yes or not wanted.question:
        return True
    question = wanted.question.format(changes=plan.changes)
    return await (consent.named(question, wanted.name) if wanted.name else consent.agreed(question))


async def _carry_out(place: Place, wanted: Change, case: Case, session: Session) -> Changed:
    """Under the lock. What was planned before it was held is compared once more."""
    plan = case.plan
    request = RunRequest(wanted.verb, plan, session.stop)
    async with place.records.hold(request, _reached(case), place.secrets, session.sink) as run:
        refuse("locked", replace(case, seen=await place.observe(Scope(wanted.only))))
        started = time.monotonic()
        await place.enter(run.sink)
        announce(plan, place.cluster, run.sink)
        await execute(plan, place.handlers(), run.sink, run.check)
        report = None
        if wanted.proves:
            await place.remember(case.seen, wanted.whole, _left(case, wanted))
            report = await (prove(place, plan, run.sink) if wanted.only.everything else status_in(place))
        return Changed(plan, report, time.monotonic() - started)


def _left(case: Case, wanted: Change) -> frozenset[str]:
    """Hosts that have left the file and may still run something when the plan has been carried out."""
    departed = {host.name for host in case.seen.departed}
    silent = case.seen.left_silent.keys() - wanted.forgotten
    return left_on(departed, case.seen.observed, case.plan) | silent


def _reached(case: Case) -> frozenset[str]:
    """All hosts; or with a part of the file at least those that it needs."""
    hosts = [*case.place.cluster.hosts, *case.seen.departed]
    silent = case.seen.silent.keys() | case.seen.left_silent.keys()
    return frozenset(host.name for host in hosts if host.name not in silent)
