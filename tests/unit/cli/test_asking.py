"""A question at a real terminal, asked within a loop as the verbs do."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.patience import PATIENCE

VERB = """\
import sys
from corral.cli.running import change, run
from corral.errors import Interrupted

async def verb(session):
    return await session.consent.agreed("carry out 3 changes?")

try:
    print({way}(verb))
except Interrupted as interrupted:
    print(interrupted)
    sys.exit(interrupted.exit_code)
"""


@contextmanager
def asked(way: str = "change") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process that has asked, and the terminal's other end."""
    verb = VERB.replace("{way}", way)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", verb],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    try:
        assert process.stderr is not None
        said = ""
        while not said.endswith("[y/N]:"):
            letter = process.stderr.read(1)
            assert letter, f"it ended after: {said}"
            said += letter
        yield process, ours
    finally:
        process.kill()
        process.communicate()
        os.close(ours)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_an_answer(number: signal.Signals) -> None:
    with asked() as (process, _):
        process.send_signal(number)
        said, _ = process.communicate(timeout=PATIENCE)
    assert (said.strip(), process.returncode) == ("not done: carry out 3 changes?", 130)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_question_of_a_verb_that_changes_no_cluster(number: signal.Signals) -> None:
    """The first one: nothing else would be waited for."""
    with asked("run") as (process, _):
        process.send_signal(number)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said.startswith("interrupted")


@pytest.mark.parametrize(("typed", "answer"), [(b"y\n", "True"), (b"\n", "False")])
def test_an_answer(typed: bytes, answer: str) -> None:
    with asked() as (process, terminal):
        os.write(terminal, typed)
        said, _ = process.communicate(timeout=PATIENCE)
    assert (said.strip(), process.returncode) == (answer, 0)


def test_the_end_of_the_input_is_no_yes() -> None:
    with asked() as (process, terminal):
        os.write(terminal, b"\x04")
        said, _ = process.communicate(timeout=PATIENCE)
    assert (said.strip(), process.returncode) == ("not done: carry out 3 changes?", 130)
