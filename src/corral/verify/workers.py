"""Workers: exactly as many as the file says; with fewer, jobs are not run, with more they run twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.resources import FoundUnit
from corral.verify.check import Check, failed, judged, skipped


def workers(cluster: Cluster, found: Sequence[FoundUnit], hidden: Collection[str] = ()) -> Check:
    """On the hosts `hidden` nobody could see what runs."""
    wanted = {instance.name for instance in cluster.app.workers}
    if not wanted:
        return skipped(tr("workers"), tr("the file asks for none"))
    running = sorted(
        unit.name for unit in found if unit.state == "running" and (unit.name in wanted or unit.role == "worker")
    )
    name = tr("one worker") if len(wanted) == 1 else tr("{count} workers", count=len(wanted))
    seen = ", ".join(running) or tr("none")
    unseen = sorted({instance.host.name for instance in cluster.app.workers}.intersection(hidden))
    if unseen and set(running) < wanted:
        what = tr("{seen}; what runs on {hosts} can't be seen", seen=seen, hosts=", ".join(unseen))
        return failed(name, what, hint="corral status")
    return judged(
        name, set(running) == wanted, tr("{count} running: {seen}", count=len(running), seen=seen), hint="corral status"
    )
