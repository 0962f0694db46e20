"""A lab's own files in the checkout: its key, the hosts' public keys, and a configuration for ssh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.places import STATE
from lab.processes import run
from lab.table import Host, Table


@dataclass(frozen=True)
class State:
    """`directory` holds `id_ed25519`, `id_ed25519.pub`, `known_hosts` and `ssh_config`."""

    directory: Path

    @property
    def key(self) -> Path:
        return self.directory / "id_ed25519"

    @property
    def public_key(self) -> Path:
        return self.directory / "id_ed25519.pub"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        return self.directory / "ssh_config"


def state(lab: str) -> State:
    return State(STATE / lab)


def ensure_key(files: State) -> str:
    """The public key's line; the pair is made at the first call. Raises LabError when ssh-keygen fails."""
    files.directory.mkdir(parents=True, exist_ok=True)
    if not (files.key.exists() and files.public_key.exists()):
        files.key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "corral-lab", "-f", str(files.key)])
    return files.public_key.read_text()


def write(files: State, table: Table, keys: dict[str, str]) -> None:
    """`keys`: host's name to its public key (`ssh-ed25519 AAAA…`)."""
    files.known_hosts.write_text(
        "".join(f"{h.name},{h.address} {keys[h.name]}\n" for h in table.hosts if h.name in keys)
    )
    files.ssh_config.write_text(ssh_config(files, table.hosts))


def ssh_config(files: State, hosts: tuple[Host, ...]) -> str:
    """Strict: a host whose key is another than the one that docker says is an error."""
    lines = [line for host in hosts for line in (f"Host {host.name}", f"    HostName {host.address}")]
    lines += [
        "Host *",
        "    User deploy",
        f'    IdentityFile "{files.key}"',
        "    IdentitiesOnly yes",
        f'    UserKnownHostsFile "{files.known_hosts}"',
        "    GlobalKnownHostsFile /dev/null",
        "    StrictHostKeyChecking yes",
    ]
    return "".join(f"{line}\n" for line in lines)
