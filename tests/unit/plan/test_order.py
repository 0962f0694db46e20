"""What holds for every plan, whatever was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from corral.model.identity import read_back
from corral.model.only import Only
from corral.model.resources import FoundUnit, Observed
from corral.plan.actions import (
    ConvergeReplicaSet,
    MakeDirectory,
    Plan,
    ReloadUnit,
    RemoveFile,
    StartUnit,
    Steer,
    StopUnit,
)
from corral.plan.actions import WriteFile as Write
from corral.plan.order import make_plan
from corral.plan.part import part_of
from tests.unit.plan.cluster_of import REFERENCE, desired_of, in_place, kept_here, with_unit

DRAINED = REFERENCE.replace("interval: 1s}", "interval: 1s}, stop: {drain: 5s}")
DESIRED = desired_of(REFERENCE)
WHOLE = in_place(DESIRED)


def applied(observed: Observed, action: object) -> Observed:
    """What the hosts are after `action`."""
    match action:
        case MakeDirectory():
            return replace(observed, directories=(*observed.directories, action.directory))
        case Write():
            rest = tuple(f for f in observed.files if (f.host, f.path) != (action.file.host, action.file.path))
            return replace(observed, files=(*rest, action.file))
        case RemoveFile():
            rest = tuple(f for f in observed.files if (f.host, f.path) != (action.host, action.path))
            return replace(observed, files=rest)
        case ConvergeReplicaSet():
            return replace(observed, replica_set=WHOLE.replica_set)
        case _:
            return replace(observed, units=tuple(units_after(observed, action)))


def units_after(observed: Observed, action: object) -> Iterator[FoundUnit]:
    assert isinstance(action, StartUnit | ReloadUnit | Steer | StopUnit), action
    name = action.unit.name
    yield from (unit for unit in observed.units if unit.name != name)
    out = next((unit.out for unit in observed.units if unit.name == name), ())
    if isinstance(action, Steer):
        yield replace(next(unit for unit in observed.units if unit.name == name), out=action.out)
    elif not isinstance(action, StopUnit):
        unit, anew = action.unit, isinstance(action, StartUnit) and not action.restart
        yield FoundUnit(unit.id, "running", unit.revision, unit.reload_revision, pid=1, out=() if anew else out)


@given(data=st.data())
@settings(max_examples=40)
def test_interrupted_anywhere_and_planned_anew_it_arrives(data: st.DataObject) -> None:
    """Stop after any number of actions, plan again, stop again: in the end there is nothing to change."""
    observed = Observed()
    for _ in range(6):
        actions = list(make_plan("ref", DESIRED, observed).actions())
        for action in actions[: data.draw(st.integers(0, len(actions)))]:
            observed = applied(observed, action)
    for action in make_plan("ref", DESIRED, observed).actions():
        observed = applied(observed, action)
    assert make_plan("ref", DESIRED, observed).changes == 0


@given(data=st.data())
@settings(max_examples=20)
def test_interrupted_while_some_are_held_back_it_arrives(data: st.DataObject) -> None:
    """In the end every proxy has the wanted configuration, with nobody left out."""
    observed = in_place(desired_of(DRAINED))
    text = DRAINED.replace('version: "1.0"', 'version: "1.1"')
    wanted = desired_of(text)
    for _ in range(4):
        actions = list(make_plan("ref", wanted, observed).actions())
        for action in actions[: data.draw(st.integers(0, len(actions)))]:
            observed = applied(observed, action)
        if data.draw(st.booleans()):
            observed = with_unit(observed, data.draw(st.sampled_from(["nginx.p", "a-5040", "b-5043"])), state="stopped")
        without = Only(without=frozenset([data.draw(st.sampled_from(["a", "b", "p"]))]))
        for action in part_of(make_plan("ref", wanted, observed), without, kept_here(text)).actions():
            observed = applied(observed, action)
    for action in make_plan("ref", wanted, observed).actions():
        observed = applied(observed, action)
    assert make_plan("ref", wanted, observed).changes == 0
    assert {unit.out for unit in observed.units} == {()}
    assert {file.path: file.content for file in observed.files} == {file.path: file.content for file in wanted.files}


def test_a_unit_starts_after_its_files_are_there() -> None:
    written: set[str] = set()
    for action in make_plan("ref", DESIRED, Observed()).actions():
        if isinstance(action, Write):
            written.add(action.file.path)
        if isinstance(action, StartUnit):
            files = {word for word in action.unit.program if word.startswith("/etc/")}
            assert files, action
            assert files <= written


def test_the_plan_survives_its_way_through_json() -> None:
    plan = make_plan("ref", DESIRED, Observed())
    assert Plan.from_json(plan.to_json()) == plan


def test_no_secret_can_be_in_a_plan() -> None:
    """The planner knows none: where one belongs, there is its name."""
    text = str(make_plan("ref", DESIRED, Observed()).to_json())
    assert "${secret:application}" in text
    assert "${secret:keyfile}" in text


def test_a_member_that_the_set_does_not_have_only_has_to_answer() -> None:
    """One that has been in it before starts with its old data, in no set: it is taken in when it has started."""
    more = desired_of(REFERENCE.replace("d3: {}}", "d3: {}, a: {}, b: {}}"))
    starts = [action for action in make_plan("ref", more, WHOLE).actions() if isinstance(action, StartUnit)]
    kinds = {action.unit.name: action.gate.kind for action in starts if action.unit.role == "database"}
    assert kinds == {"mongod.a": "newcomer", "mongod.b": "newcomer"}
    unfinished = with_unit(replace(in_place(more), replica_set=WHOLE.replica_set), "mongod.b", revision="")
    [again] = [action for action in make_plan("ref", more, unfinished).actions() if isinstance(action, StartUnit)]
    assert (again.unit.name, again.restart, again.gate.kind) == ("mongod.b", True, "newcomer")
    known = make_plan("ref", DESIRED, with_unit(WHOLE, "mongod.d2", revision="another"))
    assert [a.gate.kind for a in known.actions() if isinstance(a, StartUnit)] == ["member"]
    first = make_plan("ref", DESIRED, Observed())
    assert {a.gate.kind for a in first.actions() if isinstance(a, StartUnit) if a.unit.role == "database"} == {
        "started"
    }


def test_a_member_that_copies_has_started() -> None:
    """Its set knows it and its disk is empty: to wait for all of its data would never end."""
    silent = tuple(replace(fact, state="UNREACHABLE") for fact in WHOLE.replica_set.facts[2:])
    found = replace(WHOLE.replica_set, facts=(*WHOLE.replica_set.facts[:2], *silent))
    stopped = replace(with_unit(WHOLE, "mongod.d3", state="stopped"), replica_set=found)
    plan = make_plan("ref", DESIRED, with_unit(stopped, "mongod.d2", revision="another"))
    gates = {action.unit.name: action.gate.kind for action in plan.actions() if isinstance(action, StartUnit)}
    assert gates == {"mongod.d3": "started", "mongod.d2": "member"}
    assert any(isinstance(action, ConvergeReplicaSet) for action in plan.actions())


def test_a_start_that_was_cut_off_while_the_member_copied_is_finished() -> None:
    copying = tuple(replace(fact, state="STARTUP2") for fact in WHOLE.replica_set.facts[2:])
    found = replace(WHOLE.replica_set, facts=(*WHOLE.replica_set.facts[:2], *copying))
    cut_off = replace(with_unit(WHOLE, "mongod.d3", revision=""), replica_set=found)
    [again] = [action for action in make_plan("ref", DESIRED, cut_off).actions() if isinstance(action, StartUnit)]
    assert (again.unit.name, again.restart, again.gate.kind) == ("mongod.d3", True, "started")


def test_a_host_with_worker_in_its_name_changes_no_order() -> None:
    """Only workers stop before others start; a member and a web instance that have left the file stop last."""
    names = ("mongod.prod-worker-1", "prod-worker-1-5045", "prod-worker-1-worker-5140")
    gone = replace(
        WHOLE, units=(*WHOLE.units, *(FoundUnit(read_back("prod-worker-1", name), "running") for name in names))
    )
    plan = make_plan("ref", DESIRED, gone)
    stops = {stage.name: [a.name for a in stage.actions() if isinstance(a, StopUnit)] for stage in plan.stages}
    assert stops == {"application": [names[2]], "retire": [names[0], names[1]]}
