"""A lab as Python sees it: `Lab(table()).up()`, then addresses, keys, commands and faults, until `down()`."""

from __future__ import annotations

from pathlib import Path

from lab import container, faults, lifecycle, state
from lab.recipe import Kind
from lab.table import Host, Table, table


class Lab:
    """Nothing is started by making one. Its methods raise LabError, whose message is for the user."""

    def __init__(self, hosts: Table | None = None) -> None:
        self.table = hosts or table()
        self._files = state.state(self.table.name)

    @property
    def addresses(self) -> dict[str, str]:
        """Host's name to its address."""
        return {host.name: host.address for host in self.table.hosts}

    @property
    def key(self) -> Path:
        """The private key of the users deploy (with sudo), nosudo (without) and root."""
        return self._files.key

    @property
    def known_hosts(self) -> Path:
        return self._files.known_hosts

    @property
    def ssh_config(self) -> Path:
        """For `ssh -F`."""
        return self._files.ssh_config

    def up(self, kind: Kind = "full") -> None:
        """Starts what doesn't run; returns when each host has booted and its sshd answers."""
        lifecycle.bring_up(self.table, kind)

    def down(self) -> None:
        """Removes the hosts, their volumes and the network; after the last lab the lab's dockerd ends, too."""
        lifecycle.take_down(self.table.name)

    def execute(self, host: str, *command: str) -> str:
        """What it wrote to standard output. Through docker, as root: it works when the network doesn't."""
        return container.execute(self._container(host), command)

    def runs(self, host: str) -> bool:
        return container.is_running(self._container(host))

    def kill(self, host: str) -> None:
        """The plug is pulled: nothing stops in order, and its peers hear nothing."""
        faults.power_off(self._container(host))

    def start(self, host: str) -> None:
        """After `kill`; returns when sshd answers."""
        faults.power_on(self._container(host))
        self._wait(host)

    def reboot(self, host: str) -> None:
        """In order; returns when sshd answers again."""
        faults.reboot(self._container(host))
        self._wait(host)

    def cut(self, host: str, *peers: str) -> None:
        """The cable is pulled; or, with `peers`, only these hosts are out of reach. Connections hang."""
        if peers:
            faults.part(self._container(host), [self.table.host(peer).address for peer in peers])
        else:
            faults.cut(self._container(host))

    def mend(self, host: str) -> None:
        """Undoes `cut`."""
        faults.mend(self._container(host))

    def fill(self, host: str, directory: str) -> None:
        """Not a byte can be written there; what is there stays. Files that are open keep their old place."""
        faults.fill(self._container(host), directory)

    def unfill(self, host: str, directory: str) -> None:
        """Undoes `fill`, and keeps what was changed meanwhile."""
        faults.unfill(self._container(host), directory)

    def _container(self, host: str) -> str:
        return self.table.container(self.table.host(host).name)

    def _wait(self, host: str) -> None:
        one: tuple[Host, ...] = (self.table.host(host),)
        lifecycle.wait_until_up(Table(self.table.name, self.table.subnet, one))
