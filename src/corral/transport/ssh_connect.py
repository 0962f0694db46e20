"""Opening one connection, and the reasons why that fails. Imports asyncssh: import it where it is used."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from typing import Any, Final

import asyncssh

from corral.errors import Unreachable
from corral.language import tr
from corral.transport import ssh_refusals, ssh_trouble
from corral.transport.known_hosts import Entry, HostKey
from corral.transport.ssh_config import Resolved
from corral.transport.ssh_keys import Agents, offer_of
from corral.transport.ssh_trouble import Tried, Way

KEEPALIVE: Final = 5.0
"""Seconds of silence after which a host is asked for a sign of life."""
KEEPALIVES: Final = 2
"""How many may stay unanswered: a cut network is noticed 15 s after the last answer."""

_UNHEARD: Final = {
    errno.ECONNREFUSED: tr("nothing listens on port {port} there"),
    errno.EHOSTUNREACH: tr("its network has no such host (no route to host)"),
    errno.ENETUNREACH: tr("no network of this machine leads there (network is unreachable)"),
    errno.ETIMEDOUT: tr("no answer on port {port}"),
}


class Watcher(asyncssh.SSHClient):
    """Gives the keys one by one, and remembers what the host shows, says and asks meanwhile."""

    def __init__(self, pairs: Sequence[asyncssh.SSHKeyPair] = ()) -> None:
        self._left = list(pairs)
        self.seen: asyncssh.SSHKey | None = None
        """A host key that is not trusted."""
        self.offering = False
        """Whether the last key that was offered has not been refused."""
        self.asks = ""
        """What the host asks for once it has taken a key."""
        self.said = ""
        """Banners, and what PAM tells of the account."""
        self.met = False
        """Whether something has taken the connection."""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.met = True

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = key
        return False

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = key
        return False

    def auth_banner_received(self, msg: str, lang: str) -> None:
        self.said += msg

    def public_key_auth_requested(self) -> list[asyncssh.SSHKeyPair] | None:
        self.offering = bool(self._left)
        return [self._left.pop(0)] if self._left else None

    def kbdint_auth_requested(self) -> None:
        self._is_asked("keyboard-interactive")

    def password_auth_requested(self) -> None:
        self._is_asked("password")

    def _is_asked(self, method: str) -> None:
        """A host that goes on to something else without refusing a key has taken it."""
        if self.offering and not self.asks:
            self.asks = method


async def connect(
    to: Resolved, agents: Agents, tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection:
    """A connection whose login is accepted, through `tunnel` when there is one. Raises Unreachable."""
    agent = await agents.keys(to.agent) if to.agent else ()
    offer = offer_of(to.keys, agent or (), to.keys_only)
    watcher = Watcher(offer.pairs)
    try:
        async with asyncio.timeout(to.timeout):
            return await asyncssh.connect(
                to.asked,
                to.way.port,
                username=to.way.user,
                tunnel=tunnel,
                client_factory=lambda: watcher,
                **_login(to),
                **to.options,
            )
    except (asyncssh.Error, OSError) as error:
        raise _failure(
            error, to, watcher, Tried(offer.names, offer.locked, to.agent if agent is None else "")
        ) from None


def _login(to: Resolved) -> dict[str, Any]:
    """Passwords and codes can't be given; that they are asked for is to be known."""
    return {
        "known_hosts": tuple(_keys(entries) for entries in _trusted(to)),
        "server_host_key_algs": to.known.algorithms(),
        "client_keys": None,
        "agent_path": None,
        "preferred_auth": "publickey,keyboard-interactive,password",
        "kbdint_auth": True,
        "password_auth": True,
        "gss_host": None,
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        "agent_forwarding": False,
        "connect_timeout": None,
        "keepalive_interval": KEEPALIVE,
        "keepalive_count_max": KEEPALIVES,
    }


def _trusted(to: Resolved) -> tuple[Sequence[Entry], ...]:
    return (*to.known.keys, *to.known.fallback), to.known.authorities, to.known.revoked


def _keys(entries: Sequence[Entry]) -> list[asyncssh.SSHKey]:
    """Those of a kind that this program can check."""
    keys = []
    for entry in entries:
        try:
            keys.append(asyncssh.import_public_key(f"{entry.key.kind} {entry.key.blob}"))
        except asyncssh.KeyImportError:
            continue
    return keys


async def ask_key(to: Resolved, tunnel: asyncssh.SSHClientConnection | None) -> HostKey:
    """The host key that it shows, trusted or not, without a login. Raises Unreachable."""
    try:
        async with asyncio.timeout(to.timeout):
            key = await asyncssh.get_server_host_key(
                to.asked,
                to.way.port,
                tunnel=tunnel,
                server_host_key_algs=to.known.algorithms(),
                config=to.options["config"],
                options=asyncssh.SSHClientConnectionOptions(client_keys=None, gss_host=None, connect_timeout=None),
            )
    except (asyncssh.Error, OSError) as error:
        raise _failure(error, to, Watcher(), Tried()) from None
    if key is None:
        raise ssh_trouble.no_answer(to.way, tr("it shows no host key"))
    return host_key(key)


