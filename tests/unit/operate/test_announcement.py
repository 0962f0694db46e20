"""How long the starts of a plan will take."""

from __future__ import annotations

import pytest

from corral.desired.assemble import assemble
from corral.desired.supervisor import SupervisorKeeper
from corral.events import Event, Note
from corral.model.resources import HostFacts, Observed
from corral.operate.prove import announce
from corral.plan.order import make_plan
from tests.unit.plan.cluster_of import REFERENCE, in_place, kept_here


def said(more: str, found: str = "") -> str:
    """About a plan for ten web instances and a worker, `more` in their file; nothing runs, or all of `found` does."""
    text = REFERENCE.replace("interval: 1s}", f"interval: 1s}}, {more}")
    cluster = kept_here(text)
    facts = {host.name: HostFacts(host.name, (1, 31, 3), (6, 0, 5), machine="one", cores=2) for host in cluster.hosts}
    older = kept_here(found) if found else cluster
    observed = in_place(assemble(older, facts, SupervisorKeeper(older))) if found else Observed()
    plan = make_plan("ref", assemble(cluster, facts, SupervisorKeeper(cluster)), observed)
    events: list[Event] = []
    announce(plan, cluster, events.append)
    return " ".join(event.message for event in events if isinstance(event, Note))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("start_time: 20s", "11 instances start: this can take 20 s (20 s for one)"),
        ("start_time: 20s, start_at_once: 1", "11 instances start: this can take 220 s (20 s for one)"),
        ("start_time: 20s, start_at_once: cores", "11 instances start: this can take 80 s (20 s for one)"),
        ("start_time: 100ms, start_at_once: cores", ""),
        ("start_at_once: 1", ""),
    ],
)
def test_first_starts(more: str, words: str) -> None:
    assert said(more) == words


def test_restarts_come_in_batches_and_drain() -> None:
    """Two at a time, and the worker: six rounds of 20 s, five of which wait 5 s for requests."""
    more = "start_time: 20s, stop: {drain: 5s}"
    running = REFERENCE.replace("interval: 1s}", f"interval: 1s}}, {more}").replace('"1.0"', '"0.9"')
    assert said(more, running) == "11 instances start: this can take 145 s (20 s for one)"
