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
from corral.plan.actions import HostChange, MakeDirectory, RemoveFile, RemoveTree, WriteFile
from corral.plan.software import EnableService, InstallPackages, LoadImage
from corral.secrets import Secrets, resolve
from corral.transport.alone import alone

STALE: Final = 10
REFUSED: Final = 11

_HEAD: Final = f"""\
set -u
umask 077
exec 3>&1
export LC_ALL=C
failed() {{ echo "$1" >&2; exit "${{2:-1}}"; }}
seen() {{ set -- "$1" "$2" "$(sha256sum -- "$1" 2>/dev/null)"; [ "${{3%% *}}" = "$2" ]; }}
expect() {{
    if [ -z "$2" ]; then [ ! -e "$1" ]; else seen "$1" "$2"; fi ||
        failed "$1 has changed since the plan was made" {STALE}
}}
note_down() {{
    [ -n "$1" ] || return 0
    printf '%s %s %s\\n' "$2" "$3" "$4" | cat >"$1.new" && mv -f -- "$1.new" "$1" || failed "$1 can't be written"
}}
place() {{
    if [ -n "$3" ]; then chown -- "$3" "$1" || failed "$1 can't be given to $3"; fi
    chmod -- "$2" "$1" && sync -- "$1" || failed "$1 can't be written"
}}
delete_tree() {{
    if [ -L "$1" ]; then
        to=$(readlink -m -- "$1")
        failed "$1 is a link to $to, and neither is deleted: delete what is in $to yourself, then the link"
    fi
    if mountpoint -q -- "$1"; then
        find "$1" -xdev -mindepth 1 -delete || failed "$1 can't be emptied"
        echo "note $1 is empty, and stays because a file system is mounted there" >&3
    else
        rm -rf --one-file-system -- "$1" || failed "$1 can't be deleted"
    fi
}}
"""


def script_of(actions: Sequence[HostChange], state: str, secrets: Secrets) -> str:
    """The script of `actions`, all of one host; `state` is its directory of what Corral writes down, empty for none."""
    ends = _ends(actions)
    parts = [_HEAD]
    if state and any(isinstance(action, WriteFile | InstallPackages) or _after(action) for action in actions):
        places = (f"{state}/{name}" for name in ("files", "packages"))
        own = shlex.quote(state)
        made = f"( umask 022; mkdir -p -- {own} ) && mkdir -p -- {shlex.join(places)}"
        parts.append(f'{made} || failed {own}" can\'t be made"\n')
    if state:
        parts.append(alone(state))
    for number, action in enumerate(actions):
        after = "".join(_take_in(command) for command in ends[number])
        parts.append(f"{{\n{_part(action, state, secrets)}{after}}} >&2 8>&-\n")
        parts.append("".join(_settled(file, state, secrets) for file in _complete(actions, ends, number)))
        parts.append(f"echo done {number}\n")
    return "".join(parts)


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
    """A command whose first word is `-` may fail: that is said, and no more."""
    if command[0] == "-":
        text = shlex.join(command[1:])
        said = shlex.quote(f"note {text} failed: ")
        return f"said=$({text} 2>&1) || printf '%s%s\\n' {said} \"$(printf %s \"$said\" | tr '\\n' ' ')\" >&3\n"
    text = shlex.join(command)
    return f"{text} || failed {shlex.quote(f'{text} failed')}\n"


def _settled(action: OneFile, state: str, secrets: Secrets) -> str:
    if isinstance(action, WriteFile):
        return _note(action, "done", state, secrets)
    return f"rm -f -- {shlex.quote(record_path(state, action.path))}\n" if state else ""


def _note(action: OneFile, word: str, state: str, secrets: Secrets) -> str:
    if not state:
        return ""
    path = action.file.path if isinstance(action, WriteFile) else action.path
    words = shlex.join((record_path(state, path), word, _digest(action, secrets), path))
    return f"note_down {words}\n"


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
            text = _directory(action)
        case RemoveTree():
            text = f"delete_tree {shlex.quote(action.path)}\n"
        case LoadImage():
            text = f'docker pull --quiet -- {shlex.quote(action.image.name)} || failed "it can\'t be pulled"\n'
        case EnableService():
            name = shlex.quote(action.service.name)
            text = f'systemctl enable --quiet --now -- {name} || failed {name}" can\'t be enabled"\n'
        case _:
            raise AssertionError(f"{action.kind} is no part of a script")
    return text


def _directory(action: MakeDirectory) -> str:
    directory = action.directory
    path, failure = shlex.quote(directory.path), shlex.quote(f"{directory.path} can't be made")
    parents = f"( umask 022; mkdir -p -- {path} )"
    owner = f" && chown -- {shlex.quote(directory.owner)} {path}" if directory.owner else ""
    return f"{parents}{owner} && chmod -- {directory.mode:o} {path} || failed {failure}\n"


def _write(action: WriteFile, state: str, secrets: Secrets) -> str:
    file = action.file
    path, candidate = shlex.quote(file.path), shlex.quote(_beside(file.path))
    parent = shlex.quote(file.path.rpartition("/")[0] or "/")
    content = base64.encodebytes(resolve(file.content, secrets).encode()).decode()
    return (
        f"expect {path} {shlex.quote(action.before)}\n"
        f'[ -d {parent} ] || ( umask 022; mkdir -p -- {parent} ) || failed {path}": its directory can\'t be made"\n'
        f"base64 -d >{candidate} <<'corral-end' || {{ rm -f -- {candidate}; failed {path}\" can't be written\"; }}\n"
        f"{content}corral-end\n"
        f"place {candidate} {file.mode:o} {shlex.quote(file.owner)}\n"
        f"{_judge(action, candidate)}"
        f"{_note(action, 'pending', state, secrets)}"
        f'mv -f -- {candidate} {path} || failed {path}" can\'t be put in place"\n'
    )


def _beside(path: str) -> str:
    """Where a new content waits: hidden, in the same directory, of the same name at each try."""
    parent, _, name = path.rpartition("/")
    return f"{parent}/.{name}.corral"


def _judge(action: WriteFile, candidate: str) -> str:
    if not action.check:
        return ""
    command = " ".join(candidate if word == "{}" else shlex.quote(word) for word in action.check)
    failure = shlex.quote(f"{action.file.path} was refused and the old file stays")
    return f"{command} || {{ rm -f -- {candidate}; failed {failure} {REFUSED}; }}\n"


def _remove(action: RemoveFile, state: str, secrets: Secrets) -> str:
    """The note is needed only where there is something to do again; without it the next plan has nothing to see."""
    path = shlex.quote(action.path)
    pending = _note(action, "pending", state, secrets) if action.after else ""
    gone = f'rm -f -- {path} || failed {path}" can\'t be removed"\n'
    return f"expect {path} {shlex.quote(action.before)}\n{pending}{gone}"
