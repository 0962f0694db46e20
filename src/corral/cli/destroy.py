"""`corral destroy`: remove the cluster from its hosts; with --purge, delete its data too."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, PlaceOption
from corral.cli.output import err
from corral.cli.plan_view import print_plan
from corral.cli.running import change
from corral.language import tr
from corral.operate.destroy import destroy as take_off
from corral.operate.where import Where
from corral.words import named

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("destroy")
def destroy(
    file: FileOption = None,
    place: PlaceOption = None,
    purge: Annotated[
        bool,
        typer.Option("--purge", help=tr("Also delete the database's data and the logs; in the playground everything.")),
    ] = False,
    name: Annotated[str, typer.Option("--yes", metavar="NAME", help=tr("Don't ask. NAME is the cluster's name."))] = "",
) -> None:
    """Stop the cluster and remove what Corral has put on its hosts. Its data stay, unless --purge is given."""
    where = Where(file, place.place if place else None)
    done = change(lambda session: take_off(where, purge, name, session), lambda plan: print_plan(plan, full=False))
    if done.nothing:
        err.print(escape(named(done.name, done.nothing)))
        if done.hint:
            err.print(f"  [bold]→[/bold] {escape(done.hint)}")
        return
    if not done.taken_off:
        err.print(tr("nothing was changed"))
        raise typer.Exit(1)
    if purge:
        err.print(tr("{name} is removed; its data are deleted", name=escape(done.name)))
    else:
        err.print(tr("{name} is removed; its data stay", name=escape(done.name)))
