"""Which web instances are out of the proxies together while a part of them is changed.

A proxy has one pool with all of them, and one for each group, in which that group gets no requests. Which one it uses
is told by a link among what Corral keeps on its host: nginx looks at it with each request, so nothing is reloaded. The
link names the group by its members, so that it means nothing to a configuration that has no such group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import PurePosixPath
from typing import Final

from corral.model.cluster import Instance, Layout
from corral.model.resources import digest

Group = tuple[str, ...]
"""The names of instances."""
NOBODY: Final[Group] = ()
"""Who is out while all instances get requests."""
UNKNOWN: Final[Group] = ("",)
"""A group that the proxy's configuration doesn't have: it sends to all then."""
DIRECTORY: Final = "pools"
"""Below a proxy's `layout.state`: an empty file for the group that is out, and the link to it."""
LINK: Final = "now"
_AWAY: Final = 5
"""At most one in so many is out at a time: what is left carries a quarter more, and not half as much again."""


def link(layout: Layout) -> PurePosixPath:
    """The link that says who is out; where it leads to no file, or isn't there, it is NOBODY."""
    return layout.state / DIRECTORY / LINK


def key(out: Group) -> str:
    """Where the link leads while `out` is out: a name of no meaning, or the directory itself."""
    return digest(" ".join(out))[:12] if out else "."


def pool_name(out: Group, groups: Sequence[Group]) -> str:
    """How nginx knows the pool without `out`, one of `groups`, and its ping tells it."""
    return f"corral_app_{groups.index(out) + 1}" if out else "corral_app"


def by_turns(instances: Sequence[Instance]) -> list[Instance]:
    """The first instance of each host, then the second of each: neighbours in the list are on different hosts.

    The next try after a failure then is on another machine, whatever the order in the file, and a group that is
    restarted has its work spread over the hosts.
    """
    hosts: dict[str, list[Instance]] = {}
    for instance in instances:
        hosts.setdefault(instance.host.name, []).append(instance)
    turns = zip_longest(*hosts.values())
    return [instance for instance in chain.from_iterable(turns) if instance is not None]


def most_on_one_host(instances: Sequence[Instance]) -> int:
    return max(Counter(instance.host.name for instance in instances).values(), default=0)


def groups(web: Sequence[Instance]) -> tuple[Group, ...]:
    """Those that are out together; none where there is nobody to go to instead."""
    names = [instance.name for instance in by_turns(web)]
    if len(names) < 2:
        return ()
    size = max(1, len(names) // _AWAY)
    return tuple(tuple(names[first : first + size]) for first in range(0, len(names), size))
