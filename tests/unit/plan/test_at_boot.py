"""What must be there after a reboot is compared like any other property: found, planned, and of the plan's basis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.at_boot import UNLINKED, AtBoot
from corral.model.resources import Observed
from corral.plan.actions import Action, KeepAfterBoot, Plan, StopUnit
from corral.plan.basis import basis_of, changed_since
from corral.plan.order import make_plan
from tests.unit.plan.cluster_of import REFERENCE, desired_of, in_place, with_unit

DESIRED = desired_of(REFERENCE)
WHOLE = in_place(DESIRED)


def boot(state: str, name: str = "corral-ref-mongod.service") -> AtBoot:
    return AtBoot("systemd", name, state)


def actions(observed: Observed) -> list[Action]:
    return list(make_plan("ref", DESIRED, observed).actions())


@pytest.mark.parametrize("state", ["disabled", "masked", "enabled-runtime", UNLINKED])
def test_a_unit_that_would_not_be_back_is_kept_and_not_restarted(state: str) -> None:
    [action] = actions(with_unit(WHOLE, "mongod.d1", at_boot=boot(state)))
    assert isinstance(action, KeepAfterBoot)
    assert (action.host, action.unit, action.name) == ("d1", "mongod.d1", "corral-ref-mongod.service")
    assert action.why == boot(state).why_not


@pytest.mark.parametrize("at_boot", [boot("enabled"), AtBoot("docker", "ab12", "unless-stopped"), None])
def test_nothing_to_do_where_it_comes_back_or_nobody_knows(at_boot: AtBoot | None) -> None:
    assert actions(with_unit(WHOLE, "mongod.d1", at_boot=at_boot)) == []


def test_a_container_with_another_restart_policy() -> None:
    [action] = actions(with_unit(WHOLE, "a-5040", at_boot=AtBoot("docker", "ab12", "no")))
    assert action.summary == "have a-5040 start with its host (its restart policy is `no`)"
    stages = [stage.name for stage in make_plan("ref", DESIRED, WHOLE).stages]
    assert stages == []


def test_one_that_is_down_and_masked_is_unmasked_before_it_starts() -> None:
    kinds = [each.kind for each in actions(with_unit(WHOLE, "a-5040", state="stopped", at_boot=boot("masked")))]
    assert kinds == ["keep_after_boot", "start_unit"]


def test_what_rests_on_purpose_is_not_to_come_back() -> None:
    resting = replace(DESIRED, idle=frozenset(("a-5040",)))
    found = with_unit(WHOLE, "a-5040", state="stopped", at_boot=boot("enabled"))
    [action] = make_plan("ref", resting, found).actions()
    assert isinstance(action, StopUnit)
    assert action.name == "a-5040"
    masked = with_unit(WHOLE, "a-5040", state="stopped", at_boot=boot("masked"))
    assert list(make_plan("ref", resting, masked).actions()) == []


def test_it_is_what_a_saved_plan_was_made_from() -> None:
    """What comes back is written as an older Corral has written it, which didn't ask."""
    found = with_unit(WHOLE, "mongod.d1", at_boot=boot("disabled"))
    plan = make_plan("ref", DESIRED, found)
    plan = Plan.from_json(replace(plan, basis=basis_of(found, ["d1"])).to_json())
    assert changed_since(plan, found) == []
    assert changed_since(plan, with_unit(WHOLE, "mongod.d1", at_boot=boot("masked"))) == ["d1"]
    assert basis_of(with_unit(WHOLE, "mongod.d1", at_boot=boot("enabled")), ["d1"]) == basis_of(WHOLE, ["d1"])
