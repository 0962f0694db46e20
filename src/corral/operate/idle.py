"""`corral stop` and `corral start`: a part of the cluster is to rest, or to run again. It is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from corral import places
from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.identity import UnitId
from corral.model.only import Only
from corral.operate.apply import begin
from corral.operate.change import Change, change
from corral.operate.planning import idle_after, idling
from corral.operate.report import Changed
from corral.operate.session import Session
from corral.operate.targets import select
from corral.operate.where import Where, load
from corral.places.base import Place
from corral.runs import marks
from corral.words import counted

Verb = Literal["stop", "start"]


@dataclass(frozen=True)
class Rested:
    """`units` are those that were named; `changed` is None when the user said no."""

    units: tuple[str, ...]
    changed: Changed | None


async def rest(where: Where, verb: Verb, words: Sequence[str], yes: bool, session: Session) -> Rested:
    """Raises CorralError; what has been done until then stays done, and the next run goes on with it."""
    loaded = load(where)
    async with places.opened(loaded, places.place_of(loaded, where.on)) as place:
        return await rest_in(place, verb, words, yes, session)


async def rest_in(place: Place, verb: Verb, words: Sequence[str], yes: bool, session: Session) -> Rested:
    """The same in a place that is open already. To stop members of the database is asked about."""
    units = list(dict.fromkeys(unit for word in words for unit in select(place.cluster, word)))
    names, rests = [unit.name for unit in units], verb == "stop"
    await begin(place, verb, session)
    wanted = Change(
        verb,
        idling(names, rest=rests),
        _question(place.cluster, units) if rests else "",
        only=Only(frozenset(unit.host for unit in units)),
        yes=yes,
        converges=False,
        intends=lambda seen: {marks.IDLE: {"units": sorted(idle_after(seen, names, rest=rests))}},
    )
    return Rested(tuple(names), await change(place, wanted, session))


def _question(cluster: Cluster, units: Sequence[UnitId]) -> str:
    """Empty where no member of the database is to stop."""
    stopping = {unit.name for unit in units if unit.role == "database"}
    if not stopping:
        return ""
    voters = [member for member in cluster.database.members if member.votes]
    left = [member for member in voters if member.unit.name not in stopping]
    what = tr(
        "stop {members} of the database of {cluster}", members=counted(len(stopping), "member"), cluster=cluster.name
    )
    if len(left) > len(voters) // 2:
        return tr(
            "{what}? {left} of {total} voters stay, which is enough for writes",
            what=what,
            left=len(left),
            total=len(voters),
        )
    return tr(
        "{what}? {left} of {total} voters stay: it takes no writes until they are started again",
        what=what,
        left=len(left),
        total=len(voters),
    )
