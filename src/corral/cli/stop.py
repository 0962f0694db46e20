"""`corral stop`: a part rests until it is started again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, PlaceOption, target_words
from corral.cli.output import err, print_status
from corral.cli.plan_view import print_plan
from corral.cli.running import change
from corral.language import tr
from corral.operate.idle import Rested, Verb, rest
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET...",
        help=tr("Instances, hosts, or proxy, app, web, worker, database."),
        autocompletion=target_words,
    ),
]


@app.command("stop")
def stop(
    targets: Targets,
    file: FileOption = None,
    place: PlaceOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Don't ask before stopping a database."))] = False,
) -> None:
    """Stop a part of the cluster. It stays stopped, for `apply` and after a reboot too, until `corral start`."""
    where = Where(file, place.place if place else None)
    told("stop", change(lambda session: rest(where, "stop", targets, yes, session), print_plan))


def told(verb: Verb, rested: Rested) -> None:
    """What `stop` or `start` ends with. Raises typer.Exit when the user said no."""
    changed = rested.changed
    if changed is None:
        err.print(tr("nothing was changed"))
        raise typer.Exit(1)
    if not changed.plan.changes:
        if verb == "stop":
            err.print(tr("not running, and left so: {units}", units=escape(", ".join(rested.units))))
        else:
            err.print(tr("running already: {units}", units=escape(", ".join(rested.units))))
    if changed.status:
        print_status(changed.status, "")
