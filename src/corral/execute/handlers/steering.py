"""Which of its pools a proxy uses: a link on its host is changed, and its own ping tells that it goes by it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from corral.errors import ChangeFailed
from corral.execute.ways import Ways
from corral.language import tr
from corral.model import pools
from corral.plan.actions import Steer
from corral.problems import Problem
from corral.shell import beside, call
from corral.transport.alone import alone
from corral.verify.gates import wait_for_gate

_SHELL: Final = beside(__file__, "steering.sh")


async def steer(action: Steer, ways: Ways) -> None:
    """Raises ChangeFailed when the proxy doesn't do what it was told: nothing may stop then that it still sends to."""
    layout = ways.hosts[action.host].layout
    script = alone(str(layout.state)) + script_of(pools.link(layout), action.pool)
    done = await ways.transport.run(action.host, script)
    if done.code != 0:
        raise _failure(action, done.error_without(ways.secrets))
    seen = await wait_for_gate(
        action.gate, lambda: ways.units.find(action.unit.id), lambda found: "", ways.routes, secrets=ways.secrets
    )
    if not seen.passed:
        raise _failure(action, seen.detail)


def script_of(link: PurePath, pool: int) -> str:
    """POSIX sh that has `link` lead to `pool`, in one step."""
    return _SHELL.before(call("use_pool", link.parent, pool, link.name))


def _failure(action: Steer, detail: str) -> ChangeFailed:
    message = tr("{host}: can't {summary}: {detail}", host=action.host, summary=action.summary, detail=detail)
    hint = tr(
        "no instance was stopped over it; corral logs {unit}, then the same command again: it goes on from here",
        unit=action.unit.name,
    )
    return ChangeFailed(Problem("not-steered", "error", message, hint, action.host))
