"""`corral down`: stop the cluster on this machine; with --purge, delete all that it keeps."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption
from corral.cli.output import err
from corral.cli.running import change
from corral.language import tr
from corral.operate.down import down as stop
from corral.operate.where import Where
from corral.words import named

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("down")
def down(
    file: FileOption = None,
    name: Annotated[str, typer.Option("--name", help=tr("The cluster's name, when its file is gone or wrong."))] = "",
    purge: Annotated[bool, typer.Option("--purge", help=tr("Also delete its data, logs and secrets."))] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Don't ask before deleting."))] = False,
) -> None:
    """Stop the cluster on this machine. Its data stay, unless --purge is given."""
    done = change(lambda session: stop(Where(file), name, purge, yes, session))
    if done.nothing:
        err.print(escape(named(done.name, done.nothing)))
        return
    if done.declined:
        raise typer.Exit(1)
    kept = escape(done.kept)
    if done.ran:
        err.print(tr("{name} stopped", name=escape(done.name)))
    else:
        err.print(tr("{name} was not running", name=escape(done.name)))
    err.print(tr("deleted {kept}", kept=kept) if done.purged else tr("[dim]data kept in {kept}[/dim]", kept=kept))
