"""Options that several verbs share, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corral.operate.site import Site
    from corral.plan.only import Only
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


class Place(StrEnum):
    """Where the cluster is that a verb means."""

    hosts = "hosts"
    playground = "playground"


PlaceOption = Annotated[
    Place | None,
    typer.Option(
        "--on",
        help="Which cluster: the one on its hosts, or the one on this machine. "
        "[default: hosts once a run from here has changed them, else playground]",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", help="A host, or time, database, app, proxy; may be given several times."),
]


def is_on_hosts(loaded: Loaded, place: Place | None) -> bool:
    """Whether a verb means the real hosts: when it says so, else once a run from here has changed them."""
    from corral.operate.store import store_of

    if place is not None:
        return place is Place.hosts
    return bool(loaded.source) and store_of(loaded).exists()


@asynccontextmanager
async def open_site(loaded: Loaded, place: Place | None) -> AsyncIterator[Site]:
    """The cluster as it is, wherever it is, for verbs that don't change it."""
    if is_on_hosts(loaded, place):
        from corral.operate.connections import open_hosts

        async with open_hosts(loaded) as site:
            yield site
    else:
        from corral.playground.site import open_playground

        yield open_playground(loaded).present_site()


def chosen(words: list[str] | None, loaded: Loaded) -> Only:
    """What `--only` names. Raises errors.InvalidFile with the nearest name for one that is unknown."""
    import difflib

    from corral.errors import InvalidFile
    from corral.plan.only import ROLES, Only
    from corral.problems import Problem

    known = [*loaded.spec.hosts, *ROLES]
    for word in words or ():
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise InvalidFile(Problem("unknown-target", "error", f"--only {word!r} is no host and no role", hint))
    hosts = frozenset(word for word in words or () if word in loaded.spec.hosts)
    return Only(hosts, frozenset(ROLES[word] for word in words or () if word not in hosts))


def playground(file: Path | None) -> Playground:
    from corral.playground.site import open_playground

    return open_playground(load(file))


def language() -> Language:
    """The language of findings: Chinese when the user's locale is."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"


def source_name(loaded: Loaded) -> str:
    return loaded.source or "the built-in example"
