"""`corral trust`: the hosts' SSH keys, shown and recorded before the first login."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corral.errors import InvalidFile
from corral.files import write_file
from corral.language import tr
from corral.nearest import hint
from corral.operate.consent import Consent
from corral.operate.where import Where, load
from corral.places import known_hosts_of, ssh_settings_of
from corral.problems import Problem
from corral.transport.known_hosts import recorded
from corral.transport.ssh_settings import SshSettings
from corral.transport.ssh_trust import Shown, ask, steps_to
from corral.words import counted


@dataclass(frozen=True)
class TrustRequest:
    """`replace` are hosts whose changed keys are recorded; with `asks` the user is asked before a key is recorded."""

    hosts: Sequence[str] = ()
    replace: Collection[str] = ()
    yes: bool = False
    asks: bool = True
    show: Callable[[Sequence[Shown]], None] = lambda _hosts: None


@dataclass
class Book:
    """The cluster's own known_hosts file, what was seen, and what was written down."""

    path: Path
    shown: list[Shown] = field(default_factory=list)
    recorded: set[str] = field(default_factory=set)
    """Places whose keys were written down."""

    def trusts(self, host: Shown) -> bool:
        """Whether a login goes there from now on."""
        return host.state == "known" or host.place in self.recorded

    def left_behind(self, host: Shown) -> list[str]:
        """Where the old key of a host still is, in files that are not the cluster's own."""
        if host.state != "changed" or host.place not in self.recorded:
            return []
        return [entry.where for entry in host.known if not entry.where.startswith(f"{self.path}:")]


async def trust(where: Where, request: TrustRequest, consent: Consent) -> Book:
    """Hosts on the way first: one behind them is asked when they are trusted. Raises CorralError."""
    loaded = load(where)
    settings = ssh_settings_of(loaded)
    names = _named(request.hosts, settings)
    book = Book(known_hosts_of(loaded))
    rounds = await steps_to(settings, names)
    for word in request.replace:
        _check(word, [step.name for steps in rounds for step in steps])
    for steps in rounds:
        shown = await ask(settings, steps)
        book.shown += shown
        request.show(shown)
        await _record([host for host in shown if _is_wanted(host, request)], book, request, consent)
    return book


def _is_wanted(host: Shown, request: TrustRequest) -> bool:
    """Whether its key is to be written down, when the user agrees."""
    return host.state == "new" or (host.state == "changed" and host.name in request.replace)


def _named(words: Sequence[str], settings: Mapping[str, SshSettings]) -> list[str]:
    """The hosts that are meant: all, when none is named. Raises InvalidFile for one that is unknown."""
    for word in words:
        _check(word, settings)
    return list(dict.fromkeys(words)) or list(settings)


def _check(word: str, known: Collection[str]) -> None:
    """Raises InvalidFile, with the nearest name, when `word` is not `known`."""
    if word not in known:
        message = tr("{word!r} is neither a host of the file nor a host on the way to one", word=word)
        raise InvalidFile(Problem("unknown-target", "error", message, hint(word, known)))


async def _record(hosts: Sequence[Shown], book: Book, request: TrustRequest, consent: Consent) -> None:
    """Raises InvalidFile where nobody can be asked, OSError when the file can't be written."""
    if not hosts or not (request.yes or request.asks):
        return
    if not request.yes and not await consent.agreed(_question(hosts)):
        return
    text = book.path.read_text() if book.path.exists() else ""
    additions = [(host.place, host.key) for host in hosts if host.key]
    changed = [host.place for host in hosts if host.state == "changed"]
    write_file(book.path, recorded(text, additions, changed).encode(), 0o600)
    book.recorded |= {host.place for host in hosts}


def _question(hosts: Sequence[Shown]) -> str:
    changed = [host.name for host in hosts if host.state == "changed"]
    new = len(hosts) - len(changed)
    keys, names = counted(new, "new key"), ", ".join(changed)
    if not changed:
        return tr("trust {new_keys}?", new_keys=keys)
    if not new:
        return tr("replace the recorded key of {changed}?", changed=names)
    return tr("trust {new_keys} and replace the recorded key of {changed}?", new_keys=keys, changed=names)
