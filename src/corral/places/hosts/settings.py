"""How each host is reached, and where the cluster's secrets are, by the cluster file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corral.cluster_file.parse import Loaded
from corral.files import expanded
from corral.places.hosts.store import store_of
from corral.transport.ssh_settings import SshSettings
from corral.vault.file import Vault


def settings_of(loaded: Loaded) -> dict[str, SshSettings]:
    """By the host's name: what the file says, and ~/.ssh/config for the rest."""
    spec = loaded.spec
    return {
        name: _settings(loaded, name, host.address, (host.ssh or spec.ssh).model_dump())
        for name, host in spec.hosts.items()
    }


def departed_settings(loaded: Loaded, name: str, remembered: Mapping[str, Any]) -> SshSettings:
    """For a host that has left the file: what was remembered of it, and the file's `ssh` section for the rest."""
    known = {key: remembered[key] for key in REMEMBERED if key in remembered}
    return _settings(loaded, name, str(remembered.get("address", name)), loaded.spec.ssh.model_dump() | known)


REMEMBERED = ("user", "port", "jump", "sudo")
"""What is remembered of a host beside its address. Not the key: that is a file on this machine."""


def remembered_of(settings: SshSettings) -> dict[str, Any]:
    return {"address": settings.address, **{key: getattr(settings, key) for key in REMEMBERED}}


def _settings(loaded: Loaded, name: str, address: str, ssh: Mapping[str, Any]) -> SshSettings:
    known = [str(store_of(loaded).known_hosts), *([path_of(loaded, ssh["known_hosts"])] if ssh["known_hosts"] else [])]
    return SshSettings(
        host=name,
        address=address,
        user=ssh["user"],
        port=ssh["port"] or 0,
        key=path_of(loaded, ssh["key"]) if ssh["key"] else "",
        jump=ssh["jump"],
        sudo=ssh["sudo"],
        known_hosts=tuple(known),
        timeout=ssh["timeout"],
    )


def path_of(loaded: Loaded, path: str) -> str:
    """`~` is the user's home; anything else relative starts at the cluster file's directory."""
    return os.path.normpath(Path(loaded.directory) / expanded(path))


def vault_of(loaded: Loaded) -> Vault:
    secrets = loaded.spec.secrets
    return Vault(
        store_of(loaded).secrets,
        [_recipient(loaded, text) for text in secrets.recipients],
        [path_of(loaded, secrets.identity)] if secrets.identity else [],
    )


def _recipient(loaded: Loaded, text: str) -> str:
    """A public key as it is, or the path of a file that holds one."""
    return text if text.startswith(("age1", "ssh-")) else path_of(loaded, text)
