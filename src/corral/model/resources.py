"""What a host holds, wanted and found: desired/ makes these from the model, observe/ from the hosts, plan/ compares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal

from corral.model.at_boot import AtBoot
from corral.model.endpoint import Endpoint
from corral.model.headers import Headers
from corral.model.identity import UnitId, UnitRole
from corral.model.mongodb_series import Series
from corral.model.software import Software, Stage

Family = Literal["debian", "rhel", "unknown"]
"""Which package manager a host has, and where its distribution keeps things."""
UnitState = Literal["running", "starting", "stopping", "stopped", "failed", "unknown"]
UP: Final[tuple[UnitState, ...]] = ("running", "starting")
"""States of a unit whose process is there."""
SERVING: Final = frozenset({"PRIMARY", "SECONDARY", "ARBITER"})
"""The states of a member that does its part in the set, in MongoDB's own words."""
UserState = Literal["ok", "missing", "wrong_password", "wrong_roles", "unknown"]
Unread = Literal["", "way", "answer"]
"""Why nothing is known of a member: the way to it failed, or something listens there and gives no right answer. Empty
where it said what it is, and where it is known that nothing listens."""


def digest(content: str | bytes) -> str:
    """SHA-256 in hexadecimal: how contents are compared and how a plan says what it was made from."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


@dataclass(frozen=True)
class File:
    """A file that Corral owns. `content` holds secrets by reference, so that it can be shown."""

    host: str
    path: str
    content: str
    mode: int = 0o644
    stage: Stage = field(default="application", compare=False)
    """When it is written: before the units of that stage start."""
    owner: str = ""
    """The account that it belongs to; empty for the one that Corral works as (root on real hosts)."""
    raw: str = field(default="", compare=False)
    """Of a file that was found: the digest of its very bytes, secrets included."""
    after: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    """Commands that take in what was written: once each in a change of a host, after the last file that names them."""


@dataclass(frozen=True)
class Directory:
    host: str
    path: str
    mode: int = 0o755
    stage: Stage = field(default="application", compare=False)
    owner: str = ""
    foreign: bool = field(default=False, compare=False)
    """Of one that was found: whether root owns files in it that its program has to write, as after a start by hand."""


ObstacleKind = Literal["link", "directory", "file", "fifo", "socket", "device", "mounted", "immutable"]
"""`mounted`: something is mounted right there. `immutable`: nobody may change it, root neither (chattr)."""


@dataclass(frozen=True)
class Obstacle:
    """What is on a host and is no plain file. Whether it is in the way is a plan's to say: most of it isn't."""

    host: str
    path: str
    kind: ObstacleKind
    target: str = ""
    """Of a link: where it leads."""
    files: int = 0
    """Of a directory: how many files are below it."""


@dataclass(frozen=True)
class Lane:
    """What starts in turn: at most `width` units of a lane are between their start and their first good answer."""

    name: str
    width: int


@dataclass(frozen=True)
class Unit:
    """A process that is kept running: a supervisord program or a systemd unit.

    `revision` is a digest of all that the running process depends on (its definition and the files it has read):
    a unit whose running revision is the wanted one is never touched.
    """

    host: str
    name: str
    role: UnitRole
    revision: str
    program: tuple[str, ...]
    """What is run: secrets and quoting are the start script's business, so this shows in a process list."""
    directory: str
    address: str
    port: int
    reload_revision: str = ""
    """For a unit that can reload: the digest of what a reload takes in. `revision` then covers only the rest."""
    stop_signal: str = "TERM"
    stop_timeout: float = 10.0
    drain: float = 0.0
    """Seconds that its requests may take to end once the proxies send no more; 0 for one that sees to that itself."""
    lane: Lane | None = None
    """None for a unit that starts at once."""
    leaves_out: tuple[str, ...] = ()
    """Of a proxy: the web instances that it sends nothing just now."""
    pools: tuple[tuple[str, ...], ...] = ()
    """Of a proxy: the groups of web instances that it can leave out without a reload."""
    spares_idle: bool = True
    """Of a proxy: whether its reload leaves connections of clients open that wait for the next request."""
    version: str = ""
    """Of an instance: app.version, which is in what it is started with."""
    seeds: str = ""
    """Of an instance: the database's members that it is started with; empty where they are in none of its values."""

    @property
    def id(self) -> UnitId:
        return UnitId(self.role, self.host, self.name, self.port)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("mongodb" if self.role == "database" else "http", self.address, self.port)


@dataclass(frozen=True)
class FoundUnit:
    """A unit as it is on a host. `revision` is empty when nothing is known of what the process was started from."""

    id: UnitId
    state: UnitState
    revision: str = ""
    reload_revision: str = ""
    pid: int = 0
    detail: str = ""
    """The supervisor's own words, such as the exit status."""
    proven: bool = False
    """Whether this very process has passed its gate once: if it fails now, it is not just starting."""
    leaves_out: tuple[str, ...] = ()
    """Of a proxy: the web instances that it sends nothing, by the configuration that it has read and by its pool."""
    out: tuple[str, ...] = ()
    """Of a proxy: the group that it leaves out by its pool, as `model/pools.py` has it."""
    started: str = ""
    """When the process was last started, in the supervisor's own clock: two starts differ in it."""
    image: str = ""
    """Of a container: the id of the image that it was made from, in the words of `Image.sha256`."""
    version: str | None = None
    """Of an instance: the version that it was started with; None where that was not written down."""
    seeds: str = ""
    """Of an instance: the database's members that it was started with, as far as that is known."""
    at_boot: AtBoot | None = None
    """What becomes of it when its host starts; None where that isn't known, and where Corral starts everything."""

    @property
    def host(self) -> str:
        return self.id.host

    @property
    def name(self) -> str:
        return self.id.name

    @property
    def role(self) -> UnitRole:
        return self.id.role


