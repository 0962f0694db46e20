"""Where a cluster runs, as every verb sees it: what the playground and real hosts implement.

What runs and what is remembered differ independently, so there are two Protocols: `Place` and `Records`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from corral.events import Event, Sink, ignore
from corral.model.cluster import Ability, Cluster, Host, Instance
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId
from corral.model.machine import Machine
from corral.model.resources import Desired, Observed
from corral.model.routes import Way
from corral.model.shared_machine import SharedMachine
from corral.problems import Problem
from corral.secrets import Secrets
from corral.stop import Signals
from corral.vault.store import SecretStore

if TYPE_CHECKING:
    from corral.execute.handlers import Handlers
    from corral.plan.actions import Plan
    from corral.runs.locks_found import FoundLock
    from corral.runs.marks import Mark
    from corral.runs.records import LocksFound, RunsFound
    from corral.runs.run import Run, RunRequest


LEFT_SILENT: Final = "departed-silent"
"""The code of the warning about a host that has left the cluster file and can't be asked."""


@dataclass(frozen=True)
class Traits:
    """`name` is the word for `--on`; `mend` is the command that makes a cluster there match its file."""

    name: str
    mend: str
    abilities: frozenset[Ability]
    silence: str = ""
    """What is printed when nothing of the cluster is found running there."""
    settles: frozenset[str] = frozenset()
    """Codes of rules that always hold there, whatever the file says."""
    kick: str = ""
    """The command that has a hanging process restarted, with `{pid}` in it; empty where `corral restart` does that."""


@dataclass(frozen=True)
class Observation:
    """A cluster as it was found at one moment. What could not be seen is a value that says so; nothing is raised."""

    observed: Observed
    machines: Mapping[str, Machine] = field(default_factory=dict)
    silent: Mapping[str, Problem] = field(default_factory=dict)
    """Hosts that could not be asked, each with the reason."""
    set_asked: bool = False
    """Whether the replica set was asked, so that `observed.replica_set` is known."""
    departed: tuple[Host, ...] = ()
    """Hosts that have left the cluster file, and may still run a part of the cluster."""
    left_silent: Mapping[str, Problem] = field(default_factory=dict)
    """Those of them that could not be asked, each with the reason."""
    lacks: tuple[Problem, ...] = ()
    """What a change will need, was tried, and is refused by a host."""
    slow: tuple[Problem, ...] = ()
    """What made this look slow, and will make a change slow."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    shared: SharedMachine | None = None
    """What is known of the machine, where all hosts are one machine."""


class Records(Protocol):
    """What is remembered of a cluster: its runs, its lock, and intentions that are not in its file."""

    def hold(
        self, request: RunRequest, hosts: Collection[str], secrets: Secrets, sink: Sink
    ) -> AbstractAsyncContextManager[Run]:
        """Hold the lock on `hosts` and write the journal, for the block.

        Raises Locked, Unreachable, ChangeFailed.
        """

    async def runs(self, elsewhere: bool) -> RunsFound:
        """Those that were started here; with `elsewhere` also those that are recorded only on the hosts."""

    def follow(self, run: str) -> AsyncGenerator[Event, None]:
        """The events of a run while it goes on, started here or elsewhere; the last one is RunEnded.

        Raises InvalidFile when there is no such run.
        """

    async def locks(self) -> LocksFound:
        """Never raises: a host that can't be asked is one of the problems."""

    async def break_locks(self, locks: Sequence[FoundLock]) -> LocksFound:
        """Exactly those: one that another run has taken since is left alone."""

    async def mark(self, name: str, values: Mapping[str, Any], hosts: Collection[str] = ()) -> None:
        """Record an intention where the cluster runs. Raises CorralError."""

    async def unmark(self, name: str) -> None:
        """Remove that record. Raises CorralError."""


