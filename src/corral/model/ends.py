"""How a program's end is told, whoever has seen it: one vocabulary for exit statuses and signals. Pure."""

from __future__ import annotations

from signal import Signals
from typing import Final

from corral.language import tr

BY_SIGNAL: Final = 128
"""What a shell, docker and ssh add to the number of the signal that ended a program."""
SILENT: Final = tr(" and said nothing")

_STATUSES: Final = {
    126: tr("it may not be run: no permission, or a file that is no program for this machine"),
    127: tr("it was not found, or the interpreter that its first line names was not, or a library that it needs"),
}
_SIGNALS: Final = {
    "SIGILL": tr("this processor lacks an instruction that it needs"),
    "SIGKILL": tr("often the kernel does that, when memory is short (`dmesg` on that machine tells)"),
    "SIGSEGV": tr("it reached for memory that isn't its own, which is a fault in it or in one of its libraries"),
    "SIGABRT": tr("it gave up by itself, and its last lines say why"),
    "SIGBUS": tr("a file that it had in memory could no longer be read or written: a full disk, or a broken one"),
    "SIGFPE": tr("it divided by zero or the like, which is a fault in it"),
    "SIGSYS": tr("it asked the kernel for something that its sandbox forbids"),
    "SIGTRAP": tr("it met a trap for debuggers, by which some programs give up"),
    "SIGPIPE": tr("whoever was to read its output had gone"),
    "SIGXCPU": tr("it used more processor time than its limit allows"),
    "SIGXFSZ": tr("a file grew larger than its limit allows"),
    "SIGTERM": tr("it was asked to end"),
    "SIGINT": tr("it was asked to end"),
    "SIGQUIT": tr("it was asked to end"),
    "SIGHUP": tr("it was asked to end"),
}
MONGOD_NEEDS: Final = tr(
    "this processor lacks instructions that it needs (MongoDB from 5.0 on needs AVX on x86_64, ARMv8.2-A "
    "on ARM): install 4.4, on ARM 4.4.18 or older, or give the virtual machine the host's CPU type"
)
"""The release notes of 5.0, and SERVER-71772 for 4.4.19."""
_OF_MONGOD: Final = {"SIGILL": MONGOD_NEEDS}


def ended(status: int, program: str = "", *, also: str = "") -> str:
    """What a program has done that ended so, as the rest of a sentence about it: `ended with exit status 3`.

    `status` is what its parent was told: negative for a signal, as Python has it; or 128 more than that, as shells have
    it. `program` is its name, where it is one of those of which more is known. `also` follows, such as SILENT.
    """
    name = signal_of(status)
    number = tr(" (exit status {status})", status=status) if status > 0 else ""
    what = (
        tr("was ended by {name}{number}", name=name, number=number)
        if name
        else tr("ended with exit status {status}", status=status)
    )
    why = meaning(status, program)
    return tr("{what}{also}: {why}", what=what, also=also, why=why) if why else f"{what}{also}"


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
        return tr("signal {number}", number=number)


def signal_number(name: str) -> int:
    """Of `SIGKILL` or `signal 35`; 0 for a word that names none."""
    if name in Signals.__members__:
        return Signals[name].value
    digits = name.removeprefix("signal ")
    return int(digits) if digits.isdigit() else 0
