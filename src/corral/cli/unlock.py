"""`corral unlock`: who holds the lock on the hosts; and breaking it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, load

if TYPE_CHECKING:
    from corral.execute.locks_found import FoundLock
    from corral.problems import Problem
    from corral.spec.parse import Loaded

EXPLANATION = """\
A lock is there while a run changes the hosts. One that is alive belongs to a run that goes on: once it is broken,
another run can change the same hosts, until the first one notices and stops, which takes it up to {notice} s and the
action it is at. One that was left behind is in nobody's way: the next run takes it over."""


def register(app: typer.Typer) -> None:
    app.command("unlock")(unlock)


def unlock(
    file: FileOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Break it without asking.")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Show who holds the lock on the hosts, and break it. Exit code 0 when nothing is locked any more."""
    from corral.cli.running import run_async

    loaded = load(file)
    found, problems = run_async(_look(loaded))
    held = [lock for lock in found if lock.held]
    _show(found, fmt)
    breaking = bool(held) and (yes or (fmt is Format.text and _agreed(held)))
    removed, refusals = run_async(_remove(loaded, held)) if breaking else ([], [])
    _report(found, removed, [*problems, *refusals], fmt)
    if code := _exit_code(problems, refusals, bool(held) and not breaking):
        raise typer.Exit(code)


def _exit_code(problems: Sequence[Problem], refusals: Sequence[Problem], locked: bool) -> int:
    from corral.errors import ChangeFailed, Locked, Unreachable

    if problems:
        return Unreachable.exit_code
    if refusals:
        return ChangeFailed.exit_code
    return Locked.exit_code if locked else 0


async def _look(loaded: Loaded) -> tuple[list[FoundLock], list[Problem]]:
    from corral.execute.locks_found import look
    from corral.operate.connections import open_hosts

    async with open_hosts(loaded) as site:
        return await look(site.transport, site.cluster.hosts)


async def _remove(loaded: Loaded, locks: Sequence[FoundLock]) -> tuple[list[FoundLock], list[Problem]]:
    from corral.execute.locks_found import remove
    from corral.operate.connections import open_hosts

    async with open_hosts(loaded) as site:
        return await remove(site.transport, locks)


def _show(found: Sequence[FoundLock], fmt: Format) -> None:
    from rich.markup import escape

    from corral.cli.output import err, out
    from corral.execute.lock_file import TTL
    from corral.verify.log_lines import shown

    if fmt is Format.json:
        return
    for lock in found:
        out.print(f"{escape(lock.host.name)}: {escape(shown(lock.sentence))}")
    if any(lock.held for lock in found):
        err.print(f"[dim]{EXPLANATION.format(notice=TTL // 3)}[/dim]")


def _agreed(held: Sequence[FoundLock]) -> bool:
    from corral.cli.asking import agreed

    return agreed(f"break the lock on {', '.join(lock.host.name for lock in held)}?", yes=False)


def _report(found: Sequence[FoundLock], removed: Sequence[FoundLock], problems: Sequence[Problem], fmt: Format) -> None:
    from corral.cli.output import err, print_json, print_problems

    names = [lock.host.name for lock in removed]
    if fmt is Format.json:
        told = [problem.to_json() for problem in problems]
        print_json({"locks": [lock.to_json() for lock in found], "removed": names, "problems": told})
        return
    if names:
        err.print(f"the lock is broken on {', '.join(names)}")
    print_problems(problems)
