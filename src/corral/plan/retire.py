"""A cluster's end as a plan: the proxies first, the database last, then Corral's own files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from corral.model.identity import STOP_ORDER
from corral.model.resources import FoundUnit, Observed
from corral.plan.actions import Action, Plan, RemoveTree, Stage, StopUnit
from corral.plan.diff import removals

DATABASE: Final = "the database"
LOGS: Final = "the logs"
"""What a tree holds that can't be brought back."""


def retire_plan(cluster: str, observed: Observed, trees: Iterable[RemoveTree]) -> Plan:
    """Stop every unit and remove every file that Corral has made; `trees` are directories that go as a whole, last."""
    stops = [[_stop(unit) for unit in observed.units if unit.role in roles] for roles in STOP_ORDER]
    waves: tuple[tuple[Action, ...], ...] = (*map(tuple, stops), tuple(removals(observed)), tuple(trees))
    return Plan(cluster, (Stage("retire", tuple(wave for wave in waves if wave)),))


def _stop(unit: FoundUnit) -> StopUnit:
    return StopUnit(unit.host, unit.name, "the cluster is removed", role=unit.role)
