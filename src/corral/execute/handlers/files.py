"""Files and directories: compare-and-set, by rename, judged before they are put in place."""

from __future__ import annotations

import shlex

from corral.errors import ChangeFailed, StalePlan
from corral.execute.context import Context
from corral.model.resources import digest
from corral.plan.actions import MakeDirectory, RemoveFile, WriteFile
from corral.problems import Problem
from corral.secrets import redact, resolve


async def make_directory(action: MakeDirectory, context: Context) -> None:
    directory = action.directory
    path, mode = shlex.quote(directory.path), f"{directory.mode:o}"
    await _run(context, action.host, f"mkdir -p {path} && chmod {mode} {path}\n", f"{directory.path} can't be made")


async def write_file(action: WriteFile, context: Context) -> None:
    """Raises StalePlan when the file is no longer what the plan saw, ChangeFailed when its check refuses it."""
    file = action.file
    await _expect(action.host, file.path, action.before, context)
    content = resolve(file.content, context.secrets).encode()
    if action.check:
        candidate = f"{file.path}.candidate"
        await context.transport.write(action.host, candidate, content, file.mode)
        command = shlex.join(candidate if word == "{}" else word for word in action.check)
        script = f"{command}\ncode=$?\nrm -f {shlex.quote(candidate)}\nexit $code\n"
        await _run(context, action.host, script, f"{file.path} was refused and the old file stays")
    await context.transport.write(action.host, file.path, content, file.mode)


async def remove_file(action: RemoveFile, context: Context) -> None:
    await _expect(action.host, action.path, action.before, context)
    await _run(context, action.host, f"rm -f {shlex.quote(action.path)}\n", f"{action.path} can't be removed")


async def _expect(host: str, path: str, before: str, context: Context) -> None:
    content = await context.transport.read(host, path)
    found = "" if content is None else digest(redact(content.decode(errors="replace"), context.secrets))
    if found != before:
        message = f"{path} on {host} has changed since the plan was made"
        raise StalePlan(Problem("stale-plan", "error", message, "run the same command again", host))


async def _run(context: Context, host: str, script: str, failure: str) -> None:
    completed = await context.transport.run(host, script)
    if completed.code != 0:
        message = f"{failure}: {redact(completed.error, context.secrets)}"
        raise ChangeFailed(Problem("change-failed", "error", message, where=host))
