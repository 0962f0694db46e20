"""`corral run`: one command in the application's environment, attached."""

from __future__ import annotations

from typing import Annotated

import typer

from corral.cli.options import FileOption, On
from corral.cli.running import run as carried_out
from corral.errors import InvalidFile
from corral.language import tr
from corral.operate.run import run as run_once
from corral.operate.where import Where
from corral.problems import Problem

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def run(
    command: Annotated[list[str], typer.Argument(help=tr("The command, its options with it."))],
    file: FileOption = None,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="hosts|playground|HOST",
            help=tr(
                "Which cluster: the one on the hosts, or the one on this machine; or a host of the "
                "application. [default: hosts if a run from this directory has changed them, else "
                "playground]"
            ),
        ),
    ] = "",
    host: Annotated[
        str,
        typer.Option("--host", metavar="HOST", help=tr("A host of the application. [default: the first of app.hosts]")),
    ] = "",
) -> None:
    """Run one command in the application's environment and directory, once.

    It runs where instances run: as a process in the playground, on hosts as the application's account or in a
    container of the same image, which is removed behind it. INSTANCE is HOST-run, ROLE is run; PORT is the first
    instance's, which listens there. It has this terminal, and its exit code is corral's own.
    """
    is_place = on in list(On)
    if on and not is_place and host not in ("", on):
        message = tr("--on {on} and --host {host} name two hosts", on=on, host=host)
        raise InvalidFile(Problem("two-hosts", "error", message, tr("leave one of them out")))
    where = Where(file, On(on).place if is_place else None)
    code = carried_out(lambda session: run_once(where, host or ("" if is_place else on), command, session))
    raise typer.Exit(code)
