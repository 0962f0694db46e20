"""Options that several verbs share. `corral --help` imports this file, so it imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corral.language import tr

if TYPE_CHECKING:
    from corral.places import PlaceName


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


FILE_HELP = tr(
    "The cluster file; also before the verb. [default: cluster.yaml here; for `up` else the built-in example]"
)


def named_file(context: typer.Context, value: Path | None) -> Path | None:
    """The file named after the verb, else the one before it: `corral -f FILE status` is `corral status -f FILE`."""
    before: Path | None = context.find_root().obj
    return value or before


def target_words(context: typer.Context, incomplete: str) -> list[str]:
    return _completed("targets", context, incomplete)


def host_words(context: typer.Context, incomplete: str) -> list[str]:
    return _completed("hosts", context, incomplete)


def _part_words(context: typer.Context, incomplete: str) -> list[str]:
    return _completed("parts", context, incomplete)


def _completed(kind: str, context: typer.Context, incomplete: str) -> list[str]:
    """By the file that the line names so far. What knows its names is imported when a shell asks, and not before."""
    file = context.params.get("file") or context.find_root().params.get("file")
    words: list[str] = getattr(import_module("corral.operate.completion"), kind)(Path(file) if file else None)
    return [word for word in words if word.startswith(incomplete)]


FileOption = Annotated[Path | None, typer.Option("--file", "-f", help=FILE_HELP, callback=named_file)]
FormatOption = Annotated[Format, typer.Option("--format", help=tr("How to report."))]
PlaceOption = Annotated[
    On | None,
    typer.Option(
        "--on",
        help=tr(
            "Which cluster: the one on the hosts, or the one on this machine. [default: hosts if a run "
            "from this directory has changed them, else playground]"
        ),
    ),
]
RecordsPlaceOption = Annotated[
    On | None,
    typer.Option(
        "--on",
        help=tr(
            "Which cluster: the one on the hosts, or the one on this machine. [default: hosts if a run "
            "from this directory has changed them, or the file says how they are reached and nothing is "
            "kept here; else playground]"
        ),
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        help=tr("Only this part: a host, or time, database, app, proxy; may be repeated."),
        autocompletion=_part_words,
    ),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="HOST",
        help=tr("Leave out this host, such as one that is dead; may be repeated."),
        autocompletion=host_words,
    ),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help=tr("Overwrite files that somebody has changed by hand, without asking."))
]
