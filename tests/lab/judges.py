"""Those who know best, asked on the hosts about what Corral has put there: the programs themselves, and systemd."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.docker import docker
from tests.lab.harness import LabCluster

_PATTERNS = "/root/lab-patterns"


def units(cluster: LabCluster, host: str) -> list[str]:
    """What systemd runs of the cluster on `host`, instances by their names."""
    rows = cluster.on(host, "systemctl", "list-units", "--plain", "--no-legend", f"corral-{cluster.name}-*")
    return [row.split()[0] for row in rows.splitlines()]


def unit_files(cluster: LabCluster, host: str) -> list[str]:
    found = cluster.sh(host, f"find /etc/systemd/system -maxdepth 1 -name 'corral-{cluster.name}-*' -type f")
    return found.splitlines()


def what_systemd_says(cluster: LabCluster, host: str) -> str:
    """Of each unit that runs, and of each unit's file: nothing when all is well. Manual pages are on no small host."""
    names = [*units(cluster, host), *(path for path in unit_files(cluster, host) if "@." not in path)]
    return cluster.on(host, "sh", "-c", 'systemd-analyze verify --man=no "$@" 2>&1 || echo "exit $?"', "sh", *names)


def exposure(cluster: LabCluster, host: str) -> dict[str, float]:
    """By unit, as `systemd-analyze security` counts it: 0 is the tightest, 9.6 a unit without settings."""
    found = {}
    for name in units(cluster, host):
        said = cluster.on(host, "systemd-analyze", "security", "--no-pager", name)
        score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
        assert score, said
        found[name] = float(score[1])
    return found


def what_programs_say(cluster: LabCluster, host: str) -> dict[str, str]:
    """By file: what its own program says of it, with its exit status when that isn't 0."""
    name = cluster.name
    places = f"/etc/corral/{name}/* /etc/chrony/conf.d/corral-{name}.conf /etc/logrotate.d/corral-{name}"
    there = cluster.sh(host, f"ls -d {places} 2>/dev/null || :").splitlines()
    said = {}
    for path in there:
        command = _PROGRAMS.get(path.rpartition("/")[2].replace(name, "NAME"))
        if command:
            said[path] = cluster.on(host, "sh", "-c", f'{command} || echo "exit $?"', "sh", path).strip()
    return said


_PROGRAMS = {
    "nginx.conf": '$(ls /opt/corral/nginx-*/sbin/nginx /usr/sbin/nginx 2>/dev/null | head -n 1) -q -t -c "$1" 2>&1',
    # 2.2.7 ends its test of a file that has a script by killing itself, and says nothing of a right one.
    "keepalived.conf": 'said=$(keepalived -t -f "$1" 2>&1) || [ "$?$said" = 143 ] && echo "$said"',
    "compose.yaml": 'docker-compose -f "$1" config -q 2>&1',
    "corral-NAME.conf": 'chronyd -p -f "$1" 2>&1 >/dev/null',
    "corral-NAME": 'logrotate --debug --state=/dev/null "$1" >/dev/null 2>&1',
}
"""Each file's judge, by the file's name."""


@dataclass(frozen=True)
class Listener:
    program: str
    address: str
    port: int


def listeners(cluster: LabCluster, host: str) -> list[Listener]:
    """All TCP listeners of a host, but for sshd's, containerd's and the name server that docker gives a lab's host."""
    rows = [row.split() for row in cluster.on(host, "ss", "-Htlnp").splitlines()]
    found = []
    for row in rows:
        address, _, port = row[3].rpartition(":")
        program = re.search(r'"([^"]+)"', row[5] if len(row) > 5 else "")
        one = Listener(program[1] if program else "?", address.split("%")[0], int(port))
        if one.port != 22 and one.address != "127.0.0.11" and one.program != "containerd":
            found.append(one)
    return found


def modes(cluster: LabCluster, host: str) -> dict[str, str]:
    """Mode and owner of each file and directory that Corral has made, by path; of releases and data the top alone."""
    name = cluster.name
    said = cluster.sh(
        host,
        f"find /etc/corral /etc/systemd/system/corral-{name}-* /etc/sysusers.d/corral-{name}.conf"
        f" /etc/chrony/conf.d/corral-{name}.conf /etc/logrotate.d/corral-{name} /etc/sysctl.d/90-corral-{name}.conf"
        f" /var/lib/corral /var/log/corral /opt/corral -maxdepth 3 ! -path '*/mongod/*' ! -path '*/state/*'"
        f" -printf '%p %m %u\\n' 2>/dev/null || :",
    )
    return {path: f"{mode} {user}" for path, mode, user in (line.rsplit(" ", 2) for line in said.splitlines())}


class Leaks:
    """Where secrets stand that should stand nowhere. `values` are the secrets themselves."""

    def __init__(self, cluster: LabCluster, values: list[str]) -> None:
        self._cluster, self._patterns = cluster, "".join(f"{value}\n" for value in values).encode()
        self.values = values

    def on(self, host: str) -> list[str]:
        """Files that everybody may read, command lines, the journal and logs that hold one."""
        container = self._cluster.lab.table.container(host)
        docker("exec", "--interactive", container, "sh", "-c", f"umask 0; cat >{_PATTERNS}", stdin=self._patterns)
        docker("exec", container, "chmod", "755", "/root")
        try:
            places = "/etc /opt /var /srv /home /run /tmp /usr/local"
            world = f"runuser -u nosudo -- grep -rlsF -f {_PATTERNS} --exclude-dir=proc {places}"
            lines = f"grep -lsF -f {_PATTERNS} /proc/[0-9]*/cmdline /var/log/* /var/log/corral/*/*"
            said = self._cluster.sh(host, f"{world} || :; {lines} || :; journalctl | grep -F -f {_PATTERNS} || :")
            return [line for line in said.splitlines() if line]
        finally:
            docker("exec", container, "sh", "-c", f"rm {_PATTERNS}; chmod 700 /root")
