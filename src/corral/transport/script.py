"""The form in which scripts are sent. Pure.

A script is put into braces, so that a shell reads it to its end before it runs any of it: a script that is cut off on
the way does not run at all. What it starts reads nothing from stdin, where the rest of the script would be.

What a host prints by itself (banners, a .bashrc, sudo) is told apart by marks: each proves how far the way to the
script went, and where the words of the script itself begin.
"""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass
from math import ceil
from typing import Final

from corral.shell import beside, call

END: Final = b"end\n"
"""Sent after a guarded script: ends it, and all that it has started."""
KILL_AFTER: Final = 5
"""Seconds between TERM and KILL for what doesn't end when it is asked to."""
SHELL: Final = "sh -s"
"""What all scripts are run by: the one command that sudoers must let the account run."""

_GUARD: Final = beside(__file__, "guard.sh")
_HEAD: Final = beside(__file__, "head.sh")


def headed(script: str) -> str:
    """`script` for a host, whose programs and daemons are then those of the system and not of somebody's variables."""
    return "".join(f"{line}; " for line in _HEAD.text.splitlines()) + script


@dataclass(frozen=True)
class Marks:
    """`login` is printed once the account's own shell has run a command, `script` by the shell that runs the script.

    No text that is sent holds them as they are printed: a host that only repeats what it gets proves nothing.
    """

    token: str

    @classmethod
    def new(cls) -> Marks:
        return cls(secrets.token_hex(8))

    @property
    def login(self) -> bytes:
        return f"\036login {self.token}\036".encode()

    @property
    def script(self) -> bytes:
        return f"\036script {self.token}\036".encode()

    def printed(self, name: str) -> str:
        """POSIX sh that prints the mark `name` on stdout and on stderr: once at a terminal, which is both."""
        mark = f'printf "\\036%s\\036" "{name} {self.token}"'
        return f"{mark}; [ -t 2 ] || {mark} >&2"


def whole(script: str) -> str:
    """`script` for a shell that reads it from stdin."""
    return f"{{\n:\n{script}\n}} </dev/null\n"


def guarded(script: str, patience: float, marks: Marks) -> str:
    """`script` for a shell whose stdin stays open: `END` there ends it, the end of stdin does `patience` seconds later.

    So a connection that is cut leaves a change the time that it was given, and nothing stays for ever. What guards the
    script is in its process group, which a session of sshd has for itself.
    """
    guard = _GUARD.before(call("corral_guard", ceil(patience), KILL_AFTER))
    return f"{marks.printed('script')}\n{{\n{headed(guard)}{{\n:\n{script}\n}} 9<&-\nexit\n}} 9<&0 </dev/null\n"


def streamed(command: str, patience: float, marks: Marks) -> str:
    """The same for `command`, whose stdin is what is sent after the mark has come, for `patience` seconds at most.

    The mark says that the shell has read all of this, so that it takes away nothing of what follows.
    """
    timed = f"exec timeout -k {KILL_AFTER} {ceil(patience)} sh -c {shlex.quote(command)}"
    return f"{{\n{marks.printed('script')}\n{headed(timed)}\n}}\n"


def begun(shell: str, marks: Marks, *, sudo: bool, locale: str = "") -> str:
    """A command line for the account's shell, whichever that is: proves that it runs commands, and runs `shell`.

    By `sudo` without a question, whose refusals are in English with `locale` C.
    """
    english = f"LC_ALL={locale}; export LC_ALL; " if sudo and locale else ""
    return shlex.join(["sh", "-c", f"{marks.printed('login')}; {english}exec {'sudo -n ' if sudo else ''}{shell}"])
