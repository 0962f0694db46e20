"""`corral check`: what the file alone can tell."""

from __future__ import annotations

import typer

from corral.cli.options import FileOption, Format, FormatOption, language, load, source_name


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(file: FileOption = None, fmt: FormatOption = Format.text) -> None:
    """Check the cluster file: its form, its contradictions, and the rules that it can be held to."""
    from corral import rules
    from corral.cli.output import out, print_json, print_problems
    from corral.playground.site import open_playground
    from corral.problems import errors_in

    loaded = load(file)
    playground = open_playground(loaded)
    findings = rules.findings(playground.cluster(playground.known_ports()), loaded, language())
    if fmt is Format.json:
        print_json({"file": source_name(loaded), "problems": [finding.to_json() for finding in findings]})
    else:
        print_problems(findings)
        out.print(f"{source_name(loaded)}: {len(findings)} finding{'' if len(findings) == 1 else 's'}")
    if errors_in(findings):
        raise typer.Exit(1)
