"""Steps on the way to a script that take long: which, how long, and what is known to make them slow. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from corral.language import tr
from corral.problems import Problem
from corral.transport.ssh_trouble import Way

SLOW: Final = 3.0
"""Seconds; usually a login takes a twentieth of one, a session and sudo together a fiftieth."""
_OWN_NAME: Final = "unable to resolve host"
"""What sudo says when it doesn't find the host's own name, which it looks up first."""


@dataclass(frozen=True)
class Waits:
    """The longest that was seen of each step to one host, in seconds, and what sudo said besides."""

    login: float = 0.0
    session: float = 0.0
    sudo: float = 0.0
    said: str = ""

    @property
    def longest(self) -> float:
        return max(self.login, self.session, self.sudo)

    def joined(self, other: Waits) -> Waits:
        return replace(
            self,
            login=max(self.login, other.login),
            session=max(self.session, other.session),
            sudo=max(self.sudo, other.sudo),
            said=other.said or self.said,
        )


def slow_steps(way: Way, waits: Waits) -> tuple[Problem, ...]:
    """A warning for each step that is slow: whatever Corral does on the host waits for it each time."""
    found = []
    if waits.login > SLOW:
        found.append(_login(way, waits.login))
    if waits.session > SLOW:
        found.append(_session(way, waits.session))
    if waits.sudo > SLOW:
        found.append(_sudo(way, waits.sudo, waits.said))
    return tuple(found)


def _slow(way: Way, message: str, hint: str) -> Problem:
    return Problem("slow-host", "warning", message, hint, way.name)


def _login(way: Way, seconds: float) -> Problem:
    return _slow(
        way,
        tr("the login takes {seconds:.0f} s on {host}", seconds=seconds, host=way.name),
        tr(
            "sshd there waits for a name service: `UseDNS no` in its sshd_config; LDAP or sssd in /etc/nsswitch.conf; "
            "`{by_hand} -v true` shows where",
            by_hand=way.by_hand,
        ),
    )


def _session(way: Way, seconds: float) -> Problem:
    return _slow(
        way,
        tr("a session takes {seconds:.0f} s to begin on {host}", seconds=seconds, host=way.name),
        tr(
            "PAM (`grep session /etc/pam.d/sshd`), a home directory that is mounted, or what the shell of {user} reads "
            "(~/.bashrc, /etc/profile.d); `{by_hand} true` shows it",
            user=way.user,
            by_hand=way.by_hand,
        ),
    )


def _sudo(way: Way, seconds: float, said: str) -> Problem:
    if _OWN_NAME in said:
        return _slow(
            way,
            tr(
                "sudo takes {seconds:.0f} s on {host}: it can't resolve its own name",
                seconds=seconds,
                host=way.name,
            ),
            tr('as root there: echo "127.0.1.1 $(hostname)" >>/etc/hosts'),
        )
    return _slow(
        way,
        tr("sudo takes {seconds:.0f} s on {host}", seconds=seconds, host=way.name),
        tr(
            "it waits for a name service or for PAM: `getent hosts $(hostname)` there must answer at once (else a "
            "line in /etc/hosts); LDAP or sssd in /etc/nsswitch.conf (sudoers); /etc/pam.d/sudo"
        ),
    )
