"""The command `corral`: its verbs, one file each. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import sys

import typer

from corral.cli import (
    apply,
    check,
    destroy,
    down,
    init,
    journal,
    logs,
    plan,
    restart,
    show,
    status,
    trust,
    unlock,
    up,
    verify,
)
from corral.cli import exec as exec_
from corral.cli.options import FileOption

app = typer.Typer(
    name="corral",
    help="One file into a running, highly available web-application cluster.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for verb in (
    *(init, show, check),
    *(trust, plan, apply, up),
    *(status, verify, logs, exec_, restart),
    *(journal, unlock, down, destroy),
):
    verb.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from corral import __version__

        typer.echo(f"corral {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    file: FileOption = None,
    _version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show Corral's version and leave."
    ),
) -> None:
    """One file into a running, highly available web-application cluster."""
    ctx.obj = file


def run() -> None:
    """What the console script runs. Foreseen failures are told as problems; the exit code says which kind it was."""
    from corral.errors import CorralError

    try:
        app()
    except CorralError as error:
        from corral.cli.output import print_failure

        print_failure(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        from corral.cli.output import print_failure
        from corral.errors import ChangeFailed
        from corral.problems import Problem

        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror or error}"
        print_failure(ChangeFailed(Problem("system", "error", message, "mend that and run the same command again")))
        sys.exit(1)
