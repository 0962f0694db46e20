"""A plan for people: stage by stage, host by host, with the content diffs, and what it means for the users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.markup import escape

from corral.cli.options import Format
from corral.cli.output import out
from corral.language import tr
from corral.plan.actions import Action, ConvergeReplicaSet, MakeDirectory, Plan, Stage, WriteFile
from corral.plan.effects import effects
from corral.words import counted, worded


def shown_in(fmt: Format) -> Callable[[Plan], None]:
    """What shows a plan before it is carried out: stdout is for one JSON document where that is asked for."""
    return (lambda plan: print_plan(plan, full=False)) if fmt is Format.text else (lambda _plan: None)


def shown_with_drift(fmt: Format) -> Callable[[Plan], None]:
    """For `up`, which asks about files that were changed by hand alone: whoever is asked has to see the plan."""
    show = shown_in(fmt)
    return lambda plan: show(plan) if any(plan.drift()) else None


def print_plan(plan: Plan, full: bool = True) -> None:
    """What would change. Without `full`, new files are named and not shown, and new directories share a line."""
    if not plan.changes:
        out.print(tr("nothing to change"))
        return
    shown: dict[str, str] = {}
    for stage in plan.stages:
        out.print(f"[bold]{escape(worded(stage.name))}[/bold]")
        for host, actions in _by_host(stage):
            out.print(f"  [cyan]{escape(host)}[/cyan]" if host else tr("  [cyan]all members[/cyan]"))
            made = [action for action in actions if isinstance(action, MakeDirectory) and not action.found]
            if made and not full:
                out.print(f"    {escape(_of_directories(made))}")
            for action in actions:
                if full or action not in made:
                    _print_action(action, shown, full)
    out.print(tr("[bold]In short[/bold]"))
    for sentence in effects(plan):
        out.print(f"  {escape(sentence)}")
    hosts = {action.host for action in plan.actions() if action.host}
    out.print(tr("  {changes} on {hosts}", changes=counted(plan.changes, "change"), hosts=counted(len(hosts), "host")))


def _by_host(stage: Stage) -> Iterator[tuple[str, Sequence[Action]]]:
    hosts: dict[str, list[Action]] = {}
    for action in stage.actions():
        hosts.setdefault(action.host, []).append(action)
    yield from hosts.items()


def _of_directories(made: Sequence[MakeDirectory]) -> str:
    """One line for all that are new on a host."""
    if len(made) == 1:
        return made[0].summary
    paths = ", ".join(action.directory.path for action in made)
    return tr("make {count} directories: {paths}", count=len(made), paths=paths)


def _print_action(action: Action, shown: dict[str, str], full: bool) -> None:
    if isinstance(action, WriteFile) and not action.before and not full:
        lines = action.file.content.count("\n")
        out.print(f"    {escape(action.summary)} [dim]{counted(lines, 'line')}[/dim]")
        return
    out.print(f"    {escape(action.summary)}")
    for markup in _details(action, shown):
        out.print(f"      {markup}")


def _details(action: Action, shown: dict[str, str]) -> Iterable[str]:
    """As markup: the diff of a file, or the steps of a replica set; one that was in `shown` already is named alone."""
    if isinstance(action, ConvergeReplicaSet):
        yield from (escape(step) for step in action.preview)
    if not isinstance(action, WriteFile):
        return
    lines = action.diff.splitlines()[2:]
    if action.before and not lines:
        if not action.access:
            yield tr("[dim]the content stays: the program has not read it yet[/dim]")
        return
    place = tr("{path} on {host}", path=action.file.path, host=action.host)
    first = shown.setdefault("\n".join(lines), place)
    if first != place:
        yield tr("[dim]the same change as in {first}[/dim]", first=escape(first))
        return
    for line in lines:
        colour = {"+": "green", "-": "red"}.get(line[:1], "dim")
        yield f"[{colour}]{escape(line)}[/]"
