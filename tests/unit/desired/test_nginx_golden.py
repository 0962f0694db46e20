"""The whole configuration for each way of balancing, as files that a person can read, judged by the real nginx.

CORRAL_UPDATE_GOLDEN=1 writes them anew.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corral.desired.nginx import command, render_nginx, start_script
from corral.model.cluster import Instance
from corral.model.resources import HostFacts
from tests.binaries import NginxVersion, nginx
from tests.free_addresses import free_address
from tests.patience import PATIENCE
from tests.unit.desired.nginx_process import PROXY, VERSIONS, host, instance

GOLDEN = Path(__file__).parents[2] / "golden" / "nginx"
ADDRESS = "192.168.0.100"

APPS = (host("app-108", "192.168.0.108"), host("app-208", "192.168.0.208"))
INSTANCES = tuple(instance(f"{app.name}-{port}", app, port) for app in APPS for port in range(5040, 5045))

# name of the file -> the nginx it is for, what differs from the plain proxy, and whether there are instances
CASES: dict[str, tuple[NginxVersion, dict[str, Any], tuple[Instance, ...]]] = {
    "sticky_cookie-1.22": ("1.22", {}, INSTANCES),
    "sticky_cookie-1.31": ("1.31", {}, INSTANCES),
    "ip_hash": ("1.22", {"balance": "ip_hash"}, INSTANCES),
    "least_conn": ("1.22", {"balance": "least_conn"}, INSTANCES),
    "round_robin": ("1.22", {"balance": "round_robin"}, INSTANCES),
    "hash": ("1.22", {"balance": "hash", "hash_key": "$http_x_user_id"}, INSTANCES),
    "outer_proxy-1.31": ("1.31", {"real_ip_from": ("10.0.0.0/8", "2001:db8::/32")}, INSTANCES),
    "small_buffers": ("1.22", {"buffer_size": 4096}, INSTANCES[:1]),
    "large_buffers": ("1.22", {"buffer_size": 1024**2}, INSTANCES[:1]),
    "no_instances": ("1.22", {}, ()),
    "virtual_ip": ("1.22", {"extra_addresses": ("0.0.0.0",)}, INSTANCES[:1]),  # noqa: S104 - nothing listens in this test
}


def rendered(case: str) -> str:
    version, changes, instances = CASES[case]
    facts = HostFacts("proxy-100", VERSIONS[version], user="root", access_log="/srv/corral/logs/access.log")
    proxy = replace(PROXY, **{"extra_addresses": ("127.0.0.1",), **changes})
    return render_nginx(proxy, instances, host("proxy-100", ADDRESS), 8080, facts)


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_the_file_says(case: str) -> None:
    path = GOLDEN / f"{case}.conf"
    if os.environ.get("CORRAL_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered(case))
    assert rendered(case) == path.read_text()


def test_every_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.conf")} == set(CASES)


def test_the_script_that_becomes_nginx() -> None:
    path, there = GOLDEN / "start.sh", host("proxy-100", ADDRESS)
    text = start_script(there, command("/opt/nginx 1.31/nginx", there))
    if os.environ.get("CORRAL_UPDATE_GOLDEN") == "1":
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_the_real_nginx_accepts_it_without_a_warning(case: str, version: NginxVersion, tmp_path: Path) -> None:
    """What is rendered for an old nginx has to be right for a new one too: an upgrade mustn't stop it from starting."""
    if VERSIONS[version] < VERSIONS[CASES[case][0]]:
        return
    (tmp_path / "logs").mkdir()
    (tmp_path / "run").mkdir()
    text = (GOLDEN / f"{case}.conf").read_text().replace("/srv/corral", str(tmp_path))
    text = text.replace(f'listen "{ADDRESS}:', f'listen "{free_address()}:').replace("127.0.0.1:", f"{free_address()}:")
    if os.geteuid() != 0:
        text = text.replace("user root;\n", "")  # nginx warns of it when it couldn't obey it
    (tmp_path / "nginx.conf").write_text(text)
    command = [str(nginx(version)), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert judged.returncode == 0, judged.stderr
    assert "[" not in judged.stderr, judged.stderr
