"""No requests for instances that are about to stop: the proxies' configuration, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from corral.language import tr
from corral.model.resources import UP, Desired, Directory, File, FoundUnit, Observed, Unit
from corral.model.software import Software
from corral.plan import diff
from corral.plan.actions import Action, ReloadUnit, StartUnit

HeldBack = Callable[[frozenset[str]], Desired]
"""What is wanted while the web instances with these names get no requests."""


class Proxies:
    """Follows the proxies through a plan: what one reload brings is what the next one finds.

    `observed` is what the rest of the plan finds. A run that is killed in between leaves a configuration that differs
    from the wanted one, so the next run brings everybody back.
    """

    def __init__(self, desired: Desired, observed: Observed, held_back: HeldBack | None) -> None:
        self.observed = observed
        running = {unit.name for unit in observed.units if unit.state in UP}
        self.serving = {unit.name for unit in desired.units if unit.role == "web"} & running
        """Web instances that exist before and after: the proxies get new ones last."""
        self._held_back = held_back

    def batches(self, web: Sequence[StartUnit], size: int) -> Iterator[Sequence[Action]]:
        """The waves that restart `web`, `size` at a time.

        A proxy that was refused by an instance leaves it out for fail_timeout, however well it is by then. So before a
        batch with which nearly all would be left out, the proxies leave that batch alone instead: they are reloaded for
        that, and a reload forgets.
        """
        distrusted, least = 0, max(1, len(self.serving) // 3)
        for first in range(0, len(web), size):
            batch = web[first : first + size]
            trust_ends = distrusted > 0 and distrusted + len(batch) > len(self.serving) - least
            waves = self._without(batch) if trust_ends or any(a.unit.drain for a in batch) else [batch]
            distrusted = distrusted + len(batch) if len(waves) == 1 else 0
            yield from waves

    def _without(self, batch: Sequence[StartUnit]) -> list[Sequence[Action]]:
        """The waves that restart `batch` while every proxy that runs leaves it alone.

        Plain restarts when nothing is won by that: no other instance is left, or no proxy runs. A proxy that has to be
        restarted anyway is restarted first, one at a time.
        """
        names = frozenset(action.unit.name for action in batch)
        if self._held_back is None or names >= self.serving:
            return [batch]
        wanted = self._held_back(names)
        changes, running = self._changes(wanted, names)
        if not running:
            return [batch]
        hosts = {action.host for action in changes}
        preparations = [each for each in diff.preparations(wanted, self.observed, "proxy") if each.host in hosts]
        self.observed = _after(self.observed, wanted, hosts, changes)
        reloads = [action for action in changes if isinstance(action, ReloadUnit)]
        restarts = [[action] for action in changes if isinstance(action, StartUnit)]
        drained = [replace(action, drain=action.unit.drain) for action in batch]
        return [preparations, reloads, *restarts, drained]

    def _changes(self, wanted: Desired, names: frozenset[str]) -> tuple[list[ReloadUnit | StartUnit], bool]:
        """What the running proxies need for `wanted`, and whether there is a running one."""
        found, gates = {unit.name: unit for unit in self.observed.units}, dict(wanted.gates)
        changes: list[ReloadUnit | StartUnit] = []
        running = False
        for unit in wanted.units:
            action = diff.unit_action(unit, found.get(unit.name), gates[unit.name]) if unit.role == "proxy" else None
            if unit.role == "proxy" and not (isinstance(action, StartUnit) and not action.restart):
                running = True
                if action is not None:
                    changes.append(replace(action, why=tr("without {names}", names=", ".join(sorted(names)))))
        return changes, running


def _after(
    observed: Observed, wanted: Desired, hosts: Collection[str], changes: Sequence[ReloadUnit | StartUnit]
) -> Observed:
    def there(each: File | Directory | Software) -> bool:
        return each.stage == "proxy" and each.host in hosts

    present = {(file.host, file.path): file for file in observed.files}
    written = {(file.host, file.path): file for file in wanted.files if there(file)}
    taken_in = {action.unit.name: action.unit for action in changes}
    return replace(
        observed,
        files=tuple((present | written).values()),
        written=tuple(each for each in observed.written if (each.host, each.path) not in written),
        directories=(*observed.directories, *filter(there, wanted.directories)),
        software=(*observed.software, *filter(there, wanted.software)),
        units=tuple(_running(unit, taken_in.get(unit.name)) for unit in observed.units),
    )


def _running(found: FoundUnit, taken_in: Unit | None) -> FoundUnit:
    if taken_in is None:
        return found
    return replace(found, revision=taken_in.revision, reload_revision=taken_in.reload_revision)
