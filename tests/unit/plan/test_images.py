"""Another image under the same name: who is restarted, in which order, and what an interrupted run leaves to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corral.desired.assemble import assemble
from corral.desired.systemd_keeper import SystemdKeeper
from corral.model.resources import Desired, FoundUnit, Observed
from corral.model.software import Image
from corral.plan.actions import Action, ReloadUnit, StartUnit, Steer, WriteFile
from corral.plan.basis import basis_of, changed_since
from corral.plan.order import make_plan
from corral.plan.restart import restart_plan
from corral.plan.software import LoadImage
from tests.unit.desired.real_clusters import REFERENCE, cluster_of, facts_of
from tests.unit.plan.cluster_of import in_place, with_unit

APPS = ("app-108", "app-208")
NAME = "example.com/shop:1.22.2"


def wanted(image: str, manifest: str = "") -> Desired:
    """The reference cluster, whose archive holds `image`; empty where the hosts pull it."""
    cluster = cluster_of(REFERENCE)
    cluster = replace(cluster, app=replace(cluster.app, image_sha256=image, image_manifest=manifest))
    return assemble(cluster, facts_of(cluster), SystemdKeeper(cluster))


def found(named: str, runs: str) -> Observed:
    """All is in place; the name stands for `named`, and the containers were made from `runs`. Empty: not known."""
    desired = wanted("")
    whole = in_place(desired)
    units = tuple(replace(unit, image=runs) if unit.role in ("web", "worker") else unit for unit in whole.units)
    images = [Image(host, NAME, sha256=named) for host in APPS]
    software = tuple(each for each in desired.software if not isinstance(each, Image))
    return replace(whole, units=units, software=(*software, *(images if named else ())))


def plan(desired: Desired, observed: Observed) -> list[list[str]]:
    """Each wave's summaries, of images and units alone."""
    waves = [wave for stage in make_plan("shop", desired, observed).stages for wave in stage.waves]
    told = [[action.summary for action in wave if isinstance(action, LoadImage | StartUnit)] for wave in waves]
    return [wave for wave in told if wave]


INSTANCES = ("app-108-5040", "app-208-5040", "app-108-5041", "app-208-5041", "app-108-worker-5140")
ALL = [[f"restart {name} (its image changed)"] for name in INSTANCES]
LOADS = [[f"load {NAME} from /srv/mine/shop.tar"] * 2]


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        (wanted("new"), found("new", "new"), []),
        (wanted("new"), found("old", "old"), [*LOADS, *ALL]),
        (wanted("new"), found("new", "old"), ALL),
        (wanted("new"), found("old", "new"), LOADS),
        (wanted("new"), found("", "old"), [*LOADS, *ALL]),
        # what an older Corral was told: nothing of the containers
        (wanted("new"), found("new", ""), []),
        (wanted("new"), found("old", ""), LOADS),
        # docker's containerd store, where nothing was written down yet
        (wanted("new", "its manifest"), found("its manifest", "its manifest"), []),
        (wanted("new", "its manifest"), found("its manifest", "old"), ALL),
        (wanted("new", "its manifest"), found("old", "old"), [*LOADS, *ALL]),
        # pulled: known by its name, and whoever pulls another one has the instances follow
        (wanted(""), found("any", "any"), []),
        (wanted(""), found("any", "old"), ALL),
        (wanted(""), found("", "old"), LOADS),
    ],
)
def test_who_is_restarted(desired: Desired, observed: Observed, expected: list[list[str]]) -> None:
    assert plan(desired, observed) == expected


def test_one_container_that_was_left_behind() -> None:
    observed = with_unit(found("new", "new"), "app-208-5041", image="old")
    assert plan(wanted("new"), observed) == [["restart app-208-5041 (its image changed)"]]


def test_a_changed_configuration_says_so() -> None:
    observed = with_unit(found("new", "old"), "app-208-5041", revision="another")
    assert ["restart app-208-5041 (its configuration changed)"] in plan(wanted("new"), observed)


def test_a_batch_is_drained_as_for_any_restart() -> None:
    made = make_plan("shop", wanted("new"), found("new", "old"))
    [application, _] = made.stages
    kinds = [sorted({action.kind for action in wave}) for wave in application.waves]
    assert kinds[:3] == [["steer"], ["start_unit"], ["steer"]]
    drains = [action.drain for action in made.actions() if isinstance(action, StartUnit) and action.unit.role == "web"]
    assert set(drains) == {5.0}


def test_a_restart_that_is_asked_for_loads_nothing_and_restarts_nobody_else() -> None:
    made = restart_plan("shop", wanted("new"), found("old", "old"), {"app-108-5040"})
    units = [action for action in made.actions() if isinstance(action, LoadImage | StartUnit)]
    assert [action.summary for action in units] == ["restart app-108-5040 (asked for)"]


def test_a_saved_plan_is_stale_once_a_containers_image_changes() -> None:
    observed = found("new", "old")
    made = replace(make_plan("shop", wanted("new"), observed), basis=basis_of(observed, APPS))
    assert changed_since(made, observed) == []
    assert changed_since(made, with_unit(observed, "app-208-5041", image="new")) == ["app-208"]


def test_the_basis_is_what_it_was_where_containers_have_their_image() -> None:
    """A plan that an older Corral has saved still fits."""
    assert basis_of(found("new", "new"), APPS) == basis_of(found("new", ""), APPS)


def applied(observed: Observed, action: Action) -> Observed:
    match action:
        case LoadImage():
            rest = tuple(each for each in observed.software if each != action.image)
            loaded = Image(action.host, NAME, sha256=action.image.sha256)
            return replace(observed, software=(*rest, loaded))
        case WriteFile():
            rest_files = tuple(f for f in observed.files if (f.host, f.path) != (action.file.host, action.file.path))
            return replace(observed, files=(*rest_files, action.file))
        case Steer():
            return with_unit(observed, action.unit.name, out=action.out)
        case StartUnit() | ReloadUnit():
            unit = action.unit
            named = {image.host: image.sha256 for image in observed.software if isinstance(image, Image)}
            image = named[unit.host] if unit.role in ("web", "worker") else ""
            [out] = [each.out for each in observed.units if each.name == unit.name]
            new = FoundUnit(unit.id, "running", unit.revision, unit.reload_revision, pid=1, image=image, out=out)
            return replace(observed, units=(*(each for each in observed.units if each.name != unit.name), new))
    raise AssertionError(action)


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_interrupted_anywhere_and_planned_anew_everybody_restarts_once(data: st.DataObject) -> None:
    observed, desired = found("old", "old"), wanted("new")
    restarted = []
    for last in (False, False, False, True):
        actions = list(make_plan("shop", desired, observed).actions())
        for action in actions if last else actions[: data.draw(st.integers(0, len(actions)))]:
            observed = applied(observed, action)
            restarted += [action.unit.name] if isinstance(action, StartUnit) else []
    assert make_plan("shop", desired, observed).changes == 0
    assert {unit.image for unit in observed.units if unit.role in ("web", "worker")} == {"new"}
    assert sorted(restarted) == sorted(unit.name for unit in desired.units if unit.role in ("web", "worker"))
