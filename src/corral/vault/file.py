"""The file with Corral's own secrets, beside the cluster file: plain, or encrypted for its recipients."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from corral.errors import ChangeFailed
from corral.events import Note, Sink, ignore
from corral.files import write_file
from corral.language import tr
from corral.model.database_users import ADMIN, APPLICATION, MONITOR, OPERATOR
from corral.problems import Problem
from corral.secrets import Secret, Secrets, generate, generate_key, generate_short
from corral.vault import age, text
from corral.words import clauses, counted, named

GENERATORS: Final[Mapping[str, Callable[[], Secret]]] = MappingProxyType(
    {
        **dict.fromkeys((ADMIN, OPERATOR, APPLICATION, MONITOR, "probe"), generate),
        "keyfile": generate_key,
        "vrrp": generate_short,
    }
)
"""The secrets that a cluster needs, and how each is made."""


@dataclass(frozen=True)
class _Kept:
    """What the file holds. `recipients` is None for a plain one."""

    values: Mapping[str, str]
    recipients: tuple[str, ...] | None = None
    exists: bool = True


@dataclass(frozen=True)
class Vault:
    """The file `path`. `recipients` are public keys or the paths of files with them; none for a plain file.

    `identities` are the paths of private keys; when there are none, those where people have theirs.
    """

    path: Path
    recipients: Sequence[str] = ()
    identities: Sequence[str] = ()
    generators: Mapping[str, Callable[[], Secret]] = field(default_factory=lambda: GENERATORS)
    in_repository: bool = True
    """Whether it is in a directory that people may commit: then git must not take a plain file, and
    its user is told of each change."""

    def read(self) -> Secrets:
        """The secrets that are known; none when there is no file. Raises ChangeFailed when they can't be read."""
        return {name: Secret(value) for name, value in self._kept().values.items()}

    def complete(self, sink: Sink = ignore) -> Secrets:
        """All secrets: those that are missing are made, and written to the file before they are returned.

        A file that is not encrypted for exactly `recipients` is written again. `sink` gets a note of what was written.
        Raises ChangeFailed; the file is then as it was.
        """
        recipients = age.read_recipients(self.recipients) if self.recipients else None
        with _written_down(self.path), _alone(self.path):
            kept = self._kept()
            made = {name: make().reveal() for name, make in self.generators.items() if name not in kept.values}
            values = {**kept.values, **made}
            change = clauses((_change_of_readers(kept, recipients), _made(kept, made)))
            if change:
                if kept.recipients is not None and recipients is None:
                    raise ChangeFailed(_would_be_plain(self.path))
                self._write(values, recipients)
            self._close(kept.recipients is None and recipients is None, sink)
        if change and self.in_repository:
            sink(Note(named(str(self.path), change)))
        return {name: Secret(value) for name, value in values.items()}

    def _kept(self) -> _Kept:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return _Kept({}, exists=False)
        except OSError as error:
            message = tr("{path} can't be read: {strerror}", path=self.path, strerror=error.strerror)
            hint = tr("`ls -l {path}` shows whose it is", path=self.path)
            raise ChangeFailed(Problem("secrets-unreadable", "error", message, hint, str(self.path))) from error
        if not age.is_encrypted(content):
            return _Kept(text.read(content, self.path)[0])
        content = age.decrypt(content, self.path, age.identity_paths(self.identities))
        return _Kept(*text.read(content, self.path))

    def _write(self, values: Mapping[str, str], recipients: age.Recipients | None) -> None:
        """The .gitignore opens after the file is encrypted, and closes before it is plain."""
        if recipients is None:
            self._ignore(encrypted=False)
            _place(self.path, text.written(values, form=text.form_of(self.path)).encode())
            return
        content = age.encrypt(text.written(values, recipients.names).encode(), recipients)
        self._refuse_lockout(content)
        _place(self.path, content)
        self._ignore(encrypted=True)

    def _refuse_lockout(self, content: bytes) -> None:
        """Whoever writes the file must be able to read it at the next run."""
        try:
            age.decrypt(content, self.path, age.identity_paths(self.identities))
        except ChangeFailed as failure:
            message = tr(
                "none of secrets.recipients has its private key on this machine: {message}",
                message=failure.problems[0].message,
            )
            hint = tr(
                "nothing was written; add your own public key to secrets.recipients. {make_a_key}",
                make_a_key=age.MAKE_A_KEY,
            )
            raise ChangeFailed(Problem("secrets-lockout", "error", message, hint, str(self.path))) from None

    def _close(self, plain: bool, sink: Sink) -> None:
        """A plain file that others may read, such as a copy, is closed."""
        self._ignore(encrypted=not plain)
        mode = self.path.stat().st_mode & 0o777
        if plain and mode & 0o077:
            self.path.chmod(0o600)
            message = tr(
                "{path} could be read by others (mode {mode:03o}); now only its owner can read it",
                path=self.path,
                mode=mode,
            )
            sink(Note(message, "warning"))

    def _ignore(self, *, encrypted: bool) -> None:
        if self.in_repository:
            _ignore_file(self.path, encrypted=encrypted)


