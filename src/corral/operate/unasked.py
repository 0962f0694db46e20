"""What hosts could not be asked, for `corral status` and `corral verify`."""

from __future__ import annotations

from collections.abc import Iterator

from corral.language import tr
from corral.model.machine import Machine
from corral.places.base import Observation
from corral.problems import Problem


def unasked_in(seen: Observation) -> list[Problem]:
    """One for each program that gave no answer: an error where parts of the cluster can't be seen for that reason."""
    return [problem for name, machine in seen.machines.items() for problem in _of(name, machine)]


def _of(host: str, machine: Machine) -> Iterator[Problem]:
    if why := machine.docker.unseen:
        message = tr(
            "docker on {host} doesn't answer: which containers run there is unknown (not asked: docker, {why})",
            host=host,
            why=why,
        )
        hint = tr("on {host}, `systemctl status docker` and `journalctl -u docker` say more", host=host)
        yield Problem("not-asked", "error", message, hint, host)
    for each in machine.unasked:
        message = tr("{host}: not asked: {program}, {why}", host=host, program=each.program, why=each.why)
        hint = tr("see on {host} what it waits for: a file system, a name server, a frozen process", host=host)
        yield Problem("not-asked", "warning", message, hint, host)
