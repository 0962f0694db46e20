"""The files of real hosts as a person can read them, for two clusters; what can be judged here is judged here.

CORRAL_UPDATE_GOLDEN=1 writes them anew. chronyd, keepalived and logrotate judge theirs on the test hosts (tests/lab).
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from corral.model.resources import Desired
from corral.secrets import Secret, resolve
from tests.binaries import mongod
from tests.patience import PATIENCE
from tests.unit.desired import judges
from tests.unit.desired.real_clusters import PAIR, REFERENCE, changed, file_at, wanted

GOLDEN = Path(__file__).parents[2] / "golden"
FOLDERS = ("systemd", "compose", "chrony", "keepalived", "mongod", "sysctl", "logrotate")

CLUSTERS: dict[str, Desired] = {
    "reference": wanted(REFERENCE),
    "pair": wanted(PAIR, nginx_version=(1, 31, 3)),
    "rhel": wanted(REFERENCE, family="rhel"),
    "names": wanted(changed(REFERENCE, ("192.168.0.108", "app-108.example.com"))),
    "ipv6": wanted(changed(PAIR, ("address: 10.0.0.9", "address: fd00::9"))),
}

UNITS = "/etc/systemd/system"
# the golden file -> cluster, host and path of what it holds
CASES: dict[str, tuple[str, str, str]] = {
    "systemd/reference-mongod.service": ("reference", "db-216", f"{UNITS}/corral-shop-mongod.service"),
    "systemd/reference-thp.service": ("reference", "db-216", f"{UNITS}/corral-shop-thp.service"),
    "systemd/reference-nginx.service": ("reference", "proxy-100", f"{UNITS}/corral-shop-nginx.service"),
    "systemd/reference-sysusers.conf": ("reference", "db-216", "/etc/sysusers.d/corral-shop.conf"),
    "systemd/pair-mongod.service": ("pair", "one", f"{UNITS}/corral-pair-mongod.service"),
    "systemd/pair-thp.service": ("pair", "one", f"{UNITS}/corral-pair-thp.service"),
    "systemd/pair-nginx.service": ("pair", "one", f"{UNITS}/corral-pair-nginx.service"),
    "systemd/pair-keepalived.service": ("pair", "one", f"{UNITS}/corral-pair-keepalived.service"),
    "systemd/pair-app@.service": ("pair", "one", f"{UNITS}/corral-pair-app@.service"),
    "systemd/pair-one-5040.sh": ("pair", "one", "/etc/corral/pair/instances/one-5040.sh"),
    "systemd/pair-sysusers.conf": ("pair", "one", "/etc/sysusers.d/corral-pair.conf"),
    "compose/compose.yaml": ("reference", "app-108", "/etc/corral/shop/compose.yaml"),
    "compose/instances/app-108-5040.yaml": ("reference", "app-108", "/etc/corral/shop/instances/app-108-5040.yaml"),
    "compose/instances/app-108-5041.yaml": ("reference", "app-108", "/etc/corral/shop/instances/app-108-5041.yaml"),
    "compose/instances/app-108-worker-5140.yaml": (
        "reference",
        "app-108",
        "/etc/corral/shop/instances/app-108-worker-5140.yaml",
    ),
    "chrony/server.conf": ("reference", "time-123", "/etc/chrony/conf.d/corral-shop.conf"),
    "chrony/client.conf": ("reference", "db-216", "/etc/chrony/conf.d/corral-shop.conf"),
    "chrony/isolated.conf": ("pair", "one", "/etc/chrony/conf.d/corral-pair.conf"),
    "chrony/rhel.conf": ("rhel", "db-216", "/etc/chrony.d/corral-shop.conf"),
    "chrony/names.conf": ("names", "time-123", "/etc/chrony/conf.d/corral-shop.conf"),
    "keepalived/one.conf": ("pair", "one", "/etc/corral/pair/keepalived.conf"),
    "keepalived/two.conf": ("pair", "two", "/etc/corral/pair/keepalived.conf"),
    "keepalived/ipv6.conf": ("ipv6", "one", "/etc/corral/pair/keepalived.conf"),
    "keepalived/check-proxy": ("pair", "one", "/etc/corral/pair/check-proxy"),
    "mongod/reference.conf": ("reference", "db-216", "/etc/corral/shop/mongod.conf"),
    "mongod/pair.conf": ("pair", "one", "/etc/corral/pair/mongod.conf"),
    "sysctl/reference.conf": ("reference", "db-216", "/etc/sysctl.d/90-corral-shop.conf"),
    "sysctl/pair.conf": ("pair", "one", "/etc/sysctl.d/90-corral-pair.conf"),
    "sysctl/rhel.conf": ("rhel", "db-216", "/etc/sysctl.d/90-corral-shop.conf"),
    "logrotate/reference": ("reference", "proxy-100", "/etc/logrotate.d/corral-shop"),
}


def rendered(case: str) -> str:
    cluster, host, path = CASES[case]
    return file_at(CLUSTERS[cluster], host, path).content


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_the_file_says(case: str) -> None:
    path = GOLDEN / case
    if os.environ.get("CORRAL_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered(case))
    assert rendered(case) == path.read_text()


def test_every_file_has_its_case() -> None:
    files = {path for folder in FOLDERS for path in (GOLDEN / folder).rglob("*") if path.is_file()}
    assert {str(path.relative_to(GOLDEN)) for path in files} == set(CASES)


@pytest.mark.parametrize("desired", CLUSTERS.values(), ids=CLUSTERS)
def test_each_file_says_whose_it_is_in_its_first_lines(desired: Desired) -> None:
    for file in desired.files:
        first = file.content.splitlines()[:2]
        sentence = f"Written by Corral for {file.host}: the next apply replaces it. Change the cluster file instead."
        if not file.path.endswith(("/keyfile", "/mongod.conf")):
            assert f"# {sentence}" in first, file.path


@pytest.mark.parametrize("desired", [CLUSTERS["reference"], CLUSTERS["pair"]], ids=["reference", "pair"])
def test_systemd_takes_every_unit_without_a_word(desired: Desired, tmp_path: Path) -> None:
    analyze = judges.program("systemd-analyze")
    for file in desired.files:
        if file.path.startswith(UNITS):
            # Programs that this machine lacks are no fault of the unit; man pages neither.
            text = re.sub(r"(?m)^(Exec\w+=)\S+", r"\1/bin/sh", file.content)
            (tmp_path / file.host).mkdir(exist_ok=True)
            (tmp_path / file.host / Path(file.path).name).write_text(text)
    for host in tmp_path.iterdir():
        units = [str(unit).replace("@.", "@an-instance-1.") for unit in sorted(host.iterdir())]
        for unit in (path for path in host.iterdir() if "@." in path.name):
            unit.rename(str(unit).replace("@.", "@an-instance-1."))
        verify = [analyze, "verify", "--man=no", "--recursive-errors=no", *units]
        judged = subprocess.run(verify, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (judged.returncode, judged.stderr) == (0, ""), host.name


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("mongod/")])
def test_mongod_reads_its_file(case: str, tmp_path: Path) -> None:
    (tmp_path / "mongod.conf").write_text(rendered(case))
    command = [str(mongod()), "--config", str(tmp_path / "mongod.conf"), "--outputConfig"]
    read = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert read.returncode == 0, read.stderr + read.stdout
    cluster, host, _ = CASES[case]
    data = "/data/mongo" if cluster == "pair" else "/var/lib/corral/shop/mongod"
    assert f"dbPath: {data}\n" in read.stdout
    assert "authorization: enabled\n" in read.stdout, host


def test_compose_takes_the_golden_files(tmp_path: Path) -> None:
    (tmp_path / "instances").mkdir()
    for case in (case for case in CASES if case.startswith("compose/")):
        text = resolve((GOLDEN / case).read_text(), {"application": Secret("c0ffee")})
        (tmp_path / case.removeprefix("compose/")).write_text(text)
    for config in (judges.compose_config(), judges.compose_config_1()):
        command = config(tmp_path / "compose.yaml")
        judged = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert judged.returncode == 0, judged.stderr
        assert 'It\'s $$5 for \\"you\\"' in judged.stdout


@pytest.mark.parametrize("case", [case for case in CASES if case.endswith((".sh", "check-proxy"))])
def test_shells_take_the_scripts(case: str) -> None:
    shell = "bash" if rendered(case).startswith("#!/bin/bash\n") else "sh"
    judged = subprocess.run(
        [judges.program(shell), "-n"], input=rendered(case).encode(), capture_output=True, check=False
    )
    assert (judged.returncode, judged.stderr) == (0, b"")
