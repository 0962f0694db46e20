"""What refuses a change: one table. It says for each refusal at which stage it is asked, and for which verbs.

A refusal raises CorralError with all that it found. Nothing has been changed by then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from corral.desired.database import KEY, replica_set
from corral.errors import ChangeFailed, InvalidFile, StalePlan, Unreachable
from corral.language import tr
from corral.model.only import Only, hosts_of
from corral.model.resources import Observed
from corral.nearest import hint
from corral.operate.planning import refuse_stuck
from corral.places.archives import wrong_archives
from corral.places.base import Observation, Place
from corral.plan.actions import Plan, StartUnit, WriteFile
from corral.plan.basis import changed_since
from corral.plan.member_restarts import refusal_of_restarts
from corral.plan.obstacles import in_the_way
from corral.plan.replica_set_unread import unread_members
from corral.problems import Problem, errors_in
from corral.secrets import recognised, reference, unknown_names
from corral.vault.file import secrets_lost

Stage = Literal["file", "saved", "seen", "plan", "locked"]
"""`file`: before anything is asked. `saved`: for a saved plan, once the values of its references are known. `seen`:
once the hosts were observed. `plan`: after the plan was made. `locked`: after a second observation, under the lock."""

_UNANSWERED: Final = "H13"
"""The code of the rules on what a host could not be asked."""


@dataclass(frozen=True)
class Case:
    """What a refusal judges. `plan` is set from the stage `plan` on, a saved one before. `findings` are about the file
    first, then about the machines. At the stage `locked`, `seen` is what was observed under the lock."""

    verb: str
    place: Place
    findings: tuple[Problem, ...] = ()
    only: Only = field(default_factory=Only)
    seen: Observation = field(default_factory=lambda: Observation(Observed()))
    overwrites: bool = False
    """Whether files that were changed by hand may be overwritten, or somebody is asked about each."""
    plan: Plan = field(default_factory=lambda: Plan("", ()))
    forgotten: Collection[str] = ()
    """Hosts that the user says are gone for good."""


@dataclass(frozen=True)
class Refusal:
    name: str
    stage: Stage
    verbs: frozenset[str]
    judge: Callable[[Case], None]


def _file(case: Case) -> None:
    if errors_in(case.findings):
        raise InvalidFile(case.findings)


def _nothing_kept(case: Case) -> None:
    if nothing := case.place.nothing_kept():
        raise ChangeFailed(
            Problem("not-running", "error", nothing, tr("{mend} starts the cluster", mend=case.place.traits.mend))
        )


def _unreachable(case: Case) -> None:
    needed = hosts_of(case.only, case.place.cluster)
    missing = {host: problem for host, problem in case.seen.silent.items() if host in needed}
    if missing:
        raise Unreachable(_offered(case, missing))


def _offered(case: Case, missing: Mapping[str, Problem]) -> list[Problem]:
    """The problems of hosts that can't be asked, by host, with the way to go on without these."""
    if case.verb not in _LEAVING_OUT:
        return list(missing.values())
    words = " ".join(f"--without {host}" for host in missing)
    way = tr("`corral {verb} {words}` carries out the rest", verb=case.verb, words=words)
    return [replace(each, hint=_or(each.hint, way)) for each in missing.values()]


def _unread_set(case: Case) -> None:
    """What would be planned for a set that nobody can read: that it is made, on data that are there."""
    cluster = case.place.cluster
    needed = hosts_of(case.only, cluster)
    hosts = {member.name: member.host.name for member in cluster.database.members if member.host.name in needed}
    unread = list(unread_members(replica_set(cluster.database), case.seen.observed.replica_set, hosts))
    where = [Problem("set-unreadable", "error", each.message, each.hint, hosts.get(each.name, "")) for each in unread]
    if members := {each.where: each for each in where if each.where}:
        raise Unreachable(_offered(case, members))
    if where and hosts:
        raise ChangeFailed(where)


def _or(hint: str, way: str) -> str:
    return tr("{hint}; or {way}", hint=hint, way=way) if hint else way


