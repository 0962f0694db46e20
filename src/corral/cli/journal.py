"""`corral journal`: the runs that have changed the hosts, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, load

if TYPE_CHECKING:
    from rich.table import Table

    from corral.execute.runs import Run, Step
    from corral.problems import Problem
    from corral.spec.parse import Loaded

_MARKS = {"done": "[green]✔[/]", "unchanged": "[dim]–[/]", "failed": "[red]✘[/]", "unfinished": "[yellow]?[/]"}


def register(app: typer.Typer) -> None:
    app.command("journal")(journal)


def journal(
    run: Annotated[str, typer.Argument(help="One run, by its name or the beginning of it.", show_default="all")] = "",
    file: FileOption = None,
    hosts: Annotated[bool, typer.Option("--hosts", help="Also the runs that the hosts have on record.")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """List the runs that have changed the hosts, the newest first; or show one with its actions and diffs."""
    from corral.cli.output import print_json, print_problems
    from corral.errors import Unreachable
    from corral.execute.runs import find

    runs, problems = _runs(load(file), hosts)
    if run:
        chosen = find(runs, run)
        print_json(chosen.to_json()) if fmt is Format.json else _print_run(chosen)
    elif fmt is Format.json:
        told = [problem.to_json() for problem in problems]
        print_json({"runs": [each.summary_json() for each in runs], "problems": told})
    else:
        _print_list(runs)
    if fmt is Format.text:
        print_problems(problems)
    if problems:
        raise typer.Exit(Unreachable.exit_code)


def _runs(loaded: Loaded, hosts: bool) -> tuple[list[Run], list[Problem]]:
    from corral.cli.running import run_async
    from corral.execute.runs import runs_in, with_those_of_hosts
    from corral.operate.store import store_of

    runs = runs_in(store_of(loaded).journal)
    if not hosts:
        return runs, []
    texts, problems = run_async(_ask_hosts(loaded))
    return with_those_of_hosts(runs, texts), problems


async def _ask_hosts(loaded: Loaded) -> tuple[dict[str, str], list[Problem]]:
    from corral.execute.runs import records_of
    from corral.operate.connections import open_hosts

    async with open_hosts(loaded) as site:
        return await records_of(site.transport, site.cluster.hosts)


def _print_list(runs: Sequence[Run]) -> None:
    from corral.cli.output import err, out

    if runs:
        out.print(_table(runs), soft_wrap=False)
    else:
        err.print("no run is on record")


def _table(runs: Sequence[Run]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for title in ("RUN", "BEGAN", "VERB", "WHO", "OUTCOME", "CHANGES", "SECONDS", ""):
        table.add_column(title, no_wrap=True)
    for run in runs:
        where = f"on {', '.join(run.hosts)}" if run.hosts else ""
        seconds = "" if run.seconds is None else f"{run.seconds:.1f}"
        who = f"{run.operator}@{run.machine}"
        cells = (run.run, _when(run.began), run.verb, who, _outcome(run), str(run.changes), seconds, where)
        table.add_row(*(cell if cell is cells[4] else escape(_line(cell)) for cell in cells))
    return table


def _when(began: str) -> str:
    """In this machine's own time."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(began).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return began


def _outcome(run: Run) -> str:
    from rich.markup import escape

    colour = {"done": "green", "failed": "red"}.get(run.outcome, "yellow")
    return f"[{colour}]{escape(_line(run.outcome))}[/]"


def _print_run(run: Run) -> None:
    from rich.markup import escape

    from corral.cli.output import out, print_problems

    who = f"{run.operator} on {run.machine} (pid {run.pid})"
    seconds = "" if run.seconds is None else f" after {run.seconds:.1f} s"
    out.print(f"[bold]{escape(_line(run.run))}[/bold]  {escape(_line(f'{run.verb} of {run.file}, by {who}'))}")
    out.print(f"began {escape(_line(_when(run.began)))}, {_outcome(run)}{seconds}, {run.changes} changes")
    for note in run.notes:
        out.print(f"[dim]{escape(_line(note))}[/dim]")
    for step in run.steps:
        _print_step(step)
    print_problems(replace(each, message=_line(each.message), hint=_line(each.hint)) for each in run.problems)


def _print_step(step: Step) -> None:
    from rich.markup import escape

    from corral.cli.output import out

    seconds = f" {step.seconds:.1f} s" if step.seconds is not None else ""
    host = f" [dim]{escape(_line(step.host))}[/dim]" if step.host else ""
    out.print(f"  {_MARKS[step.result]} {escape(_line(step.summary))}{host}[dim]{seconds}[/dim]")
    for line in step.details:
        colour = {"+": "green", "-": "red"}.get(line[:1], "dim")
        out.print(f"      [{colour}]{escape(_line(line))}[/]")
    for problem in step.problems:
        out.print(
            f"      [red]{escape(_line(problem.message.splitlines()[0] if problem.message else problem.code))}[/]"
        )


def _line(text: object) -> str:
    """As it may be shown: anybody who is root on a host may have written its record."""
    from corral.verify.log_lines import shown

    return shown(str(text))
