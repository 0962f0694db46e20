"""`corral up`: the whole cluster on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corral.cli.options import FileOption, Format, FormatOption, language, playground, source_name

if TYPE_CHECKING:
    from corral.playground.site import Playground
    from corral.playground.up import Outcome


_SETTLED_HERE: Final = ("A01",)
"""Rules that the playground keeps by itself: all its hosts share one directory of uploaded files."""


def register(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    file: FileOption = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when the cluster is healthy.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Run the cluster on this machine. Stays in the foreground; Ctrl-C stops everything."""
    from corral.cli.running import run_async

    ground = playground(file)
    if dry_run:
        run_async(_dry_run(ground, fmt))
    elif detach:
        _report(run_async(_converge(ground)), fmt)
    else:
        run_async(_foreground(ground, fmt))


async def _converge(ground: Playground) -> Outcome:
    from corral.cli.output import err
    from corral.cli.progress import Progress
    from corral.playground.lock import locked
    from corral.playground.up import up as bring_up

    err.print(f"[bold]{ground.name}[/bold] from {source_name(ground.loaded)}, on {ground.network}")
    _print_findings(ground)
    ground.state.prepare()
    with locked(ground.state.root, "up"), Progress() as progress:
        return await bring_up(ground, progress)


def _print_findings(ground: Playground) -> None:
    from corral import rules
    from corral.cli.output import print_problems
    from corral.errors import InvalidFile
    from corral.problems import errors_in

    findings = rules.findings(ground.cluster(ground.known_ports()), ground.loaded, language())
    if errors_in(findings):
        raise InvalidFile(findings)
    print_problems(
        finding for finding in findings if finding.severity == "warning" and finding.code not in _SETTLED_HERE
    )


def _report(outcome: Outcome, fmt: Format) -> None:
    from corral.cli.output import err, print_json, print_status

    url = outcome.site.cluster.url
    if fmt is Format.json:
        changed = outcome.plan.changes > 0
        print_json(
            {
                "url": url,
                "state": outcome.status.state,
                "seconds": round(outcome.seconds, 2),
                "changed": changed,
                "next": outcome.site.cluster.app.next,
            }
        )
        return
    print_status(outcome.status, url)
    _print_next(outcome)
    what = f"{outcome.plan.changes} changes" if outcome.plan.changes else "nothing to change"
    err.print(f"[dim]{what}, {outcome.seconds:.1f} s[/dim]")


def _print_next(outcome: Outcome) -> None:
    """What to do next, when it hasn't been said yet."""
    from rich.markup import escape

    from corral.cli.output import err

    if outcome.next:
        err.print(f"[bold]next:[/bold] {escape(outcome.next)}")


async def _foreground(ground: Playground, fmt: Format) -> None:
    """Until Ctrl-C, which stops everything; a failure leaves running what runs."""
    from corral.cli.output import err
    from corral.cli.progress import Progress
    from corral.errors import Interrupted
    from corral.playground.down import down
    from corral.playground.lock import locked
    from corral.problems import Problem

    try:
        outcome = await _converge(ground)
        await _watch(ground, outcome, fmt)
    except asyncio.CancelledError:
        err.print("\nstopping everything; the data stay")
        with locked(ground.state.root, "up"), Progress() as progress:
            await down(ground.daemon, progress)
        message = f"{ground.name} is stopped; its data are kept in {ground.state.root}"
        raise Interrupted(Problem("stopped", "info", message, "corral up goes on with them")) from None


async def _watch(ground: Playground, outcome: Outcome, fmt: Format) -> None:
    """A live view; ends by itself only when somebody else stops the cluster."""
    from rich.live import Live

    from corral.cli.output import err, live_view, out
    from corral.operate.status import status

    url = outcome.site.cluster.url
    if fmt is Format.json or not out.is_terminal:
        _report(outcome, fmt)
        while await ground.daemon.pid():
            await asyncio.sleep(1)
    else:
        _print_next(outcome)
        with Live(console=out, auto_refresh=False) as live:
            while await ground.daemon.pid():
                live.update(live_view(await status(outcome.site), url), refresh=True)
                await asyncio.sleep(1)
    err.print(f"{ground.name}: its supervisor has ended, stopped by another command or killed; `corral up` goes on")


async def _dry_run(ground: Playground, fmt: Format) -> None:
    from corral.cli.output import print_json
    from corral.cli.plan_view import print_plan
    from corral.cli.progress import Progress
    from corral.playground.lock import locked
    from corral.playground.up import dry_run

    ground.state.prepare()
    with locked(ground.state.root, "up --dry-run"), Progress() as progress:
        plan = await dry_run(ground, progress)
    if fmt is Format.json:
        print_json(plan.to_json())
    else:
        print_plan(plan)
