"""Which of its pools a proxy uses: a link on its host is changed, and its own ping tells that it goes by it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from corral.errors import ChangeFailed
from corral.execute.ways import Ways
from corral.language import tr
from corral.model import pools
from corral.plan.actions import StartUnit, Steer
from corral.problems import Problem
from corral.shell import beside, call
from corral.transport.alone import alone
from corral.verify.gates import wait_for_gate

_SHELL: Final = beside(__file__, "steering.sh")


async def steer(action: Steer, ways: Ways) -> None:
    """Raises ChangeFailed when the proxy doesn't do what it was told: nothing may stop then that it still sends to."""
    await _leave_out(action.out, action, ways)
    seen = await wait_for_gate(
        action.gate, lambda: ways.units.find(action.unit.id), lambda found: "", ways.routes, secrets=ways.secrets
    )
    if not seen.passed:
        raise _failure(action, seen.detail)


async def take_all_in(start: StartUnit, ways: Ways) -> None:
    """Before a proxy starts, which an earlier run may have left with a group out. Raises ChangeFailed."""
    await _leave_out(pools.NOBODY, start, ways)


async def _leave_out(out: pools.Group, action: Steer | StartUnit, ways: Ways) -> None:
    layout = ways.hosts[action.host].layout
    done = await ways.transport.run(action.host, alone(str(layout.state)) + script_of(pools.link(layout), out))
    if done.code != 0:
        raise _failure(action, done.error_without(ways.secrets))


def script_of(link: PurePath, out: pools.Group) -> str:
    """POSIX sh that has `link` say that `out` is out, in one step."""
    return _SHELL.before(call("use_pool", link.parent, pools.key(out), link.name))


def _failure(action: Steer | StartUnit, detail: str) -> ChangeFailed:
    message = tr("{host}: can't {summary}: {detail}", host=action.host, summary=action.summary, detail=detail)
    hint = tr(
        "no instance was stopped over it; corral logs {unit}, then the same command again: it goes on from here",
        unit=action.unit.name,
    )
    return ChangeFailed(Problem("not-steered", "error", message, hint, action.host))
