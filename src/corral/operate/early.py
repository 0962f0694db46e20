"""What is asked first, for runs that hope to find nothing to change: the hosts' answers take longer than all else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from corral.observe.machine import Answers, observe_machines
from corral.operate.meanwhile import imported
from corral.operate.site import Site

if TYPE_CHECKING:
    from corral.model.resources import Gate
    from corral.verify.http import Answer

_MEANWHILE: Final = ("pymongo", "corral.operate.look", "h11", "jinja2")
"""With all that these import, a quarter of a second: what isn't needed before a host has answered."""


@dataclass(frozen=True)
class Early:
    """`machines` is the look at all hosts; `answers` are those of every instance and proxy."""

    machines: asyncio.Task[Answers]
    answers: Mapping[Gate, asyncio.Task[Answer]]


@asynccontextmanager
async def asked_early(site: Site) -> AsyncIterator[Early]:
    """Everything asked at once; what isn't waited for within the block is dropped with it."""
    machines = asyncio.create_task(observe_machines(site.transport, site.cluster, site.secrets))
    tasks: list[asyncio.Task[Any]] = [machines]
    try:
        await imported(*_MEANWHILE)
        answers = {gate: asyncio.create_task(question) for gate, question in _questions(site)}
        tasks += [*answers.values(), asyncio.create_task(_compiled())]
        yield Early(machines, answers)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _compiled() -> None:
    from corral.desired.templating import compile_templates

    await asyncio.to_thread(compile_templates)


def _questions(site: Site) -> list[tuple[Gate, Coroutine[Any, Any, Answer]]]:
    from corral.desired.gates import health_gate
    from corral.operate.status import proxy_gate
    from corral.verify.http import ask

    cluster = site.cluster
    gates = [health_gate(instance) for instance in cluster.app.instances if instance.health]
    proxies = [proxy_gate(at) for at in cluster.proxy.endpoints]
    return [(gate, ask(gate, site.routes)) for gate in gates] + [
        (gate, ask(gate, site.routes, "visitor")) for gate in proxies
    ]
