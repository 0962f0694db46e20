"""What real members say when one of them is to be restarted."""

from __future__ import annotations

import asyncio

import pytest

from corral.model.resources import FoundUnit, Gate
from corral.model.routes import Direct
from corral.mongo import status
from corral.mongo.greeting import Greeting
from corral.mongo.status import member_answers
from corral.verify.gates import GateOutcome, wait_for_gate
from tests.patience import PATIENCE

from .conftest import settle
from .mongods import PORT, Mongods


def ask(mongods: Mongods, me: int, others: tuple[int, ...], deadline: float) -> GateOutcome:
    members = tuple(mongods.name(number) for number in (me, *others))
    gate = Gate("majority", f"{mongods.network}.{me}", PORT, deadline=deadline, streak=1, members=members)

    async def state() -> FoundUnit | None:
        return None

    return asyncio.run(wait_for_gate(gate, state, lambda found: "", Direct()))


def test_a_voter_waits_until_the_others_can_do_without_it(mongods: Mongods) -> None:
    mongods.start(1, 2, 3)
    settle(mongods.wanted(1, 2, 3), mongods.secrets)
    assert ask(mongods, 2, (1, 3), PATIENCE) == GateOutcome(True, "the others can do without it")
    mongods.kill(3)
    seen = ask(mongods, 2, (1, 3), 0.3)
    assert not seen.passed
    assert f"would leave 1 of 3 voters, and 2 are needed: {mongods.name(3)} (UNREACHABLE)" in seen.detail
    assert ask(mongods, 3, (1, 2), PATIENCE).passed
    mongods.start(3)
    assert ask(mongods, 2, (1, 3), PATIENCE).passed


def test_a_member_that_copies_has_started_and_is_not_back_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    async def greet(connections: object, member: str) -> Greeting:
        return Greeting(member, answered=True, set_name="rs")

    monkeypatch.setattr(status, "greet", greet)
    said = "it is in the set rs and copies data or recovers"
    assert asyncio.run(member_answers("192.0.2.7", PORT, Direct(), "started")) == (True, said)
    assert asyncio.run(member_answers("192.0.2.7", PORT, Direct())) == (False, said)
    assert asyncio.run(member_answers("192.0.2.7", PORT, Direct(), "newcomer")) == (False, said)
