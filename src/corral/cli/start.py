"""`corral start`: what was stopped on purpose runs again."""

from __future__ import annotations

import typer

from corral.cli.options import FileOption, PlaceOption
from corral.cli.plan_view import print_plan
from corral.cli.running import change
from corral.cli.stop import Targets, told
from corral.operate.idle import rest
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("start")
def start(targets: Targets, file: FileOption = None, place: PlaceOption = None) -> None:
    """Start what `corral stop` has stopped."""
    where = Where(file, place.place if place else None)
    told("start", change(lambda session: rest(where, "start", targets, True, session), print_plan))