def _left_out(case: Case) -> None:
    """What can't be done safely while hosts are left out of the plan."""
    without = case.only.without
    if not without:
        return
    cluster = case.place.cluster
    starts = [action for action in case.plan.actions() if isinstance(action, StartUnit)]
    disturbed = [each.unit.name for each in starts if each.unit.role == "web" and each.restart]
    if disturbed and {host.name for host in cluster.proxy.hosts} <= without:
        message = tr(
            "{disturbed} can't be restarted while no proxy can be told to send it nothing: all are left out",
            disturbed=disturbed[0],
        )
        advice = tr(
            "apply a part that restarts no instance (`--only`), or bring {hosts} back first",
            hosts=cluster.proxy.hosts[0].name,
        )
        raise ChangeFailed(Problem("proxies-left-out", "error", message, advice, disturbed[0]))
    known = {unit.name for unit in case.seen.observed.units}
    moved = [each.unit.name for each in starts if each.unit.role == "worker" and each.unit.name not in known]
    hidden = {name for name, machine in case.seen.machines.items() if machine.docker.unseen}
    unseen = sorted(without & (case.seen.silent.keys() | hidden))
    if moved and unseen:
        message = tr(
            "{moved} can't be started: a worker may still run on {unseen}, which can't be asked",
            moved=moved[0],
            unseen=unseen[0],
        )
        advice = tr(
            "two workers would do every job twice: bring {unseen} back first, or leave the workers as they are",
            unseen=unseen[0],
        )
        raise ChangeFailed(Problem("worker-left-out", "error", message, advice, moved[0]))


def _forgotten(case: Case) -> None:
    """A word that was mistyped would be taken for a host that is gone; with --only nothing is forgotten."""
    known = [host.name for host in case.seen.departed]
    for name in case.forgotten:
        if name in case.place.cluster.host_by_name:
            message = tr("--forget {name}: it is a host of the cluster file", name=name)
            raise InvalidFile(Problem("unknown-target", "error", message, tr("take it out of the file first")))
        if known and name not in known:
            message = tr("--forget {name!r} is not a host that has left the cluster file", name=name)
            raise InvalidFile(Problem("unknown-target", "error", message, hint(name, known)))
    if case.forgotten and not case.only.everything:
        message = tr("--forget and --only don't go together: a host is forgotten when the whole file is carried out")
        raise InvalidFile(Problem("bad-value", "error", message, tr("leave out one of them")))


def _lost_secrets(case: Case) -> None:
    """The cluster runs already, with other secrets than those that are here. Secrets made just now are removed again.

    If one key file fits and another one doesn't, the secrets are right: somebody has changed that file by hand.
    """
    keys = [file for file in case.seen.observed.files if file.path.endswith("/keyfile")]
    if not keys or any(recognised(file.content, KEY, case.place.secrets) == KEY for file in keys):
        return
    fresh = case.place.secret_store.take_back()
    raise secrets_lost(case.place.secret_store.path, keys[0].host, taken_back=fresh)


def _findings(case: Case) -> None:
    """What refuses comes first. What a host that is left out could not be asked is not needed."""
    without = case.only.without
    findings = [each for each in case.findings if each.code != _UNANSWERED or each.where not in without]
    if errors_in(findings):
        raise ChangeFailed(sorted(findings, key=lambda each: each.severity != "error"))


def _unanswered(case: Case) -> None:
    """What can't be seen there would go on running, and nobody would know of it."""
    needed = hosts_of(case.only, case.place.cluster)
    missing = [each for each in errors_in(case.findings) if each.code == _UNANSWERED and each.where in needed]
    if missing:
        raise ChangeFailed(missing)


def _rootless(case: Case) -> None:
    """The only finding that would stop a removal halfway: the account can't become root."""
    if rootless := [finding for finding in case.findings if finding.code == "H01"]:
        raise ChangeFailed(rootless)


def _other_bytes(case: Case) -> None:
    if problems := wrong_archives(case.plan):
        raise InvalidFile(problems)


def _lost_majority(case: Case) -> None:
    """Asked of the plan that is to be carried out: with --only it may leave out the start of a missing member."""
    refuse_stuck(refusal_of_restarts(case.plan, case.seen.observed.replica_set))


