"""`corral verify`: proof from the outside that the cluster works."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from corral.cli.options import FileOption, Format, FormatOption, playground

if TYPE_CHECKING:
    from corral.operate.site import Site
    from corral.verify.check import Check


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(file: FileOption = None, fmt: FormatOption = Format.text) -> None:
    """Prove from the outside that the cluster works, a line for each proof. Exit code 1 when one fails."""
    from corral.cli.output import out, print_json
    from corral.cli.running import run_async

    checks = run_async(_collect(playground(file).present_site(), fmt))
    failures = sum(check.result == "failed" for check in checks)
    if fmt is Format.json:
        print_json({"passed": not failures, "checks": [asdict(check) for check in checks]})
    else:
        good = sum(check.result == "passed" for check in checks)
        out.print(f"{good} passed, {failures} failed, {len(checks) - good - failures} skipped")
    if failures:
        raise typer.Exit(1)


async def _collect(site: Site, fmt: Format) -> list[Check]:
    from corral.cli.output import print_check
    from corral.operate.verify import verify as checks_of

    checks = []
    async for check in checks_of(site):
        checks.append(check)
        if fmt is Format.text:
            print_check(check)
    return checks
