"""`corral logs`: what the processes write."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corral.cli.options import FILE_HELP, PlaceOption, named_file, target_words
from corral.cli.output import print_log_line
from corral.cli.running import each, each_until_interrupted
from corral.language import tr
from corral.operate.logs import logs as lines_of
from corral.operate.where import Where
from corral.places.base import LogLine

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("logs")
def logs(
    target: Annotated[
        str,
        typer.Argument(
            help=tr("An instance, a host, or proxy, app, web, worker, database."),
            show_default=tr("everything"),
            autocompletion=target_words,
        ),
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help=FILE_HELP, callback=named_file)] = None,
    place: PlaceOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help=tr("Also show new lines as they come, until Ctrl-C."))
    ] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help=tr("How many of the last lines of each log to show."))
    ] = 20,
) -> None:
    """Show what the processes write. (-f is --follow here; name the file by --file, or before the verb.)"""
    stream = lines_of(Where(file, place.place if place else None), target, lines, follow)
    (each_until_interrupted if follow else each)(stream, _print)


def _print(said: LogLine) -> None:
    print_log_line(said.unit.name, said.line)
