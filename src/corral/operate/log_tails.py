"""Problems with the last lines of the logs that may say why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from corral.language import tr
from corral.model.identity import UnitId
from corral.operate.report import Status
from corral.places.base import Place
from corral.problems import Problem
from corral.verify.log_lines import LOOKED_AT, excerpt


async def with_log_tails(problems: Iterable[Problem], place: Place, report: Status, lines: int) -> list[Problem]:
    """`problems`, each error of an instance with the last `lines` lines of its log; secrets are redacted."""
    units = {each.name: UnitId(each.role, each.host, each.name, each.port) for each in report.instances}
    return [
        await _with_tail(problem, units[problem.where], place, lines)
        if problem.where in units and problem.code == "instance-unhealthy"
        else problem
        for problem in problems
    ]


async def _with_tail(problem: Problem, unit: UnitId, place: Place, lines: int) -> Problem:
    text = "\n".join([each.line async for each in place.logs([unit], LOOKED_AT, follow=False)])
    alone = problem.message.startswith(unit.name)  # what several have begins with how many they are
    whose = tr("its log") if alone else tr("the log of {unit}", unit=unit.name)
    log = excerpt(text, whose, lines) or tr("\n{whose} is empty", whose=whose)
    return replace(problem, message=f"{problem.message}{log}")
