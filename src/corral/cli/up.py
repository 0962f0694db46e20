"""`corral up`: the whole cluster on this machine."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, Format, FormatOption, OnlyOption, OverwriteOption
from corral.cli.output import err, print_changed, print_json, print_next, watched
from corral.cli.plan_view import print_plan, shown_with_drift
from corral.cli.running import change, each_of, run, say
from corral.language import tr
from corral.operate import up as verb
from corral.operate.apply import Applied, ApplyRequest
from corral.operate.report import Status
from corral.operate.where import Where
from corral.words import named

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("up")
def up(
    file: FileOption = None,
    only: OnlyOption = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help=tr("Return when the cluster is healthy."))] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=tr("Show what would change, without changing it."))
    ] = False,
    overwrite: OverwriteOption = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Run the cluster on this machine. Stays in the foreground; Ctrl-C stops everything."""
    where, request = Where(file, example=True), ApplyRequest("up", only=only or (), overwrite=overwrite, asks=False)
    if dry_run:
        plan = run(lambda session: verb.dry_run(where, only or (), session))
        print_json(plan.to_json()) if fmt is Format.json else print_plan(plan)
        return
    started = time.monotonic()
    if detach:
        applied = change(lambda session: verb.up(where, request, session), shown_with_drift(fmt))
        print_changed(applied, fmt, time.monotonic() - started)
    else:
        _foreground(where, request, fmt, started)


def _foreground(where: Where, request: ApplyRequest, fmt: Format, started: float) -> None:
    """A live view; it ends by itself only when another command stops the cluster."""
    live, names = watched(fmt), []

    def take(seen: Applied | Status) -> None:
        if isinstance(seen, Status):
            live.update(seen)
            return
        names.append(seen.name)
        if live.is_live and seen.changed:
            print_next(seen)
            live.begin(seen.url)
        else:
            print_changed(seen, fmt, time.monotonic() - started)

    with live:
        each_of(lambda session: verb.foreground(where, request, session, say), take, shown_with_drift(fmt))
    ended = tr("its supervisor has ended: another command stopped it, or it was killed; `corral up` starts it again")
    err.print(escape(named(", ".join(names), ended)))