class Place(Protocol):
    """A cluster where it runs. Opened by corral.places, closed by whoever opened it.

    Places inherit from this class. A method that a place may not need has a body here, which does nothing.
    """

    traits: Traits
    cluster: Cluster
    """With the addresses, directories and ports that it has there."""
    secret_store: SecretStore
    records: Records
    """The cluster's lock, journal and marks there."""

    @property
    def secrets(self) -> Secrets:
        """Those that are known so far."""
        return self.secret_store.values

    async def prepare(self) -> None:
        """Make ready what is kept of the cluster on this machine, and read what it ships. Raises ChangeFailed."""
        return

    @property
    def described(self) -> str:
        """Where the cluster is, as the end of a sentence: `on its 7 hosts`."""

    def judge_file(self) -> Sequence[Problem]:
        """What the rules on the cluster file find, for a cluster that runs here."""

    def nothing_kept(self) -> str:
        """A sentence that says that nothing of the cluster is here; empty when there may be something, or it isn't
        known yet."""
        return ""

    def kept_in(self) -> str:
        """Where its data are, for people."""

    async def is_kept(self) -> bool:
        """Whether what keeps its processes alive runs. Always true where Corral doesn't start it."""
        return True

    async def has_processes(self) -> bool:
        """Whether any of its processes runs, also one whose keeper is gone; true where that isn't known yet."""
        return True

    async def outlived(self) -> Mapping[UnitId, int]:
        """Units whose processes run though what keeps them is gone, each with its pid."""
        return {}

    async def settle(self) -> None:
        """Before observing: wait for what is just ending. Nothing that runs changes."""
        return

    async def choose(self, sink: Sink) -> None:
        """Before observing, for a verb that may start something: decide what the cluster file leaves open, such as a
        port. Nothing that runs changes. Raises ChangeFailed."""
        return

    async def observe(self, sink: Sink = ignore, *, live: bool = False) -> Observation:
        """What can't be seen is a value of the observation: nothing is raised for it.

        With `live` only what `status` needs: units, and whether hosts answer; the rest stays unknown.
        """

    def findings(self, seen: Observation) -> Sequence[Problem]:
        """What the rules on machines find; an error means that a change would not work."""

    def desired(self, seen: Observation, held_back: frozenset[str] = frozenset(), seeds: str = "") -> Desired:
        """What the file asks of this place, while the web instances `held_back` get no requests.

        With `seeds`: what it would ask if the database had these members, as far as the instances are concerned.
        """

    async def enter(self, plan: Plan, sink: Sink) -> None:
        """Under the lock, before the first action: start whatever the actions need. Raises CorralError."""
        return

    def handlers(self) -> Handlers:
        """The functions that carry out each kind of action."""

    async def remember(self, seen: Observation, whole: bool, left: Collection[str]) -> None:
        """After the last action: record what a later run has to know. Raises CorralError.

        `whole`: the whole file was carried out. `left` are hosts that have left it and are to be asked again next time.
        """

    def is_remembered(self, seen: Observation) -> bool:
        """Whether `remember` would write nothing new, when the whole file is in force."""
        return True

    def pending(self, seen: Observation) -> Sequence[Problem]:
        """Whether the cluster file has changed since it was last carried out as a whole, as far as that is known."""
        return ()

    def next_words(self) -> str:
        """What the user should do next, if no earlier run has printed it; else empty."""
        return ""

    def begin(self) -> None:
        """Start to connect to all hosts, without waiting: the connections are needed soon."""
        return

    async def leave(self, sink: Sink) -> None:
        """Under the lock, after everything has stopped: end what kept the processes."""
        return

    async def purge(self, check: Callable[[], None]) -> None:
        """Under the lock, after that: delete all that is kept of the cluster on this machine. Raises OSError, and what
        `check` raises, which is asked first where there is anything."""
        return

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        """Where to connect from here to reach what answers in the cluster. Raises OSError."""

    def logs(self, units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
        """The last `lines` of each unit, then with `follow` those that come, without end. Never raises CorralError."""

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        """A POSIX sh script on `host`. Raises Unreachable."""

    async def attach(self, host: str, script: str, signals: Signals) -> int:
        """A POSIX sh script on `host`, attached to this process's own input and output, with a terminal where there is
        one. The exit code is the script's; 128 and more for a signal that ended it.

        The script can be seen in a process list, so it must not hold a secret. Raises Unreachable; Interrupted at a
        signal that a host can't be given.
        """

    async def run_once(self, instance: Instance, command: Sequence[str], signals: Signals) -> int:
        """`command` once, attached in the same way, with the environment and in the directory of `instance`, as they
        were applied last. Nothing of it is left behind, also when it is interrupted.

        Raises ChangeFailed when `instance` was never applied there, Unreachable.
        """

    async def close(self) -> None:
        """Close all connections."""
        return


@dataclass(frozen=True)
class LogLine:
    """`line` is what the unit wrote, or the reason why its log can't be read."""

    unit: UnitId
    line: str
    failed: bool = False
    """Whether it is such a reason."""


@dataclass(frozen=True)
class Kept:
    """A cluster of which something is kept on this machine.

    `file` is the cluster file that was carried out last, as far as it is known; empty for the built-in example.
    `unwatched`: its processes run, and their supervisor is gone. `unreadable`: another version of Corral has made it.
    """

    name: str
    state: Literal["running", "stopped", "unwatched", "unreadable"]
    directory: str
    url: str = ""
    file: str = ""
    size: int = 0
    """Bytes that its directory takes on the disk."""
