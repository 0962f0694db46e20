"""Where a cluster runs. Each place is a folder of its own, imported when it is asked for, by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal, cast

from corral.late import late

if TYPE_CHECKING:
    from pathlib import Path

    from corral.cluster_file.parse import Loaded
    from corral.places.base import Kept, Place
    from corral.transport.ssh_settings import SshSettings

store = late("corral.places.hosts.store")
settings = late("corral.places.hosts.settings")
by_name = late("corral.places.playground.by_name")
kept = late("corral.places.playground.kept")
state = late("corral.places.playground.state")

PlaceName = Literal["hosts", "playground"]
_CLASSES: Final[dict[PlaceName, str]] = {"hosts": "HostsPlace", "playground": "PlaygroundPlace"}


def place_of(loaded: Loaded, wanted: PlaceName | None) -> PlaceName:
    """The one that is wanted; else the hosts if a run from this directory has changed them, else the playground."""
    if wanted is not None:
        return wanted
    return "hosts" if loaded.source and store.store_of(loaded).exists() else "playground"


def recorded_place_of(loaded: Loaded, wanted: PlaceName | None) -> PlaceName:
    """For a look at locks and runs: a colleague may have begun one on the hosts, of which nothing is known here yet."""
    if wanted is None and names_ssh(loaded) and not state.state_of(loaded.spec.name).root.exists():
        return "hosts"
    return place_of(loaded, wanted)


def names_ssh(loaded: Loaded) -> bool:
    """Whether the file says how its hosts are reached."""
    hosts = loaded.document.data.get("hosts")
    own = isinstance(hosts, dict) and any(isinstance(host, dict) and "ssh" in host for host in hosts.values())
    return own or "ssh" in loaded.document.data


def loaded_by_name(name: str) -> Loaded:
    """What is known of a playground by its cluster's name, for when the file is gone or wrong. Raises CorralError."""
    loaded: Loaded = by_name.loaded_by_name(name)
    return loaded


def names_here() -> list[str]:
    """The clusters of which something is kept on this machine. Raises OSError where the user's home isn't known."""
    names: list[str] = kept.names()
    return names


async def kept_here() -> list[Kept]:
    """The same, looked at. Raises OSError."""
    found: list[Kept] = await kept.kept_here()
    return found


@asynccontextmanager
async def opened(loaded: Loaded, name: PlaceName, *, with_secrets: bool = True) -> AsyncIterator[Place]:
    """The cluster in that place, with the secrets that are known; no host is asked yet. Raises CorralError."""
    place = cast("Place", getattr(late(f"corral.places.{name}.place"), _CLASSES[name])(loaded))
    try:
        if with_secrets:
            place.secret_store.read()
        yield place
    finally:
        await place.close()


def ssh_settings_of(loaded: Loaded) -> dict[str, SshSettings]:
    """How each host of the file is reached. Raises InvalidFile for the built-in example."""
    found: dict[str, SshSettings] = settings.settings_of(loaded)
    return found


def known_hosts_of(loaded: Loaded) -> Path:
    """The cluster's own file of host keys. Raises InvalidFile for the built-in example."""
    path: Path = store.store_of(loaded).known_hosts
    return path
