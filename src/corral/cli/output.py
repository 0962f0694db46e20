"""The two consoles, and how reports are written to them: as text and as JSON."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from corral.cli.options import Format
from corral.errors import CorralError
from corral.language import tr
from corral.late import late
from corral.problems import Problem
from corral.words import counted, named, placed, worded

if TYPE_CHECKING:
    from rich import live

    from corral.operate.apply import Applied
    from corral.operate.report import Status
    from corral.verify.check import Check
else:
    live = late("rich.live")


class _Console(Console):
    """rich's, which ends the program by itself when nobody reads its output any more: a run would stop halfway."""

    def on_broken_pipe(self) -> None:
        """Raises BrokenPipeError, once: what is printed afterwards goes nowhere."""
        self.quiet = True
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


_UNBOUNDED = 200
"""Columns for output that goes to a file or a pipe: nothing is cut off there."""

out = _Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else _UNBOUNDED)
err = _Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)

_COLOURS = {
    "healthy": "green",
    "passed": "green",
    "PRIMARY": "green",
    "SECONDARY": "green",
    "ARBITER": "green",
    "starting": "yellow",
    "degraded": "yellow",
    "skipped": "yellow",
    "warning": "yellow",
    "info": "cyan",
}
_MARKS = {"passed": "✔", "failed": "✘", "skipped": "–"}


def print_json(value: object) -> None:
    _write_json(value, indent=2)


def print_json_line(value: object) -> None:
    _write_json(value, indent=None)


def _write_json(value: object, indent: int | None) -> None:
    """Letters as they are where the output can show them all, else as \\u escapes."""
    shows_all = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=not shows_all) + "\n")
    sys.stdout.flush()


def coloured(word: str) -> str:
    """A state or a severity, in the user's language; its colour goes by the English word."""
    return f"[{_COLOURS.get(word, 'red')}]{escape(worded(word))}[/]"


def print_problems(problems: Iterable[Problem]) -> None:
    """Each problem on stderr: where it is, what it is, and what to do next."""
    for problem in problems:
        sentence, newline, rest = problem.message.partition("\n")
        where = placed(problem.where)
        if where and not _names(problem.message, where):
            sentence = named(where, sentence)
        code = f" [dim]\\[{problem.code}][/dim]"
        err.print(f"{named(coloured(problem.severity), escape(sentence))}{code}{newline}{escape(rest)}")
        if problem.hint:
            err.print(f"  [bold]→[/bold] {escape(problem.hint)}")


def _names(sentence: str, where: str) -> bool:
    """Whether `sentence` names `where` itself: app-1-5040 names an instance, and not its host app-1."""
    return re.search(rf"(?<![\w.-]){re.escape(where)}(?![\w-])", sentence, re.ASCII) is not None


def print_failure(error: CorralError) -> None:
    """A verb's end: its problems as text on stderr, or as JSON on stdout when the verb was asked for JSON."""
    if f"--format={Format.json}" in sys.argv or _follows("--format", Format.json):
        print_json({"state": "failed", "problems": [problem.to_json() for problem in error.problems]})
    else:
        print_problems(error.problems)


def _follows(option: str, value: str) -> bool:
    return any(pair == (option, value) for pair in zip(sys.argv, sys.argv[1:], strict=False))


def print_check(check: Check) -> None:
    colour = _COLOURS.get(check.result, "red")
    where = f" [dim]{escape(check.where)}[/dim]" if check.where else ""
    out.print(f"[{colour}]{_MARKS[check.result]}[/] {named(f'{escape(check.name)}{where}', escape(check.seen))}")
    if check.hint and check.result != "passed":
        out.print(f"  [bold]→[/bold] {escape(check.hint)}")


def print_status(status: Status, url: str) -> None:
    out.print(status_view(status, url), soft_wrap=False)
    print_problems(status.problems)


