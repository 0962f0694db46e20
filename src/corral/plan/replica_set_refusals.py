"""Where the state machine stops and asks a person, because going on could cost data."""

from __future__ import annotations

from typing import Final

from corral.language import tr
from corral.plan.replica_set_steps import Decision, Stuck
from corral.plan.replica_set_view import View, listed

OTHER_SET: Final = "OTHER_SET"
"""The state that observe gives a member whose configuration is that of another replica set."""

FOREIGN: Final = frozenset({"UNKNOWN", "REMOVED"})
"""States of members that hold data and aren't in the set: `REMOVED`, or they refuse the operator."""

_PURGE = tr("move its data directory away if nobody needs it, then run the same command again")


def refusal(view: View) -> Decision | None:
    return (
        _unelectable(view)
        or _other_set(view)
        or _other_name(view)
        or _nobody_in_common(view)
        or _primary_left(view)
        or _foreign_data(view)
        or _other_kind(view)
    )


def _stuck(code: str, sentence: str, hint: str) -> Decision:
    return Decision(Stuck(code, hint), sentence)


def _unelectable(view: View) -> Decision | None:
    if any(map(view.electable, view.goal)):
        return None
    sentence = tr(
        "no member of replica set {wanted} could ever be primary: each has priority 0 or no vote",
        wanted=view.wanted.name,
    )
    return _stuck("no-electable-member", sentence, tr("give one member in the file a priority above 0"))


def _other_set(view: View) -> Decision | None:
    names = [name for name in view.goal if view.state(name) == OTHER_SET]
    if not names:
        return None
    details = {facts.name: facts.detail for facts in view.found.facts}
    said = listed(f"{name} ({details[name]})" for name in names)
    return _stuck("other-set", tr("{said} belongs to another replica set, with data of its own", said=said), _PURGE)


def _other_name(view: View) -> Decision | None:
    found, wanted = view.found.name, view.wanted.name
    if found in {"", wanted}:
        return None
    sentence = tr(
        "the members hold replica set {found}, and the file says {wanted}; a set can't be renamed",
        found=found,
        wanted=wanted,
    )
    return _stuck("wrong-set-name", sentence, tr("write replica_set: {found} in the file", found=found))


def _nobody_in_common(view: View) -> Decision | None:
    if not view.roster or view.roster.keys() & view.goal.keys():
        return None
    sentence = tr(
        "replica set {found} consists of {roster}, and the file names {goal}: not one member is the same",
        found=view.found.name,
        roster=listed(view.roster),
        goal=listed(view.goal),
    )
    hint = tr("did the hosts' addresses change? Give them their old ones, or move one member at a time")
    return _stuck("no-common-member", sentence, hint)


def _primary_left(view: View) -> Decision | None:
    """Only the primary can change the set, even to leave it; and this one can't be reached."""
    left = view.found.left
    if not left:
        return None
    sentence = tr(
        "{left} is the primary of replica set {wanted}, and its host is not in the cluster file",
        left=left,
        wanted=view.wanted.name,
    )
    hint = tr(
        "put its host back below `hosts`, but not into `database.members`: then the next `corral apply` "
        "(in the playground `corral up`) has another member elected and removes this one from the set; "
        "after that its host can leave the file too"
    )
    return _stuck("primary-left", sentence, hint)


def _foreign_data(view: View) -> Decision | None:
    """Data that belong to no configuration that was found."""
    strange = [n for n in view.goal if view.state(n) in FOREIGN and not (view.found.name and _known(view, n))]
    if not strange:
        return None
    sentence = tr(
        "{strange} holds data that the set knows nothing of, and refuses the user operator", strange=listed(strange)
    )
    hint = tr("put back the secrets file that the data were made with; or {purge}", purge=_PURGE)
    return _stuck("unknown-data", sentence, hint)


def _known(view: View, name: str) -> bool:
    """A removed member may come back; one that refuses the operator must be in the set."""
    return view.state(name) == "REMOVED" or name in view.roster


def _other_kind(view: View) -> Decision | None:
    for name, member in view.goal.items():
        if name in view.roster and view.roster[name].arbiter != member.arbiter:
            kinds = (tr("a member with data"), tr("an arbiter"))
            was, becomes = kinds if member.arbiter else reversed(kinds)
            sentence = tr(
                "{name} is in the set as {was} and can't become {becomes}", name=name, was=was, becomes=becomes
            )
            return _stuck("other-kind", sentence, tr("take it out of the file, apply that, then add it again"))
    return None
