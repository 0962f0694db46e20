"""What a plan means for the people who use the cluster, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corral.language import tr
from corral.plan.actions import Action, ConvergeReplicaSet, Plan, ReloadUnit, RemoveTree, StartUnit, Steer, StopUnit
from corral.plan.retire import DATABASE, LOGS
from corral.plan.software import InstallPackages
from corral.words import counted


def effects(plan: Plan) -> Iterator[str]:
    """One sentence for each kind of disturbance; none for a plan that disturbs nobody."""
    actions = list(plan.actions())
    packages = {name for action in actions if isinstance(action, InstallPackages) for name in action.names}
    starts = [action for action in actions if isinstance(action, StartUnit)]
    restarts = [action for action in starts if action.restart]
    if packages:
        yield tr("installs {packages} from the hosts' own sources", packages=", ".join(sorted(packages)))
    if names := _named([action.unit.name for action in starts if not action.restart]):
        yield tr("starts {names}", names=names)
    if names := _named([action.unit.name for action in restarts if action.unit.role != "database"]):
        yield tr("restarts {names}", names=names)
    yield from _of_members([action for action in restarts if action.unit.role == "database"])
    yield from _of_proxies(actions)
    stops = [action for action in actions if isinstance(action, StopUnit)]
    if names := _named([action.name for action in stops]):
        yield tr("stops {names}", names=names)
    ending = {action.unit.role for action in restarts} | {action.unit.role for action in stops}
    if "web" in ending and "proxy" not in ending:
        yield tr("open websockets end with their instance; whether they are told why is its application's business")
    yield from _deleted([action for action in actions if isinstance(action, RemoveTree)])
    for action in actions:
        if isinstance(action, ConvergeReplicaSet):
            steps = len(action.preview)
            yield tr(
                "changes the replica set {wanted} in {steps}", wanted=action.wanted.name, steps=counted(steps, "step")
            )


def _of_proxies(actions: Sequence[Action]) -> Iterator[str]:
    reloads = [action.unit for action in actions if isinstance(action, ReloadUnit)]
    names = [unit.name for unit in reloads]
    for name in dict.fromkeys(names):
        times = names.count(name)
        yield (
            tr("reloads {name} once", name=name)
            if times == 1
            else tr("reloads {name} {times} times", name=name, times=times)
        )
    if not all(unit.spares_idle for unit in reloads):
        yield tr(
            "before 1.27.4 a reload of nginx closes connections that wait for their next request: a POST that is sent "
            "just then is lost"
        )
    if out := [action.out for action in actions if isinstance(action, Steer) and action.out]:
        most = counted(max(map(len, out)), "instance")
        yield tr("meanwhile the proxies send nothing to {most} at a time; none is reloaded for it", most=most)


def _of_members(restarts: list[StartUnit]) -> Iterator[str]:
    if not restarts:
        return
    turns = tr(", one after the other") if len(restarts) > 1 else ""
    last = tr(", the primary last") if turns else tr(", the primary")
    elects = any(action.elects for action in restarts)
    election = tr("{last}: then another one is elected", last=last) if elects else ""
    yield tr(
        "restarts {restarts}{turns}{election}",
        restarts=", ".join(action.unit.name for action in restarts),
        turns=turns,
        election=election,
    )


def _deleted(trees: list[RemoveTree]) -> Iterator[str]:
    if hosts := _named([tree.host for tree in trees if tree.what == DATABASE]):
        yield tr("DELETES the database of {hosts}", hosts=hosts)
    if hosts := _named([tree.host for tree in trees if tree.what == LOGS]):
        yield tr("DELETES the logs of {hosts}", hosts=hosts)


def _named(names: list[str]) -> str:
    """Six of them at most; empty for none."""
    return ", ".join(names[:6]) + (tr(" and {count} more", count=len(names) - 6) if len(names) > 6 else "")
