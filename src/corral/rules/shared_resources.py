"""Rules on disk, memory and limits, where one machine has to do for all hosts.

Each has its sister in host_resources or host_database, and is a rule of its own where what is asked differs.
"""

from __future__ import annotations

from collections.abc import Iterator

from corral.model.programs import MONGOD_LIMIT
from corral.rules.host_resources import MEMORY_A_MEMBER, NEW_MEMBER, TO_GO_ON
from corral.rules.registry import Evidence, Together, rule_on_shared


@rule_on_shared("disk-full", "error", where="{root}")
def disk_full_here(together: Together) -> Iterator[Evidence]:
    """Not H05: one disk holds all members, so what they need is added up; H05 takes the largest of each file system.

    A member that has begun there has its files.
    """
    disk, members = together.machine.disk, len(together.cluster.database.members)
    needed = TO_GO_ON if together.machine.data.hosts else members * NEW_MEMBER
    if disk and disk.free < needed:
        yield {"free": disk.free >> 20, "needed": needed >> 20}


@rule_on_shared("memory-short", "warning")
def memory_short_here(together: Together) -> Iterator[Evidence]:
    """Not H05: the hosts' instances and members are added up, and all are told at once.

    Nothing where app.memory isn't known, or members alone are to start: to try things out with little memory is usual.
    """
    each = together.cluster.app.memory or 0
    instances = sum(instance.name not in together.up for instance in together.cluster.app.instances)
    members = sum(member.unit.name not in together.up for member in together.cluster.database.members)
    needed, available = instances * each + members * MEMORY_A_MEMBER, _available(together)
    if each and instances and available is not None and needed > available:
        yield {
            "instances": instances,
            "each": each >> 20,
            "members": members,
            "member": MEMORY_A_MEMBER >> 20,
            "needed": needed >> 20,
            "available": available >> 20,
        }


def _available(together: Together) -> int | None:
    """Each host tells the same."""
    return together.theres[0].machine.memory.available if together.theres else None


@rule_on_shared("open-files", "warning")
def few_open_files(together: Together) -> Iterator[Evidence]:
    """Not D10: before anything runs. A process that runs has its limit, and this one changes nothing of it."""
    limit = together.machine.open_files
    if limit is not None and limit < MONGOD_LIMIT and not together.up:
        yield {"limit": limit, "wanted": MONGOD_LIMIT}
