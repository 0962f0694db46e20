"""Rules on the data that an earlier run has left where all hosts are one machine: no change may leave them behind.

A replica set that runs tells the same by itself, and plan/ refuses what it can't follow; these look at a stopped one.
"""

from __future__ import annotations

from collections.abc import Iterator

from corral.rules.registry import Evidence, Together, rule_on_shared


@rule_on_shared("data-left-behind", "error", where="{root}")
def data_left_behind(together: Together) -> Iterator[Evidence]:
    data, members = together.machine.data, together.cluster.database.members
    if data.hosts and not set(data.hosts) & {member.host.name for member in members}:
        yield {"hosts": ", ".join(data.hosts)}


@rule_on_shared("wrong-set-name", "error", where="{root}")
def wrong_set_name(together: Together) -> Iterator[Evidence]:
    data, wanted = together.machine.data, together.cluster.database.replica_set
    if data.hosts and data.replica_set not in ("", wanted):
        yield {"found": data.replica_set, "wanted": wanted}


@rule_on_shared("no-common-member", "error", where="{root}")
def no_common_member(together: Together) -> Iterator[Evidence]:
    """A set knows its members by name, address and port."""
    data, members = together.machine.data, together.cluster.database.members
    if data.hosts and data.members and not set(data.members) & {member.name for member in members}:
        yield {"known": ", ".join(sorted(data.members))}
