"""`corral trust`: the hosts' SSH keys, shown and recorded before the first login."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from corral.cli.options import FileOption, Format, FormatOption, host_words
from corral.cli.output import err, out, print_json, print_problems
from corral.cli.running import run
from corral.language import tr
from corral.operate.trust import Book, TrustRequest
from corral.operate.trust import trust as ask_for_keys
from corral.operate.where import Where
from corral.transport.ssh_trust import Shown
from corral.words import counted, worded

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("trust")
def trust(
    hosts: Annotated[
        list[str] | None,
        typer.Argument(help=tr("Hosts of the file."), show_default=tr("all"), autocompletion=host_words),
    ] = None,
    file: FileOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Record new keys without asking."))] = False,
    replace: Annotated[
        list[str] | None,
        typer.Option(
            "--replace", metavar="HOST", help=tr("Record the new key of a host whose key has changed; may be repeated.")
        ),
    ] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Show the hosts' SSH keys, and record those that are new, beside the cluster file.

    Exit code 0 when all keys are trusted, 1 when one is not, 3 when a host can't be asked.
    """

    def show(shown: Sequence[Shown]) -> None:
        if fmt is Format.text:
            _print(shown)

    request = TrustRequest(hosts or (), frozenset(replace or ()), yes, fmt is Format.text, show)
    book = run(lambda session: ask_for_keys(Where(file), request, session.consent))
    _report(book, fmt)
    left = {host.state for host in book.shown if not book.trusts(host)}
    if left:
        raise typer.Exit(3 if left == {"unreachable"} else 1)


def _print(hosts: Sequence[Shown]) -> None:
    colours = {"known": "green", "new": "yellow"}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for title in (tr("HOST"), tr("ADDRESS"), tr("KEY"), tr("FINGERPRINT"), tr("STATE")):
        table.add_column(title, no_wrap=True)
    for host in hosts:
        kind, fingerprint = (host.key.kind, host.key.fingerprint) if host.key else ("-", "-")
        state = worded(host.state)
        state = state.upper() if host.state in ("changed", "revoked") else state
        shown = f"[{colours.get(host.state, 'red')}]{state}[/]"
        table.add_row(escape(host.name), escape(host.place), kind, fingerprint, shown)
    out.print(table, soft_wrap=False)


def _report(book: Book, fmt: Format) -> None:
    problems = [host.problem for host in book.shown if host.problem and not book.trusts(host)]
    if fmt is Format.json:
        rows = [_row(host, book) for host in book.shown]
        print_json({"hosts": rows, "file": str(book.path), "problems": [problem.to_json() for problem in problems]})
        return
    print_problems(problems)
    if book.recorded:
        count = len(book.recorded)
        err.print(tr("[dim]{keys} recorded in {path}[/dim]", keys=counted(count, "key"), path=escape(str(book.path))))
    for host in book.shown:
        removal = f"ssh-keygen -R '{host.place}'"
        for where in book.left_behind(host):
            err.print(
                tr(
                    "the old key of {host} is still in {where}: {removal} removes it",
                    host=escape(host.name),
                    where=escape(where),
                    removal=escape(removal),
                )
            )


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
