"""Which labs this machine has, by the labels of their containers, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.docker import rows
from lab.errors import LabError
from lab.places import CHECKOUT
from lab.table import Host


@dataclass(frozen=True)
class Found:
    """A host's container. `kind` is base or full; `state` is docker's word: running, exited, created."""

    lab: str
    host: Host
    checkout: str
    kind: str
    state: str
    container: str

    @property
    def runs(self) -> bool:
        return self.state == "running"


def everything() -> list[Found]:
    """All hosts of all labs. Raises LabError when the daemon doesn't answer."""
    found = [_found(row) for row in rows("ps", "--all", "--no-trunc", "--filter", "label=corral-lab.lab")]
    return sorted(found, key=lambda host: (host.lab, host.host.name))


def of(lab: str) -> list[Found]:
    return [found for found in everything() if found.lab == lab]


def is_orphan(hosts: list[Found]) -> bool:
    """True when the checkout that could take it down is gone."""
    return not all(Path(host.checkout).is_dir() for host in hosts)


def is_abandoned(hosts: list[Found]) -> bool:
    """True when its name may be taken: an orphan, or another checkout's of which no host runs."""
    anothers = any(host.checkout != str(CHECKOUT) for host in hosts)
    return is_orphan(hosts) or (anothers and not any(host.runs for host in hosts))


def refuse_anothers(hosts: list[Found]) -> None:
    """Raises LabError when the lab is another checkout's."""
    for host in hosts:
        if host.checkout != str(CHECKOUT):
            raise LabError(
                f"the lab {host.lab} belongs to the checkout {host.checkout}",
                f"`python -m lab down --name {host.lab}` there, or another --name and --subnet here",
            )


def _found(row: dict[str, str]) -> Found:
    labels = dict(label.split("=", 1) for label in row["Labels"].split(",") if "=" in label)
    values = {key.removeprefix("corral-lab."): value for key, value in labels.items()}
    host = Host(values["host"], values["address"])
    return Found(values["lab"], host, values["checkout"], values["kind"], row["State"], row["Names"])
