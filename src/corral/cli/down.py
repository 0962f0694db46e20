"""`corral down`: stop the cluster; with --purge, delete what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, load

if TYPE_CHECKING:
    from corral.playground.state import State


def register(app: typer.Typer) -> None:
    app.command("down")(down)


def down(
    file: FileOption = None,
    name: Annotated[str, typer.Option("--name", help="The cluster's name, when its file is gone or wrong.")] = "",
    purge: Annotated[bool, typer.Option("--purge", help="Also delete its data, logs and secrets.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before deleting.")] = False,
) -> None:
    """Stop the cluster. Its data stay, unless --purge is given."""
    from corral.cli.asking import agreed
    from corral.cli.output import err
    from corral.playground.state import state_of

    name = _checked(name) if name else load(file).spec.name
    state = state_of(name)
    if not state.root.exists():
        err.print(f"{name}: nothing runs and nothing is kept in {state.root}")
        return
    state.read_facts()
    if purge and not agreed(f"delete the data, logs and secrets of {name} in {state.root}?", yes):
        raise typer.Exit(1)
    stop(name, state, purge)


def stop(name: str, state: State, purge: bool) -> None:
    """Stop what runs of the cluster `name` on this machine; with `purge` delete all that is kept of it."""
    from corral.cli.output import err
    from corral.cli.progress import Progress
    from corral.cli.running import run_async
    from corral.playground.down import down as stop_all
    from corral.playground.lock import locked
    from corral.playground.supervisord import Supervisord

    with locked(state.root, "down"), Progress() as progress:
        ran = run_async(stop_all(Supervisord(state.root, name), progress))
        err.print(f"{name} {'stopped' if ran else 'was not running'}")
        if purge:
            state.purge()
    err.print(f"deleted {state.root}" if purge else f"[dim]data kept in {state.root}[/dim]")


def _checked(name: str) -> str:
    """Raises InvalidFile: a name is a directory's, and a path would lead to somebody else's."""
    import re

    from corral.errors import InvalidFile
    from corral.playground.state import state_home
    from corral.problems import Problem
    from corral.spec.schema import NAME

    if not re.fullmatch(NAME.pattern, name):
        message = f"--name {name!r} can't be a cluster's name: {NAME.what}"
        raise InvalidFile(Problem("bad-value", "error", message, f"ls {state_home()} lists those that are kept here"))
    return name
