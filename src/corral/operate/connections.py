"""From a cluster file to open ways to its hosts: what every verb on real hosts begins with."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from corral.events import Sink
from corral.model.cluster import Cluster
from corral.model.resources import Observed
from corral.operate.front import Front
from corral.operate.outside import known_outside_of, outside_of
from corral.operate.site import Site
from corral.operate.sources import with_digests
from corral.operate.store import store_of
from corral.operate.vault import Vault, secrets_lost
from corral.secrets import Secrets, recognised
from corral.spec.build import build, direct_placement
from corral.spec.parse import Loaded
from corral.transport.host_units import HostUnits
from corral.transport.ssh import SshTransport
from corral.transport.ssh_settings import SshSettings
from corral.transport.tunnels import Tunnels


def settings_of(loaded: Loaded) -> Mapping[str, SshSettings]:
    """How each host is reached, by its name: the file's own words, ~/.ssh/config for the rest."""
    store = store_of(loaded)
    settings = {}
    for name, host in loaded.spec.hosts.items():
        ssh = host.ssh or loaded.spec.ssh
        known = [str(store.known_hosts), *([_path(loaded, ssh.known_hosts)] if ssh.known_hosts else [])]
        settings[name] = SshSettings(
            host=name,
            address=host.address,
            user=ssh.user,
            port=ssh.port or 0,
            key=_path(loaded, ssh.key) if ssh.key else "",
            jump=ssh.jump,
            sudo=ssh.sudo,
            known_hosts=tuple(known),
            timeout=ssh.timeout,
        )
    return settings


def _path(loaded: Loaded, path: str) -> str:
    """`~` is the user's home; anything else relative starts at the cluster file's directory."""
    return os.path.normpath(Path(loaded.directory) / Path(path).expanduser())


def cluster_of(loaded: Loaded) -> Cluster:
    """The cluster on its own machines."""
    return with_digests(build(loaded.spec, direct_placement(loaded.spec), Path(loaded.directory), loaded.source))


def vault_of(loaded: Loaded) -> Vault:
    secrets = loaded.spec.secrets
    return Vault(
        store_of(loaded).secrets,
        [_recipient(loaded, text) for text in secrets.recipients],
        [_path(loaded, secrets.identity)] if secrets.identity else [],
    )


def _recipient(loaded: Loaded, text: str) -> str:
    """A public key as it is, or the path of a file that holds one."""
    return text if text.startswith(("age1", "ssh-")) else _path(loaded, text)


@dataclass(frozen=True)
class Completed:
    """All secrets; `fresh` when there were none before."""

    secrets: Secrets
    fresh: bool


def complete_secrets(loaded: Loaded, sink: Sink) -> Completed:
    """For verbs that plan: missing secrets are made, and what app.env takes from outside must be there."""
    outside, vault = outside_of(loaded), vault_of(loaded)
    fresh = not vault.path.exists()
    return Completed({**vault.complete(sink), **outside}, fresh)


def refuse_lost_secrets(loaded: Loaded, completed: Completed, observed: Observed) -> None:
    """Raises ChangeFailed when the cluster is on its hosts already, and with other secrets than those that are here.

    Those that were made just now are taken back. A key file that differs while another one doesn't is no sign of that:
    somebody has changed it by hand.
    """
    from corral.desired.database import KEY

    keys = [file for file in observed.files if file.path.endswith("/keyfile")]
    if not keys or any(recognised(file.content, KEY, completed.secrets) == KEY for file in keys):
        return
    path = store_of(loaded).secrets
    if completed.fresh:
        path.unlink()
    raise secrets_lost(path, keys[0].host, taken_back=completed.fresh)


def known_secrets(loaded: Loaded) -> Secrets:
    """For verbs that only look: whatever is known."""
    return {**vault_of(loaded).read(), **known_outside_of(loaded)}


@asynccontextmanager
async def open_hosts(loaded: Loaded, secrets: Secrets | None = None, *, begin: bool = False) -> AsyncIterator[Site]:
    """The cluster's hosts, reached when first asked; with `begin` all of them at once. Raises CorralError."""
    cluster = cluster_of(loaded)
    secrets = known_secrets(loaded) if secrets is None else secrets
    transport = SshTransport(settings_of(loaded), loaded.spec.ssh.connections)
    tunnels = Tunnels(transport, _places(cluster))
    try:
        if begin:
            transport.begin()
        yield Site(
            cluster,
            transport,
            HostUnits(transport, cluster, secrets),
            secrets,
            routes=Front(tunnels),
        )
    finally:
        await tunnels.close()
        await transport.close()


def _places(cluster: Cluster) -> dict[str, str]:
    """By which host an address is reached. The one that moves is any proxy's neighbour, or its own."""
    places = {host.address: host.name for host in cluster.hosts}
    return places | ({cluster.moving.address: cluster.proxy.hosts[0].name} if cluster.moving else {})
