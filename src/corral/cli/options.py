"""Options that several verbs share. `corral --help` imports this file, so it imports nothing heavy."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corral.places import PlaceName
    from corral.problems import Language


class Format(StrEnum):
    """How a verb reports: for people, or for programs."""

    text = "text"
    json = "json"


class On(StrEnum):
    """The place of the cluster that a verb is about."""

    hosts = "hosts"
    playground = "playground"

    @property
    def place(self) -> PlaceName:
        return "hosts" if self is On.hosts else "playground"


FILE_HELP = "The cluster file; also before the verb. [default: cluster.yaml here; for `up` else the built-in example]"


def named_file(context: typer.Context, value: Path | None) -> Path | None:
    """The file named after the verb, else the one before it: `corral -f FILE status` is `corral status -f FILE`."""
    before: Path | None = context.find_root().obj
    return value or before


FileOption = Annotated[Path | None, typer.Option("--file", "-f", help=FILE_HELP, callback=named_file)]
FormatOption = Annotated[Format, typer.Option("--format", help="How to report.")]
PlaceOption = Annotated[
    On | None,
    typer.Option(
        "--on",
        help="Which cluster: the one on the hosts, or the one on this machine. "
        "[default: hosts if a run from this directory has changed them, else playground]",
    ),
]
RecordsPlaceOption = Annotated[
    On | None,
    typer.Option(
        "--on",
        help="Which cluster: the one on the hosts, or the one on this machine. [default: hosts if a run from this "
        "directory has changed them, or the file says how they are reached and nothing is kept here; else playground]",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", help="Only this part: a host, or time, database, app, proxy; may be repeated."),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="HOST", help="Leave out this host, such as one that is dead; may be repeated."),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Overwrite files that somebody has changed by hand, without asking.")
]


def language() -> Language:
    """The language of findings: Chinese when the user's locale is."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"
