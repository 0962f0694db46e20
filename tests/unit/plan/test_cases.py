"""Facts and a file in, actions out: one case is one file in tests/cases/plan.

`before` and `after` are changes to the reference file as [old, new] texts; `found` says in what the hosts differ from
having `before` wholly in place; `actions` is what the plan does, wave by wave, files left out unless `files` is true.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from corral.model.resources import FoundReplicaSet, MemberFacts, Observed
from corral.plan.actions import MakeDirectory, Plan, RemoveFile, WriteFile
from corral.plan.order import make_plan
from tests.unit.plan.cluster_of import REFERENCE, desired_of, in_place, with_unit

CASES = Path(__file__).parents[2] / "cases" / "plan"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case: dict[str, Any] = YAML(typ="safe").load(path)
    before = desired_of(edited(case.get("before", [])))
    text = edited(case.get("after", []))
    plan = make_plan("ref", desired_of(text), found(in_place(before), case.get("found", {})))
    assert told(plan, case.get("files", False)) == case["actions"]
    assert Plan.from_json(plan.to_json()) == plan


def edited(changes: list[list[str]]) -> str:
    text = REFERENCE
    for old, new in changes:
        assert old in text, f"{old!r} is not in the reference file"
        text = text.replace(old, new, 1)
    return text


def found(observed: Observed, differences: dict[str, Any]) -> Observed:
    if differences.get("nothing"):
        return Observed(replica_set=unreachable(observed))
    for name, changes in differences.get("units", {}).items():
        observed = with_unit(observed, name, **changes)
    if differences.get("stopped"):
        units = tuple(replace(unit, state="stopped", revision="") for unit in observed.units)
        observed = replace(observed, units=units, replica_set=unreachable(observed))
    for ending in differences.get("changed_by_hand", []):
        files = tuple(
            replace(file, content=f"{file.content}# by hand\n") if file.path.endswith(ending) else file
            for file in observed.files
        )
        observed = replace(observed, files=files)
    return observed


def unreachable(observed: Observed) -> FoundReplicaSet:
    facts = tuple(MemberFacts(fact.name, "UNREACHABLE", detail="not running") for fact in observed.replica_set.facts)
    return FoundReplicaSet(facts=facts)


def told(plan: Plan, files: bool) -> list[list[str]]:
    """Each wave as `stage: summary` lines, without the ones that only concern files unless they are asked for."""
    waves = []
    for stage in plan.stages:
        for wave in stage.waves:
            lines = [
                f"{stage.name}: {action.summary}"
                for action in wave
                if files or not isinstance(action, WriteFile | MakeDirectory | RemoveFile)
            ]
            if lines:
                waves.append(lines)
    return waves
