"""What a plan was made from, as digests: a saved plan is refused when they have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from corral.model.resources import UP, FoundReplicaSet, FoundUnit, Observed, digest
from corral.model.software import Image
from corral.plan.actions import ConvergeReplicaSet, Plan
from corral.plan.diff import raw_digest
from corral.plan.images import is_another

SET: Final = "replica set"
"""The replica set's entry among those of the hosts: a host's name can't have a blank."""


def basis_of(observed: Observed, hosts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """A digest for each of `hosts`, and one for the replica set."""
    lines: dict[str, list[str]] = {host: [] for host in hosts}
    for host, line in _lines(observed):
        lines.setdefault(host, []).append(line)
    return (
        *((host, digest("\n".join(sorted(found)))) for host, found in lines.items()),
        (SET, digest(_set_text(observed.replica_set))),
    )


def changed_since(plan: Plan, observed: Observed) -> list[str]:
    """The hosts that the plan changes and that have changed themselves since; SET for the replica set."""
    concerned = {action.host for action in plan.actions()}
    if any(isinstance(action, ConvergeReplicaSet) for action in plan.actions()):
        concerned.add(SET)
    now = dict(basis_of(observed, [name for name, _ in plan.basis if name != SET]))
    return [name for name, then in plan.basis if name in concerned and now.get(name) != then]


def _lines(observed: Observed) -> Iterator[tuple[str, str]]:
    """What the plan compares.

    Not what changes by itself, such as process ids; nor directories, since the lock makes one.
    """
    for file in observed.files:
        yield file.host, f"file {file.path} {raw_digest(file)} {file.mode:o} {file.owner}"
    images = {image.host: image.ids for image in observed.software if isinstance(image, Image)}
    for unit in observed.units:
        revisions = f"{unit.revision} {unit.reload_revision} {unit.leaves_out}"
        other = f" {unit.image}" if is_another(unit, images) else ""
        boot = f" {unit.at_boot.state}" if unit.at_boot and not unit.at_boot.comes else ""
        yield unit.host, f"unit {unit.name} {_state(unit)} {revisions}{other}{boot}"
    for software in observed.software:
        yield software.host, f"software {software!r}"
    for record in observed.written:
        yield record.host, f"record {record.path} {record.digest} {record.pending}"


def _state(unit: FoundUnit) -> str:
    """A unit whose start was never finished is started in any case; one that keeps dying would be `up` and `down` in
    turn."""
    if not unit.revision:
        return "unfinished"
    return "up" if unit.state in UP else "down"


def _set_text(found: FoundReplicaSet) -> str:
    """The configuration and the users; not which member is primary, nor how far behind a member is."""
    return repr((found.name, found.members, found.election_timeout, found.heartbeat_interval, found.users))
