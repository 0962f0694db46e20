"""The cluster file as a value: what may stand in it, and every default that doesn't depend on another key."""

from typing import Annotated, Final

from pydantic import Field

from corral.cluster_file.addresses import wrong_playground_network
from corral.cluster_file.app import App
from corral.cluster_file.database import Database
from corral.cluster_file.install import Installing
from corral.cluster_file.positions import Path
from corral.cluster_file.proxy import Proxy
from corral.cluster_file.section import Address, HostEntry, HostName, HostReference, Port, Section, Ssh, left_out
from corral.cluster_file.values import Text
from corral.language import tr
from corral.model.cluster import Install

NAME: Final = Text(tr("small letters, digits and hyphens, a letter first, 30 at most"), r"[a-z][a-z0-9-]{0,29}")

WRITTEN: Final[tuple[Path, ...]] = (
    ("app", "version"),
    ("app", "command", "*"),
    ("app", "release", "*"),
    ("app", "install", "*"),
    ("app", "env", "*"),
    ("app", "health", "contains"),
    ("app", "health", "headers", "*"),
    ("app", "websocket", "send"),
    ("app", "websocket", "contains"),
    ("app", "workers", "command", "*"),
    ("app", "workers", "env", "*"),
    ("app", "workers", "health", "contains"),
    ("app", "workers", "health", "headers", "*"),
    ("database", "parameters", "*"),
    ("database", "install", "*"),
    ("proxy", "install", "*"),
    ("time", "install", "*"),
)
"""Where a number or a truth value is a text: version 1.10 is not 1.1."""


class Time(Section):
    """Time servers. The playground has this machine's own clock."""

    servers: tuple[HostReference, ...] = Field((), description="The hosts that the others take the time from.")
    upstream: tuple[Address, ...] = Field(
        (), description="Where those take it from themselves; nothing on an isolated network."
    )
    install: Annotated[Install, Installing(archives=False)] = Field(
        Install(), description="How chrony comes to real hosts: package, {package: NAME}, or none."
    )


class Secrets(Section):
    """Where the generated passwords lie: .corral/NAME/secrets.yaml beside this file, for its owner alone."""

    recipients: tuple[Annotated[str, Text(tr("an age or SSH public key, or a .pub file"), r"[^\0\n]+")], ...] = Field(
        (), description="Who can decrypt them: age1…, ssh-ed25519 …, or a .pub file. Not encrypted when left out."
    )
    identity: Annotated[str, Text(tr("a path"), r"[^\0\n]+")] = Field(
        "",
        description="The private key that decrypts them; when left out, $CORRAL_AGE_IDENTITY, Corral's own age.key or "
        "an SSH key.",
    )


class Playground(Section):
    """What holds for `corral up` alone."""

    network: Annotated[str, Text(tr("a network"), check=wrong_playground_network)] = Field(
        "",
        description="The /16 of 127.0.0.0/8 that the hosts' addresses are of; by the name when left out.",
    )
    port: Port = Field(8080, description="The port that the proxy listens on.")


class Spec(Section):
    """A cluster file. After `corral.cluster_file.defaults.completed` nothing in it is left to be derived."""

    required = ("name", "hosts", "proxy", "app", "database")
    name: Annotated[str, NAME] = Field("", description="The cluster's name, part of every file's and unit's name.")
    hosts: Annotated[dict[HostName, HostEntry], Field(min_length=1)] = Field(
        {},
        description="The machines: a name of your choice, and the address or a mapping with address and ssh.",
    )
    ssh: Ssh = left_out("How the hosts are reached.")
    proxy: Proxy = left_out("nginx in front of the instances.")
    app: App = left_out("The application: its instances and its workers.")
    database: Database = left_out("The MongoDB replica set.")
    time: Time = left_out("Time servers.")
    secrets: Secrets = left_out("Where the generated passwords lie.")
    playground: Playground = left_out("What holds for `corral up` on one machine alone.")
