"""No requests for instances that are about to stop: which pool the proxies use, group by group."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from corral.model.pools import NOBODY, Group
from corral.model.resources import UP, Desired, Directory, File, FoundUnit, Observed, Unit
from corral.model.software import Software
from corral.plan import diff
from corral.plan.actions import Action, Plan, ReloadUnit, StageName, StartUnit, Steer


class Proxies:
    """Follows the proxies through a plan: what one action brings is what the next one finds.

    `observed` is what the rest of the plan finds. A run that is killed in between leaves a group out, so the next run
    brings everybody back.
    """

    def __init__(self, desired: Desired, observed: Observed, *, steers: bool, starts: bool) -> None:
        """Without `steers` nobody is left out. `starts`: whether instances that don't run do before others restart."""
        self.observed = observed
        running = {unit.name for unit in observed.units if unit.state in UP}
        self._desired = desired
        self._units = [unit for unit in desired.units if unit.role == "proxy" and unit.name in running]
        self._was = {unit.name: unit.out for unit in observed.units}
        self._groups = next((unit.pools for unit in desired.units if unit.role == "proxy"), ())
        self._steers = steers and bool(self._units)
        web = {unit.name for unit in desired.units if unit.role == "web"} - desired.idle
        self._serving = web if starts else web & running

    def batches(self, web: Sequence[StartUnit]) -> Iterator[Sequence[Action]]:
        """The waves that restart `web`, one group after the other, while every proxy that runs leaves that group alone.

        The proxies' configuration comes first where it differs: a group is left out only by one that is as the file
        says. Nobody is left alone where no proxy runs, or where no other instance does: its visitors would wait longer.
        """
        if not self._groups:
            yield web
            return
        if web:
            yield from self._configure() if self._steers else [self.steered()]
        for group in self._in_order():
            batch = [action for action in web if action.unit.name in group]
            if batch and self._steers and not self._serving <= {*group}:
                yield self.steered(group)
                batch = [replace(action, drain=action.unit.drain) for action in batch]
            yield batch

    def _in_order(self) -> list[Group]:
        """First the group that is out already: what is left of an earlier run gets no visitors before it is mended."""
        out = {unit.out for unit in self.observed.units}
        return sorted(self._groups, key=lambda group: group not in out)

    def steered(self, out: Group = NOBODY) -> list[Steer]:
        """What has the running proxies leave out `out`; nothing for those that do."""
        found, gates = {unit.name: unit for unit in self.observed.units}, dict(self._desired.gates)
        changes = [
            Steer.away_from(out, unit, gates[unit.name], self._was[unit.name])
            for unit in self._units
            if found[unit.name].out != out and unit.name not in self._desired.idle
        ]
        told = {action.unit.name: out for action in changes}
        units = tuple(replace(unit, out=told.get(unit.name, unit.out)) for unit in self.observed.units)
        self.observed = replace(self.observed, units=units)
        return changes

    def _configure(self) -> Iterator[Sequence[Action]]:
        """What the running proxies need to be as the file says: a reload or a restart, one proxy after the other."""
        found, gates = {unit.name: unit for unit in self.observed.units}, dict(self._desired.gates)
        needed = (diff.unit_action(unit, found[unit.name], gates[unit.name]) for unit in self._units)
        changes = [action for action in needed if action is not None]
        hosts = {action.host for action in changes}
        before = self.observed
        self.observed = _after(before, self._desired, hosts, changes)
        yield [each for each in diff.preparations(self._desired, before, "proxy") if each.host in hosts]
        yield from ([action] for action in changes)


def without_idle_steps(plan: Plan) -> Plan:
    """Of a part of a plan: no proxy leaves anybody alone who doesn't restart in it, nor comes back from that."""
    waves = [wave for stage in plan.stages for wave in stage.waves]
    used, needed = set(), set()
    for wave, behind in pairwise([*waves, ()]):
        for action in wave:
            if isinstance(action, Steer) and action.out and any(map(_restarts_web, behind)):
                used.add(action.unit.name)
                needed.add(id(action))

    def is_needed(_stage: StageName, action: Action) -> bool:
        if not isinstance(action, Steer):
            return True
        return id(action) in needed if action.out else bool(action.was) or action.unit.name in used

    return plan.only(is_needed)


def _restarts_web(action: Action) -> bool:
    return isinstance(action, StartUnit) and action.restart and action.unit.role == "web"


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
