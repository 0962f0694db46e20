"""Rules on the data that an earlier run has left where all hosts are one machine: no change may leave them behind.

A replica set that runs tells the same by itself, and plan/ refuses what it can't follow; these look at a stopped one.
"""

from __future__ import annotations

from collections.abc import Iterator

from corral.rules.registry import Evidence, Together, rule_on_shared


def renamed(together: Together) -> dict[str, str]:
    """Hosts of members whose data lie under the name of another host, each with that one."""
    data, members = together.machine.data, together.cluster.database.members
    found = {member.host.name: data.elsewhere(member.host.name, member.name) for member in members}
    return {new: old for new, old in found.items() if old}


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


@rule_on_shared("data-left-behind", "error", where="{new}")
def data_under_another_name(together: Together) -> Iterator[Evidence]:
    """A voter that begins empty has forgotten the votes that it gave, and the writes that it acknowledged."""
    hosts = set(together.machine.data.hosts)
    if hosts & {member.host.name for member in together.cluster.database.members}:
        for new, old in renamed(together).items():
            yield {"new": new, "old": old}


@rule_on_shared("name-changed", "error", where="{root}")
def name_of_another(together: Together) -> Iterator[Evidence]:
    if (other := together.machine.namesake) and other.runs:
        yield {"other": other.cluster, "name": together.cluster.name}


@rule_on_shared("name-changed", "warning", where="{root}")
def name_of_one_that_is_stopped(together: Together) -> Iterator[Evidence]:
    if (other := together.machine.namesake) and not other.runs:
        yield {"other": other.cluster, "name": together.cluster.name}


@rule_on_shared("no-common-member", "error", where="{root}")
def no_common_member(together: Together) -> Iterator[Evidence]:
    """A set knows its members by name, address and port."""
    data, members = together.machine.data, together.cluster.database.members
    if data.hosts and data.members and not set(data.members) & {member.name for member in members}:
        yield {"known": ", ".join(sorted(data.members))}
