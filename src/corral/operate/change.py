"""The one way of every change: observe, refuse, plan, show, ask, lock, recheck, carry out, prove."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from corral.errors import ChangeFailed, Interrupted, StalePlan
from corral.events import Note, Warned
from corral.execute.engine import execute
from corral.language import tr
from corral.model.only import Only
from corral.operate.consent import Consent
from corral.operate.early import Answers, asked_early
from corral.operate.found_units import resting_in
from corral.operate.health import status_of
from corral.operate.planning import Planner
from corral.operate.prove import announce, prove
from corral.operate.refusals import Case, refuse
from corral.operate.report import Changed
from corral.operate.session import Session
from corral.operate.status import status_in
from corral.places.base import LEFT_SILENT, Observation, Place
from corral.plan.actions import Plan
from corral.plan.retire import left_on
from corral.problems import Problem
from corral.runs.run import Run, RunRequest
from corral.stop import StopFlag
from corral.words import counted

_NOTHING_ASKED: Final[Answers] = {}
ATTEMPTS: Final = 3
"""How often a plan is made when the hosts change before it is carried out."""


End = Literal["proved", "left", "purged"]
"""What follows the last action: the cluster has to be healthy; or what kept its processes ends; or, after that, also
what is kept of it on this machine is deleted."""


def _nothing(_seen: Observation) -> Mapping[str, Mapping[str, Any]]:
    return {}


@dataclass(frozen=True)
class Change:
    """What a verb wants. `question` is asked before anything is changed; an empty one is not asked. With `name`, the
    user has to type that name. `yes` answers beforehand; `overwrite` does for files that were changed by hand."""

    verb: str
    planner: Planner
    question: str = ""
    name: str = ""
    only: Only = field(default_factory=Only)
    yes: bool = False
    overwrite: bool = False
    saved: bool = False
    """Whether the plan was made before; then no new plan is made when it is out of date."""
    end: End = "proved"
    forgotten: Collection[str] = ()
    """Hosts that have left the file and are not to be asked any more."""
    converges: bool = True
    """Whether the cluster matches its file afterwards, as far as `only` goes."""
    intends: Callable[[Observation], Mapping[str, Mapping[str, Any]]] = _nothing
    """By what was found, the marks that are set where the cluster runs, before the first action: the next run goes on
    with an interrupted one."""
    waits: bool = False
    """Whether the cluster has to be healthy at the end also when there was nothing to change."""

    @property
    def whole(self) -> bool:
        return self.converges and self.only.everything


async def change(place: Place, wanted: Change, session: Session) -> Changed | None:
    """None when the user said no. Raises CorralError; what has been done until then stays done.

    When hosts change after they were observed, as while a killed run's last script still works, a new plan is made. Not
    when the hosts look as they did before: then it would be the same plan.
    """
    tried: list[Plan] = []
    for left in reversed(range(ATTEMPTS)):
        try:
            return await _attempt(place, wanted, session, tried)
        except StalePlan as stale:
            if wanted.saved or not left:
                raise
            if _is_same_again(tried):
                raise _out_of_reach(stale) from stale
            session.sink(Note(tr("{stale}: making a new plan", stale=stale)))
    raise AssertionError("the last attempt returns or raises")


def _is_same_again(tried: Sequence[Plan]) -> bool:
    return len(tried) > 1 and tried[-1] == tried[-2]


def _out_of_reach(stale: StalePlan) -> ChangeFailed:
    """A state that can't be seen as what it is: nothing has changed, whatever the script that met it says."""
    said = stale.problems[0]
    message = tr("{said}; yet it looks the same at each look, so a new plan doesn't help", said=said.message)
    hint = tr("log in to {host} and see what is there: no plain file that root can read?", host=said.where)
    return ChangeFailed(Problem("out-of-reach", "error", message, hint, said.where))


async def _attempt(place: Place, wanted: Change, session: Session, tried: list[Plan]) -> Changed | None:
    await place.settle()
    if wanted.end == "proved":
        await place.choose(session.sink)
    async with asked_early(place) if wanted.end == "proved" else nullcontext(_NOTHING_ASKED) as early:
        seen = await place.observe(session.sink)
        case = judged(place, wanted, seen, session)
        plan = case.plan
        if not plan.changes:
            return await _unchanged(place, wanted, case, early, session)
    session.show(plan)
    if not await _is_agreed(wanted, plan, session.consent):
        return None
    return await _carry_out(place, wanted, case, session, tried)


def judged(place: Place, wanted: Change, seen: Observation, session: Session) -> Case:
    """With the plan. Raises CorralError for whatever refuses it; warnings go to the session's sink."""
    found = place.findings(seen)
    findings = tuple(each for each in found if not (each.code == LEFT_SILENT and each.where in wanted.forgotten))
    overwrites = wanted.overwrite or (session.consent.can_ask and not wanted.yes)
    case = Case(wanted.verb, place, findings, wanted.only, seen, overwrites, forgotten=wanted.forgotten)
    refuse("seen", case)
    case = replace(case, plan=wanted.planner(place, seen))
    refuse("plan", case)
    gone = [_not_known(name) for name in wanted.forgotten if not seen.departed]
    resting = resting_in(place, seen) if wanted.converges else ()
    session.sink(Warned((*gone, *resting, *(finding for finding in findings if finding.severity != "error"))))
    return case


