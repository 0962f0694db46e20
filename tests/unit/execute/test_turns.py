"""Starts that take turns: as many of a lane at the same time as it is wide, and no more after a failure."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from corral.errors import ChangeFailed, Locked
from corral.events import Event, Note
from corral.execute.engine import execute
from corral.execute.handlers import Handlers, Step
from corral.model.identity import UnitId
from corral.model.resources import Gate, Lane, Unit
from corral.plan.actions import Plan, Stage, StartUnit
from corral.problems import Problem
from tests.patience import PATIENCE
from tests.unit.execute.no_units import NoUnits


class Starts(NoUnits):
    """Counts the starts that go on at the same time, by lane; the units in `failing` fail."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self.failing = failing
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.begun: list[str] = []

    async def start(self, unit: UnitId) -> None:
        name, lane = unit.name, unit.name[0]
        self.begun.append(name)
        self.running[lane] += 1
        self.most[lane] = max(self.most[lane], self.running[lane])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.running[lane] -= 1
        raise ChangeFailed(Problem("x", "error", f"{name} {'fails' if name in self.failing else 'is enough'}"))


def start(name: str, width: int) -> StartUnit:
    lane = Lane(name[0], width) if width else None
    unit = Unit("h", name, "web", "r", ("true",), "/", "127.0.0.1", 1, lane=lane)
    return StartUnit(unit, Gate("process"), "new")


class Ends(Starts):
    """Each start comes to its end."""

    async def start(self, unit: UnitId) -> None:
        try:
            await super().start(unit)
        except ChangeFailed:
            if unit.name in self.failing:
                raise


def handlers(units: Starts) -> Handlers:
    """The starts are all that is looked at here."""

    async def start(action: StartUnit, _step: Step) -> None:
        await units.start(action.unit.id)

    async def nothing(*_asked: object) -> None:
        raise AssertionError("nothing but starts is asked for")

    return Handlers(nothing, start, nothing, nothing, nothing, nothing)


async def run(units: Starts, *actions: StartUnit) -> list[Event]:
    events: list[Event] = []
    plan = Plan("c", (Stage("application", (actions,)),))
    await execute(plan, handlers(units), events.append)
    return events


@pytest.mark.parametrize("width", [1, 2, 3])
def test_no_more_than_the_lane_is_wide(width: int) -> None:
    units = Ends()
    asyncio.run(run(units, *(start(f"a{n}", width) for n in range(7))))
    assert units.most["a"] == width
    assert units.begun == [f"a{n}" for n in range(7)]


def test_lanes_do_not_wait_for_each_other() -> None:
    units = Ends()
    asyncio.run(run(units, *(start(f"{lane}{n}", 1) for n in range(3) for lane in "ab")))
    assert units.most == {"a": 1, "b": 1}
    assert units.begun[:2] == ["a0", "b0"]


def test_without_a_lane_all_start_at_once() -> None:
    units = Ends()
    asyncio.run(run(units, *(start(f"a{n}", 0) for n in range(7))))
    assert units.most["a"] == 7


def test_a_turn_ends_with_the_first_good_answer() -> None:
    """Here no start ends before all have begun, which a lane of one would not allow otherwise."""
    begun: list[str] = []

    async def answer(action: StartUnit, step: Step) -> None:
        begun.append(action.unit.name)
        step.answering()
        step.answering()
        while len(begun) < 3:
            await asyncio.sleep(0)

    plan = Plan("c", (Stage("application", (tuple(start(f"a{n}", 1) for n in range(3)),)),))
    changed = execute(plan, replace(handlers(Ends()), start=answer), lambda _event: None)
    asyncio.run(asyncio.wait_for(changed, PATIENCE))
    assert begun == ["a0", "a1", "a2"]


def test_after_a_failure_no_more_begin() -> None:
    units = Ends(failing=("a1",))
    events: list[Event] = []
    plan = Plan("c", (Stage("application", (tuple(start(f"a{n}", 2) for n in range(6)),)),))
    with pytest.raises(ChangeFailed, match="a1 fails"):
        asyncio.run(execute(plan, handlers(units), events.append))
    assert "a5" not in units.begun
    [note] = [event for event in events if isinstance(event, Note)]
    assert note.message.endswith(", ".join(f"a{n}" for n in range(len(units.begun), 6)))


class OneIsSlow(Ends):
    """b0 goes on when all others have ended."""

    going_on = 0

    async def start(self, unit: UnitId) -> None:
        self.going_on += 1
        for _ in range(20 if unit.name == "b0" else 0):
            await asyncio.sleep(0)
        await super().start(unit)
        self.going_on -= 1


def test_a_run_that_may_not_go_on_begins_no_more_and_is_told_how_it_is_at_its_end() -> None:
    units = OneIsSlow()
    events: list[Event] = []
    asked: list[int] = []

    def may_go_on() -> None:
        if units.begun:
            asked.append(units.going_on)
            raise Locked(Problem("lock-lost", "error", f"somebody else has it; {units.going_on} go on"))

    starts = (*(start(f"a{n}", 1) for n in range(3)), start("b0", 0))
    with pytest.raises(Locked) as failure:
        asyncio.run(execute(Plan("c", (Stage("application", (starts,)),)), handlers(units), events.append, may_go_on))
    assert asked[0] == 1, "b0 went on when the first one was held back"
    assert str(failure.value) == "somebody else has it; 0 go on"
    assert units.begun == ["a0", "b0"]
    assert [event.message for event in events if isinstance(event, Note)] == ["not started: a1, a2"]
