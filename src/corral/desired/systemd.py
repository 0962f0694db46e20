"""systemd's unit files as text: their quoting, and what all of Corral's units have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import ceil
from pathlib import PurePosixPath
from typing import Final

from corral.desired.templating import head, render
from corral.model.cluster import Cluster, Host
from corral.model.identity import UnitId, service_of

UNITS: Final = PurePosixPath("/etc/systemd/system")
RELOAD: Final = ("systemctl", "daemon-reload")
Values = dict[str, object]
_HOMES: Final = ("/home/", "/root/", "/run/user/")


def unit_path(cluster: str, unit: UnitId) -> PurePosixPath:
    """Where the definition of the cluster's unit `unit` lies; of an instance's it is the template of all."""
    return UNITS / re.sub("@.*", "@.service", service_of(cluster, unit))


def unit_text(template: str, cluster: Cluster, host: Host, **values: object) -> str:
    """`templates/<template>` filled in; `word` and `argument` are there for it to call."""
    return render(
        template, cluster=cluster.name, head=head(host), layout=host.layout, word=word, argument=argument, **values
    )


def hardened(home: str, capabilities: str = "", families: str = "AF_INET AF_INET6 AF_NETLINK AF_UNIX") -> Values:
    """What hardening.j2 wants: ProtectHome's value, the capabilities of one that is root, and its sockets' kinds.

    AF_NETLINK is how programs list their own addresses, which mongod does to find itself among the members.
    """
    return {"home": home, "capabilities": capabilities, "families": families}


def word(text: object) -> str:
    """`text` as one word of a setting that takes a list. Raises ValueError for control characters."""
    return _quoted(str(text).replace("%", "%%"))


def argument(text: object) -> str:
    """`text` as one argument of a command: `$` too is systemd's own there. Raises ValueError for control characters."""
    return _quoted(str(text).replace("%", "%%").replace("$", "$$"))


def whole_seconds(time: float) -> int:
    """A time as systemd and compose take it; never 0, which is no limit."""
    return max(1, ceil(time))


def _quoted(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{text!r} has a control character, which can't stand in a unit file")
    if re.fullmatch(r"[A-Za-z0-9_.,:@%$+=/-]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def protect_home(paths: Iterable[object]) -> str:
    """ProtectHome's value for a program of which `paths` must be seen: homes are hidden, or at least read-only."""
    return "read-only" if any(str(path).startswith(_HOMES) for path in paths) else "yes"