def host_key(key: asyncssh.SSHKey) -> HostKey:
    kind, blob = key.export_public_key("openssh").decode().split()[:2]
    return HostKey(kind, blob)


def _failure(error: Exception, to: Resolved, watcher: Watcher, tried: Tried) -> Unreachable:
    """`error` as a message for people."""
    way = to.way
    if isinstance(error, asyncssh.ConnectionLost | ConnectionResetError | BrokenPipeError) and watcher.offering:
        return ssh_refusals.turned_away(way, watcher.said)
    if isinstance(error, OSError | asyncssh.ConnectionLost):
        return _unheard(error, to, watcher.met)
    if isinstance(error, asyncssh.ChannelOpenError):
        return _not_from_jump(way, error)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _untrusted(error, to, watcher.seen)
    if isinstance(error, asyncssh.PermissionDenied) or _ends_login(error):
        return _refused(error, to, watcher, tried)
    return _unusable(way, error, watcher.said)


def _unusable(way: Way, error: Exception, said: str) -> Unreachable:
    reason = error.reason if isinstance(error, asyncssh.DisconnectError) else str(error)
    if said:
        return ssh_refusals.turned_away(way, f"{reason}\n{said}")
    return ssh_trouble.no_answer(
        way, tr("the program on port {port} can't be used over SSH: {reason}", port=way.port, reason=reason)
    )


def _refused(error: Exception, to: Resolved, watcher: Watcher, tried: Tried) -> Unreachable:
    if watcher.asks:
        return ssh_refusals.asks_more(to.way, watcher.asks, watcher.said)
    key = to.keys[0].path if to.keys_only and to.keys else ""
    return ssh_trouble.login_refused(to.way, tried, key, watcher.said, too_many=_ends_login(error))


def _ends_login(error: Exception) -> bool:
    """sshd ends a connection after MaxAuthTries keys."""
    return isinstance(error, asyncssh.DisconnectError) and "authentication failures" in error.reason.lower()


def _untrusted(error: asyncssh.HostKeyNotVerifiable, to: Resolved, seen: asyncssh.SSHKey | None) -> Unreachable:
    if seen is not None:
        return ssh_trouble.untrusted(to.way, host_key(seen), to.known, to.listed)
    return to.way.failure(
        "host-key-revoked",
        tr("its host key is not accepted: {reason}", reason=error.reason),
        tr("don't go on before you know why"),
    )


def _not_from_jump(way: Way, error: asyncssh.ChannelOpenError) -> Unreachable:
    jump = way.through.rpartition(",")[2]
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        hint = tr(
            "its sshd_config needs AllowTcpForwarding yes, and PermitOpen for {address}:{port}",
            address=way.address,
            port=way.port,
        )
        return way.failure(
            "jump-unreachable",
            tr("{jump} forbids connections from there to other hosts ({reason})", jump=jump, reason=error.reason),
            hint,
        )
    hint = tr(
        "on {jump}: `ssh-keyscan -p {port} {address}` shows whether it can reach the host",
        jump=jump,
        port=way.port,
        address=way.address,
    )
    return way.failure(
        "unreachable",
        tr(
            "{jump} can't reach port {port} of {address} ({reason})",
            jump=jump,
            port=way.port,
            address=way.address,
            reason=error.reason,
        ),
        hint,
    )


def _unheard(error: OSError | asyncssh.ConnectionLost, to: Resolved, met: bool) -> Unreachable:
    way = to.way
    if isinstance(error, TimeoutError) and not error.errno:
        return ssh_trouble.too_slow_login(way, to.timeout) if met else ssh_trouble.too_slow(way, to.timeout)
    if isinstance(error, asyncssh.ConnectionLost | ConnectionResetError | BrokenPipeError):
        hint = tr(
            "it may block this machine, or have too many logins at once (MaxStartups); `{by_hand}` tries it",
            by_hand=way.by_hand,
        )
        return ssh_trouble.no_answer(way, tr("it closes the connection before the login"), hint)
    if isinstance(error, socket.gaierror):
        reason = tr(
            "the name {address} is not known here ({lower})",
            address=way.address,
            lower=(error.strerror or str(error)).lower(),
        )
        return ssh_trouble.no_answer(
            way, reason, tr("put its address into the cluster file, or the name into /etc/hosts")
        )
    number = _number(error)
    reason = _UNHEARD.get(number, os.strerror(number) if number else str(error)).format(port=way.port)
    refused = tr(
        "on the host: systemctl status ssh; another port is ssh.port; `{by_hand}` tries it by hand", by_hand=way.by_hand
    )
    return ssh_trouble.no_answer(way, reason, refused if number == errno.ECONNREFUSED else "")


def _number(error: OSError) -> int:
    """asyncio joins the failures of several addresses of one name in a text without a number; 0 for none."""
    return error.errno or next((number for number in _UNHEARD if f"[Errno {number}]" in str(error)), 0)
