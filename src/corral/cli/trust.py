"""`corral trust`: whose host keys are whose, seen and recorded before the first login."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, load

if TYPE_CHECKING:
    from corral.transport.ssh_settings import SshSettings
    from corral.transport.ssh_trust import Shown


@dataclass
class Book:
    """The cluster's own known_hosts file, and what this run does about it."""

    path: Path
    replace: frozenset[str]
    yes: bool
    fmt: Format
    shown: list[Shown] = field(default_factory=list)
    recorded: set[str] = field(default_factory=set)
    """Places whose keys were written down."""

    def is_wanted(self, host: Shown) -> bool:
        """Whether its key is to be written down, when the user agrees."""
        return host.state == "new" or (host.state == "changed" and host.name in self.replace)

    def trusts(self, host: Shown) -> bool:
        """Whether a login goes there from now on."""
        return host.state == "known" or host.place in self.recorded

    def left_behind(self, host: Shown) -> list[str]:
        """Where the old key of a host still stands, in files that are not the cluster's own."""
        if host.state != "changed" or host.place not in self.recorded:
            return []
        return [entry.where for entry in host.known if not entry.where.startswith(f"{self.path}:")]


def register(app: typer.Typer) -> None:
    app.command("trust")(trust)


def trust(
    hosts: Annotated[list[str] | None, typer.Argument(help="Hosts of the file.", show_default="all")] = None,
    file: FileOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Record new keys without asking.")] = False,
    replace: Annotated[
        list[str] | None, typer.Option("--replace", metavar="HOST", help="Take its changed key; may be repeated.")
    ] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Show the hosts' SSH keys, and record those that are new, beside the cluster file.

    Exit code 0 when all are trusted, 1 when a key is not, 3 when a host can't be asked.
    """
    from corral.cli.running import run_async
    from corral.operate.connections import settings_of
    from corral.operate.store import store_of

    loaded = load(file)
    settings = settings_of(loaded)
    names = _named(hosts or (), settings)
    book = Book(store_of(loaded).known_hosts, frozenset(replace or ()), yes, fmt)
    run_async(_look(settings, names, book))
    _report(book)
    left = {host.state for host in book.shown if not book.trusts(host)}
    if left:
        raise typer.Exit(3 if left == {"unreachable"} else 1)


def _named(words: Sequence[str], settings: Mapping[str, SshSettings]) -> list[str]:
    """The hosts that are meant: all, when none is named. Raises InvalidFile for one that is unknown."""
    for word in words:
        _check(word, settings)
    return list(dict.fromkeys(words)) or list(settings)


def _check(word: str, known: Collection[str]) -> None:
    """Raises InvalidFile, with the nearest name, when `word` is not `known`."""
    import difflib

    from corral.errors import InvalidFile
    from corral.problems import Problem

    if word not in known:
        near = difflib.get_close_matches(word, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise InvalidFile(Problem("unknown-target", "error", f"{word!r} is none of the hosts that are asked", hint))


async def _look(settings: Mapping[str, SshSettings], names: Sequence[str], book: Book) -> None:
    """Hosts on the way first: one behind them is asked when they are trusted."""
    from corral.transport.ssh_trust import ask, steps_to

    rounds = await steps_to(settings, names)
    for word in book.replace:
        _check(word, [step.name for steps in rounds for step in steps])
    for steps in rounds:
        shown = await ask(settings, steps)
        book.shown += shown
        if book.fmt is Format.text:
            _print(shown, book)
        _record([host for host in shown if book.is_wanted(host)], book)


def _record(hosts: Sequence[Shown], book: Book) -> None:
    """Raises InvalidFile where nobody can be asked, OSError when the file can't be written."""
    from corral.cli.asking import agreed
    from corral.transport.known_hosts import recorded
    from corral.transport.local import write_file

    if not hosts or (book.fmt is Format.json and not book.yes):
        return
    if not agreed(_question(hosts), book.yes):
        return
    text = book.path.read_text() if book.path.exists() else ""
    additions = [(host.place, host.key) for host in hosts if host.key]
    changed = [host.place for host in hosts if host.state == "changed"]
    write_file(book.path, recorded(text, additions, changed).encode(), 0o600)
    book.recorded |= {host.place for host in hosts}


def _question(hosts: Sequence[Shown]) -> str:
    changed = [host.name for host in hosts if host.state == "changed"]
    new = len(hosts) - len(changed)
    parts = [f"trust {new} new key{'' if new == 1 else 's'}"] if new else []
    if changed:
        parts.append(f"replace what is known of {', '.join(changed)}")
    return f"{' and '.join(parts)}?"


def _print(hosts: Sequence[Shown], book: Book) -> None:
    from rich.markup import escape
    from rich.table import Table

    from corral.cli.output import out

    colours = {"known": "green", "new": "yellow"}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for title in ("HOST", "ADDRESS", "KEY", "FINGERPRINT", "STATE"):
        table.add_column(title, no_wrap=True)
    for host in hosts:
        kind, fingerprint = (host.key.kind, host.key.fingerprint) if host.key else ("-", "-")
        state = host.state.upper() if host.state in ("changed", "revoked") else host.state
        shown = f"[{colours.get(host.state, 'red')}]{state}[/]"
        table.add_row(escape(host.name), escape(host.place), kind, fingerprint, shown)
    out.print(table, soft_wrap=False)


def _report(book: Book) -> None:
    from corral.cli.output import err, print_json, print_problems

    problems = [host.problem for host in book.shown if host.problem and not book.trusts(host)]
    if book.fmt is Format.json:
        rows = [_row(host, book) for host in book.shown]
        print_json({"hosts": rows, "file": str(book.path), "problems": [problem.to_json() for problem in problems]})
        return
    print_problems(problems)
    if book.recorded:
        count = len(book.recorded)
        err.print(f"[dim]{count} key{'' if count == 1 else 's'} recorded in {book.path}[/dim]")
    for host in book.shown:
        for where in book.left_behind(host):
            err.print(f"the old key of {host.name} still stands in {where}: ssh-keygen -R '{host.place}' removes it")


def _row(host: Shown, book: Book) -> dict[str, object]:
    return {
        "host": host.name,
        "address": host.address,
        "port": host.port,
        "key": host.key.kind if host.key else "",
        "fingerprint": host.key.fingerprint if host.key else "",
        "state": host.state,
        "recorded": host.place in book.recorded,
    }
