"""`corral plan`: what `corral apply` would change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, Format, FormatOption, On, OnlyOption, WithoutOption
from corral.cli.output import err, print_json
from corral.cli.plan_view import print_plan
from corral.cli.running import run
from corral.language import tr
from corral.operate.apply import plan as made
from corral.operate.apply import save as save_plan
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("plan")
def plan(
    file: FileOption = None,
    only: OnlyOption = None,
    without: WithoutOption = None,
    place: Annotated[On | None, typer.Option("--on", help=tr("Where the cluster is. [default: hosts]"))] = None,
    save: Annotated[Path | None, typer.Option("--out", help=tr("Also save the plan, for `corral apply PLAN`."))] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=tr("Exit with 1 when something would change."))
    ] = False,
    full: Annotated[bool, typer.Option("--full", help=tr("Show the whole content of new files."))] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Show what `apply` would change, without changing it. The first time, the secrets are made, on this machine."""
    where = Where(file, place.place if place else None)
    found = run(lambda session: made(where, only or (), session, without or ()))
    if save:
        save_plan(found, save)
        command = f"corral {f'-f {file} ' if file else ''}apply {save}"
        err.print(
            tr(
                "[dim]saved as {save}; `{command}` carries it out[/dim]",
                save=escape(str(save)),
                command=escape(command),
            )
        )
    if fmt is Format.json:
        print_json(found.to_json())
    else:
        print_plan(found, full)
    if exit_code and found.changes:
        raise typer.Exit(1)
