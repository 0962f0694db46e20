"""Each rule: a file that it complains of, and where; and files that it has nothing to say against."""

from __future__ import annotations

import pytest

from corral import rules
from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.example import example_text
from corral.cluster_file.parse import Loaded, load_text
from corral.problems import Problem
from tests.language import spoken

GOOD = """\
name: shop
hosts:
  one: web-1.example.com
  two: web-2.example.com
  three: db-3.example.com
proxy:
  hosts: [one, two]
  virtual_ip: 10.0.0.9
app:
  hosts: [one, two]
  instances: 2
  command: node main.js
database:
  members: [one, two, three]
time:
  servers: [one, two]
"""


def findings(text: str) -> list[Problem]:
    loaded = load_text(text, "cluster.yaml")
    return rules.findings(build(loaded.spec, direct_placement(loaded.spec), loaded.directory), loaded)


def found(text: str) -> list[tuple[str, str, str]]:
    return [(f.code, f.severity, f.where.removeprefix("cluster.yaml:")) for f in findings(text)]


def test_a_good_file() -> None:
    assert found(GOOD) == []


def test_the_example_has_nothing_to_warn_of() -> None:
    loaded: Loaded = load_text(example_text())
    cluster = build(loaded.spec, direct_placement(loaded.spec), loaded.directory)
    seen = rules.findings(cluster, loaded)
    assert [(problem.code, problem.severity) for problem in seen] == [("P15", "info"), ("D03", "info")]
    assert seen[0].where.startswith("built-in example:")


HTTPS = "env: {ROOT_URL: 'https://shop.example.com/'}\n  command"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("virtual_ip: 10.0.0.9", "virtual_ip: 10.0.0.9\n  balance: ip_hash", ("P01", "warning", "9:12")),
        ("command", HTTPS, ("P05", "warning", "6:1")),
        ("  virtual_ip", "  websocket_timeout: 59s\n  virtual_ip", ("P08", "warning", "8:22")),
        ("  virtual_ip", "  shutdown_timeout: 9s\n  virtual_ip", ("P09", "warning", "8:21")),
        ("[one, two]\n  virtual_ip: 10.0.0.9", "[one]", ("P15", "info", "7:10")),
        ("  virtual_ip: 10.0.0.9\n", "", ("P15", "warning", "7:10")),
        ("  command", "  storage: {path: /srv/files}\n  command", ("A01", "warning", "12:19")),
        ("app:\n", "app:\n  needs: {one_worker: true}\n  workers: {instances: 2}\n", ("A03", "error", "11:24")),
        ("app:\n", "app:\n  needs: {one_worker: true}\n", ("A03", "warning", "9:1")),
        ("app:\n", "  balance: least_conn\napp:\n  needs: {sticky: true}\n", ("P18", "error", "9:12")),
        ("instances: 2", "instances: 1", ("A04", "warning", "11:14")),
        ("command", "env: {ROOT_URL: shop.example.com}\n  command", ("A05", "warning", "12:19")),
        ("command", "env: {ROOT_URL: 'http://[x/'}\n  command", ("A05", "warning", "12:19")),
        ("instances: 2", "instances: 2\n  first_port: 32768", ("A06", "warning", "12:15")),
        ("instances: 2", "instances: 2\n  first_port: 32767", ("A06", "warning", "12:15")),
        ("  members", "  port: 60999\n  members", ("A06", "warning", "14:9")),
        ("command", "image: registry:5000/shop\n  command", ("A08", "warning", "12:10")),
        ("command", "image: shop:latest\n  command", ("A08", "warning", "12:10")),
        ("command", "health: {path: /}\n  command", ("A09", "warning", "12:18")),
        ("[one, two, three]", "[three]", ("D01", "warning", "14:12")),
        ("[one, two, three]", "{one: {}, two: {}, three: {arbiter: true}}", ("D01", "warning", "14:38")),
        ("three: db-3.example.com", "three: 10.0.0.3", ("D03", "info", "14:12")),
        ("[one, two]\n", "[]\n", ("T04", "info", "16:12")),
        ("servers: [one, two]", "servers: [one]", ("T04", "warning", "16:12")),
    ],
)
def test_each_rule(old: str, new: str, expected: tuple[str, str, str]) -> None:
    head, separator, tail = GOOD.rpartition(old) if old == "[one, two]\n" else GOOD.partition(old)
    assert separator
    assert found(f"{head}{new}{tail}") == [expected]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("virtual_ip", "real_ip_from: [10.0.0.0/8]\n  virtual_ip"),
        ("virtual_ip", "balance: round_robin\n  virtual_ip"),
        ("app:\n", "app:\n  needs: {sticky: true, one_worker: true}\n  workers: {instances: 1}\n"),
        ("virtual_ip", "websocket_timeout: 60s\n  shutdown_timeout: 10s\n  virtual_ip"),
        ("command", "storage: {}\n  command"),
        ("command", "first_port: 61000\n  command"),
        ("command", "image: registry:5000/shop:1.2\n  command"),
        ("command", "image: shop@sha256:0123\n  command"),
        ("command", "image: shop:latest@sha256:0123\n  command"),
        ("command", "health: {path: /, contains: ok}\n  command"),
        ("command", "env: {ROOT_URL: 'http://other.example.com/'}\n  command"),
    ],
)
def test_nothing_to_say(old: str, new: str) -> None:
    assert found(GOOD.replace(old, new, 1)) == []


@pytest.mark.parametrize(
    ("server_name", "host", "fits"),
    [
        ("_", "shop.example.com", True),
        ("shop.example.com", "shop.example.com", True),
        ("SHOP.example.com", "shop.example.com", True),
        ("a.org shop.example.com", "shop.example.com", True),
        ("*.example.com", "shop.example.com", True),
        ("*.example.com", "example.com", False),
        (".example.com", "example.com", True),
        (".example.com", "shop.example.com", True),
        ("shop.*", "shop.example.com", True),
        ("example.com", "shop.example.com", False),
        (".ple.com", "shop.example.com", False),
    ],
)
def test_root_url_and_server_name(server_name: str, host: str, fits: bool) -> None:
    text = GOOD.replace("virtual_ip", f"server_name: '{server_name}'\n  virtual_ip")
    text = text.replace("command", f"env: {{ROOT_URL: 'http://{host}:8080/x'}}\n  command")
    assert found(text) == ([] if fits else [("A05", "warning", "13:19")])


def test_one_finding_for_each_range_of_ports() -> None:
    text = GOOD.replace("instances: 2", "instances: 2\n  first_port: 40000\n  workers: {instances: 2}")
    assert found(text) == [("A06", "warning", "12:15"), ("A06", "warning", "13:3")]


def test_findings_come_in_the_files_order_with_the_files_warnings_first() -> None:
    text = GOOD.replace("three:", "four: 10.0.0.4\n  three:").replace("servers: [one, two]", "servers: [one]")
    text = text.replace("instances: 2", "instances: 1")
    assert [code for code, _severity, _where in found(text)] == ["unused-host", "A04", "T04"]


def test_evidence_reason_and_remedy_are_in_the_words() -> None:
    [finding] = findings(GOOD.replace("instances: 2", "instances: 1"))
    assert finding.message.startswith("Web instances in all: 2. While one of them is replaced,")
    assert "`instances: 3`" in finding.hint
    with spoken("zh"):
        [finding] = findings(GOOD.replace("instances: 2", "instances: 1"))
    assert finding.message.startswith("只有 2 个 web 实例。")
