"""`corral down`: stop the cluster; with --purge, delete what it holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, playground

if TYPE_CHECKING:
    from corral.playground.site import Playground


def register(app: typer.Typer) -> None:
    app.command("down")(down)


def down(
    file: FileOption = None,
    purge: Annotated[bool, typer.Option("--purge", help="Also delete its data, logs and secrets.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before deleting.")] = False,
) -> None:
    """Stop the cluster. Its data stay, unless --purge is given."""
    from corral.cli.output import err
    from corral.cli.progress import Progress
    from corral.cli.running import run_async
    from corral.playground.down import down as stop
    from corral.playground.lock import locked

    ground = playground(file)
    root = ground.state.root
    if not root.exists():
        err.print(f"{ground.name}: nothing runs and nothing is kept")
        return
    if purge and not yes:
        _ask(ground)
    with locked(root, "down"), Progress() as progress:
        ran = run_async(stop(ground, progress))
    err.print(f"{ground.name} {'stopped' if ran else 'was not running'}")
    if purge:
        ground.state.purge()
        err.print(f"deleted {root}")
    elif ran:
        err.print(f"[dim]data kept in {root}[/dim]")


def _ask(ground: Playground) -> None:
    from corral.errors import InvalidFile
    from corral.problems import Problem

    question = f"delete the data, logs and secrets of {ground.name} in {ground.state.root}?"
    if not sys.stdin.isatty():
        raise InvalidFile(Problem("not-confirmed", "error", f"not done: {question}", "add --yes"))
    if not typer.confirm(question, default=False):
        raise typer.Exit(1)
