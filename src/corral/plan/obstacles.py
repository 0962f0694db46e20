"""What is in the way of a plan's files and directories: it is somebody's, so it stays, and no run can go on over it."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname
from typing import Final

from corral.language import tr
from corral.model.resources import Observed, Obstacle
from corral.plan.actions import Action, MakeDirectory, Plan, RemoveFile, WriteFile
from corral.problems import Problem
from corral.words import counted

_NO_DIRECTORY: Final = ("link", "file", "fifo", "socket", "device")
"""Kinds below which nothing can be."""
_UNITS: Final = "/etc/systemd/system/"


def in_the_way(plan: Plan, observed: Observed) -> list[Problem]:
    """A problem for each obstacle that keeps an action of `plan` from its end.

    A directory where Corral has written a file is somebody's with all that is in it.
    """
    written = {(record.host, record.path) for record in observed.written}
    by_host: dict[str, dict[str, list[Obstacle]]] = {}
    for each in observed.obstacles:
        by_host.setdefault(each.host, {}).setdefault(each.path, []).append(each)
    if not by_host:
        return []
    found: dict[Obstacle, str] = {}
    for action in plan.actions():
        if path := _path_of(action):
            for each in _near(path, by_host.get(action.host, {})):
                if _hinders(each, action, path, theirs=(each.host, each.path) in written):
                    found.setdefault(each, path)
    return [_problem(each, path) for each, path in found.items()]


def _path_of(action: Action) -> str:
    match action:
        case WriteFile():
            return action.file.path
        case RemoveFile():
            return action.path
        case MakeDirectory():
            return action.directory.path
        case _:
            return ""


def _near(path: str, known: dict[str, list[Obstacle]]) -> Iterator[Obstacle]:
    """What is at `path`, and what is at a directory above it; the highest first."""
    parts = path.split("/")
    for count in range(2, len(parts) + 1):
        yield from known.get("/".join(parts[:count]), ())


def _hinders(obstacle: Obstacle, action: Action, path: str, *, theirs: bool) -> bool:
    """What masks a unit is no obstacle: the file that is written in its place takes the mask away."""
    if obstacle.target == "/dev/null" and obstacle.path == path and path.startswith(_UNITS):
        return False
    if obstacle.kind == "immutable":
        return obstacle.path in (path, dirname(path))
    if obstacle.path != path:
        return obstacle.kind in _NO_DIRECTORY or (theirs and obstacle.kind == "directory")
    return not isinstance(action, MakeDirectory) or obstacle.kind in _NO_DIRECTORY


def _problem(obstacle: Obstacle, path: str) -> Problem:
    what, mend = _told(obstacle)
    message = (
        tr("{path} is {what}: Corral doesn't touch it, and can't do its own there", path=path, what=what)
        if path == obstacle.path
        else tr(
            "{there} is {what}: Corral doesn't touch it, and can't do its own at {path}",
            there=obstacle.path,
            what=what,
            path=path,
        )
    )
    hint = tr("nothing was changed; {mend}, then the same command again", mend=mend)
    return Problem("in-the-way", "error", message, hint, obstacle.host)


def _told(obstacle: Obstacle) -> tuple[str, str]:
    """What it is, and the command that takes it away."""
    path = obstacle.path
    match obstacle.kind:
        case "link":
            return _link(obstacle)
        case "directory" if not obstacle.files:
            return tr("an empty directory"), tr("remove it (`rmdir {path}`)", path=path)
        case "mounted":
            return tr("a mount point"), tr("unmount it (`umount {path}`)", path=path)
        case "immutable":
            away = tr("find out who has done that and why, then `chattr -ia {path}`", path=path)
            return tr("immutable, by `chattr`"), away
        case _:
            return _what(obstacle), tr("move it to another place (`mv {path} …`)", path=path)


def _what(obstacle: Obstacle) -> str:
    if obstacle.kind == "directory":
        return tr("a directory with {files}", files=counted(obstacle.files, "file"))
    return {
        "file": tr("a file, where a directory has to be"),
        "fifo": tr("a FIFO"),
        "socket": tr("a socket"),
    }.get(obstacle.kind, tr("a device"))


def _link(link: Obstacle) -> tuple[str, str]:
    what = tr("a link to {target}", target=link.target)
    return what, tr("remove the link (`rm {path}`), which leaves alone what it leads to", path=link.path)
