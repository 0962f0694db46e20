"""Commands that fail say why, and waiting ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.processes import run, run_to_log, wait_for


def test_output_is_stripped_and_input_handed_on() -> None:
    assert run(["cat"], stdin=b" text \n") == "text"


def test_a_failure_has_the_command_and_what_it_said_but_no_script() -> None:
    with pytest.raises(LabError) as caught:
        run(["sh", "-c", "echo 'why it failed' >&2\nexit 3", "sh", "argument"])
    assert str(caught.value) == "`sh -c sh argument` ended with status 3: why it failed"


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(LabError, match="no-such-program was not found"):
        run(["no-such-program"])


def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(LabError, match="not done within 0 s"):
        run(["sleep", "60"], timeout=0.2)


def test_a_log_keeps_everything_and_its_tail_is_told(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "log"
    run_to_log(["echo", "first"], log)
    with pytest.raises(LabError) as caught:
        run_to_log(["sh", "-c", "echo second; exit 4"], log)
    assert log.read_text() == "first\nsecond\n"
    assert "second" in caught.value.message
    assert str(log) in caught.value.hint


def test_waiting_ends_with_the_condition_or_the_deadline() -> None:
    answers = iter([False, False, True])
    wait_for(lambda: next(answers), "the third", within=5, every=0.01)
    with pytest.raises(LabError, match="what never comes: not within 0 s"):
        wait_for(lambda: False, "what never comes", within=0.05, every=0.01)
