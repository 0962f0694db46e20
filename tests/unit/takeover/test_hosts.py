"""Real hosts that an earlier Corral has left are taken over without a restart: nginx reloads, once.

`compose` are seven Debian 12 hosts after a first apply with containers, packages and one proxy; `systemd` the same with
services from a release archive, nginx from an archive, and an address that moves between two proxies.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corral.plan.actions import Plan
from tests.unit.takeover.today import beyond_nginx, changes_in, hosts_plan

DATA = Path(__file__).parent / "data"
PROXIES = {"compose": 1, "systemd": 2}
HOSTS = ("proxy-100", "app-108", "app-208", "db-216", "db-217", "db-218", "time-123")

# a recording, a host, a text of its answer behind a mark, another text of the same length -> all that is done about it
EDITS: dict[str, tuple[str, str, bytes, bytes, bytes, str]] = {
    "what a container was started from": (
        "compose",
        "app-208",
        b"/state/revisions/app-208-5042.json",
        b'"revision"',
        b'"Revision"',
        "start_unit: unit app-208-5042",
    ),
    "a container": (
        "compose",
        "app-108",
        b"/corral-board-app-108-5043",
        b'"Status":"running"',
        b'"Status":"created"',
        "start_unit: unit app-108-5043",
    ),
    "an image": (
        "compose",
        "app-208",
        b"\036docker",
        b"noticeboard:1.0",
        b"noticeboard:0.9",
        "load_image: image noticeboard:1.0 on app-208",
    ),
    "a package": (
        "compose",
        "db-217",
        b"\036packages",
        b"chrony\tii",
        b"chrony\trc",
        "install_packages: packages chrony on db-217",
    ),
    "what the primary was started from": (
        "systemd",
        "db-216",
        b"/state/revisions/mongod.db-216.json",
        b'"revision"',
        b'"Revision"',
        "start_unit: unit mongod.db-216",
    ),
    "what an instance was started from, with its value from outside": (
        "systemd",
        "app-108",
        b"/state/revisions/app-108-worker-5140.json",
        b'"revision"',
        b'"Revision"',
        "start_unit: unit app-108-worker-5140",
    ),
    "what keepalived was started from": (
        "systemd",
        "time-123",
        b"/state/revisions/keepalived.time-123.json",
        b'"revision"',
        b'"Revision"',
        "start_unit: unit keepalived.time-123",
    ),
    "an archive": (
        "systemd",
        "proxy-100",
        b"\036directories",
        b"nginx-43de67cd45a7",
        b"nginx-000000000000",
        "unpack_archive: archive /opt/corral/nginx-43de67cd45a7 on proxy-100",
    ),
}


def answers(recording: str) -> dict[str, bytes]:
    return {host: (DATA / recording / f"{host}.out").read_bytes() for host in HOSTS}


def planned(recording: str, told: dict[str, bytes], image: str = "") -> Plan:
    directory = DATA / recording
    secrets = json.loads((directory / "secrets.json").read_text())
    return hosts_plan((directory / "cluster.yaml").read_text(), secrets, told, image)


@pytest.mark.parametrize("recording", PROXIES)
def test_nginx_alone_takes_in_what_is_new(recording: str) -> None:
    assert beyond_nginx(planned(recording, answers(recording)), PROXIES[recording]) == []


@pytest.mark.parametrize(("recording", "host", "mark", "old", "new", "change"), EDITS.values(), ids=EDITS)
def test_what_differs_is_all_that_is_done(
    recording: str, host: str, mark: bytes, old: bytes, new: bytes, change: str
) -> None:
    told = answers(recording)
    before, rest = told[host].split(mark, 1)
    assert old in rest
    told[host] = before + mark + rest.replace(old, new, 1)
    assert beyond_nginx(planned(recording, told), PROXIES[recording]) == [change]


IMAGE = "0b0ae13746f5356158e1e1ffb44be91eaaa83bedce87a7b1d7b7c7dfdef0a771"
"""The one that the archive held from which the recorded containers were made."""


def with_images(answer: bytes) -> bytes:
    """`answer` with what it didn't tell when it was recorded: which image each container was made from."""
    before, mark, files = answer.partition(b"\036files\n")
    column = f'\t"sha256:{IMAGE}"'.encode()
    lines = [line + (column if b'"Status"' in line and line.count(b"\t") == 3 else b"") for line in before.split(b"\n")]
    return b"\n".join(lines) + mark + files


@pytest.mark.parametrize("tell", [bytes, with_images], ids=["as recorded", "with images"])
def test_the_image_that_its_archive_holds_is_there(tell: Callable[[bytes], bytes]) -> None:
    told = {host: tell(answer) for host, answer in answers("compose").items()}
    assert beyond_nginx(planned("compose", told, IMAGE), 1) == []


def test_another_image_in_its_archive_is_loaded_and_all_instances_restart() -> None:
    told = {host: with_images(answer) for host, answer in answers("compose").items()}
    changes = changes_in(planned("compose", told, "f" * 64))
    loads = [change for change in changes if change.startswith("load_image: ")]
    starts = [change for change in changes if change.startswith("start_unit: unit app-")]
    assert changes[:2] == loads == [f"load_image: image noticeboard:1.0 on {host}" for host in ("app-108", "app-208")]
    assert len(starts) == 11
