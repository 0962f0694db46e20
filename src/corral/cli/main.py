"""The command `corral`: its verbs, one file each, imported when they are called."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from corral import __version__
from corral.cli.library_words import UsageError, print_usage_error, translated
from corral.cli.options import FileOption
from corral.errors import ChangeFailed, CorralError
from corral.language import tr
from corral.problems import Problem
from corral.words import named

VERBS: Final = {
    "init": tr("Write a commented cluster file to start from."),
    "show": tr("Print the cluster file with every default, and what Corral derives from it."),
    "check": tr("Check the cluster file: its form, contradictions in it, and the rules for such clusters."),
    "trust": tr("Show the hosts' SSH keys, and record those that are new, beside the cluster file."),
    "plan": tr("Show what `apply` would change, without changing it."),
    "apply": tr("Make the cluster match its file: show the plan, ask, carry it out, and prove that the cluster works."),
    "up": tr("Run the cluster on this machine."),
    "status": tr("Show what runs, and whether it is healthy."),
    "list": tr("List the clusters of this machine: state, URL, cluster file, and what each takes on the disk."),
    "verify": tr("Prove from the outside that the cluster works, a line for each proof."),
    "logs": tr("Show what the processes write."),
    "exec": tr("Run a command on the hosts of a part of the cluster."),
    "run": tr("Run one command in the application's environment and directory, once."),
    "database": tr("Look into the database, and bring existing data in."),
    "stop": tr("Stop a part of the cluster."),
    "start": tr("Start what `corral stop` has stopped."),
    "restart": tr("Restart a part of the cluster in batches, so that it keeps serving."),
    "journal": tr("List the runs that have changed the cluster, the newest first, or show one of them, with diffs."),
    "unlock": tr("Show who holds the cluster's lock, and break it."),
    "down": tr("Stop the cluster on this machine."),
    "destroy": tr("Stop the cluster and remove what Corral has put on its hosts."),
}
"""What `corral --help` says of each verb; a test compares it with the verb's own help."""


class Verbs(TyperGroup):
    """Verbs by their names: the module of one is imported when it is called, and by nothing else.

    Newer typers bring click along under a private name, so its types can't be named here.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return verb(cmd_name) if cmd_name in VERBS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section(tr("Commands")):
            formatter.write_dl(list(VERBS.items()))


def verb(name: str) -> Any:
    """The command `name`, as typer has it."""
    module: Any = import_module(f"corral.cli.{name}")
    command = get_command(module.app)
    command.name = name
    return translated(command)


app = typer.Typer(
    name="corral",
    cls=Verbs,
    help=tr("Turn one file into a running, highly available web-application cluster."),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"corral {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    file: FileOption = None,
    _version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help=tr("Show Corral's version and exit.")
    ),
) -> None:
    """Turn one file into a running, highly available web-application cluster."""
    ctx.obj = file


def run() -> None:
    """What the console script runs. A foreseen failure is printed as problems; the exit code says its kind.

    typer ends quietly, with 1, when nobody reads the output any more.
    """
    try:
        sys.exit(translated(get_command(app))(standalone_mode=False))
    except UsageError as error:
        print_usage_error(error)
        sys.exit(error.exit_code)
    except typer.Abort:
        typer.echo(tr("Aborted!"), err=True)
        sys.exit(1)
    except CorralError as error:
        _fail(error)
    except OSError as error:
        message = str(error.strerror or error)
        message = named(str(error.filename), message) if error.filename else message
        _fail(ChangeFailed(Problem("system", "error", message, tr("fix that, then run the same command again"))))


def _fail(error: CorralError) -> None:
    with suppress(BrokenPipeError):
        import_module("corral.cli.output").print_failure(error)
    sys.exit(error.exit_code)
