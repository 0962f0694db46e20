"""What tells on hosts that something was done to them: files, processes, containers."""

from __future__ import annotations

from tests.lab.harness import LabCluster

_LOOK = """
find /etc/corral /etc/systemd/system /etc/chrony /etc/sysusers.d /etc/sysctl.d /etc/logrotate.d /opt/corral \\
    /var/lib/corral/{name}/state -xdev -type f -printf '%p %T@ %m %u %s\\n' 2>/dev/null | sort
systemctl show --property=Id,MainPID,NRestarts,ExecMainStartTimestampMonotonic 'corral-{name}-*' chrony docker
pid=$(systemctl show --value --property=MainPID corral-{name}-nginx.service)
[ "$pid" = 0 ] || ps -o pid= --ppid "$pid" | sort
if docker info >/dev/null 2>&1; then
    docker ps -aq | xargs -r docker inspect --format '{{{{.Name}}}} {{{{.State.StartedAt}}}} {{{{.State.Pid}}}}' | sort
fi
"""


def footprints(cluster: LabCluster) -> dict[str, str]:
    """By host: Corral's files with their times, its units, nginx's workers, and containers."""
    return cluster.everywhere(lambda host: cluster.sh(host, _LOOK.format(name=cluster.name)))


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Of `LabCluster.pids`: who is another process than before, is new or is gone."""
    return {name for name in before | after if before.get(name) != after.get(name)}
