"""`corral list`: the clusters of this machine, what they take, and how to be rid of one."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from corral.cli.options import Format, FormatOption
from corral.cli.output import err, out, print_json
from corral.cli.running import run
from corral.language import tr
from corral.operate.list import clusters
from corral.places.base import Kept
from corral.words import size, worded

app = typer.Typer(rich_markup_mode=None, add_completion=False)
_COLOURS = {"running": "green", "stopped": "dim", "unwatched": "yellow", "unreadable": "red"}


@app.command("list")
def list_clusters(fmt: FormatOption = Format.text) -> None:
    """List the clusters of this machine: state, URL, cluster file, and what each takes on the disk."""
    found = run(lambda _session: clusters())
    if fmt is Format.json:
        print_json({"clusters": [asdict(each) for each in found]})
        return
    if not found:
        err.print(tr("no cluster is kept on this machine"))
        return
    out.print(_table(found), soft_wrap=False)
    if left := [each.name for each in found if each.state == "stopped"]:
        err.print(
            tr(
                "[dim]`corral down --name {left} --purge` deletes what a stopped one has left[/dim]",
                left=escape(left[0]),
            )
        )


def _table(found: list[Kept]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for title in (tr("NAME"), tr("STATE"), tr("URL"), tr("SIZE"), tr("FILE")):
        table.add_column(title, no_wrap=True)
    for each in found:
        state = f"[{_COLOURS[each.state]}]{worded(each.state)}[/]"
        file = each.file or ("-" if each.state == "unreadable" else tr("the built-in example"))
        table.add_row(escape(each.name), state, escape(each.url or "-"), size(each.size), escape(file))
    return table
