"""`corral logs`: what the processes write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FILE_HELP, PlaceOption, is_on_hosts, load, named_file

if TYPE_CHECKING:
    from corral.model.identity import UnitId
    from corral.secrets import Secrets
    from corral.spec.parse import Loaded


def register(app: typer.Typer) -> None:
    app.command("logs")(logs)


def logs(
    target: Annotated[
        str,
        typer.Argument(help="An instance, a host, or proxy, app, web, worker, database.", show_default="everything"),
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help=FILE_HELP, callback=named_file)] = None,
    place: PlaceOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new lines come, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of each to begin with.")] = 20,
) -> None:
    """Show what the processes write. (-f is --follow here; name the file by --file, or before the verb.)"""
    from corral.cli.running import run_async, run_until_interrupted

    loaded = load(file)
    if not is_on_hosts(loaded, place):
        _here(loaded, target, lines, follow)
    elif follow:
        run_until_interrupted(_follow_on_hosts(loaded, target, lines))
    else:
        run_async(_on_hosts(loaded, target, lines))


async def _on_hosts(loaded: Loaded, target: str, lines: int) -> None:
    from corral.operate.connections import open_hosts
    from corral.operate.host_logs import last_lines
    from corral.operate.targets import select

    async with open_hosts(loaded) as site:
        for unit, line in await last_lines(site, select(site.cluster, target), lines):
            _print(unit, line, site.secrets)


async def _follow_on_hosts(loaded: Loaded, target: str, lines: int) -> None:
    from contextlib import aclosing

    from corral.operate.connections import open_hosts
    from corral.operate.host_logs import follow
    from corral.operate.targets import select

    async with open_hosts(loaded) as site, aclosing(follow(site, select(site.cluster, target), lines)) as stream:
        async for unit, line in stream:
            _print(unit, line, site.secrets)


def _here(loaded: Loaded, target: str, lines: int, follow: bool) -> None:
    from corral.cli.running import run_until_interrupted
    from corral.operate.targets import select
    from corral.playground.logs import last_lines
    from corral.playground.site import open_playground

    ground = open_playground(loaded)
    targets = select(ground.cluster(ground.known_ports()), target)
    secrets = ground.known_secrets()
    for unit, line in last_lines(ground.state.root, targets, lines):
        _print(unit, line, secrets)
    if follow:
        run_until_interrupted(_follow_here(ground.state.root, targets, secrets))


async def _follow_here(root: Path, targets: list[UnitId], secrets: Secrets) -> None:
    from corral.playground.logs import follow

    async for unit, line in follow(root, targets):
        _print(unit, line, secrets)


def _print(unit: str, line: str, secrets: Secrets) -> None:
    from corral.cli.output import print_log_line
    from corral.secrets import redact

    print_log_line(unit, redact(line, secrets))
