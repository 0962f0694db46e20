"""What ~/.ssh/config, known_hosts files and keys say about one host. Imports asyncssh: import it where it is used.

Reading may take its time (`Match exec` runs a command), so it is done in a thread.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import asyncssh

from corral.errors import InvalidFile
from corral.files import expanded
from corral.language import tr
from corral.problems import Problem
from corral.transport import ssh_asked
from corral.transport.known_hosts import Entry, Known, entries_in, known_of, place
from corral.transport.ssh_keys import DEFAULT_FILES, KeyFile, read_key_file
from corral.transport.ssh_settings import DEFAULT_PORT, Jump, SshSettings, jumps_in
from corral.transport.ssh_trouble import Way

FAST_CIPHERS: Final = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
"""Before asyncssh's own first choice, chacha20-poly1305, which is slower on processors with AES (docs/ssh.md)."""


@dataclass(frozen=True)
class Resolved:
    """One host, and all that connecting to it needs."""

    way: Way
    asked: str
    """The host's name in ssh's configuration: asyncssh reads that once more, for what is not in here."""
    jumps: tuple[Jump, ...]
    listed: str
    """The host's name in known_hosts files."""
    known: Known
    keys: tuple[KeyFile, ...]
    keys_only: bool
    """Whether an agent may offer no keys but these."""
    agent: str
    """The agent's socket; empty for none."""
    timeout: float
    """Seconds to connect."""
    options: dict[str, Any]


class Reader:
    """Reads each file once, for all hosts of a run."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}
        self._keys: dict[str, KeyFile] = {}
        self._written: TemporaryDirectory[str] | None = None

    def resolve(self, settings: SshSettings, besides: str = "") -> Resolved:
        """`besides` is one more key's file.

        Raises InvalidFile for files that can't be read, Unreachable for a named key that can't be used.
        """
        config, files = self._config(settings)
        host, port, user = str(config.host), int(config.port), str(config.username)
        jump = settings.jump or str(config.config.get("ProxyJump") or "")
        jumps = _jumps(jump, settings)
        way = Way(settings.host, host, user, port, ",".join(each.text for each in jumps))
        alias = config.host_key_alias
        name, number = (alias, DEFAULT_PORT) if alias else (host, port)
        keys = self._key_files(settings, config, way)
        if besides and not settings.key:
            keys.insert(0, self._demanded(besides, way))
        return Resolved(
            way=way,
            asked=settings.address,
            jumps=jumps,
            listed=place(name, number),
            known=known_of(self._known_hosts(settings, config), name.lower(), number),
            keys=tuple(keys),
            keys_only=bool(settings.key or config.config.get("IdentitiesOnly")),
            agent=_agent(settings, config, keys),
            timeout=settings.timeout,
            options=_options(files, config),
        )

    def close(self) -> None:
        if self._written:
            self._written.cleanup()

    def _config(self, settings: SshSettings) -> tuple[asyncssh.SSHClientConnectionOptions, list[str]]:
        """What the configuration says of the host, and the files that say so in asyncssh's language."""
        files = config_files(settings)
        asked = bool(files) and ssh_asked.is_there()
        if not (asked and ssh_asked.needs_ssh(files)):
            try:
                return _read(settings, files), files
            except (ValueError, OSError) as error:
                if not asked:
                    raise _unreadable(settings, str(error), asked) from None
        try:
            files = [self._keep(ssh_asked.rewritten(settings, files[0]))]
            return _read(settings, files), files
        except (ValueError, OSError, ssh_asked.Unanswered) as error:
            raise _unreadable(settings, str(error), asked) from None

    def _keep(self, text: str) -> str:
        """A file that lasts until `close`."""
        self._written = self._written or TemporaryDirectory(prefix="corral-ssh-")
        descriptor, path = tempfile.mkstemp(dir=self._written.name)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        return path

    def _known_hosts(self, settings: SshSettings, config: asyncssh.SSHClientConnectionOptions) -> Iterable[Entry]:
        user, system = config.config.get("UserKnownHostsFile"), config.config.get("GlobalKnownHostsFile")
        own = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"] if user is None else cast(list[str], user)
        everyone = (
            ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"] if system is None else cast(list[str], system)
        )
        for file in dict.fromkeys([*settings.known_hosts, *own, *everyone]):
            yield from self._entries_of(file)

    def _entries_of(self, file: str) -> list[Entry]:
        """No entries for a file that doesn't exist.

        A file that can't be read is an error: a changed key would look new.
        """
        if file not in self._entries:
            path = _expanded(file)
            try:
                text = path.read_text(errors="replace")
            except (FileNotFoundError, NotADirectoryError):
                text = ""
            except OSError as error:
                message = tr("{path} can't be read: {strerror}", path=path, strerror=error.strerror)
                raise InvalidFile(
                    Problem("known-hosts", "error", message, tr("correct its mode or owner"), str(path))
                ) from None
            self._entries[file] = entries_in(text, str(path))
        return self._entries[file]

    def _key_files(self, settings: SshSettings, config: asyncssh.SSHClientConnectionOptions, way: Way) -> list[KeyFile]:
        """The key that the cluster file names; else ssh's own files, without those that hold no key."""
        if settings.key:
            return [self._demanded(settings.key, way)]
        named = cast(list[str], config.config.get("IdentityFile") or [])
        found = []
        for file in named or [f"~/.ssh/{name}" for name in DEFAULT_FILES]:
            with suppress(OSError, asyncssh.KeyImportError):
                found.append(self._key_file(file))
        return found

    def _demanded(self, file: str, way: Way) -> KeyFile:
        try:
            return self._key_file(file)
        except (OSError, asyncssh.KeyImportError) as error:
            reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
            hint = tr("ssh.key in the cluster file names it")
            raise way.failure(
                "key-unusable", tr("the key {file} can't be used: {reason}", file=file, reason=reason), hint
            ) from None

    def _key_file(self, file: str) -> KeyFile:
        path = str(expanded(file))
        if path not in self._keys:
            self._keys[path] = read_key_file(path)
        return self._keys[path]


