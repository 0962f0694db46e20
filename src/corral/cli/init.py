"""`corral init`: a commented cluster file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corral.cli.options import named_file
from corral.operate.show import init as write

app = typer.Typer(rich_markup_mode=None)


@app.command("init")
def init(
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Where to write it. [default: cluster.yaml]", callback=named_file),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The cluster's name.")] = "noticeboard",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented cluster file to begin with."""
    written = write(file, name, force)
    typer.echo(f"{written} written. Next: edit it, `corral check -f {written}`, `corral up -f {written}`.")