def _not_known(name: str) -> Problem:
    """A warning alone: it was forgotten by an earlier run of the same command, perhaps."""
    message = tr("--forget {name}: no such host has left the cluster file since the last apply", name=name)
    return Problem("unknown-target", "warning", message)


async def _intend(place: Place, wanted: Change, case: Case) -> None:
    for name, values in wanted.intends(case.seen).items():
        answering = place.cluster.host_by_name.keys() - case.seen.silent.keys() if case.seen.silent else ()
        await place.records.mark(name, values, answering)


async def _unchanged(place: Place, wanted: Change, case: Case, early: Answers, session: Session) -> Changed:
    """`up` waits until the cluster is healthy, as it does after a change: processes may be starting by themselves."""
    await _intend(place, wanted, case)
    if wanted.whole and (case.seen.departed or not place.is_remembered(case.seen)):
        await place.remember(case.seen, wanted.whole, _left(case, wanted))
    status = await status_of(place, case.seen, early)
    if wanted.waits and wanted.only.everything and status.state != "healthy":
        status = await prove(place, case.plan, session.sink, lambda: _heed(session.stop))
    return Changed(case.plan, status)


def _heed(stop: StopFlag) -> None:
    """Raises Interrupted when the user has asked to stop."""
    if stop.is_set:
        message = tr("stopped: there was nothing to change, and the cluster isn't healthy yet")
        raise Interrupted(Problem("interrupted", "error", message, tr("`corral status` shows what is missing")))


async def _is_agreed(wanted: Change, plan: Plan, consent: Consent) -> bool:
    """Each file that was changed by hand is asked about, unless it may be overwritten."""
    if not wanted.overwrite:
        for drift in plan.drift():
            where = tr("{path} on {host}", path=drift.file.path, host=drift.host)
            if not await consent.agreed(tr("{where} was changed by hand: overwrite it?", where=where)):
                return False
        for host, path in plan.by_hand:
            if not await consent.agreed(
                tr("{path} on {host} was changed by hand: have it come into force?", path=path, host=host)
            ):
                return False
    if wanted.yes or not wanted.question:
        return True
    question = wanted.question.format(changes=counted(plan.changes, "change"))
    return await (consent.named(question, wanted.name) if wanted.name else consent.agreed(question))


async def _carry_out(place: Place, wanted: Change, case: Case, session: Session, tried: list[Plan]) -> Changed:
    """Under the lock. The hosts are observed once more first: the plan was made without the lock. It is one of `tried`
    once it has been begun."""
    plan = case.plan
    request = RunRequest(wanted.verb, plan, session.stop)
    async with place.records.hold(request, _reached(case), place.secrets, session.sink) as run:
        refuse("locked", replace(case, seen=await place.observe()))
        tried.append(plan)
        place.secret_store.given_out()
        await _intend(place, wanted, case)
        await place.enter(plan, run.sink)
        announce(plan, place.cluster, run.sink)
        await execute(plan, place.handlers(), run.sink, run.check)
        if wanted.end != "proved":
            await end(place, wanted.end, run)
            return Changed(plan, None)
        await place.remember(case.seen, wanted.whole, _left(case, wanted))
        if not wanted.only.all_stages:
            return Changed(plan, await status_in(place))
        return Changed(plan, await prove(place, plan, run.sink, run.check, without=wanted.only.without))


async def end(place: Place, how: End, run: Run) -> None:
    """Under the lock. Raises Interrupted when the user has asked to stop: what is left on this machine is kept then."""
    await place.leave(run.sink)
    if how == "purged":
        try:
            await place.purge(run.check)
        except Interrupted as stopped:
            message = tr(
                "stopped at a safe point: nothing runs any more, and what is left in {kept_in} is kept",
                kept_in=place.kept_in(),
            )
            hint = tr("the same command again deletes it")
            raise Interrupted(Problem("interrupted", "error", message, hint)) from stopped


def _left(case: Case, wanted: Change) -> frozenset[str]:
    """Hosts that have left the file and may still run something after the plan has been carried out."""
    departed = {host.name for host in case.seen.departed}
    silent = case.seen.left_silent.keys() - wanted.forgotten
    return left_on(departed, case.seen.observed, case.plan) | silent


def _reached(case: Case) -> frozenset[str]:
    """The hosts that hold the lock and the record: all that answer."""
    hosts = [*case.place.cluster.hosts, *case.seen.departed]
    silent = case.seen.silent.keys() | case.seen.left_silent.keys()
    return frozenset(host.name for host in hosts if host.name not in silent)
