"""`verify` through a proxy and at instances whose application refuses unknown hosts, and forces https.

The proxy is one that answers as the application does to whoever doesn't come from an outer proxy.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from corral.model.cluster import Cluster
from corral.model.endpoint import Endpoint
from corral.model.routes import Way
from corral.secrets import Secret, Secrets
from corral.verify import body, endpoints, stickiness
from corral.verify.check import Check
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.rules.good_hosts import FILE

from .strict_application import Strict, strict

URL = "https://shop.example.com"
HTTPS = FILE.replace("app: {", f"app: {{env: {{ROOT_URL: '{URL}'}}, ")
SECRETS: Secrets = {"probe": Secret("token")}


@dataclass(frozen=True)
class Two:
    """Visitors reach `proxy`, the cluster's own questions `instance`."""

    proxy: Strict
    instance: Strict

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        server = self.proxy if way == "visitor" else self.instance
        return Endpoint("http", "127.0.0.1", server.server_address[1])


def through(cluster: Cluster, proxy: Strict, instance: Strict) -> Check:
    [check] = asyncio.run(endpoints.proxies(cluster, SECRETS, Two(proxy, instance)))
    return check


def test_a_known_host_is_asked_for_everywhere() -> None:
    cluster = cluster_of(FILE.replace("proxy: {", "proxy: {server_name: shop.example.com, max_body_size: 2M, "))
    with strict("shop.example.com") as server:
        routes = Two(server, server)
        checks = asyncio.run(endpoints.proxies(cluster, SECRETS, routes))
        checks += asyncio.run(endpoints.instances(cluster, SECRETS, routes))
        checks += asyncio.run(stickiness.stickiness(cluster, SECRETS, routes))[:1]
        checks += asyncio.run(body.body(cluster, SECRETS, routes))
        assert {check.result for check in checks} == {"passed"}
        assert {headers["Host"] for headers in server.asked} == {"shop.example.com"}
        assert {headers["X-Forwarded-Proto"] for headers in server.asked} == {"http"}
        assert [headers["Content-Length"] for headers in server.asked[-2:]] == [str(1 << 20), str(3 << 20)]


def test_forced_https_is_told_and_proven_with_an_instance() -> None:
    with strict("shop.example.com", https=True, trusted=False) as proxy, strict(https=True) as instance:
        check = through(cluster_of(HTTPS), proxy, instance)
        assert (check.result, check.seen) == (
            "passed",
            "http://10.0.0.1:80: the application answered 301, since it wants https, which ends before this proxy. "
            "Asked as by https, one-5000: GET /health answered 200, 3 times in a row",
        )


def test_forced_https_with_no_instance_that_is_well_fails() -> None:
    with strict(https=True, trusted=False) as proxy, strict("other") as instance:
        check = through(cluster_of(HTTPS), proxy, instance)
        assert check.result == "failed"
        assert "no instance is well: GET /health answered 400" in check.seen


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com/health", f"{URL}/login"])
def test_a_redirect_to_elsewhere_fails(elsewhere: str) -> None:
    with strict(https=True, trusted=False) as proxy, strict(https=True) as instance:
        proxy.elsewhere = elsewhere
        check = through(cluster_of(HTTPS), proxy, instance)
        assert (check.result, instance.asked) == ("failed", [])
        assert f"it redirects to {elsewhere}" in check.seen


def test_forced_https_that_nobody_can_have_fails() -> None:
    """People come by http, as far as the file says: each of them would be sent to where nobody listens."""
    with strict(https=True, trusted=False) as proxy, strict(https=True) as instance:
        check = through(cluster_of(HTTPS.replace("https://", "http://")), proxy, instance)
        assert check.result == "failed"
        assert f"it redirects to {URL}/health; if people come by https" in check.seen


def test_without_the_secret_of_a_header_nothing_is_proven() -> None:
    cluster = cluster_of(HTTPS.replace("app: {", "app: {health: {headers: {X-Token: '${env:TOKEN}'}}, "))
    with strict() as server:
        routes = Two(server, server)
        checks = asyncio.run(endpoints.proxies(cluster, SECRETS, routes))
        checks += asyncio.run(stickiness.stickiness(cluster, SECRETS, routes))
        checks += asyncio.run(body.body(cluster, SECRETS, routes))
        assert (server.asked, [check.result for check in checks]) == ([], ["failed"] * 3)
        assert all("its header X-Token refers to ${env:TOKEN}, which has no value here" in each.seen for each in checks)
