"""The `database` section: a MongoDB replica set."""

from typing import Annotated, Any, Final

from pydantic import Field

from corral.cluster_file.install import Installing
from corral.cluster_file.section import AbsolutePath, HostReference, NothingTakesAway, Port, Section, Shorthand
from corral.cluster_file.units import Duration, Size
from corral.cluster_file.values import Number, Text, Whole
from corral.language import tr
from corral.model.cluster import Install

RESERVED_NAMES: Final = ("admin", "local", "config")
_FORBIDDEN: Final = '/\\. "$*<>:|?'


def _wrong_database(name: str) -> str:
    """By MongoDB's rules for names, those of Windows among them, which its drivers check everywhere."""
    bad = sorted({character for character in name if character in _FORBIDDEN or not character.isprintable()})
    if bad:
        return tr("may not hold {bad}", bad=" ".join(repr(character) for character in bad))
    return "" if 1 <= len(name.encode()) < 64 else tr("must have 1 to 63 bytes")


class Member(Section):
    """One mongod."""

    priority: Annotated[float, Number(0, 1000)] = Field(
        1.0, description="The higher, the sooner it is elected primary; 0 never is."
    )
    votes: Annotated[int, Whole(0, 1)] = Field(1, description="Whether it votes: 1 or 0.")
    arbiter: bool = Field(False, description="Whether it votes without holding data.")


def _as_it_is(value: Any) -> Any:
    """A member with nothing behind its name has all defaults, as any section has."""
    return value


def _members(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value)
    return value


class Database(Section):
    """The replica set that the application keeps its data in."""

    required = ("members",)
    replica_set: Annotated[str, Text(tr("a replica set's name"), r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")] = Field(
        "", description="The replica set's name; the cluster's name when left out."
    )
    name: Annotated[str, Text(tr("a database's name"), check=_wrong_database)] = Field(
        "", description="The application's database; the cluster's name, with _ for -, when left out."
    )
    port: Port = Field(27017, description="The port of every mongod.")
    members: Annotated[
        dict[HostReference, Annotated[Member, Shorthand(_as_it_is, {"type": "null"})]],
        Field(min_length=1),
        Shorthand(
            _members,
            {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": "Members with the defaults.",
            },
        ),
    ] = Field({}, description="The hosts that run mongod, with what differs: a mapping, or a list of names.")
    election_timeout: Annotated[float, Duration("500ms", "5m")] = Field(
        10.0, description="How long a primary may be silent before the others elect another one."
    )
    heartbeat_interval: Annotated[float, Duration("100ms", "1m")] = Field(
        2.0, description="How often the members ask each other."
    )
    cache_size: Annotated[int, Size("256M", "10T")] | None = Field(
        None, description="WiredTiger's cache; mongod's own choice (half of the memory) when left out."
    )
    oplog_size: Annotated[int, Size("10M", "100T")] | None = Field(
        None, description="The oplog; mongod's own choice (5 % of the free disk) when left out."
    )
    parameters: Annotated[
        dict[
            Annotated[str, Text(tr("a parameter's name"), r"[A-Za-z][A-Za-z0-9_]*")],
            Annotated[str, Text(tr("a single line"), r"[^\0\r\n]*", as_written=True)],
        ],
        NothingTakesAway(),
    ] = Field({}, description="mongod's setParameter values.")
    directory: AbsolutePath = Field(
        "",
        description="Where mongod keeps its data on real hosts; /var/lib/corral/CLUSTER/mongod when left out.",
    )
    install: Annotated[Install, Installing()] = Field(
        Install(),
        description="How mongod comes to real hosts: package (mongodb-org-server, from the hosts' own sources), "
        "{package: NAME}, {archive: FILE, sha256: …, version: …}, or none.",
    )
    tune: bool = Field(
        True, description="Whether real database hosts get MongoDB's swappiness, keepalive and huge pages."
    )
