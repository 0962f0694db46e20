"""`corral database`: MongoDB's shell, and existing data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corral.cli.import_view import as_json, print_intended, print_result
from corral.cli.options import FileOption, Format, FormatOption, PlaceOption
from corral.cli.output import err, print_json
from corral.cli.running import change, run
from corral.language import tr
from corral.operate import database_import, database_shell
from corral.operate.import_choice import Import, ImportRequest
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def database() -> None:
    """Look into the database, and bring existing data in."""


@app.command("shell")
def shell(
    file: FileOption = None,
    place: PlaceOption = None,
    user: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="|".join(database_shell.USERS),
            help=tr("Who to sign in as; by default the only one that may read the application's data."),
            autocompletion=lambda: list(database_shell.USERS),
        ),
    ] = database_shell.USERS[0],
) -> None:
    """Open MongoDB's shell, signed in to the primary.

    It is mongosh or the older mongo of this machine, else of a database host. The password is in no command line, no
    history and no environment.
    """
    where = Where(file, place.place if place else None)
    raise typer.Exit(run(lambda session: database_shell.shell(where, user, session)))


@app.command("import")
def import_dump(
    dump: Annotated[Path, typer.Argument(help=tr("An archive of mongodump, or a directory that it has written."))],
    file: FileOption = None,
    place: PlaceOption = None,
    drop: Annotated[
        bool, typer.Option("--drop", help=tr("Replace collections that have documents already by those of the dump."))
    ] = False,
    source: Annotated[
        str,
        typer.Option("--from-database", metavar="NAME", help=tr("Which database of the dump, where it has several.")),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Don't ask."))] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Bring existing data into the application's database, with their indexes.

    It shows first what it would write, and asks. Collections take their names once all are complete; until then the
    database is as it was. It can be interrupted and run again.
    """
    where, text = Where(file, place.place if place else None), fmt is Format.text
    request = ImportRequest(dump, drop, source, yes)

    def show(intended: Import) -> None:
        if text:
            print_intended(intended)

    done = change(lambda session: database_import.import_dump(where, request, show, session))
    if done is None:
        raise typer.Exit(1)
    if not text:
        print_json(as_json(done))
        return
    print_result(done)
    err.print(tr("[dim]`corral restart app` has the instances read it anew[/dim]"))
