"""`corral apply`: make the cluster's hosts what the file says."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corral.cli.options import FileOption, Format, FormatOption, OnlyOption, chosen, language, load, source_name

if TYPE_CHECKING:
    from corral.cli.running import Brake
    from corral.operate.connections import Completed
    from corral.operate.early import Early
    from corral.operate.look import Look
    from corral.operate.report import Applied
    from corral.operate.site import Site
    from corral.plan.actions import Plan
    from corral.plan.only import Only
    from corral.problems import Problem
    from corral.spec.parse import Loaded

ATTEMPTS: Final = 3
"""How often a plan is made that the hosts may outrun."""


@dataclass(frozen=True)
class Wishes:
    """What the command line says."""

    only: Only
    saved: Plan | None
    yes: bool
    overwrite: bool
    fmt: Format


def register(app: typer.Typer) -> None:
    app.command("apply")(apply)


def apply(
    saved: Annotated[Path | None, typer.Argument(metavar="[PLAN]", help="A plan saved by `corral plan --out`.")] = None,
    file: FileOption = None,
    only: OnlyOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before changing the hosts.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --yes: also files that somebody has changed by hand.")
    ] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Make the cluster's hosts what the file says: show the plan, ask, change, and prove that it works."""
    from corral.cli.running import run_braked
    from corral.operate.preflight import check_file

    loaded = load(file)
    wishes = Wishes(chosen(only, loaded), _read(saved, loaded) if saved else None, yes, overwrite, fmt)
    warnings = check_file(loaded, language())
    started = time.monotonic()
    applied = run_braked(lambda brake: _apply(loaded, warnings, (wishes, brake)))
    _report(applied, wishes, loaded, time.monotonic() - started)


