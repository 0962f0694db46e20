"""Connection strings."""

from __future__ import annotations

from pathlib import PurePosixPath

from corral.model.cluster import Database, Host, Install, Layout, Member
from corral.model.connection import mongo_url, oplog_url
from corral.model.endpoint import Endpoint

NOWHERE = Layout(*[PurePosixPath()] * 5)


def database(*addresses: str, name: str = "shop") -> Database:
    members = tuple(Member(Host(a, a, a, NOWHERE), 27017, 1.0, 1, arbiter=a == "arbiter") for a in addresses)
    return Database("rs", name, members, 10.0, 2.0, None, None, (), None, Install(), tune=True)


def test_the_applications_url_names_all_members_that_hold_data() -> None:
    assert mongo_url(database("10.0.0.1", "arbiter", "db.local")) == (
        "mongodb://application:${secret:application}@10.0.0.1:27017,db.local:27017/shop?replicaSet=rs&authSource=admin"
    )


def test_another_user() -> None:
    assert mongo_url(database("a"), "monitor").startswith("mongodb://monitor:${secret:monitor}@a:27017/shop?")


def test_the_oplogs_url() -> None:
    assert oplog_url(database("a")) == (
        "mongodb://application:${secret:application}@a:27017/local?replicaSet=rs&authSource=admin"
    )


def test_ipv6_addresses_have_brackets() -> None:
    assert Endpoint("http", "fd00::1", 80).netloc == "[fd00::1]:80"
    assert Endpoint("http", "host", 80).netloc == "host:80"
    assert "@[fd00::1]:27017/" in mongo_url(database("fd00::1"))


def test_names_are_escaped() -> None:
    assert "/caf%C3%A9%23?" in mongo_url(database("a", name="café#"))
