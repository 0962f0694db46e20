"""The ways in which programs come to hosts and instances are kept, and the way from one to the other."""

from __future__ import annotations

import httpx

from tests.lab.footprints import changed
from tests.lab.harness import LabCluster, archive, noticeboard
from tests.lab.visitors import Visitors

APPS = ("app-108", "app-208")
DATABASE = {"db-216", "db-217", "db-218"}


def test_containers_become_services_and_services_containers(board: LabCluster) -> None:
    """While people read; nothing of the other kind is left."""
    before = board.pids()
    containers = board.spec["app"]
    services = noticeboard("systemd", APPS, instances=2, workers={"instances": 1})
    with Visitors(f"{board.url}/notes") as visitors:
        board.write({**board.spec, "app": services})
        board.apply()
        _only_services(board)
        board.assert_settled()
        board.write({**board.spec, "app": containers})
        board.apply()
    visitors.assert_all_served()
    _only_containers(board)
    assert {"proxy-100", *DATABASE} & changed(before, board.pids()) == set()
    board.assert_settled()


def _only_services(board: LabCluster) -> None:
    for host in APPS:
        units = board.on(host, "systemctl", "list-units", "--plain", "--no-legend", "corral-board-app@*")
        assert units.count("loaded active running") == {"app-108": 3, "app-208": 2}[host]
        assert board.on(host, "docker", "ps", "--all", "--quiet") == ""
        assert board.sh(host, "ls /etc/corral/board/*.yaml /etc/corral/board/*/*.yaml 2>/dev/null || :") == ""
        user = board.on(host, "ps", "-o", "user:30=", "-p", board.property(host, units.split()[0], "MainPID")).strip()
        assert user == "corral-board-app"
        enabled = board.on(host, "systemctl", "is-enabled", units.split()[0])
        assert enabled == "enabled"


def _only_containers(board: LabCluster) -> None:
    for host in APPS:
        assert board.on(host, "systemctl", "list-units", "--all", "--no-legend", "corral-*") == ""
        assert board.sh(host, "find /etc/systemd/system -name 'corral-*'") == ""
        assert board.sh(host, "ls /etc/corral/board/*/*.sh 2>/dev/null || :") == ""
        assert len(board.on(host, "docker", "ps", "--quiet").split()) == {"app-108": 6, "app-208": 5}[host]


def test_another_nginx_is_one_restart_and_brings_its_own_cookie(board: LabCluster) -> None:
    """Debian's 1.22 has no sticky cookie, so Corral's configuration makes one; 1.31 has."""
    before = board.pids()
    assert "sticky cookie" not in board.on("proxy-100", "cat", "/etc/corral/board/nginx.conf")
    assert "1.22." in _version(board)
    board.change(proxy={"install": archive("nginx-1.31.3.tar", version="1.31.3")})
    assert [action["kind"] for action in board.planned()].count("start_unit") == 1
    board.apply()
    assert changed(before, board.pids()) == {"proxy-100"}
    assert "sticky cookie" in board.on("proxy-100", "cat", "/etc/corral/board/nginx.conf")
    assert "1.31.3" in _version(board)
    with httpx.Client(base_url=board.url, trust_env=False) as visitor:
        assert len({visitor.get("/session").json()["instance"] for _ in range(20)}) == 1
        assert visitor.get("/session").json()["count"] == 21
    checks = board.answer("verify")["checks"]
    assert {check["result"] for check in checks if check["name"].startswith("stickiness")} == {"passed"}
    board.assert_settled()
    board.change(proxy={"install": None})
    board.apply()
    assert "1.22." in _version(board)
    assert "sticky cookie" not in board.on("proxy-100", "cat", "/etc/corral/board/nginx.conf")


def _version(board: LabCluster) -> str:
    """Of the nginx that runs."""
    return board.sh("proxy-100", f"/proc/{board.nginx_pid('proxy-100')}/exe -v 2>&1")