def _read(path: Path, loaded: Loaded) -> Plan:
    """Raises InvalidFile for what is no plan, or another cluster's."""
    import json

    from pydantic import ValidationError

    from corral.errors import InvalidFile
    from corral.plan.actions import Plan
    from corral.problems import Problem

    hint = "corral plan --out FILE saves one"
    try:
        plan = Plan.from_json(json.loads(path.read_text()))
    except (OSError, ValueError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no plan of this version of Corral"
        raise InvalidFile(Problem("no-plan", "error", f"{path} can't be used: {reason}", hint, str(path))) from error
    if plan.cluster != loaded.spec.name:
        message = f"{path} is a plan for the cluster {plan.cluster}, and the file is about {loaded.spec.name}"
        raise InvalidFile(Problem("other-cluster", "error", message, hint, str(path)))
    return plan


async def _apply(loaded: Loaded, warnings: list[Problem], means: tuple[Wishes, Brake]) -> Applied | None:
    """None when the user said no.

    Hosts that change after the look at them, as where a killed run's last script still goes on, are planned for anew.
    """
    from corral.cli.running import tell
    from corral.errors import StalePlan
    from corral.events import Note
    from corral.operate.connections import complete_secrets, open_hosts
    from corral.operate.meanwhile import imported
    from corral.operate.outside import refuse_unknown

    completed = complete_secrets(loaded, tell)
    if means[0].saved:
        refuse_unknown(means[0].saved, completed.secrets)
    async with open_hosts(loaded, completed.secrets, begin=True) as site:
        await imported("corral.operate.early", "corral.cli.output")
        _begin(loaded, warnings)
        for left in reversed(range(ATTEMPTS)):
            try:
                return await _attempt(site, loaded, completed, means)
            except StalePlan as stale:
                if means[0].saved or not left:
                    raise
                tell(Note(f"{stale}: planning anew"))
                completed = replace(completed, fresh=False)
        raise AssertionError("the last attempt returns or raises")


def _begin(loaded: Loaded, warnings: list[Problem]) -> None:
    from corral.cli.output import err, print_problems

    err.print(f"[bold]{loaded.spec.name}[/bold] from {source_name(loaded)}, on its {len(loaded.spec.hosts)} hosts")
    print_problems(warnings)


async def _attempt(site: Site, loaded: Loaded, completed: Completed, means: tuple[Wishes, Brake]) -> Applied | None:
    from corral.operate.early import asked_early

    wishes, _ = means
    async with asked_early(site) as early:
        seen, plan = await _plan(site, loaded, (completed, early), wishes)
        if not plan.changes:
            return await _unchanged(site, seen, plan, early)
    _show(plan, wishes)
    if not _agreed(plan, wishes, loaded.spec.name):
        return None
    return await _change(site, loaded, (plan, frozenset(seen.machines)), means)


async def _unchanged(site: Site, seen: Look, plan: Plan, early: Early) -> Applied:
    from corral.operate.report import Applied
    from corral.operate.seen import seen_in
    from corral.operate.status import status_of

    there = seen_in(seen.machines, replica_set=seen.observed.replica_set)
    return Applied(plan, await status_of(site, there, [], early.answers), 0.0)


async def _plan(site: Site, loaded: Loaded, what: tuple[Completed, Early], wishes: Wishes) -> tuple[Look, Plan]:
    """The hosts as they are, and the saved plan or the one that fits. Raises CorralError: nothing is changed yet."""
    from corral.cli.output import print_problems
    from corral.cli.progress import Progress
    from corral.operate.connections import refuse_lost_secrets
    from corral.operate.look import look, look_closely, plan_from
    from corral.operate.planning import refuse_lost_majority
    from corral.operate.sources import refuse_other_bytes

    completed, early = what
    with Progress() as progress:
        seen = await look(site, wishes.only, progress, early.machines)
    refuse_lost_secrets(loaded, completed, seen.observed)
    if wishes.saved:
        plan, warnings = wishes.saved, look_closely(site, seen, language())
    else:
        prepared = plan_from(site, seen, wishes.only, language())
        plan, warnings = prepared.plan, prepared.warnings
    refuse_other_bytes(plan)
    refuse_lost_majority(plan, seen.observed.replica_set)
    print_problems(warnings)
    return seen, plan


def _show(plan: Plan, wishes: Wishes) -> None:
    from corral.cli.plan_view import print_plan

    if wishes.fmt is Format.text:
        print_plan(plan, full=False)


def _agreed(plan: Plan, wishes: Wishes, name: str) -> bool:
    """Raises InvalidFile where nobody can be asked, ChangeFailed for changes by hand that --yes alone doesn't cover."""
    from corral.cli.asking import agreed
    from corral.errors import ChangeFailed
    from corral.plan.actions import WriteFile
    from corral.problems import Problem

    drifted = [action for action in plan.actions() if isinstance(action, WriteFile) and action.drift]
    if wishes.yes:
        if drifted and not wishes.overwrite:
            hint = "take the change into the cluster file, or run it without --yes to be asked, or add --overwrite"
            raise ChangeFailed(
                [
                    Problem("drift", "error", f"{d.file.path} was changed by hand; nothing was changed", hint, d.host)
                    for d in drifted
                ]
            )
        return True
    return all(
        agreed(f"overwrite what somebody changed by hand in {action.file.path} on {action.host}?", yes=False)
        for action in drifted
    ) and agreed(f"carry out {plan.changes} changes on the hosts of {name}?", yes=False)


async def _change(
    site: Site, loaded: Loaded, what: tuple[Plan, frozenset[str]], means: tuple[Wishes, Brake]
) -> Applied:
    """`what` is the plan and the hosts that can be reached: all, or with --only at least those that it needs."""
    from corral.cli.progress import Progress
    from corral.operate.apply import apply as carry_on
    from corral.operate.apply import refuse_stale
    from corral.operate.runs import Doing, run_of

    (plan, reached), (wishes, brake) = what, means
    with Progress() as progress:
        async with run_of(site, loaded, Doing("apply", plan, brake.is_pressed), progress, reached) as run:
            await refuse_stale(site, plan, wishes.only)
            return await carry_on(site, plan, run, whole=wishes.only.everything)


def _report(applied: Applied | None, wishes: Wishes, loaded: Loaded, seconds: float) -> None:
    from corral.cli.output import err, print_json, print_status

    if applied is None:
        err.print("nothing was changed")
        raise typer.Exit(1)
    status, changes = applied.status, applied.plan.changes
    url = cluster_url(loaded)
    if wishes.fmt is Format.json:
        print_json({"url": url, "state": status.state, "seconds": round(seconds, 2), "changed": changes > 0})
    else:
        print_status(status, url)
        what = f"{changes} change{'' if changes == 1 else 's'}" if changes else "nothing to change"
        err.print(f"[dim]{what}, {seconds:.1f} s[/dim]")
    if status.state != "healthy" and wishes.only.everything:
        raise typer.Exit(1)


def cluster_url(loaded: Loaded) -> str:
    from corral.operate.connections import cluster_of

    return cluster_of(loaded).url
