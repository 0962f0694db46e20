"""`corral apply`: make the cluster match its file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from corral.cli.options import (
    FileOption,
    Format,
    FormatOption,
    On,
    OnlyOption,
    OverwriteOption,
    WithoutOption,
)
from corral.cli.output import print_changed
from corral.cli.plan_view import shown_in
from corral.cli.running import change
from corral.language import tr
from corral.operate.apply import ApplyRequest
from corral.operate.apply import apply as carry_out
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("apply")
def apply(
    saved: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help=tr("A plan that `corral plan --out` has saved."))
    ] = None,
    file: FileOption = None,
    only: OnlyOption = None,
    without: WithoutOption = None,
    place: Annotated[
        On | None,
        typer.Option("--on", help=tr("Where the cluster is. [default: hosts, or the place that PLAN was made for]")),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Don't ask before changing anything."))] = False,
    overwrite: OverwriteOption = False,
    forget: Annotated[
        list[str] | None,
        typer.Option(
            "--forget", metavar="HOST", help=tr("One that has left the file and no longer exists; may be repeated.")
        ),
    ] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Make the cluster match its file: show the plan, ask, carry it out, and prove that the cluster works."""
    request = ApplyRequest("apply", saved, only or (), without or (), forget or (), yes, overwrite)
    where = Where(file, place.place if place else None)
    started = time.monotonic()
    applied = change(lambda session: carry_out(where, request, session), shown_in(fmt))
    print_changed(applied, fmt, time.monotonic() - started)
