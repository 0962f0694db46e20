"""Host changes: those of one host in their order, as few ways there as possible.

What travels as a script goes together; an archive or an image is a stream of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from corral.errors import ChangeFailed, CorralError, StalePlan
from corral.events import ActionFailed, ActionFinished, ActionStarted, Note, Sink
from corral.execute.handlers import Step
from corral.execute.scripts import REFUSED, STALE, script_of
from corral.execute.software_scripts import load_command, unpack_command
from corral.execute.ways import Ways
from corral.language import tr
from corral.model.command import CommandResult
from corral.model.resources import digest
from corral.model.script_words import translated
from corral.plan.actions import HostChange, RemoveTree, WriteFile
from corral.plan.software import InstallPackages, LoadImage, UnpackArchive
from corral.problems import Problem
from corral.secrets import redact, resolve
from corral.words import named

SCRIPT_DEADLINE = 120.0
"""Seconds for the files of one host: a slow disk syncs each of them."""
INSTALL_DEADLINE = 1200.0
"""Seconds for packages, archives and images: a slow mirror, a slow line."""
DELETION_DEADLINE = 3600.0
"""Seconds for directories that go with all that is in them: years of logs, a database on a slow disk."""


async def change_host(actions: Sequence[HostChange], ways: Ways, step: Step) -> None:
    """Carry out `actions`, all of one host, one after the other; those after a failed one are not begun, nor any once
    the run may not go on.

    Raises StalePlan when a file isn't what the plan saw, ChangeFailed for every other refusal.
    """
    together: list[HostChange] = []
    for action in actions:
        stream = _stream(action)
        if stream is None:
            together.append(action)
            continue
        if together and step.goes_on():
            await _run(together, ways, step.sink)
        together = []
        if step.goes_on():
            await _send(stream, ways, step.sink)
    if together and step.goes_on():
        await _run(together, ways, step.sink)


def _stream(action: HostChange) -> UnpackArchive | LoadImage | None:
    """`action` when it goes by itself."""
    if isinstance(action, UnpackArchive) or (isinstance(action, LoadImage) and action.image.source):
        return action
    return None


async def _run(actions: Sequence[HostChange], ways: Ways, sink: Sink) -> None:
    host = actions[0].host
    known = ways.hosts.get(host)  # a host that has left the file is not: nothing is written down there any more
    started = time.monotonic()
    for action in actions:
        sink(ActionStarted(action.id, action.host, action.summary))
    present = [_as_written(action, ways) for action in actions]
    script = script_of(present, str(known.layout.state) if known else "", ways.secrets)
    completed = await ways.transport.run(host, script, _deadline(actions))
    seconds = time.monotonic() - started
    done = 0
    for line in completed.text.splitlines():
        if line.startswith("note "):
            said = translated(redact(line.removeprefix("note "), ways.secrets))
            sink(Note(named(host, said), "warning"))
        elif line == f"done {done}":
            sink(ActionFinished(actions[done].id, host, actions[done].summary, seconds))
            _remember(actions[done], ways)
            done += 1
    if completed.code != 0 or done < len(actions):
        failure = _failure(actions[min(done, len(actions) - 1)], completed, ways)
        sink(ActionFailed(actions[min(done, len(actions) - 1)].id, host, failure.problems, seconds))
        raise failure


def _as_written(action: HostChange, ways: Ways) -> HostChange:
    """A plan that writes one file several times, as for drains, can't know the digests of its own contents."""
    if isinstance(action, WriteFile):
        planned, actual = ways.written.get((action.host, action.file.path), ("", ""))
        return replace(action, before=actual) if action.before == planned else action
    return action


def _remember(action: HostChange, ways: Ways) -> None:
    if isinstance(action, WriteFile):
        content = action.file.content
        digests = digest(content), digest(resolve(content, ways.secrets))
        ways.written[action.host, action.file.path] = digests


def _deadline(actions: Sequence[HostChange]) -> float:
    if any(isinstance(action, RemoveTree) for action in actions):
        return DELETION_DEADLINE
    slow = any(isinstance(action, InstallPackages | LoadImage) for action in actions)
    return INSTALL_DEADLINE if slow else SCRIPT_DEADLINE


async def _send(action: UnpackArchive | LoadImage, ways: Ways, sink: Sink) -> None:
    started = time.monotonic()
    sink(ActionStarted(action.id, action.host, action.summary))
    try:
        await _put(action, ways)
    except CorralError as failure:
        sink(ActionFailed(action.id, action.host, failure.problems, time.monotonic() - started))
        raise
    sink(ActionFinished(action.id, action.host, action.summary, time.monotonic() - started))


async def _put(action: UnpackArchive | LoadImage, ways: Ways) -> None:
    if isinstance(action, UnpackArchive):
        source, command = action.archive.source, unpack_command(action.archive.path, action.archive.sha256)
    else:
        known = ways.hosts.get(action.host)
        source, command = action.image.source, load_command(action.image, str(known.layout.state) if known else "")
    try:
        completed = await ways.transport.put(action.host, Path(source), command, INSTALL_DEADLINE)
    except FileNotFoundError:
        message = tr("{source} does not exist, and {host} needs it", source=source, host=action.host)
        hint = tr("a relative path starts at the cluster file's directory")
        raise ChangeFailed(Problem("no-source", "error", message, hint, source)) from None
    if completed.code != 0:
        raise _failure(action, completed, ways)


def _failure(action: HostChange, completed: CommandResult, ways: Ways) -> ChangeFailed | StalePlan:
    said = _last_first(completed.error_without(ways.secrets))
    if completed.code == STALE:
        last = said.splitlines()[0] if completed.stderr or completed.stdout else action.summary
        return StalePlan(Problem("stale-plan", "error", last, tr("run the same command again"), action.host))
    reason = {REFUSED: tr("its check refused it, and the old file stays")}.get(completed.code, "")
    message = tr("{host}: can't {summary}", host=action.host, summary=action.summary)
    for detail in filter(None, (reason, said)):
        message = named(message, detail)
    hint = tr("fix that, then run the same command again: it goes on from here")
    return ChangeFailed(Problem("change-failed", "error", message, hint, action.host))


def _last_first(said: str) -> str:
    """The last line of a script says what failed, and the line before it says why: these come first, then the rest."""
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    return "\n".join([": ".join(reversed(lines[-2:])), *lines[:-2]])
