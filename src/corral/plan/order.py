"""The order of a change: which stage, which wave, how many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from corral.language import tr
from corral.model.identity import INSTANCES, STOP_ORDER, UnitRole
from corral.model.resources import SERVING, UP, Desired, FoundUnit, Observed, Unit
from corral.plan import diff
from corral.plan.actions import (
    ASKED_FOR,
    Action,
    ConvergeReplicaSet,
    Plan,
    ReloadUnit,
    Stage,
    StartUnit,
    StopUnit,
    WriteFile,
)
from corral.plan.images import names_after
from corral.plan.member_restarts import gate_before
from corral.plan.replica_set import is_complete, preview
from corral.plan.steering import Proxies

Wave = tuple[Action, ...]


def make_plan(cluster: str, desired: Desired, observed: Observed, *, steers: bool = True, starts: bool = True) -> Plan:
    """What brings `observed` to `desired`; without stages when they are the same.

    The clocks come first, then the database (the application needs it), the proxy after the application (it must not
    send people to an instance that isn't there), and what has left the file is stopped last, when the proxy knows of
    it no more.
    Instances are restarted while the proxies leave them alone; not without `steers`. Without `starts` those that don't
    run don't count as ones to go to meanwhile.
    """
    proxies = Proxies(desired, observed, steers=steers, starts=starts)
    stages = (
        Stage("time", _waves([diff.preparations(desired, observed, "time")])),
        Stage("database", _waves(_database(desired, observed))),
        Stage("application", _waves(_application(desired, observed, proxies))),
        Stage("proxy", _waves(_proxy(desired, proxies))),
        Stage("retire", _waves(_retire(desired, observed))),
    )
    return Plan(cluster, tuple(stage for stage in stages if stage.waves))


def _waves(waves: Iterable[Sequence[Action]]) -> tuple[Wave, ...]:
    return tuple(tuple(wave) for wave in waves if wave)


def _database(desired: Desired, observed: Observed) -> list[Sequence[Action]]:
    starts, restarts = _split(_unit_actions(desired, observed, "database"))
    found, wanted = observed.replica_set, desired.replica_set
    converge: list[Action] = []
    if starts or not is_complete(wanted, found, _idle_members(desired)):
        converge = [ConvergeReplicaSet(wanted, preview(wanted, found))]
    restarts.sort(key=lambda action: (_is_primary(action.unit, observed), _is_healthy(action.unit, observed)))
    restarts = [_with_election(_guarded(action, desired, observed), observed) for action in restarts]
    return [
        diff.preparations(desired, observed, "database"),
        starts,
        *([restart] for restart in restarts),
        converge,
    ]


def _application(desired: Desired, observed: Observed, proxies: Proxies) -> list[Sequence[Action]]:
    actions = [*_unit_actions(desired, observed, "web"), *_unit_actions(desired, observed, "worker")]
    starts, restarts = _split(actions)
    web = [action for action in restarts if action.unit.role == "web" and isinstance(action, StartUnit)]
    workers = [action for action in restarts if action.unit.role == "worker"]
    return [
        diff.preparations(desired, observed, "application"),
        diff.leftover_workers(desired, observed),
        starts,
        *proxies.batches(web),
        *([worker] for worker in workers),
    ]


def _proxy(desired: Desired, proxies: Proxies) -> list[Sequence[Action]]:
    """Everybody is back before a proxy reads anything else: no group stays out over a reload that fails."""
    back, observed = proxies.steered(), proxies.observed
    preparations = diff.preparations(desired, observed, "proxy")
    files = [action for action in preparations if isinstance(action, WriteFile)]
    actions = _unit_actions(desired, observed, "proxy")
    known = {action.unit.name for action in actions}
    found, gates = {unit.name: unit for unit in observed.units}, dict(desired.gates)
    for unit in desired.units:
        if unit.role == "proxy" and unit.name not in known:
            again = diff.reload_of_changed(unit, found.get(unit.name), gates[unit.name], files)
            actions += [again] if again else []
    starts, restarts = _split(actions)
    failover_starts, failover_restarts = _split(_unit_actions(desired, observed, "failover"))
    return [
        back,
        preparations,
        starts,
        *([restart] for restart in restarts),
        failover_starts,
        *([restart] for restart in failover_restarts),
    ]


def _retire(desired: Desired, observed: Observed) -> list[Sequence[Action]]:
    stopped = {action.name for action in diff.leftover_workers(desired, observed)}
    units = [action for action in diff.leftover_units(desired, observed) if action.name not in stopped]
    return [units, *_to_idle(desired, observed), diff.leftover_files(desired, observed)]


def _to_idle(desired: Desired, observed: Observed) -> Iterator[Sequence[Action]]:
    """A unit stops before those that it needs, and members one after the other, the primary last.

    So does one that doesn't run, and would when its host starts.
    """
    found = {unit.name: unit for unit in observed.units if unit.state in UP or _comes_back(unit)}
    stopping = [unit for unit in desired.units if unit.name in desired.idle and unit.name in found]
    stopping.sort(key=lambda unit: _is_primary(unit, observed))
    for roles in STOP_ORDER:
        wave = [
            StopUnit(unit.host, unit.name, ASKED_FOR, unit.port, unit.drain, unit.role)
            for unit in stopping
            if unit.role in roles
        ]
        yield from ([[each] for each in wave] if "database" in roles else [wave])


def _comes_back(unit: FoundUnit) -> bool:
    """Of a container this isn't asked: docker doesn't start one that was stopped."""
    return unit.at_boot is not None and unit.at_boot.keeper == "systemd" and unit.at_boot.comes


def _idle_members(desired: Desired) -> frozenset[str]:
    return frozenset(unit.endpoint.netloc for unit in desired.units if unit.name in desired.idle)


def _unit_actions(desired: Desired, observed: Observed, role: UnitRole) -> list[StartUnit | ReloadUnit]:
    found = {unit.name: unit for unit in observed.units}
    gates = dict(desired.gates)
    gates |= {unit.name: replace(gates[unit.name], kind="newcomer") for unit in _newcomers(desired, observed)}
    images = names_after(desired, observed) if role in INSTANCES else {}
    actions = (
        diff.unit_action(unit, found.get(unit.name), gates[unit.name], images)
        for unit in desired.units
        if unit.role == role and unit.name not in desired.idle
    )
    return [_patient(action, observed) for action in actions if action is not None]


def _patient(action: StartUnit | ReloadUnit, observed: Observed) -> StartUnit | ReloadUnit:
    """A member that starts may copy its data for hours; that, too, counts as started.

    Else its start would never be finished: the next run would restart it, and it would copy everything again. For the
    same reason a restart waits for health only where there was health before. Who has to be healthy for the next step
    is asked then.
    """
    if action.gate.kind != "member" or not isinstance(action, StartUnit):
        return action
    if action.restart and _is_healthy(action.unit, observed):
        return action
    return replace(action, gate=replace(action.gate, kind="started"))


def _split(
    actions: Iterable[StartUnit | ReloadUnit],
) -> tuple[list[StartUnit], list[StartUnit | ReloadUnit]]:
    """Those that start what doesn't run (all at once), and those that disturb what runs (one after the other)."""
    starts: list[StartUnit] = []
    disturbing: list[StartUnit | ReloadUnit] = []
    for action in actions:
        if isinstance(action, StartUnit) and not action.restart:
            starts.append(action)
        else:
            disturbing.append(action)
    return starts, disturbing


def _guarded(action: StartUnit | ReloadUnit, desired: Desired, observed: Observed) -> StartUnit | ReloadUnit:
    if not isinstance(action, StartUnit):
        return action
    return replace(action, before=gate_before(action.unit, desired.replica_set, observed.replica_set))


def _with_election(action: StartUnit | ReloadUnit, observed: Observed) -> StartUnit | ReloadUnit:
    if not _is_primary(action.unit, observed):
        return action
    why = with_election(action.why)
    return replace(action, why=why, elects=True) if isinstance(action, StartUnit) else replace(action, why=why)


def with_election(why: str) -> str:
    """The reason of a restart of the primary."""
    return tr("{why}; it is the primary, so another one is elected", why=why)


def _newcomers(desired: Desired, observed: Observed) -> list[Unit]:
    """Members that the set, which is known, doesn't have: it takes them in when they have started, not before."""
    roster = {member.name for member in observed.replica_set.members}
    database = [unit for unit in desired.units if unit.role == "database"]
    return [unit for unit in database if roster and unit.endpoint.netloc not in roster]


def _is_healthy(unit: Unit, observed: Observed) -> bool:
    name = unit.endpoint.netloc
    return any(facts.name == name and facts.state in SERVING for facts in observed.replica_set.facts)


def _is_primary(unit: Unit, observed: Observed) -> bool:
    return observed.replica_set.primary == unit.endpoint.netloc
