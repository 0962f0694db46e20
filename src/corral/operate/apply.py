"""`corral apply` and `corral plan`: make a cluster match its file, or show what that would change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from corral import places
from corral.cluster_file.parse import Loaded
from corral.errors import InvalidFile
from corral.events import Began, Event, Sink, Warned
from corral.files import write_file
from corral.language import tr
from corral.operate.change import Change, change, judged
from corral.operate.planning import differences, saved
from corral.operate.refusals import Case, refuse
from corral.operate.report import Changed
from corral.operate.session import Session
from corral.operate.targets import part_named
from corral.operate.where import Where, load, source_name
from corral.places import PlaceName
from corral.places.base import Place
from corral.plan.actions import Plan
from corral.problems import Problem


@dataclass(frozen=True)
class ApplyRequest:
    """What the command line says; `only`, `without` and `forget` are its words."""

    verb: str = "apply"
    plan_file: Path | None = None
    only: Sequence[str] = ()
    without: Sequence[str] = ()
    forget: Collection[str] = ()
    yes: bool = False
    overwrite: bool = False
    asks: bool = True
    """Whether the change as a whole is asked about; `up` asks about files that were changed by hand alone."""


@dataclass(frozen=True)
class Applied:
    """None for `changed` when the user said no; `next` is what people should do next."""

    name: str
    url: str
    changed: Changed | None
    whole: bool
    next: str = ""
    unsaid_next: str = ""
    """`next`, unless an earlier run has printed it."""


async def apply(where: Where, request: ApplyRequest, session: Session) -> Applied:
    """Raises CorralError; what has been done until then stays done."""
    loaded = load(where)
    plan = _read(request.plan_file, loaded) if request.plan_file else None
    async with places.opened(loaded, _place_name(where, plan)) as place:
        return await apply_to(place, loaded, request, session, plan)


async def apply_to(
    place: Place, loaded: Loaded, request: ApplyRequest, session: Session, plan: Plan | None = None
) -> Applied:
    """The same in a place that is open already."""
    only = part_named(request.only, request.without, place.cluster)
    session.sink(Began(place.cluster.name, source_name(loaded), place.described))
    await begin(place, request.verb, session, plan)
    wanted = Change(
        request.verb,
        saved(plan) if plan else differences(only),
        question=tr("carry out {{changes}} on the hosts of {cluster}?", cluster=place.cluster.name)
        if request.asks
        else "",
        only=only,
        yes=request.yes,
        overwrite=request.overwrite,
        saved=plan is not None,
        forgotten=request.forget,
        waits=not request.asks,
    )
    changed = await change(place, wanted, session)
    cluster = place.cluster
    unsaid = place.next_words() if changed else ""
    return Applied(cluster.name, cluster.url, changed, only.everything, cluster.app.next, unsaid)


async def begin(place: Place, verb: str, session: Session, plan: Plan | None = None) -> None:
    """What every verb that plans begins with: the file is judged, and missing secrets are made. Raises CorralError."""
    findings = tuple(place.judge_file())
    refuse("file", Case(verb, place, findings))
    await place.prepare()
    await _complete(place, session.sink)
    if plan is not None:
        refuse("saved", Case(verb, place, plan=plan))
    place.begin()
    settled = place.traits.settles
    session.sink(Warned(tuple(each for each in findings if each.severity == "warning" and each.code not in settled)))


async def _complete(place: Place, sink: Sink) -> None:
    """In a thread: another run that makes secrets just now is waited for."""
    said: list[Event] = []
    await asyncio.to_thread(place.secret_store.complete, said.append)
    for event in said:
        sink(event)


async def plan(where: Where, only: Sequence[str], session: Session, without: Sequence[str] = ()) -> Plan:
    """What `apply` would change, without changing it. The first time, the secrets are made. Raises CorralError."""
    loaded = load(where)
    async with places.opened(loaded, where.on or "hosts") as place:
        return await plan_of(place, only, session, without=without)


async def plan_of(
    place: Place, only: Sequence[str], session: Session, verb: str = "plan", without: Sequence[str] = ()
) -> Plan:
    """The same for a place that is open already."""
    part = part_named(only, without, place.cluster)
    await begin(place, verb, session)
    await place.settle()
    await place.choose(session.sink)
    seen = await place.observe(session.sink)
    wanted = Change(verb, differences(part), only=part)
    return judged(place, wanted, seen, session).plan


def save(plan: Plan, path: Path) -> None:
    """Raises OSError. The plan holds no secret, but names, addresses and configuration: it is its owner's."""
    write_file(path, (json.dumps(plan.to_json(), indent=1) + "\n").encode(), 0o600)


def _place_name(where: Where, plan: Plan | None) -> PlaceName:
    """Raises InvalidFile for a plan that was made for another place than the one that is asked for."""
    made_for: PlaceName | None = None if plan is None else ("playground" if plan.place == "playground" else "hosts")
    if plan is not None and where.on is not None and made_for != where.on:
        message = tr("the plan was made for the {made_for}, but --on says {on}", made_for=made_for, on=where.on)
        raise InvalidFile(Problem("other-place", "error", message, f"corral apply --on {made_for} PLAN"))
    return where.on or made_for or "hosts"


def _read(path: Path, loaded: Loaded) -> Plan:
    """Raises InvalidFile for a file that is not a plan, or is a plan for another cluster."""
    hint = tr("corral plan --out FILE saves one")
    try:
        plan = Plan.from_json(json.loads(path.read_text()))
    except (OSError, ValueError, ValidationError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError)
            else tr("it is not a plan that this version of Corral can read")
        )
        raise InvalidFile(
            Problem("no-plan", "error", tr("{path} can't be used: {reason}", path=path, reason=reason), hint, str(path))
        ) from error
    if plan.cluster != loaded.spec.name:
        message = tr(
            "{path} is a plan for the cluster {cluster}, but the cluster file is for {spec}",
            path=path,
            cluster=plan.cluster,
            spec=loaded.spec.name,
        )
        hint = tr(
            "name the file of {cluster} by -f, or make a plan of this one: {hint}", cluster=plan.cluster, hint=hint
        )
        raise InvalidFile(Problem("other-cluster", "error", message, hint, str(path)))
    return plan
