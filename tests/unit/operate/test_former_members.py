"""Members come and go: who of the instances has to be started anew for it, and what is said of the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from corral.desired.assemble import assemble
from corral.desired.supervisor import SupervisorKeeper
from corral.model.cluster import Cluster
from corral.model.only import Only
from corral.model.resources import Desired, HostFacts, Observed, Unit
from corral.operate.found_units import of_former_members
from corral.operate.planning import differences, restarts
from corral.places.base import Observation, Place
from corral.plan.actions import StartUnit
from corral.secrets import Secret, Secrets
from tests.unit.plan.cluster_of import REFERENCE, in_place, kept_here

if TYPE_CHECKING:
    from corral.operate.planning import Planner

MEMBERS = "members: {d1: {priority: 2}, d2: {}, d3: {}}"
INSTANCES = {*(f"{host}-504{number}" for host in "ab" for number in range(5)), "a-worker-5140"}


@dataclass
class Here:
    """As much of a place as a planner asks."""

    cluster: Cluster
    secrets: Secrets = field(default_factory=dict)
    traits: object = field(default_factory=lambda: type("Traits", (), {"name": "here"}))

    def desired(self, _seen: object = None, held_back: frozenset[str] = frozenset(), seeds: str = "") -> Desired:
        facts = {host.name: HostFacts(host.name, (1, 31, 3), (6, 0, 5)) for host in self.cluster.hosts}
        return assemble(self.cluster, facts, SupervisorKeeper(self.cluster), held_back, seeds)


def here(members: str, **changes: str) -> Here:
    text = REFERENCE.replace(MEMBERS, f"members: {members}")
    for old, new in changes.items():
        text = text.replace(old, new)
    return Here(kept_here(text))


def restarted(place: Here, found: Observed, planner: Planner) -> set[str]:
    plan = planner(cast(Place, place), Observation(found))
    return {each.unit.name for each in plan.actions() if isinstance(each, StartUnit) and each.restart}


BEFORE = in_place(here("{d1: {priority: 2}, d2: {}, d3: {}}").desired())


@pytest.mark.parametrize(
    ("members", "some"),
    [
        ("{d1: {priority: 2}, d2: {}, a: {}}", False),  # one is replaced
        ("{d1: {priority: 2}, d2: {}, d3: {}, a: {}, b: {}}", False),  # two are added
        ("{d3: {}, d2: {}, d1: {priority: 2}}", False),  # the same ones in another order
        ("{d1: {priority: 2}, a: {}, b: {}}", True),  # one of those that they know is left
        ("{d1: {}}", True),
    ],
)
def test_instances_restart_once_they_know_fewer_than_two_of_the_members(members: str, some: bool) -> None:
    """A driver asks whom it knows for the others."""
    assert restarted(here(members), BEFORE, differences(Only())) - {"mongod.d1"} == (INSTANCES if some else set())


def test_one_by_one_all_members_are_replaced() -> None:
    """What counts is what the instances were started with, not what was in the file last."""
    former = replace(BEFORE, replica_set=in_place(here("{d1: {}, d2: {}, a: {}}").desired()).replica_set)
    assert restarted(here("{d1: {}, d2: {}, a: {}}"), former, differences(Only())) == set()
    assert restarted(here("{d1: {}, b: {}, a: {}}"), former, differences(Only())) == INSTANCES


def test_whatever_else_differs_restarts_them() -> None:
    place = here("{d1: {priority: 2}, d2: {}, a: {}}", **{'"1.0"': '"1.1"'})
    assert restarted(place, BEFORE, differences(Only())) == INSTANCES


def test_those_of_whom_it_is_not_known_restart() -> None:
    """An older Corral didn't write down with which members they were started."""
    unknown = replace(BEFORE, units=tuple(replace(unit, seeds="") for unit in BEFORE.units))
    assert restarted(here("{d1: {priority: 2}, d2: {}, a: {}}"), unknown, differences(Only())) == INSTANCES


def started(place: Here, found: Observed) -> list[Unit]:
    plan = restarts(INSTANCES)(cast(Place, place), Observation(found))
    units = [each.unit for each in plan.actions() if isinstance(each, StartUnit)]
    assert {unit.name for unit in units} == INSTANCES
    return units


def test_a_restart_gives_them_the_list_that_is_in_their_files() -> None:
    place = here("{d1: {priority: 2}, d2: {}, a: {}}")
    units = started(place, replace(BEFORE, files=place.desired().files))
    assert {unit.seeds for unit in units} == {place.cluster.database.seeds}
    assert {unit.revision for unit in units}.isdisjoint(unit.revision for unit in BEFORE.units)


def test_a_restart_before_the_files_are_written_is_written_down_as_what_it_is() -> None:
    """A change in the cluster file that hasn't been applied: the next run must not take them for restarted with it."""
    before = {unit.name: unit for unit in BEFORE.units}
    for unit in started(here("{d1: {priority: 2}, d2: {}, a: {}}", **{'"1.0"': '"1.1"'}), BEFORE):
        assert (unit.seeds, unit.revision) == (before[unit.name].seeds, before[unit.name].revision)


def test_a_password_from_outside_makes_no_difference_to_that() -> None:
    """Its mark is in all revisions."""
    secrets = {"env:KEY": Secret("one"), "probe": Secret("two")}
    before = replace(here("{d1: {priority: 2}, d2: {}, d3: {}}"), secrets=secrets)
    made = differences(Only())(cast(Place, before), Observation(BEFORE))
    marked = {each.unit.name: each.unit.revision for each in made.actions() if isinstance(each, StartUnit)}
    assert marked.keys() == INSTANCES
    found = replace(
        BEFORE, units=tuple(replace(unit, revision=marked.get(unit.name, unit.revision)) for unit in BEFORE.units)
    )
    after = replace(here("{d1: {priority: 2}, d2: {}, a: {}}"), secrets=secrets)
    assert restarted(after, found, differences(Only())) == set()


def test_status_names_the_members_of_before() -> None:
    place = cast(Place, here("{d1: {priority: 2}, d2: {}, a: {}}"))
    [problem] = of_former_members(place, Observation(BEFORE))
    assert problem.severity == "info"
    assert problem.message == (
        "all 11 instances know the database's members of before: 10.0.0.4:27017,10.0.0.5:27017,10.0.0.6:27017"
    )
    assert of_former_members(cast(Place, here("{d1: {priority: 2}, d2: {}, d3: {}}")), Observation(BEFORE)) == ()
