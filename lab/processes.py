"""Commands of the machine, conditions to wait for, and lines that say how long a step took."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError


def run(command: Sequence[str], *, stdin: bytes | None = None, timeout: float = 600) -> str:
    """The command's standard output, stripped. Raises LabError with the output's tail when it fails."""
    done = attempt(command, stdin=stdin, timeout=timeout)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise LabError(f"`{_short(command)}` ended with status {done.returncode}: {said[-2000:]}")
    return done.stdout.decode(errors="replace").strip()


def attempt(
    command: Sequence[str], *, stdin: bytes | None = None, timeout: float = 600
) -> subprocess.CompletedProcess[bytes]:
    """Runs it; a status other than 0 is the caller's to judge. Raises LabError when it can't run or takes too long."""
    try:
        if stdin is None:
            return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
        return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} was not found on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"`{_short(command)}` was not done within {timeout:.0f} s") from error


def run_to_log(command: Sequence[str], log: Path) -> None:
    """For what runs for minutes: the output goes to a file. Raises LabError with the log's tail when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False).returncode
    if status != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LabError(f"`{command[0]}` ended with status {status}:\n{tail}", f"the whole log is {log}")


def wait_for(condition: Callable[[], bool], what: str, *, within: float, every: float = 0.1) -> None:
    """Polls `condition` each `every` seconds: neither docker nor a booting host says when it is ready.

    Raises LabError naming `what` after `within` seconds.
    """
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"{what}: not within {within:.0f} s")
        time.sleep(every)  # between two looks, until the deadline


def say(text: str) -> None:
    """A line for the user, at once, even into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def step(text: str) -> Iterator[None]:
    """Says what was done and the seconds that it took; nothing when it failed."""
    started = time.monotonic()
    yield
    say(f"{text} ({time.monotonic() - started:.1f} s)")


def _short(command: Sequence[str]) -> str:
    """Without the scripts that are among the arguments."""
    words = [word for word in command if "\n" not in word]
    return shlex.join(words)[:200]
