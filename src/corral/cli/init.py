"""`corral init`: a commented cluster file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corral.cli.options import named_file
from corral.language import tr
from corral.operate.show import init as write

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("init")
def init(
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help=tr("Where to write it. [default: cluster.yaml]"), callback=named_file),
    ] = None,
    name: Annotated[str, typer.Option("--name", help=tr("The cluster's name."))] = "noticeboard",
    force: Annotated[bool, typer.Option("--force", help=tr("Overwrite a file that exists."))] = False,
) -> None:
    """Write a commented cluster file to start from."""
    written = write(file, name, force)
    typer.echo(
        tr(
            "{written} is written. Next: edit it, then `corral check -f {written}` and `corral up -f {written}`.",
            written=written,
        )
    )
