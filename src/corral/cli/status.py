"""`corral status`: what runs and how it fares."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, playground

if TYPE_CHECKING:
    from corral.operate.report import Status
    from corral.operate.site import Site

LOG_LINES = 5
"""How many lines of its log are shown with an unhealthy instance."""
WATCH_INTERVAL = 1.0
"""Seconds between two looks."""


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    file: FileOption = None,
    fmt: FormatOption = Format.text,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second until Ctrl-C.")] = False,
) -> None:
    """Show what runs and how it fares. Exit code 0 when all is healthy, 1 when not."""
    from corral.cli.output import print_json, print_status
    from corral.cli.running import run_async, run_until_interrupted

    site = playground(file).present_site()
    if watch:
        run_until_interrupted(_watch(site, fmt))
    report = run_async(_look(site))
    if fmt is Format.json:
        print_json(report.to_json())
    else:
        print_status(report, site.cluster.url)
    if report.state != "healthy":
        raise typer.Exit(1)


async def _look(site: Site) -> Status:
    """Once, with what the logs of unhealthy instances said last."""
    from corral.operate.logs import with_log_tails
    from corral.operate.status import status as look

    report = await look(site)
    return replace(report, problems=tuple(await with_log_tails(report.problems, site, report, LOG_LINES)))


async def _watch(site: Site, fmt: Format) -> None:
    """Until cancelled: a live table on a terminal, one JSON document a line for programs."""
    import json
    import sys

    from rich.live import Live

    from corral.cli.output import out, status_view
    from corral.operate.status import status as look

    if fmt is Format.json or not out.is_terminal:
        while True:
            sys.stdout.write(json.dumps((await look(site)).to_json(), ensure_ascii=False) + "\n")
            sys.stdout.flush()
            await asyncio.sleep(WATCH_INTERVAL)
    with Live(console=out, auto_refresh=False, screen=False) as live:
        while True:
            live.update(status_view(await look(site), site.cluster.url), refresh=True)
            await asyncio.sleep(WATCH_INTERVAL)
