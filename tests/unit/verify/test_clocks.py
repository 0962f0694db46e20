"""Clocks that are asked over a line: what can be said of them for certain, and what is made of that."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corral.model.command import CommandResult
from corral.model.machine import Tracking
from corral.verify import clocks
from corral.verify.clocks import ROUNDS, Offset, clock_offsets, skews, within
from corral.verify.time import server_checks, skew_checks, tracking_checks
from corral.verify.time import time as check_time
from tests.unit.plan.cluster_of import REFERENCE, cluster_of
from tests.unit.transport.answers import Answers, saying

HOSTS = cluster_of(REFERENCE).hosts[:3]
P, A, B = (host.name for host in HOSTS)


class Clocks(Answers):
    """Hosts whose clocks are ahead by `ahead` seconds; each answer takes `before` until the clock is read."""

    def __init__(self, ahead: dict[str, float], before: float = 0.01) -> None:
        super().__init__(self._answer)
        self._ahead = ahead
        self._before = before

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        await asyncio.sleep(self._before)
        return await super().run(host, script, deadline)

    def _answer(self, host: str, script: str) -> CommandResult:
        if "chronyc" in script:
            row = "0A6C0064,10.0.0.1,11,1.0,0.000100,0.0,0.0,1.0,0.0,0.1,0.0002,0.0007,64.2,Normal\n"
            return CommandResult(0, row.encode(), b"")
        return CommandResult(0, f"{time.time() + self._ahead[host]:.9f}\n".encode(), b"")


def test_what_is_measured_holds_the_truth() -> None:
    ahead = {P: 0.0, A: 0.2, B: -3.0}
    transport = Clocks(ahead)
    began = time.monotonic()
    offsets = asyncio.run(clock_offsets(transport, HOSTS))
    a_round = (time.monotonic() - began) / ROUNDS
    assert len(transport.asked) == 3 * ROUNDS
    for name, offset in offsets.items():
        assert abs(offset.seconds - ahead[name]) <= offset.uncertainty + 0.001
        assert 0.004 < offset.uncertainty <= a_round / 2, "the shortest round says most"


def test_a_host_that_answers_slowly_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one whose sudo takes twelve seconds each time."""
    monkeypatch.setattr(clocks, "SLOW", 0.05)
    transport = Clocks({P: 0.0, A: 0.2, B: -3.0}, before=0.1)
    offsets = asyncio.run(clock_offsets(transport, HOSTS))
    assert len(transport.asked) == 3
    assert all(abs(offsets[name].seconds - ahead) <= offsets[name].uncertainty for name, ahead in ((A, 0.2), (B, -3)))


def test_hosts_that_can_not_be_asked_are_left_out() -> None:
    transport = Answers(saying("1795551028.5\n"), silent=frozenset({A}))
    assert list(asyncio.run(clock_offsets(transport, HOSTS))) == [P, B]
    assert asyncio.run(clock_offsets(Answers(saying("1795551028.N\n")), HOSTS)) == {}, "a date without %N"


@given(
    truth=st.floats(-100, 100),
    delays=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=8),
)
def test_rounds_never_exclude_the_truth_and_narrow_what_it_can_be(
    truth: float, delays: list[tuple[float, float]]
) -> None:
    """A round is (time until the clock is read, time until the answer is there)."""
    bounds = [(truth - back, truth + forth) for forth, back in delays]
    offset = within(bounds)
    assert abs(offset.seconds - truth) <= offset.uncertainty + 1e-9
    assert offset.uncertainty <= min(forth + back for forth, back in delays) / 2 + 1e-9


def test_a_clock_that_was_set_between_two_rounds_goes_by_the_best_of_them() -> None:
    assert within([(0.0, 0.02), (5.0, 5.5)]) == Offset(0.01, 0.01)


def test_every_two_hosts_the_farthest_apart_first() -> None:
    pairs = skews({"a": Offset(0.0, 0.01), "b": Offset(0.1, 0.02), "c": Offset(-0.3, 0.01)})
    assert [(pair.one, pair.other) for pair in pairs] == [("b", "c"), ("a", "c"), ("a", "b")]
    assert (pairs[0].seconds, pairs[0].uncertainty, pairs[0].least) == pytest.approx((0.4, 0.03, 0.37))
    assert skews({"a": Offset(0.0, 0.01), "b": Offset(0.005, 0.01)})[0].least == 0.0
    assert skews({"a": Offset(0.0, 0.01)}) == []


def results(offsets: dict[str, Offset]) -> list[tuple[str, str]]:
    return [(check.result, check.where) for check in skew_checks(HOSTS, offsets)]


