"""Failures on the way to a host: each message has the address, what was tried, and what helps. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from corral.errors import Unreachable
from corral.language import tr
from corral.problems import Problem
from corral.transport.known_hosts import HostKey, Known
from corral.transport.ssh_settings import DEFAULT_PORT
from corral.words import aside, clauses, either, named

SHOWN: Final = 400
"""Characters of what a host said that are shown."""


@dataclass(frozen=True)
class Way:
    """The host that a connection goes to, for messages.

    `name` is its name in the cluster file, or the jump host's text.
    """

    name: str
    address: str
    user: str
    port: int
    through: str = ""

    @property
    def who(self) -> str:
        return self.name if self.name == self.address else f"{self.name}{aside(self.address)}"

    @property
    def by_hand(self) -> str:
        """The ssh command that does the same."""
        port = ["-p", str(self.port)] if self.port != DEFAULT_PORT else []
        jump = ["-J", self.through] if self.through else []
        return shlex.join(["ssh", *port, *jump, "-l", self.user, self.address])

    def failure(self, code: str, message: str, hint: str = "") -> Unreachable:
        via = tr(", through {through}", through=self.through) if self.through else ""
        return Unreachable(Problem(code, "error", named(f"{self.who}{via}", message), hint, self.name))


def no_answer(way: Way, reason: str, hint: str = "") -> Unreachable:
    return way.failure(
        "unreachable",
        reason,
        hint or tr("is the host up, and its address right? `{by_hand}` tries it by hand", by_hand=way.by_hand),
    )


def too_slow(way: Way, seconds: float) -> Unreachable:
    message = tr("no answer on port {port} within {seconds:g} s", port=way.port, seconds=seconds)
    hint = tr(
        "is the host up, its address right, and no firewall between? `{by_hand}` tries it; ssh.timeout "
        "gives it more time",
        by_hand=way.by_hand,
    )
    return no_answer(way, message, hint)


def too_slow_login(way: Way, seconds: float) -> Unreachable:
    message = tr(
        "it takes the connection on port {port}, but the login is not done within {seconds:g} s",
        port=way.port,
        seconds=seconds,
    )
    hint = tr(
        "sshd there hangs, or waits for a name service (UseDNS no in sshd_config; LDAP, sssd): `{by_hand} -v true` "
        "shows where; ssh.timeout gives it more time",
        by_hand=way.by_hand,
    )
    return no_answer(way, message, hint)


def untrusted(way: Way, seen: HostKey, known: Known, listed: str) -> Unreachable:
    """The host shows a key that is not recorded for it. `listed` is its name in known_hosts files."""
    state = known.state(seen)
    shown = tr("its {kind} host key is {fingerprint}", kind=seen.kind, fingerprint=seen.fingerprint)
    check = tr(
        "on its own console, `ssh-keygen -lf /etc/ssh/ssh_host_{short}_key.pub` shows the true one",
        short=_short(seen.kind),
    )
    if state == "revoked":
        where = next(entry.where for entry in known.revoked if entry.key == seen)
        return way.failure(
            "host-key-revoked",
            tr("{shown}, which {where} revokes", shown=shown, where=where),
            tr("don't go on before you know why"),
        )
    if state == "changed":
        expected = either(f"{entry.key.kind} {entry.key.fingerprint} ({entry.where})" for entry in known.keys)
        message = tr(
            "{shown}, but {expected} was expected: the host was installed again, or another machine answers there",
            shown=shown,
            expected=expected,
        )
        return way.failure(
            "host-key-changed",
            message,
            tr("{check}; if it is this key: corral trust --replace {way}", check=check, way=way.name),
        )
    message = tr("{shown}, and no known_hosts file has a key of {listed}", shown=shown, listed=listed)
    return way.failure("unknown-host-key", message, tr("corral trust shows and records it; {check}", check=check))


@dataclass(frozen=True)
class Tried:
    """What a login had to offer."""

    keys: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    """Files of keys that need a passphrase."""
    silent_agent: str = ""
    """The socket of an agent that doesn't answer."""

    @property
    def summary(self) -> str:
        parts = [tr("tried: {keys}", keys=", ".join(self.keys))] if self.keys else []
        parts += [tr("{file} needs a passphrase, and no agent holds it", file=file) for file in self.locked]
        parts += [tr("no agent answers at {silent_agent}", silent_agent=self.silent_agent)] if self.silent_agent else []
        return clauses(parts) or tr("there was no key to try: no file in ~/.ssh, none in an agent")


def in_one_line(said: str) -> str:
    """The first lines of what a host said."""
    return " / ".join(line.strip() for line in said.strip()[:SHOWN].splitlines() if line.strip())


def with_words(message: str, said: str) -> str:
    """`message`, and what the host said besides."""
    return tr("{message}; it says: {said}", message=message, said=in_one_line(said)) if said.strip() else message


def login_refused(way: Way, tried: Tried, key: str = "", said: str = "", too_many: bool = False) -> Unreachable:
    """`key` is the file of the one that the cluster file demands; `said` is what the host says to whoever comes."""
    if too_many:
        message = tr(
            "it accepts no more keys for {user}: the login ended before the right one; {summary}",
            user=way.user,
            summary=tried.summary,
        )
        message = with_words(message, said)
        return way.failure("login-refused", message, tr("name the right key by ssh.key in the cluster file"))
    message = tr("it doesn't let {user} log in with a key; {summary}", user=way.user, summary=tried.summary)
    message = with_words(message, said)
    if tried.locked:
        hint = tr(
            "`ssh-add {locked}` gives it to the agent; `{by_hand}` tries it by hand",
            locked=shlex.quote(tried.locked[0]),
            by_hand=way.by_hand,
        )
        return way.failure("login-refused", message, hint)
    copy = f"ssh-copy-id{f' -i {shlex.quote(key)}.pub' if key else ''} {_to(way)}"
    return way.failure(
        "login-refused",
        message,
        tr(
            "`{by_hand}` shows the same; `{copy}` puts a key there; if it is there, the host's log tells why it isn't "
            "taken: `journalctl -u ssh -u sshd -n 20` (AllowUsers, a locked account, a shell that isn't there, the "
            "mode of ~/.ssh)",
            by_hand=way.by_hand,
            copy=copy,
        ),
    )


def _to(way: Way) -> str:
    port = f"-p {way.port} " if way.port != DEFAULT_PORT else ""
    return f"{port}{shlex.quote(f'{way.user}@{way.address}')}"


def _short(kind: str) -> str:
    return {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"}.get(kind, "ecdsa" if kind.startswith("ecdsa") else "*")


def attachment_lost(way: Way, reason: str) -> Unreachable:
    """Of a command that somebody else has chosen: whether it may be run again isn't known here."""
    because = aside(reason)
    message = tr(
        "the connection was cut{because} while the command ran, so its exit code is not known", because=because
    )
    return way.failure("connection-lost", message, tr("look at what it has done before you run it again"))


def connection_lost(way: Way, what: str, reason: str = "") -> Unreachable:
    because = aside(reason)
    message = tr(
        "the connection was cut{because} while {what}, so it is not known whether that was finished",
        because=because,
        what=what,
    )
    hint = tr("run the same command again: it checks what is there and goes on from that")
    return way.failure("connection-lost", message, hint)
