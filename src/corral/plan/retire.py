"""A cluster's end as a plan: the proxies first, the database last, then Corral's own files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from corral.model.resources import FoundUnit, Observed
from corral.plan.actions import Action, Plan, RemoveTree, Stage, StopUnit
from corral.plan.diff import removals

DATABASE: Final = "the database"
LOGS: Final = "the logs"
"""What trees hold that nobody gets back."""
_ORDER: Final = ("keepalived.", "nginx.", "", "mongod.")
"""By the beginning of a unit's name: whoever depends on another one goes before it."""


def retire_plan(cluster: str, observed: Observed, trees: Iterable[RemoveTree]) -> Plan:
    """Stop every unit and remove every file that Corral has made; `trees` are directories that go as a whole, last."""
    stops = [[_stop(unit) for unit in observed.units if _group(unit) == prefix] for prefix in _ORDER]
    waves: tuple[tuple[Action, ...], ...] = (*map(tuple, stops), tuple(removals(observed)), tuple(trees))
    return Plan(cluster, (Stage("retire", tuple(wave for wave in waves if wave)),))


def _stop(unit: FoundUnit) -> StopUnit:
    return StopUnit(unit.host, unit.name, "the cluster is taken away")


def _group(unit: FoundUnit) -> str:
    return next((prefix for prefix in _ORDER if prefix and unit.name.startswith(prefix)), "")
