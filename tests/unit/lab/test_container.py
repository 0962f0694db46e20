"""How a host is made, and what it is given."""

from __future__ import annotations

import io
import tarfile

from lab import container, parcel
from lab.table import table

HOST = table().host("app-108")


def test_a_host_has_its_name_its_address_and_its_labels() -> None:
    words = container.create(table(), HOST, "image:1", "full")
    for wanted in (
        "--name=corral-lab-app-108",
        "--hostname=app-108",
        "--network=corral-lab",
        "--ip=10.108.0.108",
        "--label=corral-lab.lab=corral-lab",
        "--label=corral-lab.host=app-108",
        "--label=corral-lab.kind=full",
    ):
        assert wanted in words
    assert (words[0], words[-1]) == ("create", "image:1")


def test_a_host_may_not_touch_what_is_the_machines() -> None:
    words = container.create(table(), HOST, "image:1", "full")
    granted = {word.removeprefix("--cap-add=") for word in words if word.startswith("--cap-add=")}
    assert not granted & {"ALL", "SYS_TIME", "SYS_MODULE", "SYS_RAWIO", "SYS_RESOURCE"}
    assert {"SYS_ADMIN", "NET_ADMIN", "SYS_BOOT"} <= granted
    assert "--privileged" not in words


def test_all_hosts_know_each_other() -> None:
    lines = parcel.hosts_file(table()).splitlines()
    assert lines[0] == "127.0.0.1 localhost"
    assert "10.108.0.218 db-218" in lines
    assert len(lines) == 2 + 7


def test_keys_are_their_owners_alone() -> None:
    with tarfile.open(fileobj=io.BytesIO(parcel.pack({"etc/x": "text\n"}, "ssh-ed25519 AAAA\n"))) as tar:
        found = {entry.name: (entry.uid, entry.mode) for entry in tar}
        content = tar.extractfile("home/deploy/.ssh/authorized_keys")
        assert content is not None
        assert content.read() == b"ssh-ed25519 AAAA\n"
    assert found["etc/x"] == (0, 0o644)
    for home, number in parcel.HOMES.items():
        assert found[f"{home}/.ssh"] == (number, 0o700)
        assert found[f"{home}/.ssh/authorized_keys"] == (number, 0o600)


def test_without_a_key_nobody_comes_in() -> None:
    with tarfile.open(fileobj=io.BytesIO(parcel.pack({"etc/x": "text\n"}))) as tar:
        assert tar.getnames() == ["etc/x"]
