"""`corral init`: a commented cluster file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corral.cli.options import DEFAULT_FILE, named_file


def register(app: typer.Typer) -> None:
    app.command("init")(init)


def init(
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Where to write it. [default: cluster.yaml]", callback=named_file),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The cluster's name.")] = "noticeboard",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented cluster file to begin with."""
    from corral.errors import InvalidFile
    from corral.problems import Problem
    from corral.spec.example import init_text

    file = file or DEFAULT_FILE
    text = init_text(name)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        message = f"{file} is there already and was left as it is"
        raise InvalidFile(Problem("file-exists", "error", message, "corral init -f OTHER, or --force")) from error
    except OSError as error:
        message = f"{file} can't be written: {error.strerror}"
        raise InvalidFile(Problem("not-writable", "error", message)) from error
    typer.echo(f"{file} written. Next: edit it, `corral check -f {file}`, `corral up -f {file}`.")