def _unknown_values(case: Case) -> None:
    """A saved plan writes or sends values that are no longer known, since their references have left the file.

    This is asked before any host is: in the middle of a run it would be too late.
    """
    actions = list(case.plan.actions())
    texts = [action.file.content for action in actions if isinstance(action, WriteFile)]
    texts += [text for action in actions if isinstance(action, StartUnit) for _, text in action.gate.headers]
    names = dict.fromkeys(name for text in texts for name in unknown_names(text, case.place.secrets))
    if names:
        missing = ", ".join(map(reference, names))
        message = tr("the saved plan needs {missing}, which the cluster file no longer refers to", missing=missing)
        again = f"corral plan --on {case.place.traits.name} --out FILE"
        advice = tr("nothing was changed; `{again}` makes a plan of the present file", again=again)
        raise StalePlan(Problem("stale-plan", "error", message, advice))


def _in_the_way(case: Case) -> None:
    if problems := in_the_way(case.plan, case.seen.observed):
        raise ChangeFailed(problems)


def _drift(case: Case) -> None:
    if case.overwrites:
        return
    advice = {
        "up": tr("move the change into the cluster file, or add --overwrite; on a terminal you are asked"),
        "restart": tr("`{mend}` asks about it; without --yes you are asked here, too", mend=case.place.traits.mend),
    }.get(case.verb, tr("move the change into the cluster file, or add --overwrite; without --yes you are asked"))
    overwritten = [(each.host, each.file.path) for each in case.plan.drift()]
    if problems := [_by_hand(host, path, advice) for host, path in (*overwritten, *case.plan.by_hand)]:
        raise ChangeFailed(problems)


def _by_hand(host: str, path: str, advice: str) -> Problem:
    return Problem(
        "drift", "error", tr("{path} was changed by hand, so this run changes nothing", path=path), advice, host
    )


def _stale(case: Case) -> None:
    if changed := changed_since(case.plan, case.seen.observed):
        message = tr("the plan is out of date: {changed} changed since it was made", changed=", ".join(changed))
        advice = tr(
            "nothing was changed; `corral plan --on {traits}` shows what would change now",
            traits=case.place.traits.name,
        )
        raise StalePlan([Problem("stale-plan", "error", message, advice, name) for name in changed[:1]])


_LEAVING_OUT: Final = frozenset(("plan", "apply"))
_CONVERGING: Final = frozenset(("plan", "apply", "up"))
_STARTING: Final = _CONVERGING | {"restart"}
_BEGINNING: Final = _STARTING | {"start"}
_CHANGING: Final = frozenset(("apply", "up", "restart", "start", "stop", "destroy"))
_WRITING: Final = (_CHANGING | {"plan"}) - {"restart"}

REFUSALS: Final = (
    Refusal("file", "file", _BEGINNING, _file),
    Refusal("nothing kept", "file", frozenset(("restart", "start", "stop")), _nothing_kept),
    Refusal("unknown values", "saved", frozenset(("apply", "up")), _unknown_values),
    Refusal("unreachable", "seen", _BEGINNING | {"stop", "destroy"}, _unreachable),
    Refusal("forgotten", "seen", frozenset(("apply",)), _forgotten),
    Refusal("lost secrets", "seen", _BEGINNING | {"stop"}, _lost_secrets),
    Refusal("findings", "seen", _BEGINNING, _findings),
    Refusal("unread set", "seen", _BEGINNING, _unread_set),
    Refusal("unanswered", "seen", frozenset(("stop", "destroy")), _unanswered),
    Refusal("rootless", "seen", frozenset(("destroy",)), _rootless),
    Refusal("left out", "plan", _LEAVING_OUT, _left_out),
    Refusal("other bytes", "plan", _STARTING, _other_bytes),
    Refusal("lost majority", "plan", _STARTING, _lost_majority),
    Refusal("in the way", "plan", _WRITING, _in_the_way),
    Refusal("drift", "plan", frozenset(("apply", "up", "restart")), _drift),
    Refusal("stale", "locked", _CHANGING, _stale),
)
"""In the order in which they are asked: a cause before its consequences. Lost secrets don't refuse `destroy`."""


def refuse(stage: Stage, case: Case) -> None:
    """Raises CorralError."""
    for refusal in REFUSALS:
        if refusal.stage == stage and case.verb in refusal.verbs:
            refusal.judge(case)