@pytest.mark.parametrize(
    ("ahead", "uncertainty", "expected"),
    [
        (0.0, 0.005, [("passed", "")]),
        (0.059, 0.005, [("passed", "")]),  # 49 ms for certain
        (0.07, 0.005, [("passed", f"{P}, {B}"), ("passed", f"{A}, {B}"), ("passed", "")]),
        (0.509, 0.005, [("passed", f"{P}, {B}"), ("passed", f"{A}, {B}"), ("passed", "")]),
        (0.52, 0.005, [("failed", f"{P}, {B}"), ("failed", f"{A}, {B}"), ("failed", "")]),
        (-9.0, 0.005, [("failed", f"{P}, {B}"), ("failed", f"{A}, {B}"), ("failed", "")]),
        (0.6, 0.4, [("passed", "")]),  # the line is too slow to say
    ],
)
def test_skew(ahead: float, uncertainty: float, expected: list[tuple[str, str]]) -> None:
    offsets = {P: Offset(0.0, uncertainty), A: Offset(0.0, uncertainty), B: Offset(ahead, uncertainty)}
    assert results(offsets) == expected


def test_the_figure_says_how_good_it_is() -> None:
    *_, last = skew_checks(HOSTS, {P: Offset(0.0, 0.001), A: Offset(0.001, 0.004), B: Offset(0.03, 0.002)})
    assert last.seen == f"3 pairs of hosts; the farthest apart are {P}, {B}: 30 ms (± 3 ms)"
    *_, last = skew_checks(HOSTS, {P: Offset(0.0, 0.1), A: Offset(0.001, 0.1), B: Offset(0.0, 0.1)})
    assert last.seen.endswith("(± 200 ms); the connection is too slow to measure 50 ms")


def test_hosts_that_were_not_asked_are_a_failure_and_one_host_is_no_pair() -> None:
    assert results({P: Offset(0.0, 0.001), A: Offset(0.0, 0.001)}) == [("failed", B), ("passed", "")]
    assert [check.result for check in skew_checks(HOSTS[:1], {P: Offset(0.0, 0.001)})] == ["skipped"]


WELL = Tracking("Normal", 0.0003, 0.01, "10.0.0.1", 2)


def test_chronyd_on_all_hosts() -> None:
    [line] = tracking_checks({P: WELL, A: WELL, B: WELL})
    assert (line.result, line.seen) == ("passed", "it follows a time server on all 3 hosts, at most 0.3 ms off it")


@pytest.mark.parametrize(
    ("tracking", "seen"),
    [
        (None, "chronyd does not answer"),
        (Tracking("Not synchronised", 0.0, 1.0), "it follows no time server; 0 are in reach"),
        (Tracking("Normal", 0.2, 0.01), "it finds its clock 200 ms off"),
        (Tracking("Normal", 0.0, 1.5), "the time that it follows may be 1.5 s wrong"),
    ],
)
def test_a_chronyd_that_is_not_well(tracking: Tracking | None, seen: str) -> None:
    [line] = tracking_checks({P: WELL, A: tracking})
    assert (line.result, line.where, line.seen) == ("failed", A, seen)


def test_a_time_server_that_one_host_no_longer_hears_is_told_though_another_one_answers() -> None:
    lost = replace(WELL, lost=("10.0.0.2", "192.0.2.9"))
    [line] = server_checks({P: WELL, A: lost, B: None}, HOSTS)
    assert (line.result, line.where, line.seen) == ("failed", A, f"no answer any more from {A}")
    [line] = server_checks({P: WELL, A: replace(WELL, unseen=("10.0.0.3",))}, HOSTS)
    assert (line.result, line.where, line.seen) == ("skipped", A, f"no answer yet from {B}")


def test_a_chronyd_that_has_just_begun_is_not_judged_yet() -> None:
    """Seen right after a first apply: good to 40 s only, since a skew of 1000000 ppm is chronyd's word for unknown."""
    begun = Tracking("Normal", 0.0, 40.7, "10.0.0.1", 2, settling=True)
    [line] = tracking_checks({P: WELL, A: begun})
    assert (line.result, line.where) == ("skipped", A)
    assert line.seen == "it follows 10.0.0.1, and has too few answers so far to know how well"
    assert line.hint == "corral verify, in a minute or two"


def test_the_whole_check() -> None:
    cluster = cluster_of(REFERENCE + "time: {servers: [p, a]}\n")
    hosts = [host.name for host in cluster.hosts]
    checks = asyncio.run(check_time(cluster, Clocks(dict.fromkeys(hosts, 0.0), before=0.0)))
    assert [check.result for check in checks] == ["passed", "passed"]
    numbers = count(1)
    drifting = Clocks({host: next(numbers) * 1.0 for host in hosts}, before=0.0)
    checks = asyncio.run(check_time(cluster_of(REFERENCE), drifting))
    assert {check.result for check in checks} == {"failed"}
    assert len(checks) == 15 + 1, "without time servers in the file chronyd is nobody's business"
