"""`corral journal`: the runs that have changed the cluster, and one of them in full."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from corral.cli.options import FileOption, Format, FormatOption, RecordsPlaceOption
from corral.cli.output import err, out, print_json, print_json_line, print_problems
from corral.cli.progress import stage_column
from corral.cli.running import each_until_interrupted
from corral.cli.running import run as looking
from corral.errors import Unreachable
from corral.events import ActionFailed, ActionFinished, Event, Note, RunEnded, StageFinished, Warned
from corral.language import tr
from corral.operate import journal as verb
from corral.operate.where import Where
from corral.problems import Problem
from corral.runs.history import RecordedRun, RecordedStep, find
from corral.verify.log_lines import shown
from corral.words import clauses, counted, named, placed, worded

_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Between two words of a class's name."""
_MARKS = {"done": "[green]✔[/]", "unchanged": "[dim]–[/]", "failed": "[red]✘[/]", "unfinished": "[yellow]?[/]"}


app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("journal")
def journal(
    run: Annotated[
        str, typer.Argument(help=tr("One run: its name, or the beginning of its name."), show_default=tr("all"))
    ] = "",
    file: FileOption = None,
    place: RecordsPlaceOption = None,
    hosts: Annotated[
        bool,
        typer.Option("--hosts", help=tr("Ask the hosts too, for runs that others have started on their machines.")),
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help=tr("Follow a run while it goes on, started here or on another machine."))
    ] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """List the runs that have changed the cluster, the newest first, or show one of them, with diffs."""
    where = Where(file, place.place if place else "hosts" if hosts else None)
    if follow:
        _follow(where, run, fmt)
        return
    found = looking(lambda _session: verb.journal(where, hosts))
    if run:
        chosen = find(found.runs, run)
        print_json(chosen.to_json()) if fmt is Format.json else _print_run(chosen)
    elif fmt is Format.json:
        problems = [problem.to_json() for problem in found.problems]
        print_json({"runs": [each.summary_json() for each in found.runs], "problems": problems})
    else:
        _print_list(found.runs)
    if fmt is Format.text:
        print_problems(found.problems)
    if found.problems:
        raise typer.Exit(Unreachable.exit_code)


def _follow(where: Where, run: str, fmt: Format) -> None:
    """Raises typer.Exit for a run that did not end as it should."""
    ends: list[RunEnded] = []

    def take(event: Event) -> None:
        if isinstance(event, RunEnded):
            ends.append(event)
        if fmt is Format.json:
            print_json_line({"event": _WORD.sub("_", type(event).__name__).lower(), **asdict(event)})
        else:
            _print_event(event)

    each_until_interrupted(verb.follow(where, run), take)
    if any(end.outcome != "done" for end in ends):
        raise typer.Exit(1)


def _print_event(event: Event) -> None:
    """A line for each note, for each action that has ended, for each stage, and for the run's end."""
    match event:
        case Note():
            out.print(f"[{'yellow' if event.severity == 'warning' else 'dim'}]{escape(_line(event.message))}[/]")
        case Warned():
            print_problems(event.problems)
        case RunEnded():
            print_problems(map(_as_printed, event.problems))
            seconds = "" if event.seconds is None else tr(" after {seconds:.1f} s", seconds=event.seconds)
            out.print(f"{_outcome(event.outcome)}{seconds}")
        case ActionFinished():
            out.print(f"  {_MARKS['done']} {escape(_line(event.summary))} [dim]{escape(_line(event.host))}[/dim]")
        case ActionFailed():
            said = clauses(problem.message for problem in event.problems)
            out.print(f"  {_MARKS['failed']} {escape(_line(named(event.action, said)))}")
        case StageFinished():
            out.print(f"[green]✔[/] {stage_column(_line(event.stage))} {event.seconds:5.1f} s")


def _print_list(runs: Sequence[RecordedRun]) -> None:
    if runs:
        out.print(_table(runs), soft_wrap=False)
    else:
        err.print(tr("no run has been recorded"))


def _table(runs: Sequence[RecordedRun]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    titles = (tr("RUN"), tr("BEGAN"), tr("VERB"), tr("WHO"), tr("OUTCOME"), tr("CHANGES"), tr("SECONDS"))
    for title in (*titles, ""):
        table.add_column(title, no_wrap=True)
    for run in runs:
        where = tr("on {hosts}", hosts=", ".join(run.hosts)) if run.hosts else ""
        seconds = "" if run.seconds is None else f"{run.seconds:.1f}"
        who = f"{run.operator}@{run.machine}"
        cells = (run.run, _when(run.began), run.verb, who, _outcome(run.outcome), str(run.changes), seconds, where)
        table.add_row(*(cell if cell is cells[4] else escape(_line(cell)) for cell in cells))
    return table


def _when(began: str) -> str:
    """In this machine's own time."""

    try:
        return datetime.fromisoformat(began).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return began


def _outcome(outcome: str) -> str:
    colour = {"done": "green", "failed": "red"}.get(outcome, "yellow")
    return f"[{colour}]{escape(_line(worded(outcome)))}[/]"


def _print_run(run: RecordedRun) -> None:
    who = tr("{operator} on {machine} (pid {pid})", operator=run.operator, machine=run.machine, pid=run.pid)
    seconds = "" if run.seconds is None else tr(" after {seconds:.1f} s", seconds=run.seconds)
    what = tr("{verb} of {file}, by {who}", verb=run.verb, file=placed(run.file), who=who)
    out.print(f"[bold]{escape(_line(run.run))}[/bold]  {escape(_line(what))}")
    out.print(
        tr(
            "began {line}, {outcome}{seconds}, {changes}",
            line=escape(_line(_when(run.began))),
            outcome=_outcome(run.outcome),
            seconds=seconds,
            changes=counted(run.changes, "change"),
        )
    )
    for note in run.notes:
        out.print(f"[dim]{escape(_line(note))}[/dim]")
    for step in run.steps:
        _print_step(step)
    print_problems(map(_as_printed, run.problems))


def _print_step(step: RecordedStep) -> None:
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


def _as_printed(problem: Problem) -> Problem:
    return replace(problem, message=_line(problem.message), hint=_line(problem.hint))


def _line(text: object) -> str:
    """As it may be printed: a record comes from a host, and anybody who is root there may have written it."""
    return shown(str(text))
