"""Keeping requests away from instances that are about to stop: the proxies' configuration, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from corral.model.resources import Desired, Observed, Unit
from corral.plan import diff
from corral.plan.actions import Action, ReloadUnit, WriteFile

HeldBack = Callable[[frozenset[str]], Desired]
"""What is wanted while the web instances of these names get no requests."""


class Proxies:
    """Follows the proxies through a plan: what one reload has brought is what the next one finds.

    `observed` is what the rest of the plan finds. A run that is killed in between leaves a configuration that differs
    from the wanted one, so the next run brings everybody back.
    """

    def __init__(self, desired: Desired, observed: Observed, held_back: HeldBack | None) -> None:
        self.observed = observed
        self._web = {unit.name for unit in desired.units if unit.role == "web"}
        self._held_back = held_back

    def without(self, units: Sequence[Unit]) -> list[Sequence[Action]]:
        """The waves that take `units` out of every proxy.

        None when nothing is won by it: the application drains itself, no other instance is left, or a proxy does not
        run, or has to be restarted anyway.
        """
        names = frozenset(unit.name for unit in units)
        if self._held_back is None or not any(unit.drain for unit in units) or names >= self._web:
            return []
        wanted = self._held_back(names)
        found, gates = {unit.name: unit for unit in self.observed.units}, dict(wanted.gates)
        actions = [
            diff.unit_action(unit, found.get(unit.name), gates[unit.name])
            for unit in wanted.units
            if unit.role == "proxy"
        ]
        why = f"without {', '.join(sorted(names))}"
        reloads = [replace(action, why=why) for action in actions if isinstance(action, ReloadUnit)]
        if len(reloads) < len(actions):
            return []
        files = diff.files(wanted, self.observed, "proxy")
        self.observed = _after(self.observed, files, reloads)
        return [files, reloads]


def _after(observed: Observed, files: Sequence[WriteFile], reloads: Sequence[ReloadUnit]) -> Observed:
    written = {(action.file.host, action.file.path): action.file for action in files}
    taken_in = {action.unit.name: action.unit.reload_revision for action in reloads}
    return replace(
        observed,
        files=tuple(written.get((file.host, file.path), file) for file in observed.files),
        units=tuple(
            replace(unit, reload_revision=taken_in.get(unit.name, unit.reload_revision)) for unit in observed.units
        ),
    )
