"""`corral unlock`: show who holds the lock, and break it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, Format, FormatOption, On, RecordsPlaceOption
from corral.cli.output import err, out, print_json, print_problems
from corral.cli.running import run
from corral.errors import ChangeFailed, Locked, Unreachable
from corral.language import tr
from corral.operate.unlock import Unlocked
from corral.operate.unlock import unlock as broken
from corral.operate.where import Where
from corral.runs.lock_file import TTL
from corral.runs.locks_found import FoundLock
from corral.verify.log_lines import shown
from corral.words import named, placed

EXPLANATION = tr(
    "A run holds the lock while it changes the hosts. A lock that is alive belongs to a run "
    "that goes on. If you break it,\nanother run can change the same hosts before the first one "
    "has noticed and stopped: it needs up to {notice} s, and it\nfinishes the action that it is "
    "at. A lock that was left behind blocks nobody: the next run takes it over."
)


app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("unlock")
def unlock(
    file: FileOption = None,
    place: RecordsPlaceOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Break it without asking."))] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Show who holds the cluster's lock, and break it. Exit code 0 when nothing is locked any more."""
    where, text = Where(file, place.place if place else None), fmt is Format.text

    def show(found: Sequence[FoundLock]) -> None:
        if text:
            _show(found)

    done = run(lambda session: broken(where, yes, text, show, session.consent))
    _report(done, fmt)
    if place is None and text and not any(lock.held for lock in done.found):
        other = next(each.value for each in On if each.value != done.place)
        err.print(
            tr(
                "[dim]asked: the {place}; `corral unlock --on {other}` asks the {other}[/dim]",
                place=escape(done.place),
                other=other,
            )
        )
    if code := _exit_code(done):
        raise typer.Exit(code)


def _exit_code(done: Unlocked) -> int:
    if done.problems:
        return Unreachable.exit_code
    if done.refusals:
        return ChangeFailed.exit_code
    return Locked.exit_code if done.still_locked else 0


def _show(found: Sequence[FoundLock]) -> None:
    for lock in found:
        out.print(escape(named(placed(lock.host.name), shown(lock.sentence))))
    if any(lock.held for lock in found):
        err.print(f"[dim]{EXPLANATION.format(notice=TTL // 3)}[/dim]")


def _report(done: Unlocked, fmt: Format) -> None:
    names = [lock.host.name for lock in done.removed]
    removed = ", ".join(map(placed, names))
    problems = [*done.problems, *done.refusals]
    if fmt is Format.json:
        shapes = [problem.to_json() for problem in problems]
        print_json({"locks": [lock.to_json() for lock in done.found], "removed": names, "problems": shapes})
        return
    if names:
        err.print(tr("broke the lock on {names}", names=escape(removed)))
    print_problems(problems)
