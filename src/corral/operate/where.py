"""Which cluster a verb means: a cluster file, and where the cluster that it describes runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corral import places
from corral.cluster_file import parse
from corral.cluster_file.example import example_text
from corral.places import PlaceName

if TYPE_CHECKING:
    from corral.cluster_file.parse import Loaded
    from corral.places.base import Place

DEFAULT_FILE: Final = Path("cluster.yaml")


@dataclass(frozen=True)
class Where:
    """`file` as the user named it; `on` is None where the verb may choose the place."""

    file: Path | None = None
    on: PlaceName | None = None


def load(where: Where) -> Loaded:
    """The named file, else cluster.yaml here, else the built-in example. Raises errors.InvalidFile."""
    if where.file is None and not DEFAULT_FILE.exists():
        return parse.load_text(example_text(), "", Path("/"))
    return parse.load_file(where.file or DEFAULT_FILE)


def source_name(loaded: Loaded) -> str:
    return loaded.source or "the built-in example"


@asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Place]:
    """For verbs that change nothing: the cluster in its place, with the secrets that are known. Raises CorralError."""
    loaded = load(where)
    async with places.opened(loaded, places.place_of(loaded, where.on)) as place:
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
