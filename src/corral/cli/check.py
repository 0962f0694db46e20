"""`corral check`: what the file alone can tell."""

from __future__ import annotations

import typer

from corral.cli.options import FileOption, Format, FormatOption, PlaceOption
from corral.cli.output import out, print_json, print_problems
from corral.cli.running import run
from corral.operate.check import check as judged
from corral.operate.where import Where
from corral.problems import errors_in

app = typer.Typer(rich_markup_mode=None)


@app.command("check")
def check(file: FileOption = None, place: PlaceOption = None, fmt: FormatOption = Format.text) -> None:
    """Check the cluster file: its form, its contradictions, and the rules that it can be held to.

    For the playground, and for the hosts too where the file says how they are reached; --on chooses one of them.
    """
    where = Where(file, place.place if place else None)
    found = run(lambda session: judged(where, session.language))
    if fmt is Format.json:
        print_json({"file": found.file, "problems": [finding.to_json() for finding in found.problems]})
    else:
        print_problems(found.problems)
        count = len(found.problems)
        out.print(f"{found.file}: {count} finding{'' if count == 1 else 's'}")
    if errors_in(found.problems):
        raise typer.Exit(1)
