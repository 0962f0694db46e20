"""How a verb is run: what shows its progress is put away at the end, whichever that is."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from corral.cli import running
from corral.cli.options import Format
from corral.cli.plan_view import shown_with_drift
from corral.errors import ChangeFailed
from corral.events import StageStarted
from corral.model.resources import File
from corral.operate.session import Session
from corral.plan.actions import Plan, Stage, WriteFile
from corral.problems import Problem

FAILURE = ChangeFailed(Problem("broken", "error", "it fell over"))


async def fails(session: Session) -> None:
    session.sink(StageStarted("verify", 0))
    raise FAILURE


async def fails_later(session: Session) -> AsyncGenerator[int, None]:
    session.sink(StageStarted("verify", 0))
    yield 1
    raise FAILURE


@pytest.mark.parametrize("way", ["run", "change", "each_of"])
def test_the_spinner_ends_with_a_failure(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the terminal stays without a cursor."""
    ended: list[bool] = []
    end = running.Progress.end
    monkeypatch.setattr(running.Progress, "end", lambda progress: (ended.append(True), end(progress)))
    with pytest.raises(ChangeFailed):
        match way:
            case "run":
                running.run(fails)
            case "change":
                running.change(fails)
            case _:
                running.each_of(fails_later, lambda _item: None, lambda _plan: None)
    assert ended == [True]


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("drift", [False, True])
def test_up_shows_the_plan_where_it_asks(drift: bool, fmt: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """With JSON, stdout is for one document."""
    write = WriteFile(File("a", "/etc/nginx.conf", "new\n"), "digest", "--- a\n+++ b\n-by hand\n+new\n", drift=drift)
    shown_with_drift(fmt)(Plan("shop", (Stage("proxy", ((write,),)),)))
    assert ("-by hand" in capsys.readouterr().out) is (drift and fmt is Format.text)
