"""`corral database shell`: MongoDB's own shell, signed in, from this machine or from a database host."""

from __future__ import annotations

import asyncio
import secrets as random_source
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corral.errors import ChangeFailed, InvalidFile, Unreachable
from corral.events import Note
from corral.language import tr
from corral.model.cluster import Member
from corral.model.connection import shell_url
from corral.model.database_users import ADMIN, APPLICATION, MONITOR, OPERATOR
from corral.mongo.clients import Connections
from corral.mongo.greeting import Greeting, greet
from corral.nearest import hint
from corral.operate.session import Session
from corral.operate.where import Where, opened
from corral.places.base import Place
from corral.problems import Problem
from corral.secrets import resolve
from corral.transport.terminal import attach_here
from corral.units import mongo_shell
from corral.words import clauses, either, named

USERS = (APPLICATION, OPERATOR, ADMIN, MONITOR)
"""The first is the one by default."""
_MAY = {
    APPLICATION: tr("reads and writes {database}; no other user of Corral's may read it"),
    OPERATOR: tr("changes the replica set; it can't read {database}"),
    ADMIN: tr("makes and mends users; it can't read {database}"),
    MONITOR: tr("sees the state of the set, and reads local; it can't read {database}"),
}


@dataclass(frozen=True)
class _To:
    """Whom to sign in to: `primary`, or else whoever answers; `direct` is where it is reached from here, empty where
    all members are reached as they reach each other. `unasked` is the primary where it can't be asked from here."""

    member: Member
    primary: bool
    direct: str
    unasked: str = ""


async def shell(where: Where, user: str, session: Session) -> int:
    """The shell's exit code. Raises CorralError; Unreachable where no member answers, or there is no shell."""
    if user not in USERS:
        message = tr("{user!r} is no user that Corral makes in MongoDB", user=user)
        raise InvalidFile(Problem("unknown-user", "error", message, hint(user, USERS)))
    async with opened(where) as place:
        if user not in place.secrets:
            raise ChangeFailed(_no_password(user, place))
        to = await _to(place)
        if program := next(filter(None, map(shutil.which, mongo_shell.PROGRAMS)), None):
            session.sink(Note(_said(place, to, user, tr("this machine"))))
            return await _from_here(place, to, user, program, session)
        host, program = await _found(place, to.member.host.name)
        session.sink(Note(_said(place, to, user, host)))
        return await _from_host(place, to, user, (host, program), session)


async def _to(place: Place) -> _To:
    """The primary; without one the first that answers, for a look. Raises Unreachable."""
    data = [member for member in place.cluster.database.members if not member.arbiter]
    connections = Connections(place.secrets, place)
    greetings = await asyncio.gather(*(greet(connections, member.name) for member in data))
    answered = [each for each in zip(data, greetings, strict=True) if each[1].answered]
    if not answered:
        raise Unreachable(_silent(place, greetings))
    member, greeting = min(answered, key=lambda each: each[1].role != "PRIMARY")
    primary = greeting.role == "PRIMARY"
    direct = await _direct(place, member, alone=not primary or len(answered) < len(data))
    return _To(member, primary, direct, "" if primary else greeting.primary)


async def _direct(place: Place, member: Member, *, alone: bool) -> str:
    """Empty where this machine reaches the set as its members do, and `alone` doesn't ask for the one."""
    here = await place.reach(member.endpoint, "local")
    return here.netloc if alone or here != member.endpoint else ""


async def _from_here(place: Place, to: _To, user: str, program: str, session: Session) -> int:
    url = resolve(shell_url(place.cluster.database, user, to.direct), place.secrets)
    with tempfile.TemporaryDirectory(prefix="corral-shell-") as directory:
        path = Path(directory) / "sign-in.js"
        path.touch(0o600)
        path.write_text(mongo_shell.sign_in(str(path), url))
        return await attach_here(mongo_shell.arguments(program, str(path)), session.signals)


async def _from_host(place: Place, to: _To, user: str, found: tuple[str, str], session: Session) -> int:
    """Hosts reach each other: the whole set is named, unless it has no primary."""
    host, program = found
    direct = "" if to.primary else to.member.name
    url = resolve(shell_url(place.cluster.database, user, direct), place.secrets)
    directory = f"/tmp/corral-shell-{random_source.token_hex(8)}"  # noqa: S108 # made by the host, for root alone
    path = f"{directory}/sign-in.js"
    try:
        done = await place.run(host, mongo_shell.putting(directory, path, mongo_shell.sign_in(path, url)))
        if done.code:
            message = tr(
                "{host}: the shell's file can't be written: {error_without}",
                host=host,
                error_without=done.error_without(place.secrets),
            )
            raise ChangeFailed(
                Problem("shell-file", "error", message, tr("mend that, then run the same command again"), host)
            )
        script = mongo_shell.running(directory, mongo_shell.arguments(program, path))
        return await place.attach(host, script, session.signals)
    finally:
        with suppress(Unreachable):
            await place.run(host, mongo_shell.removing(directory))


async def _found(place: Place, first: str) -> tuple[str, str]:
    """A database host that has a shell, and that shell. Raises Unreachable where there is none."""
    names = [member.host.name for member in place.cluster.database.members]
    for host in sorted(names, key=lambda name: name != first):
        with suppress(Unreachable):  # another host may have one
            done = await place.run(host, mongo_shell.asking())
            if done.code == 0:
                return host, done.text.strip()
    hint = tr(
        "one is enough: where mongod came from MongoDB's own packages, `apt-get install mongodb-mongosh` "
        "on that host; on this machine `npm install --global mongosh`"
    )
    message = tr("neither this machine nor a database host has {programs}", programs=either(mongo_shell.PROGRAMS))
    raise Unreachable(Problem("no-mongo-shell", "error", message, hint))


def _said(place: Place, to: _To, user: str, where: str) -> str:
    database = place.cluster.database
    role = tr("the primary") if to.primary else tr("no primary: it takes no writes")
    if to.unasked:
        role = tr("it takes no writes: the primary is {primary}, which can't be asked from here", primary=to.unasked)
    may = _MAY[user].format(database=database.name)
    return tr(
        "from {where}, signed in to {replica_set} at {member} ({role}) as {user}, who {may}",
        where=where,
        replica_set=database.replica_set,
        member=to.member.name,
        role=role,
        user=user,
        may=may,
    )


def _no_password(user: str, place: Place) -> Problem:
    message = tr("there is no password of {user} on this machine", user=user)
    hint = tr(
        "`{mend}` makes it where nothing was ever started; docs/secrets.md says where else to look",
        mend=place.traits.mend,
    )
    return Problem("no-password", "error", message, hint)


def _silent(place: Place, greetings: list[Greeting]) -> Problem:
    reasons = clauses(named(each.member, each.detail) for each in greetings)
    hint = tr(
        "`corral status --on {traits}` shows what runs; `{mend}` starts it",
        traits=place.traits.name,
        mend=place.traits.mend,
    )
    return Problem(
        "database-silent", "error", tr("no member of the replica set answers: {reasons}", reasons=reasons), hint
    )
