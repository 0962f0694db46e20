"""`corral check`: what can be said from the file alone."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from corral.cli.options import FileOption, Format, FormatOption, On
from corral.cli.output import out, print_json, print_problems
from corral.cli.running import run
from corral.language import tr
from corral.operate.check import check as judged
from corral.operate.where import Where
from corral.problems import errors_in
from corral.words import counted, named, placed

CheckedPlaceOption = Annotated[
    On | None,
    typer.Option("--on", help=tr("Judge the file for this place alone. [default: both, as far as the file goes]")),
]
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("check")
def check(file: FileOption = None, place: CheckedPlaceOption = None, fmt: FormatOption = Format.text) -> None:
    """Check the cluster file: its form, contradictions in it, and the rules for such clusters.

    The file is checked for the playground; if it has an `ssh` section or has been applied, for the hosts too.
    --on chooses one of the two.
    """
    where = Where(file, place.place if place else None)
    found = run(lambda _session: judged(where))
    if fmt is Format.json:
        print_json({"file": found.file, "problems": [finding.to_json() for finding in found.problems]})
    else:
        print_problems(found.problems)
        count = len(found.problems)
        out.print(escape(named(placed(found.file), counted(count, "finding"))))
    if errors_in(found.problems):
        raise typer.Exit(1)