def status_view(status: Status, url: str) -> Table:
    """The whole cluster as one table: a headline, then who runs where."""
    grid = Table.grid(padding=(0, 0))
    grid.add_row(
        Text.from_markup(
            tr(
                "[bold]{cluster}[/bold] is {coloured}  {url}",
                cluster=escape(status.cluster),
                coloured=coloured(status.state),
                url=escape(url),
            ),
            emoji=False,
        )
    )
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for title in (tr("WHAT"), tr("HOST"), tr("ADDRESS"), tr("STATE"), "PID", ""):
        table.add_column(title, no_wrap=True)
    for row in _rows(status):
        table.add_row(*row)
    grid.add_row(table)
    return grid


class Watched:
    """A live table on a terminal. Without a terminal, or with JSON, it shows nothing and the caller prints lines."""

    def __init__(self, fmt: Format, endless: bool) -> None:
        self.is_live = fmt is Format.text and out.is_terminal
        self._endless, self._url = endless, ""
        self._live = live.Live(console=out, auto_refresh=False, screen=False) if self.is_live else None

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_failure: object) -> None:
        if self._live:
            self._live.stop()

    def begin(self, url: str) -> None:
        self._url = url
        if self._live and not self._live.is_started:
            self._live.start()

    def update(self, status: Status) -> None:
        if self._live:
            view = live_view if self._endless else status_view
            self._live.update(view(status, self._url), refresh=True)


def watched(fmt: Format, endless: bool = True) -> Watched:
    """`endless` also shows the present problems and how to end the run: in the foreground nothing else is printed."""
    return Watched(fmt, endless)


def print_changed(applied: Applied, fmt: Format, seconds: float) -> None:
    """A run's end: the cluster's state and what was changed.

    Raises typer.Exit when it isn't healthy, or nothing was done.
    """
    if applied.changed is None or applied.changed.status is None:
        err.print(tr("nothing was changed"))
        raise typer.Exit(1)
    status, changes = applied.changed.status, applied.changed.plan.changes
    if fmt is Format.json:
        value = {"url": applied.url, "state": status.state, "seconds": round(seconds, 2), "changed": changes > 0}
        print_json({**value, "next": applied.next})
    else:
        print_status(status, applied.url)
        print_next(applied)
        what = counted(changes, "change") if changes else tr("nothing to change")
        err.print(tr("[dim]{what}, {seconds:.1f} s[/dim]", what=what, seconds=seconds))
    if status.state != "healthy" and applied.whole:
        raise typer.Exit(1)


def print_next(applied: Applied) -> None:
    """What to do next, unless an earlier run has printed it."""
    if applied.unsaid_next:
        err.print(tr("[bold]next:[/bold] {next}", next=escape(applied.unsaid_next)))


def live_view(status: Status, url: str) -> Table:
    """What the foreground shows: the table, what is wrong just now, and how to end it."""
    grid = status_view(status, url)
    for problem in status.problems:
        grid.add_row(Text.from_markup(named(coloured(problem.severity), escape(problem.message)), emoji=False))
    grid.add_row(Text(tr("Ctrl-C stops everything; the data stay"), style="dim"))
    return grid


def _rows(status: Status) -> Iterable[tuple[str, ...]]:
    for proxy in status.proxies:
        yield worded("proxy"), proxy.host, proxy.url.removeprefix("http://"), coloured(proxy.state), "", ""
    for instance in status.instances:
        address = f"{instance.address}:{instance.port}"
        version = tr("version {version}", version=instance.version) if instance.version else ""
        yield (
            instance.role,
            instance.host,
            address,
            coloured(instance.state),
            _pid(instance.pid),
            escape(version),
        )
    for member in status.database.members:
        lag = (
            ""
            if member.lag_seconds is None or member.state == "PRIMARY"
            else tr(", lag {lag_seconds:g} s", lag_seconds=member.lag_seconds)
        )
        detail = tr("priority {priority:g}, votes {votes}{lag}", priority=member.priority, votes=member.votes, lag=lag)
        yield worded("database"), member.host, member.address, coloured(member.state), _pid(member.pid), detail


def _pid(pid: int) -> str:
    return str(pid) if pid else "-"


def print_log_line(unit: str, line: str) -> None:
    out.print(f"[cyan]{escape(unit)}[/cyan] {escape(line)}")


def write(value: Any, fmt: Format, text: str) -> None:
    """One value for programs, or its text for people."""
    if fmt is Format.json:
        print_json(value)
    else:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
