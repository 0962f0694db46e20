"""Which cluster a verb means: a cluster file, and where the cluster that it describes runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corral import places
from corral.cluster_file import parse
from corral.cluster_file.example import example_text
from corral.errors import InvalidFile
from corral.language import tr
from corral.places import PlaceName
from corral.problems import Problem

if TYPE_CHECKING:
    from corral.cluster_file.parse import Loaded
    from corral.places.base import Place

DEFAULT_FILE: Final = Path("cluster.yaml")


@dataclass(frozen=True)
class Where:
    """`file` as the user named it; `on` is None where the verb may choose the place."""

    file: Path | None = None
    on: PlaceName | None = None
    example: bool = False
    """Whether the built-in example is meant where there is no file: by `up` it is begun."""


def load(where: Where) -> Loaded:
    """The named file, else cluster.yaml here, else the built-in example, if that is begun or was begun here.

    Raises errors.InvalidFile.
    """
    if where.file is not None or DEFAULT_FILE.exists():
        return parse.load_file(where.file or DEFAULT_FILE)
    loaded = parse.load_text(example_text(), "", Path("/"))
    if where.example or loaded.spec.name in (here := places.names_here()):
        return loaded
    raise InvalidFile(_no_file(here))


def _no_file(here: Sequence[str]) -> Problem:
    known = (
        tr("; this machine has {here}: `corral list` shows where their files are", here=", ".join(here)) if here else ""
    )
    hint = tr("name one with -f FILE, or `corral init` writes one to start from{known}", known=known)
    return Problem(
        "no-file", "error", tr("there is no {default_file} in this directory", default_file=DEFAULT_FILE), hint
    )


def source_name(loaded: Loaded) -> str:
    """The file as the user named it, in English for the built-in example."""
    return loaded.source or "the built-in example"


@asynccontextmanager
async def opened(where: Where, *, with_secrets: bool = True) -> AsyncIterator[Place]:
    """For verbs that change no hosts: the cluster in its place, with the secrets that are known. Raises CorralError."""
    loaded = load(where)
    async with places.opened(loaded, places.place_of(loaded, where.on), with_secrets=with_secrets) as place:
        yield place


@asynccontextmanager
async def recorded(where: Where) -> AsyncIterator[Place]:
    """The same for verbs that look at locks and runs, which somebody may have begun elsewhere. They need no secrets.

    Raises CorralError.
    """
    loaded = load(where)
    name = places.recorded_place_of(loaded, where.on)
    async with places.opened(loaded, name, with_secrets=False) as place:
        yield place
