"""From what was found to what would change, in the playground and on real hosts alike."""

from __future__ import annotations

import hmac
from dataclasses import replace

from corral.errors import ChangeFailed
from corral.model.resources import Desired, File, FoundReplicaSet, Observed, Unit, digest
from corral.operate.site import Site
from corral.plan.actions import Plan
from corral.plan.drain import HeldBack
from corral.plan.member_restarts import refusal_of_restarts
from corral.plan.order import make_plan
from corral.plan.replica_set import decide
from corral.plan.replica_set_steps import Decision, Stuck
from corral.problems import Problem
from corral.secrets import Secrets, recognised


def plan_of(site: Site, desired: Desired, observed: Observed, held_back: HeldBack | None) -> Plan:
    """What brings `observed` to `desired`.

    Raises ChangeFailed when the database could only refuse: before anything is changed, not in the middle.
    """
    _refuse(decide(desired.replica_set, observed.replica_set))

    def without(names: frozenset[str]) -> Desired:
        return with_outside_values(held_back(names) if held_back else desired, site.secrets)

    found = in_wanted_words(observed, desired, site.secrets)
    wanted = with_outside_values(desired, site.secrets)
    return make_plan(site.cluster.name, wanted, found, without if held_back else None)


def refuse_lost_majority(plan: Plan, found: FoundReplicaSet) -> None:
    """Raises ChangeFailed when `plan` restarts a voter without which the set would take no writes.

    Asked of the very plan that is to be carried out: a part may leave out the start of the member that is missing.
    """
    _refuse(refusal_of_restarts(plan, found))


def _refuse(decision: Decision | None) -> None:
    if decision is not None and isinstance(decision.step, Stuck):
        raise ChangeFailed(Problem(decision.step.code, "error", decision.sentence, decision.step.hint))


def with_outside_values(desired: Desired, secrets: Secrets) -> Desired:
    """`desired`, its instances of another revision when a value that app.env takes from outside has changed.

    Their files hold such a value by name, so it is not in their revisions. What is written down tells it to nobody: it
    is mixed with a secret of the cluster.
    """
    outside = {name: secret.reveal() for name, secret in secrets.items() if name.startswith(("env:", "file:"))}
    if not outside:
        return desired
    key = secrets["probe"].reveal() if "probe" in secrets else ""
    mark = hmac.digest(key.encode(), repr(sorted(outside.items())).encode(), "sha256").hex()

    def revised(unit: Unit) -> Unit:
        if unit.role not in ("web", "worker"):
            return unit
        return replace(unit, revision=digest(f"{unit.revision} {mark}")[:16])

    return replace(desired, units=tuple(map(revised, desired.units)))


def in_wanted_words(observed: Observed, desired: Desired, secrets: Secrets) -> Observed:
    """What was found, with references where the wanted files have them and the values are the same."""
    wanted = {(file.host, file.path): file.content for file in desired.files}

    def recognise(file: File) -> File:
        content = wanted.get((file.host, file.path), file.content)
        if content == file.content:
            return file
        return replace(file, content=recognised(file.content, content, secrets))

    return replace(observed, files=tuple(map(recognise, observed.files)))
