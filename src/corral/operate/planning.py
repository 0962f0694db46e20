"""From what was found to a plan, whatever the place is."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from corral.errors import ChangeFailed
from corral.model.identity import INSTANCES
from corral.model.only import Only
from corral.model.resources import Desired, File, FoundUnit, Observed, Unit, digest
from corral.operate.targets import select
from corral.plan.actions import Plan
from corral.plan.basis import basis_of
from corral.plan.idle import idle_plan
from corral.plan.order import make_plan
from corral.plan.part import part_of
from corral.plan.replica_set import decide
from corral.plan.replica_set_steps import Decision, Stuck
from corral.plan.restart import restart_plan
from corral.problems import Problem
from corral.runs import marks
from corral.secrets import Secrets, recognised

if TYPE_CHECKING:
    from corral.places.base import Observation, Place

Planner = Callable[["Place", "Observation"], Plan]
"""What a verb changes, by what was found. Raises ChangeFailed when the database could only refuse."""


@dataclass(frozen=True)
class _Halves:
    """What is wanted and what was found, in the same words."""

    desired: Desired
    found: Observed


def differences(only: Only) -> Planner:
    """What brings what was found to what the file says, as far as `only` goes."""

    def plan(place: Place, seen: Observation) -> Plan:
        halves = _halves(place, seen)
        refuse_stuck(decide(halves.desired.replica_set, seen.observed.replica_set))
        steers = only.all_stages or {"application", "proxy"} <= only.stages  # neither alone leaves out and takes in
        whole = make_plan(place.cluster.name, halves.desired, halves.found, steers=steers)
        return based(part_of(whole, only, place.cluster), place, seen)

    return plan


def restarts(names: Collection[str]) -> Planner:
    """A rolling restart of the units `names`, without those that were stopped on purpose."""

    def plan(place: Place, seen: Observation) -> Plan:
        halves = _halves(place, seen)
        running = frozenset(names) - halves.desired.idle
        made = restart_plan(place.cluster.name, halves.desired, halves.found, running)
        return based(made, place, seen)

    return plan


def idling(names: Collection[str], *, rest: bool) -> Planner:
    """What stops the units `names` on purpose, or starts them again."""

    def plan(place: Place, seen: Observation) -> Plan:
        present, halves = _halves(place, seen), _halves(place, seen, idle_after(seen, names, rest=rest))
        made = idle_plan(place.cluster.name, present.desired, halves.desired, halves.found, names)
        return based(made, place, seen)

    return plan


def idle_after(seen: Observation, names: Collection[str], *, rest: bool) -> frozenset[str]:
    """The units that are to rest once `names` have been stopped, or started."""
    return marks.idle_units(seen.marks).union(names) if rest else marks.idle_units(seen.marks).difference(names)


def saved(plan: Plan) -> Planner:
    """A plan that was made before."""
    return lambda _place, _seen: plan


def based(plan: Plan, place: Place, seen: Observation) -> Plan:
    """`plan` with a digest of what it was made from, which is compared again under the lock."""
    hosts = [host.name for host in place.cluster.hosts if host.name not in seen.silent]
    return replace(plan, basis=basis_of(seen.observed, hosts), place=place.traits.name)


def refuse_stuck(decision: Decision | None) -> None:
    """Raises ChangeFailed when only a person can go on."""
    if decision is not None and isinstance(decision.step, Stuck):
        raise ChangeFailed(Problem(decision.step.code, "error", decision.sentence, decision.step.hint))


def _halves(place: Place, seen: Observation, idle: frozenset[str] | None = None) -> _Halves:
    """`idle` are the units that are to be stopped: those that were stopped on purpose, if nothing else is said."""
    secrets, marked = place.secrets, _mark(place.secrets)
    known = frozenset(unit.name for unit in select(place.cluster, ""))
    resting = known & (marks.idle_units(seen.marks) if idle is None else idle)

    def desired(seeds: str = "") -> Desired:
        return replace(_with_outside_values(place.desired(seen, resting, seeds), marked), idle=resting)

    wanted = desired()
    return _Halves(wanted, _still_well_started(_in_wanted_words(seen.observed, wanted, secrets), wanted, desired))


_ENOUGH: Final = 2
"""Of the members that an instance was started with, so many must be left: a driver asks them for the others, and one of
them may be down just then."""


def _still_well_started(found: Observed, wanted: Desired, with_seeds: Callable[[str], Desired]) -> Observed:
    """Instances that differ from the file in nothing but the list of the database's members count as what it asks for,
    as long as they find the others by those that are left.
    """
    wishes = {unit.name: unit for unit in wanted.units}
    former = {unit.seeds for unit in found.units if unit.name in wishes and _finds(unit.seeds, wishes[unit.name].seeds)}
    then = {seeds: {unit.name: unit.revision for unit in with_seeds(seeds).units} for seeds in former}

    def accepted(unit: FoundUnit) -> FoundUnit:
        if unit.revision and then.get(unit.seeds, {}).get(unit.name) == unit.revision:
            return replace(unit, revision=wishes[unit.name].revision)
        return unit

    return replace(found, units=tuple(map(accepted, found.units))) if former else found


def _finds(former: str, present: str) -> bool:
    """Whether who knows the members `former`, and no others, finds the set of the members `present`."""
    return former != present and len({*former.split(",")} & {*present.split(",")}) >= _ENOUGH


def _mark(secrets: Secrets) -> str:
    """A digest of the values that app.env takes from outside; empty when there are none.

    Files hold such a value by name, so it is not in their revisions. The values can't be found out from the digest:
    a secret of the cluster is mixed in.
    """
    outside = {name: secret.reveal() for name, secret in secrets.items() if name.startswith(("env:", "file:"))}
    if not outside:
        return ""
    key = secrets["probe"].reveal() if "probe" in secrets else ""
    return hmac.digest(key.encode(), repr(sorted(outside.items())).encode(), "sha256").hex()


def _with_outside_values(desired: Desired, mark: str) -> Desired:
    """`desired`, its instances of another revision when a value that app.env takes from outside has changed."""
    if not mark:
        return desired

    def revised(unit: Unit) -> Unit:
        if unit.role not in INSTANCES:
            return unit
        return replace(unit, revision=digest(f"{unit.revision} {mark}")[:16])

    return replace(desired, units=tuple(map(revised, desired.units)))


def _in_wanted_words(observed: Observed, desired: Desired, secrets: Secrets) -> Observed:
    """What was found, with references where the wanted files have them and the values are the same."""
    wanted = {(file.host, file.path): file.content for file in desired.files}

    def recognise(file: File) -> File:
        content = wanted.get((file.host, file.path), file.content)
        if content == file.content:
            return file
        return replace(file, content=recognised(file.content, content, secrets))

    return replace(observed, files=tuple(map(recognise, observed.files)))
