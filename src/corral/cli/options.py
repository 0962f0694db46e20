"""Options that several verbs share, and what they stand for."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corral.playground.site import Playground
    from corral.rules.texts import Language
    from corral.spec.parse import Loaded

DEFAULT_FILE = Path("cluster.yaml")


class Format(StrEnum):
    """How a verb reports: for people, or for programs."""

    text = "text"
    json = "json"


FILE_HELP = "The cluster file; also before the verb. [default: cluster.yaml here, else the built-in example]"


def named_file(context: typer.Context, value: Path | None) -> Path | None:
    """The file named after the verb, else the one before it: `corral -f FILE status` is `corral status -f FILE`."""
    before: Path | None = context.find_root().obj
    return value or before


FileOption = Annotated[Path | None, typer.Option("--file", "-f", help=FILE_HELP, callback=named_file)]
FormatOption = Annotated[Format, typer.Option("--format", help="How to report.")]


def load(file: Path | None) -> Loaded:
    """The named file, else cluster.yaml here, else the built-in example. Raises errors.InvalidFile."""
    from corral.spec import parse
    from corral.spec.example import example_text

    if file is None and not DEFAULT_FILE.exists():
        return parse.load_text(example_text(), "", Path("/"))
    return parse.load_file(file or DEFAULT_FILE)


def playground(file: Path | None) -> Playground:
    from corral.playground.site import open_playground

    return open_playground(load(file))


def language() -> Language:
    """The language of findings: Chinese when the user's locale is."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"


def source_name(loaded: Loaded) -> str:
    return loaded.source or "the built-in example"
