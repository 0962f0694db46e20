"""`corral verify`: proof from the outside that the cluster works."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from corral.cli.options import FileOption, Format, FormatOption, PlaceOption, load, open_site

if TYPE_CHECKING:
    from corral.cli.options import Place
    from corral.spec.parse import Loaded
    from corral.verify.check import Check


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(file: FileOption = None, place: PlaceOption = None, fmt: FormatOption = Format.text) -> None:
    """Prove from the outside that the cluster works, a line for each proof. Exit code 1 when one fails."""
    from corral.cli.output import out, print_json
    from corral.cli.running import run_async

    checks = run_async(_collect(load(file), place, fmt))
    failures = sum(check.result == "failed" for check in checks)
    if fmt is Format.json:
        print_json({"passed": not failures, "checks": [asdict(check) for check in checks]})
    else:
        good = sum(check.result == "passed" for check in checks)
        out.print(f"{good} passed, {failures} failed, {len(checks) - good - failures} skipped")
    if failures:
        raise typer.Exit(1)


async def _collect(loaded: Loaded, place: Place | None, fmt: Format) -> list[Check]:
    from corral.cli.output import print_check
    from corral.operate.verify import verify as checks_of

    checks = []
    async with open_site(loaded, place) as site:
        async for check in checks_of(site):
            checks.append(check)
            if fmt is Format.text:
                print_check(check)
    return checks
