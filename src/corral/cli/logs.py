"""`corral logs`: what the processes write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FILE_HELP, named_file, playground

if TYPE_CHECKING:
    from corral.operate.targets import Target
    from corral.secrets import Secrets


def register(app: typer.Typer) -> None:
    app.command("logs")(logs)


def logs(
    target: Annotated[
        str,
        typer.Argument(help="An instance, a host, or proxy, app, web, worker, database.", show_default="everything"),
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help=FILE_HELP, callback=named_file)] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new lines come, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of each to begin with.")] = 20,
) -> None:
    """Show what the processes write. (-f is --follow here; name the file by --file, or before the verb.)"""
    from corral.cli.output import print_log_line
    from corral.cli.running import run_until_interrupted
    from corral.operate.targets import select
    from corral.playground.logs import last_lines
    from corral.secrets import redact

    ground = playground(file)
    targets = select(ground.cluster(ground.known_ports()), target)
    secrets = ground.state.known_secrets()
    for unit, line in last_lines(ground.state.root, targets, lines):
        print_log_line(unit, redact(line, secrets))
    if follow:
        run_until_interrupted(_follow(ground.state.root, targets, secrets))


async def _follow(root: Path, targets: list[Target], secrets: Secrets) -> None:
    from corral.cli.output import print_log_line
    from corral.playground.logs import follow
    from corral.secrets import redact

    async for unit, line in follow(root, targets):
        print_log_line(unit, redact(line, secrets))
