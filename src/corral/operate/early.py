"""Questions that are asked first, since a run that finds nothing to change spends most of its time on the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from corral.desired.gates import health_gate, proxy_gate
from corral.desired.templating import compile_templates
from corral.model.resources import Gate
from corral.places.base import Place
from corral.verify.http import Answer, ask

Answers = Mapping[Gate, asyncio.Task[Answer]]
"""By gate: what each instance and each proxy has answered, or will answer."""


@asynccontextmanager
async def asked_early(place: Place) -> AsyncIterator[Answers]:
    """Asks everything at once; answers that nobody has waited for are dropped when the block ends."""
    cluster = place.cluster
    gates = [health_gate(instance) for instance in cluster.app.instances if instance.health]
    answers = {gate: asyncio.create_task(ask(gate, place, secrets=place.secrets)) for gate in gates}
    answers |= {
        gate: asyncio.create_task(ask(gate, place, "visitor")) for gate in map(proxy_gate, cluster.proxy.endpoints)
    }
    tasks: list[asyncio.Task[Any]] = [*answers.values(), asyncio.create_task(asyncio.to_thread(compile_templates))]
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