def config_files(settings: SshSettings) -> list[str]:
    """One that is named must be there."""
    file = expanded(settings.config or "~/.ssh/config")
    return [str(file)] if settings.config or os.access(file, os.R_OK) else []


def _read(settings: SshSettings, files: list[str]) -> asyncssh.SSHClientConnectionOptions:
    """What `files` say of the host; keys and known hosts are left out. Raises ValueError, OSError."""
    return asyncssh.SSHClientConnectionOptions(
        config=files,
        host=settings.address,
        port=settings.port or (),
        username=settings.user or (),
        client_keys=None,
        known_hosts=None,
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
    )


def _unreadable(settings: SshSettings, reason: str, asked: bool) -> InvalidFile:
    """`asked`: whether the program ssh can't read it either."""
    line = ssh_asked.line_of(reason)
    shown = f"{reason} ({line})" if line else reason
    message = tr("ssh's configuration can't be used for {host}: {error}", host=settings.host, error=shown)
    hint = (
        tr("`ssh -G {address}` shows how ssh itself reads it", address=settings.address)
        if asked
        else tr(
            "ssh itself may accept it, and Corral asks ssh where that is installed: `apt-get install openssh-client` "
            "on this machine; or change that line"
        )
    )
    return InvalidFile(Problem("ssh-config", "error", message, hint, settings.host))


def _expanded(file: str) -> Path:
    return expanded(file.replace("%d", "~", 1) if file.startswith("%d") else file)


def _jumps(text: str, settings: SshSettings) -> tuple[Jump, ...]:
    try:
        return jumps_in(text)
    except ValueError as error:
        message = tr("{host}: the list of its jump hosts can't be read: {error}", host=settings.host, error=error)
        raise InvalidFile(
            Problem("ssh-jump", "error", message, tr("ssh.jump is what ssh -J takes"), settings.host)
        ) from None


def _agent(settings: SshSettings, config: asyncssh.SSHClientConnectionOptions, keys: Iterable[KeyFile]) -> str:
    """For a key that the cluster file names, an agent is asked only when the key's file needs a passphrase."""
    if settings.key and not any(key.locked for key in keys):
        return ""
    path = str(config.config.get("IdentityAgent", os.environ.get("SSH_AUTH_SOCK", "")) or "")
    return str(expanded(os.environ.get("SSH_AUTH_SOCK", "") if path == "SSH_AUTH_SOCK" else path)) if path else ""


def _options(files: list[str], config: asyncssh.SSHClientConnectionOptions) -> dict[str, Any]:
    """Options that ssh's configuration does not decide."""
    options: dict[str, Any] = {"config": files}
    if not config.config.get("Ciphers"):
        options["encryption_algs"] = FAST_CIPHERS
    if config.config.get("Compression") is None:
        options["compression_algs"] = "none"
    return options
