"""What a run says of itself when it ends before its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from corral.errors import Interrupted
from corral.events import ActionFinished
from corral.plan.actions import Plan, RemoveFile, Stage
from corral.runs.journal import Header, Journal
from corral.runs.lock import held
from corral.runs.lock_file import Holder
from corral.runs.run import Run, RunRequest
from corral.stop import StopFlag
from corral.transport.local import LocalTransport
from tests.unit.runs.lock_hosts import hosts_in

STEPS = [RemoveFile("a", f"/{name}", "") for name in ("1", "2", "2", "3", "4", "5")]
"""One file is changed twice, as nginx's is in a drain."""
PLAN = Plan("t", (Stage("proxy", (tuple(STEPS),)),))


def with_run(tmp_path: Path, act: Callable[[Run], None], pressed: bool = False) -> None:
    async def scenario() -> None:
        holder = Holder.here("apply")
        journal = Journal(tmp_path / "journal", Header.of(holder, "t", "t.yaml"), {}, lambda _event: None)
        async with held(LocalTransport(), hosts_in(tmp_path, "a"), holder) as lock:
            stop = StopFlag()
            if pressed:
                stop.set()
            act(Run(RunRequest("apply", PLAN, stop), lock, journal))

    asyncio.run(scenario())


def finish(run: Run, *numbers: int) -> None:
    for number in numbers:
        run.sink(ActionFinished(STEPS[number].id, "a", "", 0.1))


def test_it_says_what_is_done_and_what_is_not(tmp_path: Path) -> None:
    def act(run: Run) -> None:
        finish(run, 0, 1)
        assert run.account == "2 of 6 changes are done; not done: file /2 on a, file /3 on a, file /4 on a and 1 more"
        finish(run, 2, 3, 4, 5)
        assert run.account == "6 of 6 changes are done"

    with_run(tmp_path, act)


def test_one_that_is_to_stop_does_so_between_two_waves(tmp_path: Path) -> None:
    def act(run: Run) -> None:
        finish(run, 0)
        with pytest.raises(Interrupted, match="stopped at a safe point: 1 of 6 changes are done; not done: file /2"):
            run.check()

    with_run(tmp_path, act, pressed=True)
