"""A cluster that is taken off its hosts: its data are kept and found again, or all is gone but what is others'."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.lab.footprints import footprints
from tests.lab.harness import LabCluster
from tests.patience import PATIENCE

STRANGERS = """
mkdir -p /srv/others && echo theirs >/srv/others/file
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/corral-others.service
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/corral-boards-nginx.service
systemctl daemon-reload && systemctl start corral-others corral-boards-nginx
mkdir -p /etc/corral/boards && echo theirs >/etc/corral/boards/nginx.conf
"""
"""What is not this cluster's, under names that are much like its own."""
_THEIRS = "cat /srv/others/file /etc/corral/boards/nginx.conf; systemctl is-active corral-others corral-boards-nginx"
_AWAY = """
systemctl stop corral-others corral-boards-nginx && rm -r /srv/others /etc/corral/boards \\
    /etc/systemd/system/corral-others.service /etc/systemd/system/corral-boards-nginx.service
systemctl daemon-reload
"""
_LEFT = """
set +e
systemctl list-unit-files --no-legend 'corral-board-*'; systemctl list-units --all --no-legend 'corral-board-*'
ls -d /etc/corral/board /opt/corral/board /var/log/corral/board /var/lib/corral/board/[!s]* /etc/*/corral-board \\
    /etc/*/corral-board[-.]* /etc/*/*/corral-board[-.]* /etc/systemd/system/*/corral-board-* 2>/dev/null
ps -eo user:30=,args= | grep -E '^corral-board|/etc/corral/board' | grep -v grep
ss -Htln | grep -E ':(80|504[0-9]|5140|27017) '
if docker info >/dev/null 2>&1; then docker ps --all --quiet; fi
true
"""


@pytest.fixture(autouse=True, scope="module")
def strangers(board: LabCluster) -> Iterator[None]:
    board.sh("db-217", STRANGERS)
    yield
    board.sh("db-217", _AWAY)


def test_a_cluster_that_is_taken_away_comes_back_with_its_data(board: LabCluster) -> None:
    note = httpx.post(f"{board.url}/notes", json={"text": "keep me"}, trust_env=False, timeout=PATIENCE).json()["id"]
    board.run("destroy", "--yes", "wrong", code=2)
    assert board.status()["state"] == "healthy", "another name is no yes"
    said = board.run("destroy", "--yes", "board").stderr
    assert "board is removed; its data stay" in said
    for host in board.spec["hosts"]:
        left = set(board.sh(host, _LEFT).splitlines())
        assert left <= {"/var/lib/corral/board/mongod", "/var/log/corral/board"}, host
    assert board.status()["state"] == "down"
    assert board.apply()["state"] == "healthy"
    assert httpx.get(f"{board.url}/notes/{note}", trust_env=False, timeout=PATIENCE).json()["text"] == "keep me"
    assert board.sh("db-217", _THEIRS).split() == ["theirs", "theirs", "active", "active"]
    board.assert_settled()


def test_a_cluster_that_is_purged_is_gone(board: LabCluster) -> None:
    note = httpx.post(f"{board.url}/notes", json={"text": "forget me"}, trust_env=False, timeout=PATIENCE).json()["id"]
    said = board.run("destroy", "--purge", "--yes", "board").stderr
    assert "board is removed; its data are deleted" in said
    assert {host: board.sh(host, _LEFT) for host in board.spec["hosts"]} == dict.fromkeys(board.spec["hosts"], "")
    assert board.sh("db-217", _THEIRS).split() == ["theirs", "theirs", "active", "active"]
    assert board.apply()["state"] == "healthy"
    assert httpx.get(f"{board.url}/notes/{note}", trust_env=False, timeout=PATIENCE).status_code == 404
    assert footprints(board)
