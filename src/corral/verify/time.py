"""The hosts agree on the time, and follow a time server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from corral.errors import Unreachable
from corral.language import tr
from corral.model.cluster import Cluster, Host
from corral.model.machine import Tracking
from corral.observe.machine_system import tracking_in
from corral.rules.host_time import DISPERSION, OFFSET
from corral.transport.base import GLANCE, Runner
from corral.verify.check import Check, failed, judged, passed, skipped
from corral.verify.clocks import FAIL, WARN, Offset, Skew, clock_offsets, skews
from corral.words import counted

_AGREE: Final = tr("clocks agree")
_KEPT: Final = tr("chrony keeps the time")
_CHRONYC: Final = "chronyc -n -c -m tracking sources\n"


async def time(cluster: Cluster, runner: Runner) -> list[Check]:
    """How far each pair of hosts is apart (T02), and what each chronyd says where Corral manages it (T03)."""
    offsets = await clock_offsets(runner, cluster.hosts)
    checks = list(skew_checks(cluster.hosts, offsets))
    if cluster.time.servers:
        trackings = await asyncio.gather(*(_tracking(runner, host.name) for host in cluster.hosts))
        told = dict(zip((host.name for host in cluster.hosts), trackings, strict=True))
        checks += [*tracking_checks(told), *server_checks(told, cluster.time.servers)]
    return checks


async def _tracking(runner: Runner, host: str) -> Tracking | None:
    try:
        return tracking_in((await runner.run(host, _CHRONYC, GLANCE)).text.splitlines())
    except Unreachable:
        return None


def skew_checks(hosts: Sequence[Host], offsets: Mapping[str, Offset]) -> Iterator[Check]:
    """A line for each pair of hosts that is certainly too far apart, then one line for all."""
    pairs, silent = skews(offsets), [host.name for host in hosts if host.name not in offsets]
    if silent:
        yield failed(_AGREE, tr("no answer, so the clock is not known"), ", ".join(silent), "corral status")
    if not pairs:
        yield skipped(_AGREE, tr("fewer than two hosts can be compared"))
        return
    bad = [pair for pair in pairs if pair.least > WARN]
    for pair in bad:
        hint = tr(
            "run `chronyc tracking` on {one} and on {other}: one of them may follow no time server",
            one=pair.one,
            other=pair.other,
        )
        yield judged(
            _AGREE,
            pair.least <= FAIL,
            tr("{apart} apart, over {limit}", apart=_apart(pair), limit=_limit(pair)),
            _names(pair),
            hint,
        )
    worst = pairs[0]
    slow = tr("; the connection is too slow to measure {warn:.0f} ms", warn=WARN * 1000)
    seen = _farthest(pairs) + (slow if worst.uncertainty > WARN else "")
    yield judged(_AGREE, worst.least <= FAIL, seen, hint=tr("corral apply, when the file names `time: servers`"))


def _farthest(pairs: Sequence[Skew]) -> str:
    names, apart = _names(pairs[0]), _apart(pairs[0])
    if len(pairs) == 1:
        return tr("one pair of hosts: {names}, {apart}", names=names, apart=apart)
    return tr(
        "{count} pairs of hosts; the farthest apart are {names}: {apart}", count=len(pairs), names=names, apart=apart
    )


def _apart(pair: Skew) -> str:
    return tr(
        "{seconds:.0f} ms (± {uncertainty:.0f} ms)", seconds=pair.seconds * 1000, uncertainty=pair.uncertainty * 1000
    )


def _limit(pair: Skew) -> str:
    return tr("{milliseconds:.0f} ms", milliseconds=(FAIL if pair.least > FAIL else WARN) * 1000)


def _names(pair: Skew) -> str:
    return f"{pair.one}, {pair.other}"


def tracking_checks(trackings: Mapping[str, Tracking | None]) -> Iterator[Check]:
    """A line for each host whose chronyd has a problem, or too few answers so far; then one line for all."""
    well = 0
    for host, tracking in trackings.items():
        problem = _problem(tracking)
        well += not problem
        if problem and tracking and tracking.settling:
            why = tr(
                "it follows {reference}, and has too few answers so far to know how well", reference=tracking.reference
            )
            yield skipped(_KEPT, why, host, tr("corral verify, in a minute or two"))
        elif problem:
            yield failed(_KEPT, problem, host, tr("`chronyc sources` on {host} shows who answers it", host=host))
    if well == len(trackings):
        worst = max((tracking.offset for tracking in trackings.values() if tracking), default=0.0)
        yield passed(
            _KEPT,
            tr(
                "it follows a time server on {hosts}, at most {worst:.1f} ms off it",
                hosts=tr("all {count} hosts", count=len(trackings)) if well > 1 else counted(well, "host"),
                worst=worst * 1000,
            ),
        )


def server_checks(trackings: Mapping[str, Tracking | None], servers: Sequence[Host]) -> Iterator[Check]:
    """A line for each host that gets no answer from one of the cluster's own time servers: while another one answers,
    all seems well, and the next loss leaves it alone."""
    names = {server.address: server.name for server in servers}
    for host, tracking in trackings.items():
        if tracking is None:
            continue
        lost, unseen = ([names[at] for at in told if at in names] for told in (tracking.lost, tracking.unseen))
        if lost:
            hint = tr("`chronyc sources` on {host}; a firewall may drop what goes to UDP port 123", host=host)
            yield failed(_KEPT, tr("no answer any more from {servers}", servers=", ".join(lost)), host, hint)
        if unseen:
            hint = tr("corral verify, in a minute or two; else a firewall may drop what goes to UDP port 123")
            yield skipped(_KEPT, tr("no answer yet from {servers}", servers=", ".join(unseen)), host, hint)


def _problem(tracking: Tracking | None) -> str:
    """What is wrong with it; empty when nothing is."""
    if tracking is None:
        return tr("chronyd does not answer")
    if tracking.leap == "Not synchronised":
        return tr("it follows no time server; {sources} are in reach", sources=tracking.sources)
    if tracking.offset > OFFSET:
        return tr("it finds its clock {offset:.0f} ms off", offset=tracking.offset * 1000)
    if tracking.root_dispersion > DISPERSION:
        return tr(
            "the time that it follows may be {root_dispersion:.1f} s wrong", root_dispersion=tracking.root_dispersion
        )
    return ""
