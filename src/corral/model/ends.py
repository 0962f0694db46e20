"""How a program's end is told, whoever has seen it: one vocabulary for exit statuses and signals. Pure."""

from __future__ import annotations

from signal import Signals
from typing import Final

BY_SIGNAL: Final = 128
"""What a shell, docker and ssh add to the number of the signal that ended a program."""
SILENT: Final = " and said nothing"

_STATUSES: Final = {
    126: "it may not be run: no permission, or a file that is no program for this machine",
    127: "it was not found, or the interpreter that its first line names was not, or a library that it needs",
}
_SIGNALS: Final = {
    "SIGILL": "this processor lacks an instruction that it needs",
    "SIGKILL": "often the kernel does that, when memory is short (`dmesg` on that machine tells)",
    "SIGSEGV": "it reached for memory that isn't its own, which is a fault in it or in one of its libraries",
    "SIGABRT": "it gave up by itself, and its last lines say why",
    "SIGBUS": "a file that it had in memory could no longer be read or written: a full disk, or a broken one",
    "SIGFPE": "it divided by zero or the like, which is a fault in it",
    "SIGSYS": "it asked the kernel for something that its sandbox forbids",
    "SIGTRAP": "it met a trap for debuggers, by which some programs give up",
    "SIGPIPE": "whoever was to read its output had gone",
    "SIGXCPU": "it used more processor time than its limit allows",
    "SIGXFSZ": "a file grew larger than its limit allows",
    "SIGTERM": "it was asked to end",
    "SIGINT": "it was asked to end",
    "SIGQUIT": "it was asked to end",
    "SIGHUP": "it was asked to end",
}
MONGOD_NEEDS: Final = (
    "this processor lacks instructions that it needs (MongoDB from 5.0 on needs AVX on x86_64, ARMv8.2-A on ARM): "
    "install 4.4, on ARM 4.4.18 or older, or give the virtual machine the host's CPU type"
)
"""The release notes of 5.0, and SERVER-71772 for 4.4.19."""
_OF_MONGOD: Final = {"SIGILL": MONGOD_NEEDS}


def ended(status: int, program: str = "", *, also: str = "") -> str:
    """What a program has done that ended so, as the rest of a sentence about it: `ended with exit status 3`.

    `status` is what its parent was told: negative for a signal, as Python has it; or 128 more than that, as shells have
    it. `program` is its name, where it is one of those of which more is known. `also` follows, such as SILENT.
    """
    name = signal_of(status)
    number = f" (exit status {status})" if status > 0 else ""
    what = f"was ended by {name}{number}" if name else f"ended with exit status {status}"
    why = meaning(status, program)
    return f"{what}{also}: {why}" if why else f"{what}{also}"


def meaning(status: int, program: str = "") -> str:
    """Why programs end so; empty where that is known to the program alone."""
    name = signal_of(status)
    of_program = _OF_MONGOD if program == "mongod" else {}
    return (of_program.get(name) or _SIGNALS.get(name, "")) if name else _STATUSES.get(status, "")


def signal_of(status: int) -> str:
    """The name of the signal that `status` tells of; empty where it tells of none."""
    number = -status if status < 0 else status - BY_SIGNAL
    if number not in range(1, 65):
        return ""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_number(name: str) -> int:
    """Of `SIGKILL` or `signal 35`; 0 for a word that names none."""
    if name in Signals.__members__:
        return Signals[name].value
    digits = name.removeprefix("signal ")
    return int(digits) if digits.isdigit() else 0
