"""`corral restart`: a rolling restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, PlaceOption, is_on_hosts, load

if TYPE_CHECKING:
    from corral.cli.running import Brake
    from corral.operate.report import Status
    from corral.spec.parse import Loaded


def register(app: typer.Typer) -> None:
    app.command("restart")(restart)


def restart(
    target: Annotated[str, typer.Argument(help="An instance, a host, or proxy, app, web, worker, database.")],
    file: FileOption = None,
    place: PlaceOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Restart a part of the cluster in turn, so that it serves all the while: in batches, the primary last."""
    from corral.cli.output import print_status
    from corral.cli.running import run_braked

    loaded = load(file)
    on_hosts = is_on_hosts(loaded, place)
    report = run_braked(lambda brake: (_on_hosts if on_hosts else _in_playground)(loaded, target, yes, brake))
    if report is None:
        raise typer.Exit(1)
    print_status(report, "")
    if report.state != "healthy":
        raise typer.Exit(1)


async def _on_hosts(loaded: Loaded, target: str, yes: bool, brake: Brake) -> Status | None:
    from corral.cli.asking import agreed
    from corral.cli.plan_view import print_plan
    from corral.cli.progress import Progress
    from corral.operate.apply import apply
    from corral.operate.connections import complete_secrets, open_hosts, refuse_lost_secrets
    from corral.operate.look import look, plan_from
    from corral.operate.planning import refuse_lost_majority
    from corral.operate.runs import Doing, run_of
    from corral.operate.targets import select
    from corral.plan.only import Only
    from corral.plan.restart import restart_plan

    completed = complete_secrets(loaded, Progress())
    async with open_hosts(loaded, completed.secrets) as site:
        names = {unit.name for unit in select(site.cluster, target)}
        with Progress() as progress:
            seen = await look(site, Only(), progress)
            refuse_lost_secrets(loaded, completed, seen.observed)
            prepared = plan_from(site, seen, Only())
        plan = restart_plan(site.cluster.name, prepared.desired, seen.observed, prepared.held_back, names)
        refuse_lost_majority(plan, seen.observed.replica_set)
        print_plan(plan)
        if not plan.changes or not agreed(f"restart {target} of {loaded.spec.name}?", yes):
            return None
        with Progress() as progress:
            async with run_of(site, loaded, Doing("restart", plan, brake.is_pressed), progress, frozenset()) as run:
                return (await apply(site, plan, run, whole=True)).status


async def _in_playground(loaded: Loaded, target: str, yes: bool, brake: Brake) -> Status | None:
    from corral.cli.asking import agreed
    from corral.cli.progress import Progress
    from corral.operate.targets import select
    from corral.playground.lock import locked
    from corral.playground.site import open_playground
    from corral.playground.up import restart as restart_in_turn

    ground = open_playground(loaded)
    names = {unit.name for unit in select(ground.cluster(ground.known_ports()), target)}
    if not agreed(f"restart {target} of {loaded.spec.name} on this machine?", yes):
        return None
    with locked(ground.state.root, "restart"), Progress() as progress:
        return await restart_in_turn(ground, names, progress, brake.check)
