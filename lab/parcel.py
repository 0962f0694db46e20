"""What a host is given at each `up`: keys, the names of all hosts, the machine's way to the packages."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lab import apt
from lab.table import Table

HOMES: Final = {"root": 0, "home/deploy": 1000, "home/nosudo": 1001}
"""Of those who may come in with the lab's key, and their numbers: the image makes them in this order."""
_RESOLVERS: Final = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


def for_host(table: Table, public_key: str) -> bytes:
    """A tar to unpack in the root."""
    files = {"etc/lab/hosts": hosts_file(table), **apt.settings().files}
    if servers := _name_servers():
        files["etc/lab/resolv.conf"] = servers
    return pack(files, public_key)


def pack(files: Mapping[str, str], public_key: str = "") -> bytes:
    """`files` are root's, and everybody may read them; the key is for its owners alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            _add(tar, name, text, 0o644)
        for home, number in HOMES.items() if public_key else ():
            _add(tar, f"{home}/.ssh", None, 0o700, number)
            _add(tar, f"{home}/.ssh/authorized_keys", public_key, 0o600, number)
    return buffer.getvalue()


def hosts_file(table: Table) -> str:
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    return "".join(f"{line}\n" for line in [*lines, *(f"{host.address} {host.name}" for host in table.hosts)])


def _name_servers() -> str | None:
    """The machine's, so that docker inside a host has them too; None when all are on the machine's own loopback."""
    for path in _RESOLVERS:
        lines = path.read_text().splitlines() if path.exists() else []
        servers = [line for line in lines if line.startswith("nameserver ") and not line.split()[1].startswith("127.")]
        if servers:
            return "".join(f"{line}\n" for line in servers)
    return None


def _add(tar: tarfile.TarFile, name: str, text: str | None, mode: int, owner: int = 0) -> None:
    """A file, or a directory where `text` is None."""
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    entry.uid = entry.gid = owner
    content = (text or "").encode()
    entry.size = len(content)
    if text is None:
        entry.type = tarfile.DIRTYPE
    tar.addfile(entry, io.BytesIO(content))
