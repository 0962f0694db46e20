"""`corral destroy`: take the cluster off its hosts; with --purge, delete what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, PlaceOption, is_on_hosts, load

if TYPE_CHECKING:
    from corral.cli.running import Brake
    from corral.plan.actions import Plan
    from corral.spec.parse import Loaded


def register(app: typer.Typer) -> None:
    app.command("destroy")(destroy)


def destroy(
    file: FileOption = None,
    place: PlaceOption = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="Also delete the database's data and the logs; in the playground all of it.")
    ] = False,
    name: Annotated[str, typer.Option("--yes", metavar="NAME", help="Don't ask: the cluster's name.")] = "",
) -> None:
    """Stop the cluster and remove what Corral has put on its hosts. Its data stay, unless --purge is given."""
    from corral.cli.asking import given
    from corral.cli.output import err
    from corral.cli.running import run_braked

    loaded = load(file)
    given(loaded.spec.name, name)
    if not is_on_hosts(loaded, place):
        _in_playground(loaded, purge, name)
        return
    plan = run_braked(lambda brake: _on_hosts(loaded, purge, name, brake))
    if plan is None:
        err.print("nothing was changed")
        raise typer.Exit(1)
    err.print(f"{loaded.spec.name} is off its hosts; " + ("its data are deleted" if purge else "its data stay there"))


def _question(loaded: Loaded, purge: bool) -> str:
    return f"Take {loaded.spec.name} away{' and DELETE its data' if purge else ', keeping its data'}?"


async def _on_hosts(loaded: Loaded, purge: bool, name: str, brake: Brake) -> Plan | None:
    from corral.cli.asking import named
    from corral.cli.plan_view import print_plan
    from corral.cli.progress import Progress
    from corral.operate.connections import open_hosts
    from corral.operate.destroy import destroy_plan
    from corral.operate.look import look
    from corral.operate.runs import Doing, run_of
    from corral.operate.stages import carry_out
    from corral.plan.only import Only

    async with open_hosts(loaded) as site:
        with Progress() as progress:
            seen = await look(site, Only(), progress)
        plan = destroy_plan(site.cluster, seen, purge)
        print_plan(plan, full=False)
        if not named(_question(loaded, purge), loaded.spec.name, name):
            return None
        with Progress() as progress:
            async with run_of(site, loaded, Doing("destroy", plan, brake.is_pressed), progress, frozenset()) as run:
                await carry_out(plan, site, run.sink, run.check)
        return plan


def _in_playground(loaded: Loaded, purge: bool, name: str) -> None:
    from corral.cli.asking import named
    from corral.cli.down import stop
    from corral.cli.output import err
    from corral.playground.state import state_of

    state = state_of(loaded.spec.name)
    if not state.root.exists():
        err.print(f"{loaded.spec.name}: nothing runs on this machine and nothing is kept in {state.root}")
        if loaded.source:
            err.print("  [bold]→[/bold] corral destroy --on hosts takes it off its hosts")
        return
    if not named(_question(loaded, purge), loaded.spec.name, name):
        err.print("nothing was changed")
        raise typer.Exit(1)
    stop(loaded.spec.name, state, purge)
