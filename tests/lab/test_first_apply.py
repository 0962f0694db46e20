"""Bare hosts: everything that the cluster needs is installed by one apply, and nothing of Corral."""

from __future__ import annotations

import re
from typing import Final

from tests.lab.harness import A_RUN, LabCluster, until


def test_one_apply_installs_and_starts_everything(pair: LabCluster) -> None:
    first = pair.runs()[-1]
    assert (first["verb"], first["outcome"]) == ("apply", "done")
    assert pair.report("status")["state"] == "healthy"
    said = pair.run("journal", first["run"]).stdout
    assert "install nginx, logrotate, keepalived (nginx.service, keepalived.service stay off)" in said
    print(f"first apply of four bare hosts: {first['seconds']:.0f} s, {first['changes']} changes")


def test_the_second_apply_has_nothing_to_do(pair: LabCluster) -> None:
    pair.assert_settled()


def test_verify_passes_or_says_why_it_can_t_tell(pair: LabCluster) -> None:
    """A clock that has too few answers yet is skipped too, and a minute later it isn't."""
    wanted = {"websocket through the proxy": "app.websocket is not set", "workers": "the file asks for none"}

    def skipped() -> dict[str, str]:
        checks = pair.until_verified().values()
        assert {check["result"] for check in checks} == {"passed", "skipped"}
        return {check["name"]: check["seen"] for check in checks if check["result"] == "skipped"}

    until(skipped, lambda found: found == wanted, seconds=A_RUN, pause=2)


def test_services_of_the_packages_stay_off(pair: LabCluster) -> None:
    """Debian's packages start theirs at once; nobody who upgrades them later gets them back."""
    for host in ("proxy-1", "proxy-2"):
        for service in ("nginx.service", "keepalived.service"):
            assert pair.property(host, service, "ActiveState") == "inactive"
            assert pair.property(host, service, "UnitFileState") == "disabled"
        assert pair.property(host, "chrony.service", "UnitFileState") == "enabled"


_THEIRS: Final = r"""
mkdir -p /root/theirs/DEBIAN
cd /root/theirs/DEBIAN
printf '%s\n' 'Package: theirs' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x>' 'Description: x' >control
printf '#!/bin/sh\nexit 7\n' >postinst
chmod 755 postinst
dpkg-deb --build /root/theirs /root/theirs.deb
! dpkg -i /root/theirs.deb
dpkg --remove logrotate
echo 'deb [trusted=yes] http://127.0.0.1:9/theirs stable main' >/etc/apt/sources.list.d/theirs.list
"""
_HOLD: Final = r"""
use Fcntl; open(my $f, ">>", "/var/lib/apt/lists/lock") or die;
my $lock = pack("s s x4 q q i", F_WRLCK, 0, 0, 0, 0);
fcntl($f, F_SETLK, $lock) or die;
$0 = "holder"; sleep 12;
"""


def test_a_package_comes_for_all_that_is_wrong_with_others(pair: LabCluster) -> None:
    """A package whose script fails, a source that doesn't answer, and a lock that somebody holds for a while."""
    pair.sh("proxy-1", _THEIRS)
    pair.on("proxy-1", "systemd-run", "--quiet", "--collect", "perl", "-e", _HOLD)
    try:
        said = pair.run("apply", "--yes").stderr
    finally:
        pair.sh("proxy-1", "dpkg --purge --force-all theirs; rm -r /root/theirs* /etc/apt/sources.list.d/theirs.list")
    assert re.search(r"holder \(pid \d+\) holds the lock /var/lib/apt/lists/lock: waiting for it, at most 300 s", said)
    assert "package theirs (--configure): " in said
    assert "ii" in pair.sh("proxy-1", "dpkg-query -W -f '${db:Status-Abbrev}' logrotate")
    pair.assert_settled()


def test_hosts_need_no_python_and_keep_nothing_of_corral_running(pair: LabCluster) -> None:
    for host in pair.spec["hosts"]:
        assert pair.sh(host, "command -v python3 corral || echo none") == "none"
        running = pair.on(host, "ps", "-eo", "args=").splitlines()
        own = [line for line in running if "corral" in line and "/etc/corral/pair" not in line and "ps -eo" not in line]
        assert not [line for line in own if "/opt/corral/" not in line], own
        assert pair.sh(host, "find / -xdev -name 'corral*' -perm -u+x -type f ! -path '/proc/*' ! -path '/sys/*'") == ""
