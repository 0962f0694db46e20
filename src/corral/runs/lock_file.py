"""The lock file of a host: what is in it, and the POSIX sh texts that take, refresh, read and remove it.

Each text does its work under `flock` on a guard file beside the lock, so that of two at once one is first. The host's
own clock alone judges how old a lock is.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from corral.language import tr
from corral.shell import beside, call, function, must
from corral.transport.alone import alone

TTL: Final = 30
"""Seconds without a sign of life after which a lock has expired: it counts as left behind."""
_ENDED: Final = ("Z", "X")
"""States of a process that has ended and whose parent has not asked for its exit status yet."""
HELD: Final = 11
"""The exit code of `take` when somebody else holds the lock."""

_LOCK: Final = beside(__file__, "lock.sh")


@dataclass(frozen=True)
class Holder:
    """Who runs what, and where: `machine` is the controlling one, `operator` the account there."""

    verb: str
    operator: str
    machine: str
    pid: int

    @classmethod
    def here(cls, verb: str) -> Holder:
        """This process."""
        try:
            operator = getpass.getuser()
        except (KeyError, OSError):  # no such account, as in a container
            operator = f"uid {os.getuid()}"
        return cls(verb, operator, platform.node(), os.getpid())


@dataclass(frozen=True)
class Claim:
    """A holder's lock: since when by the controlling machine's clock, and the token that makes it this run's own.

    `process` identifies the holder's process on its machine, empty where that can't be known.
    """

    holder: Holder
    since: str
    token: str
    process: str = ""

    def to_text(self) -> str:
        return json.dumps({**asdict(self.holder), "since": self.since, "token": self.token, "process": self.process})

    def is_left_behind(self) -> bool:
        """Whether its holder was a process of this machine and has ended. False where that can't be known."""
        place, _, own = self.process.partition(" ")
        here, _, _ = process_of(os.getpid()).partition(" ")
        return bool(own) and place == here and _has_ended(self.holder.pid, self.process)

    @classmethod
    def from_text(cls, text: str) -> Claim | None:
        """None for a text that Corral has not written."""
        try:
            value = json.loads(text)
            holder = Holder(str(value["verb"]), str(value["operator"]), str(value["machine"]), int(value["pid"]))
            return cls(holder, str(value["since"]), str(value["token"]), str(value.get("process", "")))
        except (ValueError, KeyError, TypeError):
            return None

    def __str__(self) -> str:
        holder = self.holder
        return tr(
            "`corral {verb}` of {operator} on {machine} (pid {pid}), since {since}",
            verb=holder.verb,
            operator=holder.operator,
            machine=holder.machine,
            pid=holder.pid,
            since=self.since,
        )


def process_of(pid: int) -> str:
    """A text that identifies a process of this machine and no other: this start of the kernel and the name space of
    process ids, then the number and when it began. Empty when there is no such process, or the system hides it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").readlink()
        state, began = _state_and_begin(pid)
    except OSError:
        return ""
    return "" if state in _ENDED else f"{boot}/{space} {pid}/{began}"


def _has_ended(pid: int, process: str) -> bool:
    """False where that can't be known: a system may hide what other accounts run (hidepid)."""
    try:
        state, _ = _state_and_begin(pid)
        return state in _ENDED or process_of(pid) != process
    except OSError:
        return not _exists(pid)


def _exists(pid: int) -> bool:
    """Also when the system says nothing else about it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _state_and_begin(pid: int) -> tuple[str, str]:
    """Raises OSError."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return words[0], words[19]


@dataclass(frozen=True)
class Answer:
    """What a text answers: a word, the seconds since the lock's last sign of life, and what is or was in the lock."""

    word: str
    age: int
    content: str

    @property
    def claim(self) -> Claim | None:
        return Claim.from_text(self.content)

    @property
    def who(self) -> str:
        return str(self.claim or tr("a run whose name is unknown"))


def answer_in(output: str) -> Answer | None:
    """None when the text was cut off before it answered."""
    for number, line in enumerate(lines := output.splitlines()):
        mark, _, rest = line.partition(" ")
        word, _, age = rest.partition(" ")
        if mark == "lock" and age.isdigit():
            return Answer(word, int(age), "\n".join(lines[number + 1 :]))
    return None


def take(state: str, claim: Claim, ttl: int = TTL, then: str = "") -> str:
    """Answers `taken`, or `taken-over` with the content of the lock that was left behind; `held` is exit code HELD.

    A run that was killed may have left a script at work: this goes on, with the text `then`, when that has ended.
    """
    taking = must("take_lock", state, claim.token, claim.to_text(), ttl, HELD)
    return _LOCK.before(f"{taking}(\n{alone(state)}) || exit\n{then}")


def refresh(state: str, token: str) -> str:
    """Answers `own`, or `lost` with what is there instead."""
    return _LOCK.before(call("refresh_lock", state, token))


def release(state: str, token: str, first: str = "") -> str:
    """Removes the lock if it is the run's own; another run's lock is left alone.

    Before that the text `first` runs; the lock is removed even when that fails.
    """
    if not first:
        return _LOCK.before(call("release_lock", state, token))
    return _LOCK.before(f"{function('ending', first)}{call('release_after', state, token)}")


def read(state: str) -> str:
    """Answers `free`, or `found` with the content."""
    return _LOCK.before(call("read_lock", state))


def remove(state: str, content: str) -> str:
    """Removes the lock that has this `content`. Answers `removed`, `free`, or `found` with what is there by now."""
    return _LOCK.before(call("remove_lock", state, content))
