"""`corral plan`: what `corral apply` would change on the cluster's hosts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, OnlyOption, chosen, language, load

if TYPE_CHECKING:
    from corral.operate.look import Prepared
    from corral.plan.only import Only
    from corral.spec.parse import Loaded


def register(app: typer.Typer) -> None:
    app.command("plan")(plan)


def plan(
    file: FileOption = None,
    only: OnlyOption = None,
    save: Annotated[Path | None, typer.Option("--out", help="Also save it, for `corral apply PLAN`.")] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when something would change.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show new files as a whole.")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Show what `apply` would change on the hosts, and change nothing there. A first run makes the secrets, here."""
    from corral.cli.output import print_json, print_problems
    from corral.cli.plan_view import print_plan
    from corral.cli.running import run_async

    loaded = load(file)
    prepared = run_async(_prepared(loaded, chosen(only, loaded)))
    if save:
        _save(prepared, save)
    if fmt is Format.json:
        print_json(prepared.plan.to_json())
    else:
        print_problems(prepared.warnings)
        print_plan(prepared.plan, full)
    if exit_code and prepared.plan.changes:
        raise typer.Exit(1)


async def _prepared(loaded: Loaded, only: Only) -> Prepared:
    from corral.cli.progress import Progress
    from corral.cli.running import tell
    from corral.operate.connections import complete_secrets, open_hosts, refuse_lost_secrets
    from corral.operate.meanwhile import imported
    from corral.operate.preflight import check_file
    from corral.operate.sources import refuse_other_bytes

    check_file(loaded, language())
    completed = complete_secrets(loaded, tell)
    async with open_hosts(loaded, completed.secrets, begin=True) as site:
        await imported("corral.operate.look", "pymongo", "jinja2")
        from corral.operate.look import look, plan_from
        from corral.operate.planning import refuse_lost_majority

        with Progress() as progress:
            seen = await look(site, only, progress)
        refuse_lost_secrets(loaded, completed, seen.observed)
        prepared = plan_from(site, seen, only, language())
    refuse_other_bytes(prepared.plan)
    refuse_lost_majority(prepared.plan, seen.observed.replica_set)
    return prepared


def _save(prepared: Prepared, path: Path) -> None:
    """Raises OSError. The plan holds no secret, but names, addresses and configuration: it is its owner's."""
    import json

    from corral.cli.output import err
    from corral.transport.local import write_file

    write_file(path, (json.dumps(prepared.plan.to_json(), indent=1) + "\n").encode(), 0o600)
    err.print(f"[dim]saved as {path}: corral apply {path}[/dim]")