@dataclass(frozen=True)
class SetMember:
    """One member in a replica set's configuration."""

    name: str
    priority: float = 1.0
    votes: int = 1
    arbiter: bool = False


@dataclass(frozen=True)
class DatabaseUser:
    """A MongoDB user of the `admin` database. `roles` are pairs of role and database."""

    name: str
    roles: tuple[tuple[str, str], ...]
    secret: str
    """The name of the secret that is its password."""


@dataclass(frozen=True)
class ReplicaSet:
    """The replica set that is wanted, with its users."""

    name: str
    members: tuple[SetMember, ...]
    election_timeout: float
    heartbeat_interval: float
    users: tuple[DatabaseUser, ...]


@dataclass(frozen=True)
class MemberFacts:
    """What one member says of itself.

    `state` is MongoDB's own word (PRIMARY, SECONDARY, STARTUP2, RECOVERING, ARBITER, REMOVED, ...), `UNINITIALIZED`
    before there is a configuration, `UNREACHABLE` when it doesn't answer.
    """

    name: str
    state: str
    lag_seconds: float | None = None
    detail: str = ""
    series: Series | None = None
    """The release series of its mongod, where it is a known one."""
    unread: Unread = ""
    heard: str = ""
    """Of a member that can't be asked from here: its state, as those say that hear it."""


@dataclass(frozen=True)
class Unheard:
    """Two members of one set: `by` gets no heartbeat's answer from `member`, or no heartbeat. `why` is in its words."""

    member: str
    by: str
    why: str = ""


@dataclass(frozen=True)
class FoundReplicaSet:
    """A replica set as its members tell it.

    `members` is its configuration (empty when there is none, or it can't be read), `facts` what each member says of
    itself by name, `users` the state of each wanted user, `version` and `term` the configuration's own.
    """

    name: str = ""
    members: tuple[SetMember, ...] = ()
    version: int = 0
    election_timeout: float = 0.0
    heartbeat_interval: float = 0.0
    facts: tuple[MemberFacts, ...] = ()
    primary: str = ""
    users: tuple[tuple[str, UserState], ...] = ()
    detail: str = ""
    left: str = ""
    """Whom the members call their primary while it is on no host of the cluster; empty when `primary` is known."""
    unasked: str = ""
    """Whom they call their primary while it can't be asked from here; empty when `primary` is known."""
    unheard: tuple[Unheard, ...] = ()
    """Members that do their part as far as they know, and that others don't hear."""


@dataclass(frozen=True)
class HostFacts:
    """What must be known of a host before its files can be rendered, and its units started.

    `machine` is the same for hosts that share one, as all of the playground's do; `cores` are those it may use.
    """

    host: str
    nginx_version: tuple[int, int, int] | None = None
    mongod_version: tuple[int, int, int] | None = None
    nginx_path: str = "nginx"
    mongod_path: str = "mongod"
    user: str = ""
    """The account nginx workers are to run as when nginx is started by root; empty otherwise."""
    access_log: str = ""
    family: Family = "debian"
    interface: str = ""
    """The network interface that carries the host's address."""
    machine: str = ""
    cores: int = 1


@dataclass(frozen=True)
class FileRecord:
    """What Corral has written down of a file that it wrote: `digest` of its bytes, then.

    `pending`: the file may have been written and not been taken in; what takes it in has to run (again).
    """

    host: str
    path: str
    digest: str
    pending: bool = False


@dataclass(frozen=True)
class Observed:
    """All that was found on the hosts, in one value: the planner's other half."""

    files: tuple[File, ...] = ()
    directories: tuple[Directory, ...] = ()
    units: tuple[FoundUnit, ...] = ()
    replica_set: FoundReplicaSet = field(default_factory=FoundReplicaSet)
    software: tuple[Software, ...] = ()
    written: tuple[FileRecord, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Gate:
    """What must be seen before the next action: the answer to a question asked again and again until `deadline`.

    `http` asks GET http://address:port/path with `headers`, whose secrets are references, for `status` and `contains`,
    `streak` times in a row; `member` asks a mongod to be PRIMARY, SECONDARY or ARBITER (or to have no replica set yet),
    `newcomer` one that isn't in the set to answer: it may have been in it before; `started` takes a member of a set
    that still copies the data too, however long that takes. `process` wants the unit to run. `majority` asks `members`,
    the voters of a replica set: the first one may be restarted when the others can do without it.
    """

    kind: Literal["http", "member", "newcomer", "started", "process", "majority"]
    address: str = ""
    port: int = 0
    path: str = "/"
    status: int = 200
    contains: str = ""
    interval: float = 0.25
    timeout: float = 5.0
    deadline: float = 60.0
    streak: int = 3
    members: tuple[str, ...] = ()
    headers: Headers = ()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("http" if self.kind == "http" else "mongodb", self.address, self.port)


@dataclass(frozen=True)
class Desired:
    """All that the cluster file asks of the hosts: the planner's first half."""

    directories: tuple[Directory, ...]
    files: tuple[File, ...]
    units: tuple[Unit, ...]
    replica_set: ReplicaSet
    gates: tuple[tuple[str, Gate], ...]
    """By unit name: what proves that the unit works."""
    checks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By file path: the command that judges a new content before it is put in place; `{}` is the candidate's path."""
    software: tuple[Software, ...] = ()
    idle: frozenset[str] = frozenset()
    """Units that are to be there without running."""
