"""Which instance a request reaches, by the real nginx in front of ten real instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.binaries import NginxVersion
from tests.free_addresses import free_address
from tests.unit.desired.nginx_process import PROBE, VERSIONS, Running, in_parallel, running
from tests.unit.desired.upstreams import Upstreams

PORTS = [5040, 5041, 5042, 5043, 5044]


@dataclass
class Cluster:
    """Ten instances on two hosts, and an nginx for each way of balancing."""

    version: NginxVersion
    upstreams: Upstreams
    directory: Path
    stack: ExitStack

    def proxy(self, name: str, **changes: Any) -> Running:
        return self.stack.enter_context(
            running(self.version, self.upstreams.all, self.directory / name, balance=name, **changes)
        )


@pytest.fixture(scope="module", params=VERSIONS)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Upstreams([free_address(), free_address()], PORTS) as upstreams, ExitStack() as stack:
        yield Cluster(request.param, upstreams, tmp_path_factory.mktemp("nginx"), stack)


@pytest.fixture(scope="module")
def sticky(cluster: Cluster) -> Running:
    return cluster.proxy("sticky_cookie")


def test_a_visitor_stays_with_the_instance_of_the_first_answer(sticky: Running) -> None:
    first = sticky.ask("/")
    assert first.cookie.startswith("corral_route=")
    assert {sticky.ask("/", Cookie=f"other=1; {first.cookie}").instance for _ in range(20)} == {first.instance}


def test_the_cookie_is_kept_from_scripts_and_other_sites(sticky: Running) -> None:
    parts = {part.strip().lower() for part in sticky.ask("/").headers["Set-Cookie"].split(";")[1:]}
    assert parts == {"path=/", "httponly", "samesite=lax"}


def test_new_visitors_come_to_every_instance(sticky: Running, cluster: Cluster) -> None:
    answers = in_parallel(300, lambda _: sticky.ask("/"))
    assert {answer.instance for answer in answers} == {upstream.name for upstream in cluster.upstreams.all}


def test_a_cookie_of_another_time_is_no_error(sticky: Running) -> None:
    stranger = "corral_route=an-instance-that-was"
    answer = sticky.ask("/", Cookie=stranger)
    assert answer.status == 200
    again = answer.cookie or stranger
    assert sticky.ask("/", Cookie=again).instance == answer.instance


def test_what_nginx_answers_itself_sets_no_cookie(sticky: Running) -> None:
    for path in ("/cordova.js", "/.corral/ping"):
        assert "Set-Cookie" not in sticky.ask(path).headers


def test_a_websocket_goes_where_the_page_went(sticky: Running) -> None:
    first = sticky.ask("/")
    sock, seen, _head = sticky.upgrade("/ws", Cookie=first.cookie)
    sock.close()
    assert seen["instance"] == first.instance


def test_only_the_probe_is_told_who_answered(sticky: Running, cluster: Cluster) -> None:
    told = sticky.ask("/", X_Corral_Probe=PROBE)
    upstream = cluster.upstreams[told.instance]
    assert told.headers["X-Corral-Upstream"] == f"{upstream.address}:{upstream.port}"
    assert "x-corral-probe" not in told.json["headers"]
    assert "X-Corral-Upstream" not in sticky.ask("/").headers
    for wrong in ("", "0" * 40, PROBE[:-1]):
        assert "X-Corral-Upstream" not in sticky.ask("/", X_Corral_Probe=wrong).headers


def test_round_robin_takes_every_instance_in_its_turn(cluster: Cluster) -> None:
    proxy = cluster.proxy("round_robin")
    spread = Counter(proxy.ask("/").instance for _ in range(40))
    assert len(spread) == 10
    assert set(spread.values()) <= {3, 4, 5}


def test_least_conn_avoids_the_busy(cluster: Cluster) -> None:
    proxy = cluster.proxy("least_conn")
    sockets = [proxy.upgrade("/ws") for _ in range(9)]
    busy = {seen["instance"] for _sock, seen, _head in sockets}
    assert len(busy) == 9
    assert busy.isdisjoint(proxy.ask("/").instance for _ in range(10))
    for sock, _seen, _head in sockets:
        sock.close()


def test_ip_hash_goes_by_the_first_three_octets(cluster: Cluster) -> None:
    proxy = cluster.proxy("ip_hash")
    one_office = {proxy.ask("/", source=f"127.77.3.{last}").instance for last in (1, 20, 200)}
    assert len(one_office) == 1
    offices = {proxy.ask("/", source=f"127.77.{third}.1").instance for third in range(60)}
    assert len(offices) > 5


def test_hash_goes_by_its_variable_and_by_the_address_without_it(cluster: Cluster) -> None:
    proxy = cluster.proxy("hash", hash_key="$http_x_user_id")
    assert len({proxy.ask("/", X_User_Id="anna").instance for _ in range(10)}) == 1
    assert len({proxy.ask("/", X_User_Id=f"user-{n}").instance for n in range(60)}) > 5
    assert len({proxy.ask("/").instance for _ in range(10)}) == 1
    assert len({proxy.ask("/", source=f"127.78.{n}.9").instance for n in range(60)}) > 5
