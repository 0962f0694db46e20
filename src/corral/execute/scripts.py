"""Changes of a host as POSIX sh: many actions, one script, one way there and back.

Each action's part ends with a line `done N` on stdout. The first part that fails ends the script, so that what comes
after it is not begun; its exit code says how: `STALE` when a file isn't what the plan saw, `REFUSED` when its check
refused a new content, anything else when a command failed. A line `note …` is a sentence for people.

Every file is written beside its place, synced and renamed. Before the rename its path and digest are written down as
pending, after the commands that take it in as done: a script that is cut off anywhere is gone on with by the next plan.
A file that goes is pending as well while its removal has to be taken in, and no longer written down afterwards.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from typing import Final

from corral.execute.software_scripts import install
from corral.model.resources import digest
from corral.observe.files import record_path
from corral.plan.actions import HostChange, KeepAfterBoot, MakeDirectory, RemoveFile, RemoveTree, WriteFile
from corral.plan.software import EnableService, InstallPackages, LoadImage
from corral.secrets import Secrets, resolve
from corral.shell import beside, call, given, variables
from corral.transport.alone import alone

STALE: Final = 10
REFUSED: Final = 11

_CHANGES: Final = beside(__file__, "changes.sh")


def script_of(actions: Sequence[HostChange], state: str, secrets: Secrets) -> str:
    """The script of `actions`, all of one host; `state` is its directory of what Corral writes down, empty for none."""
    ends = _ends(actions)
    parts = []
    if state and any(isinstance(action, WriteFile | InstallPackages) or _after(action) for action in actions):
        parts.append(call("keep_notes", state))
    if state:
        parts.append(alone(state))
    for number, action in enumerate(actions):
        after = "".join(_take_in(command) for command in ends[number])
        complete = _complete(actions, ends, number)
        proofs = "".join(_proof(file) for file in complete)
        parts.append(f"{{\n{_part(action, state, secrets)}{after}{proofs}}} >&2 8>&-\n")
        parts.append("".join(_settled(file, state, secrets) for file in complete))
        parts.append(call("echo", "done", number))
    return variables(stale=STALE, refused=REFUSED) + _CHANGES.before("".join(parts))


Commands = tuple[tuple[str, ...], ...]
OneFile = WriteFile | RemoveFile


def _after(action: HostChange) -> Commands:
    if isinstance(action, WriteFile):
        return action.file.after
    return action.after if isinstance(action, RemoveFile) else ()


def _ends(actions: Sequence[HostChange]) -> list[list[tuple[str, ...]]]:
    """By the number of an action: the commands that run after it, each one after the last action that names it."""
    last: dict[tuple[str, ...], int] = {}
    for number, action in enumerate(actions):
        for command in _after(action):
            last.pop(command, None)
            last[command] = number
    return [[command for command, at in last.items() if at == number] for number in range(len(actions))]


def _complete(actions: Sequence[HostChange], ends: list[list[tuple[str, ...]]], number: int) -> list[OneFile]:
    """The files all of whose commands have run once action `number` is over, and hadn't before."""
    at = {command: place for place, commands in enumerate(ends) for command in commands}
    files = [(place, action) for place, action in enumerate(actions) if isinstance(action, OneFile)]
    return [action for place, action in files if max([place, *(at[command] for command in _after(action))]) == number]


def _take_in(command: tuple[str, ...]) -> str:
    """A command whose first word is `-` may fail: a note says so, and the script goes on."""
    if command[0] == "-":
        return call("attempt", shlex.join(command[1:]), *command[1:])
    return call("take_in", shlex.join(command), *command)


_READERS: Final = {
    "/etc/systemd/system/": "read_by_systemd",
    "/etc/chrony": "read_by_chronyd",
    "/etc/logrotate.d/": "read_by_logrotate",
    "/etc/sysctl.d/": "read_at_boot",
}
"""By where a file lies: what proves that the program which it is for takes it in."""


def _proof(action: OneFile) -> str:
    """Nothing for what goes, nor for what is given to its program by name."""
    if not isinstance(action, WriteFile):
        return ""
    path = action.file.path
    return next((call(reader, path) for place, reader in _READERS.items() if path.startswith(place)), "")


def _settled(action: OneFile, state: str, secrets: Secrets) -> str:
    if isinstance(action, WriteFile):
        return _note(action, "done", state, secrets)
    return call("rm", "-f", "--", record_path(state, action.path)) if state else ""


def _note(action: OneFile, word: str, state: str, secrets: Secrets) -> str:
    if not state:
        return ""
    path = action.file.path if isinstance(action, WriteFile) else action.path
    return call("note_down", record_path(state, path), word, _digest(action, secrets), path)


def _digest(action: OneFile, secrets: Secrets) -> str:
    return digest(resolve(action.file.content, secrets)) if isinstance(action, WriteFile) else action.before


def _part(action: HostChange, state: str, secrets: Secrets) -> str:
    match action:
        case WriteFile():
            text = _write(action, state, secrets)
        case RemoveFile():
            text = _remove(action, state, secrets)
        case InstallPackages():
            text = install(action, state)
        case _:
            text = _simple(action)
    return text


def _simple(action: HostChange) -> str:
    """What is one command."""
    match action:
        case MakeDirectory():
            directory = action.directory
            text = call("make_directory", directory.path, f"{directory.mode:o}", directory.owner)
            if action.found and action.found.foreign:
                text += call("give_inside", directory.path, directory.owner)
        case RemoveTree():
            text = call("delete_tree", action.path)
        case LoadImage():
            text = call("pull", action.image.name)
        case EnableService():
            text = call("enable_service", action.service.name)
        case KeepAfterBoot():
            text = call("keep_service" if action.keeper == "systemd" else "keep_container", action.name)
        case _:
            raise AssertionError(f"{action.kind} is no part of a script")
    return text


def _write(action: WriteFile, state: str, secrets: Secrets) -> str:
    file, new = action.file, _beside(action.file.path)
    content = base64.encodebytes(resolve(file.content, secrets).encode()).decode()
    return (
        f"{call('expect', file.path, action.before)}"
        f"{given(content, 'write_new', file.path, new)}"
        f"{call('place', new, f'{file.mode:o}', file.owner)}"
        f"{_judge(action, new)}"
        f"{_note(action, 'pending', state, secrets)}"
        f"{call('put', new, file.path)}"
    )


def _beside(path: str) -> str:
    """Where a new content waits: hidden, in the same directory, of the same name at each try."""
    parent, _, name = path.rpartition("/")
    return f"{parent}/.{name}.corral"


def _judge(action: WriteFile, new: str) -> str:
    if not action.check:
        return ""
    return call("judge", action.file.path, new, *(new if word == "{}" else word for word in action.check))


def _remove(action: RemoveFile, state: str, secrets: Secrets) -> str:
    """The note is needed only where there is something to do again; without it the next plan has nothing to see."""
    pending = _note(action, "pending", state, secrets) if action.after else ""
    return f"{call('expect_gone', action.path, action.before)}{pending}{call('remove', action.path)}"
