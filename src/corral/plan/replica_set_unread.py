"""A replica set that can't be read is never planned as a new one: what refuses the plan, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from corral.language import tr
from corral.model.resources import FoundReplicaSet, ReplicaSet


@dataclass(frozen=True)
class UnreadMember:
    """`name` is empty where it is the whole set."""

    name: str
    message: str
    hint: str = ""


def unread_members(wanted: ReplicaSet, found: FoundReplicaSet, needed: Collection[str]) -> Iterator[UnreadMember]:
    """The members `needed` of which nothing is known, though a plan would have to know it.

    One that is not reached has to be reached by the run as well; one that answers nothing right counts while nobody
    else says that there is a set.
    """
    for fact in found.facts:
        reached_by_the_run = fact.unread == "way" or (fact.unread == "answer" and not found.name)
        if fact.name in needed and reached_by_the_run:
            yield _not_asked(wanted.name, fact.name, fact.detail, known=bool(found.name))
    if found.name and found.detail and not found.primary and not found.members:
        message = tr("replica set {name} is there and can't be read: {detail}", name=found.name, detail=found.detail)
        hint = tr("put back the secrets file that these data were made with, or wait for a primary and look again")
        yield UnreadMember("", message, hint)


def _not_asked(name: str, member: str, detail: str, *, known: bool) -> UnreadMember:
    if known:
        message = tr("{member} of replica set {name} can't be asked: {detail}", member=member, name=name, detail=detail)
    else:
        message = tr(
            "whether replica set {name} is there already is not known, since {member} can't be asked: {detail}",
            name=name,
            member=member,
            detail=detail,
        )
    return UnreadMember(member, message)
