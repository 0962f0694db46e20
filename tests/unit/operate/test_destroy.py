"""What `destroy --purge` names before it deletes it."""

from __future__ import annotations

from corral.model.resources import Directory, Observed
from corral.operate.destroy import destroy_plan
from corral.places.base import Observation
from corral.plan.actions import RemoveTree
from corral.plan.retire import DATABASE
from tests.unit.plan.cluster_of import REFERENCE, cluster_of

CLUSTER = cluster_of(REFERENCE)
PLACE = "/var/lib/corral/ref/mongod"


def databases(purge: bool, *directories: Directory) -> set[tuple[str, str]]:
    """Host and path of each database that would be deleted."""
    plan = destroy_plan(CLUSTER, Observation(Observed(directories=directories)), purge)
    trees = [action for action in plan.actions() if isinstance(action, RemoveTree)]
    return {(tree.host, tree.path) for tree in trees if tree.what == DATABASE}


def test_the_members_data() -> None:
    assert databases(purge=True) == {(host, PLACE) for host in ("d1", "d2", "d3")}


def test_what_a_former_member_has_kept_too() -> None:
    assert ("a", PLACE) in databases(True, Directory("a", PLACE, 0o700))
    assert ("a", PLACE) not in databases(True, Directory("a", "/var/lib/corral/other/mongod", 0o700))


def test_without_purge_nothing_of_it() -> None:
    assert databases(False, Directory("a", PLACE, 0o700)) == set()


def test_what_is_remembered_goes_but_not_the_record_of_runs() -> None:
    """Or a cluster of the same name that comes later would look for this one's hosts."""
    plan = destroy_plan(CLUSTER, Observation(Observed()), True)
    trees = {action.path for action in plan.actions() if isinstance(action, RemoveTree)}
    assert "/var/lib/corral/ref/state/marks" in trees
    assert "/var/lib/corral/ref/state" not in trees
