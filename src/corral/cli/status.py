"""`corral status`: what runs and how it fares."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, PlaceOption, load, open_site

if TYPE_CHECKING:
    from corral.cli.options import Place
    from corral.operate.report import Status
    from corral.operate.site import Site
    from corral.spec.parse import Loaded

LOG_LINES = 5
"""How many lines of its log are shown with an unhealthy instance."""
WATCH_INTERVAL = 1.0
"""Seconds between two looks."""


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    file: FileOption = None,
    place: PlaceOption = None,
    fmt: FormatOption = Format.text,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second until Ctrl-C.")] = False,
) -> None:
    """Show what runs and how it fares. Exit code 0 when all is healthy, 1 when not."""
    from corral.cli.output import print_json, print_status
    from corral.cli.running import run_async, run_until_interrupted

    loaded = load(file)
    if watch:
        run_until_interrupted(_watch(loaded, place, fmt))
    report, url = run_async(_look(loaded, place))
    if fmt is Format.json:
        print_json(report.to_json())
    else:
        print_status(report, url)
    if report.state != "healthy":
        raise typer.Exit(1)


async def _look(loaded: Loaded, place: Place | None) -> tuple[Status, str]:
    """Once, with what the logs of unhealthy instances said last; and the cluster's URL."""
    from corral.operate.logs import with_log_tails
    from corral.operate.status import status as look

    async with open_site(loaded, place) as site:
        report = await look(site)
        problems = await with_log_tails(report.problems, site, report, LOG_LINES)
        return replace(report, problems=tuple(problems)), site.cluster.url


async def _watch(loaded: Loaded, place: Place | None, fmt: Format) -> None:
    async with open_site(loaded, place) as site:
        await _watch_site(site, fmt)


async def _watch_site(site: Site, fmt: Format) -> None:
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
