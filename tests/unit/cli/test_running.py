"""How a verb is run: what shows its progress is put away at the end, whichever that is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Literal

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


UNREAD = """\
import asyncio, sys
from corral.cli import output, running
from corral.events import Note
from corral.stop import StopFlag

async def stream():
    for number in range(100_000):
        yield number

async def verb(session):
    for number in range(100_000):
        session.sink(Note(f"line {number}"))
        if session.stop.is_set:
            print(f"stopped at a safe point, after {number > 0}", file=sys.stdout)
            return
        await asyncio.sleep(0)

if sys.argv[1] == "each":
    running.each(stream(), lambda number: output.out.print(f"line {number}"))
else:
    running.change(verb)
"""


@contextmanager
def read_once(way: str, stream: Literal["stdout", "stderr"]) -> Iterator[subprocess.Popen[str]]:
    """The program UNREAD, after somebody has read the first line of `stream` and gone."""
    command = [sys.executable, "-c", UNREAD, way]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        read = getattr(process, stream)
        assert read.readline() == "line 0\n"
        read.close()
        yield process


def test_whoever_reads_the_first_line_alone_gets_no_traceback() -> None:
    """As `corral verify | head -1`."""
    with read_once("each", "stdout") as process:
        assert process.stderr
        told = process.stderr.read()
    assert told.splitlines()[-1] == "BrokenPipeError: [Errno 32] Broken pipe", "which typer answers with exit code 1"


def test_a_change_whose_progress_nobody_reads_stops_at_a_safe_point() -> None:
    with read_once("change", "stderr") as process:
        assert process.stdout
        assert process.stdout.read() == "stopped at a safe point, after True\n"
    assert process.returncode == 0


def test_a_verb_whose_output_nobody_reads_ends_quietly() -> None:
    """Through the whole program."""
    command = [sys.executable, "-c", "from corral.__main__ import main; main()", "show", "--schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
