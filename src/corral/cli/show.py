"""`corral show`: the file with every default filled in, and what Corral derives from it."""

from __future__ import annotations

from typing import Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption, load


def register(app: typer.Typer) -> None:
    app.command("show")(show)


def show(
    file: FileOption = None,
    fmt: FormatOption = Format.text,
    schema: Annotated[bool, typer.Option("--schema", help="The file's JSON Schema instead.")] = False,
) -> None:
    """Print the cluster file with every default, and what is derived from it."""
    from corral.cli.output import print_json, write
    from corral.playground.site import open_playground
    from corral.spec.show import as_yaml, shown

    if schema:
        from corral.spec.json_schema import json_schema

        print_json(json_schema())
        return
    loaded = load(file)
    playground = open_playground(loaded)
    value = shown(loaded, playground.cluster(playground.known_ports()))
    value["playground"] = {"network": playground.network, **value["playground"]}
    value["derived"]["time"] = "this machine's own clock"
    write(value, fmt, as_yaml(value) if fmt is Format.text else "")
