"""`corral restart`: a rolling restart."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, PlaceOption, target_words
from corral.cli.output import err, print_status
from corral.cli.plan_view import print_plan
from corral.cli.running import change
from corral.language import tr
from corral.operate.restart import restart as in_turn
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("restart")
def restart(
    target: Annotated[
        str,
        typer.Argument(
            help=tr("An instance, a host, or proxy, app, web, worker, database."), autocompletion=target_words
        ),
    ],
    file: FileOption = None,
    place: PlaceOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Don't ask before restarting."))] = False,
) -> None:
    """Restart a part of the cluster in batches, so that it keeps serving. The primary comes last."""
    where = Where(file, place.place if place else None)
    changed = change(lambda session: in_turn(where, target, yes, session), print_plan)
    if changed is None or not changed.plan.changes:
        nothing = tr("nothing of {target} is running, so nothing was restarted", target=escape(target))
        err.print(tr("nothing was changed") if changed is None else nothing)
        raise typer.Exit(1)
    if changed.status:
        print_status(changed.status, "")
        if changed.status.state != "healthy":
            raise typer.Exit(1)
