"""The keys that a login offers: from files and from an agent. Imports asyncssh: import it where it is used."""

from __future__ import annotations

import asyncio
import os.path
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

import asyncssh

from corral.language import tr

DEFAULT_FILES: Final = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed25519", "id_ecdsa", "id_rsa")
"""In ~/.ssh: what ssh tries when nothing names any."""


@dataclass(frozen=True)
class KeyFile:
    path: str
    pairs: tuple[asyncssh.SSHKeyPair, ...] = ()
    """The key, before it the key with its certificate where `PATH-cert.pub` is one."""
    public: bytes = b""
    """The public part, by which the key is found in an agent; empty when it is not known."""
    locked: bool = False
    """Whether it needs a passphrase: an agent may hold it."""


def read_key_file(path: str) -> KeyFile:
    """Raises OSError or asyncssh.KeyImportError for one that can be neither used nor recognised."""
    public = _public_part(path)
    try:
        pairs = tuple(asyncssh.load_keypairs([path], ignore_encrypted=True))
    except (OSError, asyncssh.KeyImportError):
        if not public:
            raise
        return KeyFile(path, public=public, locked=True)  # the public part alone: an agent or a token has the other
    return KeyFile(path, pairs, public or (pairs[-1].key_public_data if pairs else b""), locked=not pairs)


def _public_part(path: str) -> bytes:
    for file in (f"{path}.pub", path):
        try:
            return asyncssh.read_public_key(file).public_data
        except (OSError, asyncssh.KeyImportError):
            continue
    return b""


class Agents:
    """ssh-agents, asked once for their keys and kept open for what they sign."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Task[Sequence[asyncssh.SSHKeyPair] | None]] = {}
        self._open: list[asyncssh.SSHAgentClient] = []

    async def keys(self, socket: str) -> Sequence[asyncssh.SSHKeyPair] | None:
        """None when no agent answers at `socket`."""
        if socket not in self._asked:
            self._asked[socket] = asyncio.ensure_future(self._ask(socket))
        return await asyncio.shield(self._asked[socket])

    async def _ask(self, socket: str) -> Sequence[asyncssh.SSHKeyPair] | None:
        try:
            agent = await asyncssh.connect_agent(socket)
            self._open.append(agent)
            return await agent.get_keys()
        except (OSError, ValueError):
            return None

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        for agent in self._open:
            agent.close()
        await asyncio.gather(*(agent.wait_closed() for agent in self._open))
        self._asked.clear()
        self._open.clear()


@dataclass(frozen=True)
class Offer:
    """Keys in the order in which they are offered, and their names for people."""

    pairs: tuple[asyncssh.SSHKeyPair, ...] = ()
    names: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    """Files whose key can't be used: it needs a passphrase, and no agent holds it."""


def offer_of(files: Sequence[KeyFile], agent: Sequence[asyncssh.SSHKeyPair], files_only: bool) -> Offer:
    """Named keys first, then the agent's other keys: hosts end a login after some keys that they don't know.

    With `files_only` the agent signs for the named keys alone.
    """
    held = {pair.public_data: pair for pair in agent}
    chosen: dict[bytes, tuple[str, asyncssh.SSHKeyPair]] = {}
    for file in files:
        if file.locked and file.public in held:
            chosen.setdefault(file.public, (tr("{short} (by the agent)", short=_short(file.path)), held[file.public]))
        for pair in file.pairs:
            chosen.setdefault(pair.public_data, (_short(file.path), pair))
    if not files_only or any(file.locked and not file.public for file in files):
        for public, pair in held.items():
            chosen.setdefault(
                public,
                (
                    tr("{get_comment} (by the agent)", get_comment=pair.get_comment(errors="replace") or tr("a key")),
                    pair,
                ),
            )
    return Offer(
        pairs=tuple(copy(pair) for _, pair in chosen.values()),  # a pair remembers how one connection has it sign
        names=tuple(dict.fromkeys(name for name, _ in chosen.values())),
        locked=tuple(file.path for file in files if file.locked and file.public not in held),
    )


def _short(path: str) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 # Path's raises where no home is known
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path
