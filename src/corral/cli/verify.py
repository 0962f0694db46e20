"""`corral verify`: proof from the outside that the cluster works."""

from __future__ import annotations

import typer

from corral.cli.options import FileOption, Format, FormatOption, PlaceOption
from corral.cli.output import out, print_check, print_json
from corral.cli.running import each
from corral.language import tr
from corral.operate.verify import verify as proofs
from corral.operate.where import Where
from corral.verify.check import Check

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("verify")
def verify(file: FileOption = None, place: PlaceOption = None, fmt: FormatOption = Format.text) -> None:
    """Prove from the outside that the cluster works, a line for each proof. Exit code 1 when one fails."""
    checks: list[Check] = []

    def take(check: Check) -> None:
        checks.append(check)
        if fmt is Format.text:
            print_check(check)

    each(proofs(Where(file, place.place if place else None)), take)
    failures = sum(check.result == "failed" for check in checks)
    if fmt is Format.json:
        print_json({"passed": not failures, "checks": [check.to_json() for check in checks]})
    else:
        good = sum(check.result == "passed" for check in checks)
        out.print(
            tr(
                "{good} passed, {failures} failed, {count} skipped",
                good=good,
                failures=failures,
                count=len(checks) - good - failures,
            ),
            markup=False,
        )
    if failures:
        raise typer.Exit(1)
