"""`corral status`: what runs, and whether it is healthy."""

from __future__ import annotations

from typing import Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, PlaceOption
from corral.cli.output import print_json, print_json_line, print_status, watched
from corral.cli.running import each_until_interrupted, run
from corral.language import tr
from corral.operate import status as verb
from corral.operate.report import Status
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("status")
def status(
    file: FileOption = None,
    place: PlaceOption = None,
    fmt: FormatOption = Format.text,
    watch: Annotated[bool, typer.Option("--watch", "-w", help=tr("Show it again every second, until Ctrl-C."))] = False,
) -> None:
    """Show what runs, and whether it is healthy. Exit code 0 when all of it is, else 1."""
    where = Where(file, place.place if place else None)
    if watch:
        _watch(where, fmt)
        return
    report, url = run(lambda _session: verb.status(where))
    if fmt is Format.json:
        print_json(report.to_json())
    else:
        print_status(report, url)
    if report.state != "healthy":
        raise typer.Exit(1)


def _watch(where: Where, fmt: Format) -> None:
    """Until Ctrl-C: a live table on a terminal, one JSON document a line for programs."""
    view = watched(fmt, endless=False)

    def take(seen: tuple[Status, str]) -> None:
        report, url = seen
        if view.is_live:
            view.begin(url)
            view.update(report)
        else:
            print_json_line(report.to_json())

    with view:
        each_until_interrupted(verb.watch(where), take)
