"""`corral show`: the file with every default filled in, and what Corral derives from it."""

from __future__ import annotations

from typing import Annotated

import typer

from corral.cli.options import FileOption, Format, FormatOption
from corral.cli.output import print_json, write
from corral.cli.running import run
from corral.language import tr
from corral.operate.show import as_yaml, json_schema
from corral.operate.show import show as whole
from corral.operate.where import Where

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("show")
def show(
    file: FileOption = None,
    fmt: FormatOption = Format.text,
    schema: Annotated[bool, typer.Option("--schema", help=tr("Print the file's JSON Schema instead."))] = False,
) -> None:
    """Print the cluster file with every default, and what Corral derives from it."""
    if schema:
        print_json(json_schema())
        return
    value = run(lambda _session: whole(Where(file, example=True)))
    write(value, fmt, as_yaml(value) if fmt is Format.text else "")
