"""Rules on the hosts' clocks. How far they are from each other is verify's to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from corral.model.programs import CHRONY, PROGRAMS, TIME_DAEMONS
from corral.rules.registry import Evidence, Seen, There, Theres, on, rule_on_all, rule_on_each

OFFSET: Final = 0.05
"""Seconds that chronyd may find its clock off: as far as two hosts may be apart before it is told (T02)."""
DISPERSION: Final = 0.5
"""Seconds of uncertainty at which a time is no longer worth following."""


def _others(there: There) -> list[str]:
    """Time daemons that run here and are not chrony."""
    return [name for name in there.machine.active(*TIME_DAEMONS) if name not in CHRONY]


def _gives_way(there: There, name: str) -> bool:
    """Debian's chrony and systemd-timesyncd exclude each other as packages: to install the one removes the other."""
    install = there.cluster.time.install
    installed = there.machine.package(install.name or PROGRAMS["chronyd"].package).installed
    return name == "systemd-timesyncd" and there.machine.system.family == "debian" and _comes(install.way, installed)


def _comes(way: str, installed: str) -> bool:
    return way == "package" and not installed


@rule_on_each("T01", "error", "time")
def other_time_daemon(there: There) -> Iterator[Evidence]:
    if there.cluster.time.servers:
        yield from ({"daemon": name} for name in _others(there) if not _gives_way(there, name))


@rule_on_each("T01", "info", "time")
def time_daemon_replaced(there: There) -> Iterator[Evidence]:
    if there.cluster.time.servers:
        yield from ({"daemon": name} for name in _others(there) if _gives_way(there, name))


@rule_on_each("T01", "warning", "time")
def no_time_daemon(there: There) -> Iterator[Evidence]:
    running = list(there.machine.active(*TIME_DAEMONS))
    if not there.cluster.time.servers and there.machine.system.systemd and not running:
        yield {}


@rule_on_each("T01", "warning", "time")
def two_time_daemons(there: There) -> Iterator[Evidence]:
    """Where Corral doesn't see to the time itself."""
    running = list(there.machine.active(*TIME_DAEMONS))
    if not there.cluster.time.servers and len(running) > 1:
        yield {"daemons": ", ".join(running)}


@rule_on_each("T03", "warning", "time")
def clock_unsynchronised(there: There) -> Iterator[Evidence]:
    """Of a chronyd that runs: before the first apply there may be none, and that is what the plan is for."""
    tracking = there.machine.tracking
    if tracking and tracking.leap == "Not synchronised":
        yield {"sources": tracking.sources}


@rule_on_each("T03", "warning", "time")
def clock_off(there: There) -> Iterator[Evidence]:
    tracking = there.machine.tracking
    if tracking is None or tracking.settling or tracking.leap == "Not synchronised":
        return
    if tracking.offset > OFFSET or tracking.root_dispersion > DISPERSION:
        yield {"offset": tracking.offset * 1000, "dispersion": tracking.root_dispersion * 1000}


@rule_on_all("T07", "warning", "time")
def zones_differ(theres: Theres) -> Iterator[Seen]:
    """Each host that isn't in the zone of most; of equally many, in that of the host that the file names first."""
    zones = {there.host.name: there.machine.system.zone for there in theres}
    known = Counter(_plain(zone) for zone in zones.values() if zone)
    if len(known) > 1:
        usual = known.most_common(1)[0][0]
        for host, zone in zones.items():
            if zone and _plain(zone) != usual:
                yield on(host, {"zone": zone, "usual": usual})


def _plain(zone: str) -> str:
    """UTC has many names."""
    return "UTC" if zone in ("Etc/UTC", "Etc/UCT", "UCT", "Etc/Universal", "Universal", "Zulu", "Etc/Zulu") else zone
