"""Units: start, restart, reload, stop; each ends when its gate has been passed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Final

from corral.errors import ChangeFailed, Unwell
from corral.events import Note
from corral.execute.handlers import Step
from corral.execute.handlers.steering import take_all_in
from corral.execute.idle import wait_until_idle
from corral.execute.ways import Ways
from corral.language import tr
from corral.model.identity import UnitId
from corral.model.resources import UP, FoundUnit, Gate, Unit
from corral.observe.units import stamp, stamp_path
from corral.plan.actions import ReloadUnit, StartUnit, StopUnit
from corral.problems import Problem
from corral.secrets import redact
from corral.verify.causes import question
from corral.verify.gates import wait_for_gate
from corral.verify.log_lines import LOOKED_AT, excerpt
from corral.words import behind, counted

LOG_LINES = 20
"""How many lines of its log are shown of a unit that did not become healthy."""
PATIENCE = 3
"""How often a process may die before its gate has been passed; then the wait for it is given up."""
SHOWN: Final = 3.0
"""Seconds that a process has to show that it lives, when something answers and one of its starts has ended. Supervisors
take one for living that has run for a second."""


async def start_unit(action: StartUnit, ways: Ways, step: Step) -> None:
    if action.before:
        await _wait_before(action.unit, action.before, ways)
    if action.drain:
        await _drain(action.unit.id, action.unit.address, action.drain, ways, step)
    if action.unit.pools and not action.restart:
        await take_all_in(action, ways)
    await _forget(action.unit, "", ways)
    await ways.units.start(action.unit.id)
    await _settle(action.unit, action.gate, ways, step)


async def reload_unit(action: ReloadUnit, ways: Ways, step: Step) -> None:
    await _forget(action.unit, action.unit.revision, ways)
    await ways.units.reload(action.unit.id)
    await _settle(action.unit, action.gate, ways, step)


async def stop_unit(action: StopUnit, ways: Ways, step: Step) -> None:
    if action.port and action.drain:
        host = ways.hosts.get(action.host)
        address = host.address if host else ""  # of a host that has left the file: its port has to do
        await _drain(action.unit, address, action.drain, ways, step)
    await ways.units.stop(action.unit)


async def _drain(unit: UnitId, address: str, patience: float, ways: Ways, step: Step) -> None:
    """What ends with the unit after all is told, by its number."""
    if left := await wait_until_idle(unit, address, patience, ways.transport, step.report):
        message = tr(
            "{unit} is stopped with {connections} after {patience:g} s (app.stop.drain): websockets, which are opened "
            "anew elsewhere, or requests that take longer",
            unit=unit.name,
            connections=counted(left, "connection"),
            patience=patience,
        )
        step.sink(Note(message))


async def _wait_before(unit: Unit, gate: Gate, ways: Ways) -> None:
    """Raises ChangeFailed when `unit` is needed and can't be restarted now: nothing has been done to it by then."""
    seen = await wait_for_gate(gate, lambda: ways.units.find(unit.id), lambda found: "", ways.routes)
    if not seen.passed:
        message = tr("{unit} was not restarted: {detail}", unit=unit.name, detail=seen.detail)
        raise ChangeFailed(Problem("no-majority", "error", message, tr("corral status; then the same command again")))


async def _forget(unit: Unit, revision: str, ways: Ways) -> None:
    """Until the gate has been passed, the recorded revision must not count as the one that runs."""
    await _write_down(replace(unit, revision=revision, reload_revision=""), 0, ways)


async def _write_down(unit: Unit, pid: int, ways: Ways) -> None:
    path = stamp_path(ways.hosts[unit.host], unit.name)
    await ways.transport.write(unit.host, path, stamp(unit, pid).encode(), 0o644)


async def _settle(unit: Unit, gate: Gate, ways: Ways, step: Step) -> None:
    """Wait for the gate, then write down the revision that now runs. Raises ChangeFailed with the log's last lines."""
    deaths = _Deaths()
    seen = await wait_for_gate(
        gate, lambda: ways.units.find(unit.id), deaths.give_up, ways.routes, step.answering, ways.secrets
    )
    if not seen.passed:
        raise await _failure(unit, seen.detail, ways)
    found = await ways.units.find(unit.id)
    if gate.kind == "http" and not await _is_its_own(unit, found, deaths, ways):
        raise await _failure(unit, _ANOTHER, ways)
    await _write_down(unit, found.pid if found else 0, ways)


async def _is_its_own(unit: Unit, found: FoundUnit | None, deaths: _Deaths, ways: Ways) -> bool:
    """Whether the process that was started is there, or that isn't known.

    A command that goes into the background leaves another one that answers, which nobody keeps; its supervisor starts
    it again and again, and each of these ends at once.
    """
    deaths.give_up(found)
    deadline = time.monotonic() + SHOWN
    while deaths.count and found and found.state != "running" and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        found = await ways.units.find(unit.id)
    return found is None or found.state in (("running",) if deaths.count else UP)


_ANOTHER: Final = tr(
    "something answers there, but the process that was started has ended: its command has to stay in the foreground"
)


class _Deaths:
    """Counts the starts of a unit that have ended, by their start times."""

    def __init__(self) -> None:
        self._starts: dict[str, None] = {}
        self._detail = ""
        self.count = 0

    def give_up(self, found: FoundUnit | None) -> str:
        """Why it makes no sense to wait longer; empty while it does."""
        if found is None:
            return ""
        self._starts[found.started] = None
        self._detail = found.detail or self._detail
        self.count = len(self._starts) - (found.state != "failed")
        if self.count < PATIENCE:
            return ""
        return tr(
            "it died {count} times after its start: {detail}",
            count=self.count,
            detail=self._detail or tr("its log may say why"),
        )


async def _failure(unit: Unit, detail: str, ways: Ways) -> Unwell:
    said = await ways.transport.run(unit.host, ways.units.log_script(unit.id, LOOKED_AT))
    text = redact(said.text.rstrip("\n"), ways.secrets) if said.code == 0 else ""
    log = excerpt(text, tr("its log"), LOG_LINES) or tr("\nits log is empty")
    asked = question(detail)
    again = tr("then run the same command again: it goes on from here")
    problem = Problem(
        "not-healthy",
        "error",
        tr(
            "{unit} at {address}:{port} did not become healthy: {detail}{more}",
            unit=unit.name,
            address=unit.address,
            port=unit.port,
            detail=detail,
            more=behind(asked) or log,
        ),
        tr("mend that, {again}", again=again)
        if asked
        else tr("corral logs {unit}; fix that, {again}", unit=unit.name, again=again),
        unit.name,
    )
    return Unwell(problem, detail)
