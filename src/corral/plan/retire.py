"""A cluster's end as a plan: the proxies first, the database last, then Corral's own files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from corral.language import mark, tr
from corral.model.identity import STOP_ORDER
from corral.model.resources import FoundUnit, Observed
from corral.plan.actions import Action, Plan, RemoveFile, RemoveTree, Stage, StopUnit
from corral.plan.diff import removals

DATABASE: Final = mark("the database")
LOGS: Final = mark("the logs")
"""What a tree holds that can't be brought back."""


def retire_plan(cluster: str, observed: Observed, trees: Iterable[RemoveTree]) -> Plan:
    """Stop every unit and remove every file that Corral has made; `trees` are directories that go as a whole, last."""
    stops = [[_stop(unit) for unit in observed.units if unit.role in roles] for roles in STOP_ORDER]
    waves: tuple[tuple[Action, ...], ...] = (*map(tuple, stops), tuple(removals(observed)), tuple(trees))
    return Plan(cluster, (Stage("retire", tuple(wave for wave in waves if wave)),))


def left_on(hosts: Iterable[str], observed: Observed, plan: Plan) -> frozenset[str]:
    """Those of `hosts` that still have something of the cluster after `plan` has been carried out."""
    gone = {(a.host, a.name) for a in plan.actions() if isinstance(a, StopUnit)}
    gone |= {(a.host, a.path) for a in plan.actions() if isinstance(a, RemoveFile)}
    there = {(unit.host, unit.name) for unit in observed.units} | {(file.host, file.path) for file in observed.files}
    return frozenset(host for host, _ in there - gone).intersection(hosts)


def _stop(unit: FoundUnit) -> StopUnit:
    return StopUnit(unit.host, unit.name, tr("the cluster is removed"), role=unit.role)
