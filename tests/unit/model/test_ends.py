"""How the end of a program is told: real ends, as their parents see them."""

from __future__ import annotations

import signal
import subprocess

import pytest

from corral.model.command import CommandResult
from corral.model.ends import SILENT, ended, meaning, signal_number, signal_of


def status(script: str) -> int:
    return subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "ended with exit status 3"),
        ("exit 0", "ended with exit status 0"),
        ("kill -KILL $$", "was ended by SIGKILL: often the kernel does that, when memory is short"),
        ("kill -ILL $$", "was ended by SIGILL: this processor lacks an instruction"),
        ("kill -SEGV $$", "was ended by SIGSEGV: it reached for memory"),
        ("sh -c 'kill -KILL $$'; exit $?", "was ended by SIGKILL (exit status 137): often the kernel"),
        ("exec /no/such/program", "ended with exit status 127: it was not found"),
        ("exec /dev/null", "ended with exit status 126: it may not be run"),
    ],
)
def test_real_ends(script: str, words: str) -> None:
    assert ended(status(script)).startswith(words)


@pytest.mark.parametrize("code", [-signal.SIGILL, 128 + signal.SIGILL])
def test_a_mongod_asks_for_a_processor(code: int) -> None:
    for words in ("SIGILL", "AVX on x86_64", "ARMv8.2-A on ARM", "install 4.4", "host's CPU type"):
        assert words in ended(code, "mongod")
    assert "AVX" not in ended(code, "nginx")


def test_what_follows_stands_before_the_reason() -> None:
    assert ended(3, also=SILENT) == "ended with exit status 3 and said nothing"
    assert ended(-9, also=SILENT).startswith("was ended by SIGKILL and said nothing: often")


@pytest.mark.parametrize(
    ("code", "name"),
    [(0, ""), (3, ""), (128, ""), (255, ""), (193, ""), (137, "SIGKILL"), (-9, "SIGKILL"), (-36, "signal 36")],
)
def test_which_statuses_tell_of_a_signal(code: int, name: str) -> None:
    assert signal_of(code) == name


def test_every_signal_is_found_by_its_name() -> None:
    for number in range(1, 65):
        assert signal_number(signal_of(-number)) == number
    assert signal_number("nonsense") == 0


def test_a_status_of_the_programs_own_means_nothing_to_others() -> None:
    assert meaning(3) == ""
    assert meaning(137).startswith("often the kernel")


def test_a_failed_command_has_always_a_reason() -> None:
    assert CommandResult(3, b"", b" \n").error == "the command ended with exit status 3 and said nothing"
    assert "SIGKILL (exit status 137) and said nothing" in CommandResult(137, b"", b"").error
    assert CommandResult(3, b"out", b"").error == "out"
    assert CommandResult(0, b"", b"").error == ""
