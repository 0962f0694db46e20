"""Host keys in OpenSSH's known_hosts format: which are trusted for a host, and how one is recorded. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from corral.transport.ssh_settings import DEFAULT_PORT

KeyState = Literal["known", "new", "changed", "revoked"]

_KINDS: Final = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
"""Kinds of host keys, the preferred one first. A kind is also the first word of a key."""
_RSA: Final = ("rsa-sha2-512", "rsa-sha2-256")
"""How a host signs with its RSA key: ssh-rsa as a signature is SHA-1, which nobody should trust any more."""


@dataclass(frozen=True)
class HostKey:
    kind: str
    blob: str
    """In base64, as it stands in files."""

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen shows it, such as `SHA256:9kZ…`."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


@dataclass(frozen=True)
class Entry:
    """One line of a known_hosts file. `marker` is empty, `cert-authority` or `revoked`; `where` is file:line."""

    patterns: str
    key: HostKey
    marker: str = ""
    where: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of one host. `fallback` stands under its name without the port: good for a match, no evidence."""

    keys: tuple[Entry, ...] = ()
    fallback: tuple[Entry, ...] = ()
    authorities: tuple[Entry, ...] = ()
    revoked: tuple[Entry, ...] = ()

    def state(self, key: HostKey) -> KeyState:
        """What `key` is to a host of which this is known."""
        if any(entry.key == key for entry in self.revoked):
            return "revoked"
        if any(entry.key == key for entry in (*self.keys, *self.fallback)):
            return "known"
        return "changed" if self.keys else "new"

    def algorithms(self) -> list[str]:
        """Signatures to ask the host for, in order: a key that is known is asked for before any other kind.

        The other kinds follow, so that a host whose key of the known kind is gone shows what it has instead.
        """
        known = [entry.key.kind for entry in (*self.keys, *self.fallback)]
        kinds = dict.fromkeys(kind for kind in (*known, *_KINDS) if kind in _KINDS)
        plain = [algorithm for kind in kinds for algorithm in (_RSA if kind == "ssh-rsa" else (kind,))]
        signed = [f"{algorithm}-cert-v01@openssh.com" for algorithm in plain] if self.authorities else []
        return signed + plain


def entries_in(text: str, file: str) -> list[Entry]:
    """The entries of a file. Lines that are none are passed over, as ssh does."""
    found = (_entry(line.strip(), f"{file}:{number}") for number, line in enumerate(text.splitlines(), 1))
    return [entry for entry in found if entry]


def _entry(line: str, where: str) -> Entry | None:
    words = line.split()
    marker = words.pop(0)[1:] if line.startswith("@") else ""
    if len(words) < 3 or line.startswith("#") or marker not in ("", "cert-authority", "revoked"):
        return None
    patterns, kind, blob = words[:3]
    try:
        base64.b64decode(blob, validate=True)
    except binascii.Error:
        return None
    return Entry(patterns, HostKey(kind, blob), marker, where)


def known_of(entries: Iterable[Entry], host: str, port: int) -> Known:
    """What `entries` say of `host`, a name or an address, with its sshd on `port`."""
    listed = place(host, port)
    found, fallback = [], []
    for entry in entries:
        if _matches(entry.patterns, listed):
            found.append(entry)
        elif listed != host and not entry.marker and _matches(entry.patterns, host):
            fallback.append(entry)
    keys = [[entry for entry in found if entry.marker == marker] for marker in ("", "cert-authority", "revoked")]
    return Known(tuple(keys[0]), tuple(fallback), tuple(keys[1]), tuple(keys[2]))


def place(host: str, port: int) -> str:
    """A host's name in a known_hosts file."""
    host = host.lower()
    return host if port == DEFAULT_PORT else f"[{host}]:{port}"


def _matches(patterns: str, name: str) -> bool:
    if patterns.startswith("|"):
        return _matches_hash(patterns, name)
    words = patterns.lower().split(",")
    if any(word.startswith("!") and _is_like(word[1:], name) for word in words):
        return False
    return any(_is_like(word, name) for word in words if not word.startswith("!"))


def _is_like(pattern: str, name: str) -> bool:
    if not any(sign in pattern for sign in "*?"):
        return pattern == name
    expression = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.fullmatch(expression, name) is not None


def _matches_hash(pattern: str, name: str) -> bool:
    """`|1|salt|hash`: HMAC-SHA1 of the name, as HashKnownHosts writes it."""
    parts = pattern.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, wanted = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except binascii.Error:
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), wanted)


def recorded(text: str, additions: Sequence[tuple[str, HostKey]], replaced: Iterable[str] = ()) -> str:
    """The file's `text` with `additions`, pairs of a place and a key; all keys of the `replaced` places are gone.

    Everything else stays as it is, comments included.
    """
    gone = set(replaced)
    kept = [line for line in (_without(line, gone) for line in text.splitlines()) if line is not None]
    new = [f"{name} {key.kind} {key.blob}" for name, key in additions]
    return "".join(f"{line}\n" for line in [*kept, *(line for line in dict.fromkeys(new) if line not in kept)])


def _without(line: str, places: set[str]) -> str | None:
    """`line` without the names in `places`; None when no name is left."""
    entry = _entry(line.strip(), "")
    if entry is None or entry.marker:
        return line
    if entry.patterns.startswith("|"):
        return None if any(_matches_hash(entry.patterns, name) for name in places) else line
    names = [name for name in entry.patterns.split(",") if name.lower() not in places]
    if not names:
        return None
    return line.replace(entry.patterns, ",".join(names), 1)
