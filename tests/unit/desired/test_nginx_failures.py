"""What visitors notice of instances that die: nothing, and no POST is run twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.free_addresses import free_address
from tests.patience import PATIENCE, until
from tests.unit.desired.nginx_process import VERSIONS, Answer, Running, in_parallel, running
from tests.unit.desired.upstreams import Upstreams

Start = Callable[..., AbstractContextManager[Running]]


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams([free_address(), free_address()], [5040, 5041, 5042, 5043, 5044]) as upstreams:
        yield upstreams


@pytest.fixture(params=VERSIONS)
def start(request: pytest.FixtureRequest, upstreams: Upstreams, tmp_path: Path) -> Start:
    def begin(**changes: Any) -> AbstractContextManager[Running]:
        return running(request.param, upstreams.all, tmp_path / "nginx", **changes)

    return begin


@pytest.mark.parametrize("balance", ["sticky_cookie", "round_robin"])
def test_no_get_fails_while_an_instance_is_killed(start: Start, upstreams: Upstreams, balance: str) -> None:
    half_way, killed = threading.Event(), threading.Event()

    def visit(number: int) -> Answer:
        if number == 150:
            half_way.set()
        if number == 399:
            assert killed.wait(PATIENCE)
        return proxy.ask("/")

    def kill() -> None:
        half_way.wait(PATIENCE)
        upstreams.call(upstreams["a1"].kill())
        killed.set()

    with start(balance=balance, max_fails=3) as proxy:
        killer = threading.Thread(target=kill)
        killer.start()
        answers = in_parallel(400, visit)
        killer.join()
    assert [answer.status for answer in answers] == [200] * 400
    assert answers[-1].instance != "a1"


@pytest.mark.parametrize("balance", ["sticky_cookie", "least_conn"])
def test_no_get_fails_when_a_whole_host_is_gone(start: Start, upstreams: Upstreams, balance: str) -> None:
    with start(balance=balance, max_fails=3) as proxy:
        for upstream in upstreams.all[:5]:
            upstreams.call(upstream.kill())
        answers = in_parallel(200, lambda _: proxy.ask("/"))
    assert [answer.status for answer in answers] == [200] * 200


def test_a_visitor_whose_instance_died_stays_with_the_next_one(start: Start, upstreams: Upstreams) -> None:
    with start() as proxy:
        first = proxy.ask("/")
        upstreams.call(upstreams[first.instance].kill())
        second = proxy.ask("/", Cookie=first.cookie)
        cookie = second.cookie or first.cookie
        assert second.instance != first.instance
        assert {proxy.ask("/", Cookie=cookie).instance for _ in range(10)} == {second.instance}


def test_a_get_that_broke_off_is_asked_again_elsewhere(start: Start, upstreams: Upstreams) -> None:
    with start(balance="round_robin") as proxy:
        assert proxy.ask("/die").status == 502
    assert len(names(upstreams, "/die")) == len(set(names(upstreams, "/die"))) > 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_post_that_broke_off_is_never_run_twice(start: Start, upstreams: Upstreams, method: str) -> None:
    with start() as proxy:
        for _ in range(3):
            assert proxy.ask("/", "GET").status == 200  # so that there are idle connections to take
        assert proxy.ask("/die", method, b"one order").status == 502
    assert len(names(upstreams, "/die")) == 1


def test_a_post_to_a_dead_instance_reaches_a_living_one(start: Start, upstreams: Upstreams) -> None:
    """It was never sent, so sending it elsewhere runs it once."""
    with start(max_fails=3) as proxy:
        for upstream in upstreams.all[:5]:
            upstreams.call(upstream.kill())
        answers = in_parallel(60, lambda _: proxy.ask("/order", "POST", b"one order"))
    assert [answer.status for answer in answers] == [200] * 60
    assert len(names(upstreams, "/order")) == 60


def test_an_instance_that_is_back_is_asked_again(start: Start, upstreams: Upstreams) -> None:
    with start(balance="round_robin", fail_timeout=1.0) as proxy:
        upstreams.call(upstreams["a1"].kill())
        assert "a1" not in {answer.instance for answer in in_parallel(30, lambda _: proxy.ask("/"))}
        upstreams.call(upstreams["a1"].open())
        until(lambda: proxy.ask("/").instance, lambda instance: instance == "a1")


@pytest.mark.parametrize("balance", ["sticky_cookie", "ip_hash", "least_conn", "round_robin"])
def test_instances_are_never_all_left_out_at_once(start: Start, upstreams: Upstreams, balance: str) -> None:
    """A GET that makes every instance break its connection has taken all of them out; who comes next is served."""
    with start(balance=balance, max_fails=1, fail_timeout=3600.0) as proxy:
        for _ in range(10):
            assert proxy.ask("/die").status == 502
        before = len(upstreams.requests)
        answers = [proxy.ask("/order", "POST", b"one order") for _ in range(5)] + [proxy.ask("/") for _ in range(5)]
        assert [answer.status for answer in answers] == [200] * 10
        assert len(upstreams.requests) == before + 10
        sock, seen, _head = proxy.upgrade("/websocket")
        sock.close()
        assert seen["target"] == "/websocket"


def test_a_post_that_broke_off_is_not_run_again_when_all_are_left_out(start: Start, upstreams: Upstreams) -> None:
    with start(max_fails=1, fail_timeout=3600.0) as proxy:
        for _ in range(10):
            assert proxy.ask("/die").status == 502
        before = len(names(upstreams, "/die"))
        assert proxy.ask("/die", "POST", b"one order").status == 502
        assert len(names(upstreams, "/die")) == before + 1


def test_an_idle_connection_is_closed_before_the_application_does_it(start: Start, upstreams: Upstreams) -> None:
    """These instances keep theirs for good: that none is left is nginx's doing."""
    with start() as proxy:
        assert proxy.ask("/order", "POST", b"one order").status == 200
        assert upstreams.open_connections
        until(lambda: upstreams.open_connections, lambda count: count == 0)


def test_none_is_kept_where_the_file_says_so(start: Start, upstreams: Upstreams) -> None:
    with start(keepalive_idle=0.0) as proxy:
        before = upstreams.accepted
        for _ in range(5):
            assert proxy.ask("/").status == 200
        assert upstreams.accepted == before + 5


def names(upstreams: Upstreams, path: str) -> list[str]:
    return [seen.instance for seen in upstreams.requests if seen.target == path]