def secrets_lost(path: Path, host: str, *, taken_back: bool) -> ChangeFailed:
    """For a run that finds the cluster on `host`, and in `path` other secrets, or none (the new ones were removed
    again)."""
    seen = tr("there is no {path}", path=path) if taken_back else tr("{path} has other ones", path=path)
    message = tr(
        "{host} runs this cluster already, but the cluster's secrets are not here: {seen}", host=host, seen=seen
    )
    hint = tr(
        "bring that file back from the machine that made it, version control or a backup; docs/secrets.md has the rest"
    )
    return ChangeFailed(Problem("secrets-lost", "error", message, hint, host))


def _made(kept: _Kept, made: Mapping[str, str]) -> str:
    if made and not kept.exists:
        return tr("the cluster's secrets were made; keep a copy of the file somewhere else")
    return tr("made and added: {made}", made=", ".join(made)) if made else ""


def _change_of_readers(kept: _Kept, recipients: age.Recipients | None) -> str:
    """What changes for those who read the file; empty when nothing does."""
    if recipients is None or not kept.exists or kept.recipients == recipients.names:
        return ""
    count = counted(len(recipients.names), "recipient")
    if kept.recipients is None:
        return tr("it was plain, and is now encrypted for {count}", count=count)
    return tr(
        "the recipients have changed: it is now encrypted for {count}; earlier ones still know what it held",
        count=count,
    )


def _would_be_plain(path: Path) -> Problem:
    message = tr(
        "{path} is encrypted, but the cluster file no longer has secrets.recipients, so it would become plain",
        path=path,
    )
    hint = tr(
        "name recipients again; or, if it is to be plain, replace it by what `age --decrypt -i KEY {path}` prints",
        path=path,
    )
    return Problem("secrets-plain", "error", message, hint, str(path))


@contextmanager
def _written_down(path: Path) -> Iterator[None]:
    """Raises ChangeFailed for what the operating system refuses."""
    try:
        yield
    except OSError as error:
        message = tr(
            "{filename} can't be written: {strerror}", filename=error.filename or path, strerror=error.strerror
        )
        hint = tr("no host was changed; fix that, then run the same command again")
        raise ChangeFailed(Problem("secrets-not-written", "error", message, hint, str(path))) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time: two that make secrets would each go on with their own."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    with (path.parent / "secrets.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _place(path: Path, content: bytes) -> None:
    """By rename, and synced with its directory before any host gets what it holds."""
    target = path.resolve()
    write_file(target, content, 0o600)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ignore_file(path: Path, *, encrypted: bool) -> None:
    """Lets git take an encrypted file and host keys, which are public, but never a plain file."""
    kept = [".gitignore", "known_hosts", *([path.name] if encrypted else [])]
    content = "# Written by Corral.\n*\n" + "".join(f"!{name}\n" for name in kept)
    file = path.parent / ".gitignore"
    if not file.exists() or file.read_text() != content:
        write_file(file, content.encode(), 0o644)
