"""Which web instances are out of the proxies together while a part of them is changed.

A proxy has one pool with all of them, and one for each group, in which that group gets no requests. Which one it uses
is told by a link among what Corral keeps on its host: nginx looks at it with each request, so nothing is reloaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import PurePosixPath
from typing import Final

from corral.model.cluster import Instance, Layout

ALL: Final = 0
"""The pool that has them all; the group numbered N is out in pool N."""
DIRECTORY: Final = "pools"
"""Below a proxy's `layout.state`: an empty file for each pool that was in use, and the link to the one that is."""
LINK: Final = "now"
_AWAY: Final = 5
"""At most one in so many is out at a time: what is left carries a quarter more, and not half as much again."""


def link(layout: Layout) -> PurePosixPath:
    """The link that says which pool is in use; where it leads to no file, or isn't there, it is `ALL`."""
    return layout.state / DIRECTORY / LINK


def pool_name(pool: int) -> str:
    """How nginx knows it, and its ping tells it."""
    return f"corral_app_{pool}" if pool else "corral_app"


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


def groups(web: Sequence[Instance]) -> tuple[tuple[str, ...], ...]:
    """The names of those that are out together, group 1 first; none where there is nobody to go to instead."""
    names = [instance.name for instance in by_turns(web)]
    if len(names) < 2:
        return ()
    size = max(1, len(names) // _AWAY)
    return tuple(tuple(names[first : first + size]) for first in range(0, len(names), size))
