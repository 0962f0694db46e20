"""Carrying out a plan on real hosts, under the lock."""

from __future__ import annotations

import time

from corral.errors import StalePlan
from corral.operate.look import look
from corral.operate.report import Applied
from corral.operate.runs import Run
from corral.operate.site import Site
from corral.operate.stages import announce, carry_out, prove
from corral.operate.status import status
from corral.plan.actions import Plan
from corral.plan.basis import changed_since
from corral.plan.only import Only
from corral.problems import Problem


async def refuse_stale(site: Site, plan: Plan, only: Only) -> None:
    """Raises StalePlan when a host that the plan changes no longer looks as it did when the plan was made."""
    changed = changed_since(plan, (await look(site, only)).observed)
    if changed:
        message = f"the plan no longer fits: {', '.join(changed)} changed since it was made"
        hint = "corral plan shows what would change now; nothing was changed"
        raise StalePlan([Problem("stale-plan", "error", message, hint, name) for name in changed[:1]])


async def apply(site: Site, plan: Plan, run: Run, whole: bool) -> Applied:
    """Carry out `plan`, under the lock of `run`, and look from the outside until all is healthy.

    A part of a plan is followed by one look: the rest of the cluster may be in any state. Raises CorralError.
    """
    started = time.monotonic()
    announce(plan, site.cluster, run.sink)
    await carry_out(plan, site, run.sink, run.check)
    report = await (prove(site, plan, run.sink) if whole else status(site))
    return Applied(plan, report, time.monotonic() - started)
