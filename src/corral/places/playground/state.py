"""The playground's directory: one for each cluster, below XDG_STATE_HOME."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from corral.cluster_file.parse import Loaded, load_text
from corral.errors import ChangeFailed, CorralError
from corral.files import home, write_file
from corral.language import mark, tr
from corral.model.cluster import Host, Layout
from corral.model.endpoint import Endpoint
from corral.problems import Problem

FORMAT: Final = 1
"""The version of this directory's layout. A directory of another version is never touched."""
_CONTROL: Final = "control"
"""The directory of the lock and the marks."""
_BIND_IP: Final = re.compile(r'^  bindIp: "(?:127\.0\.0\.1,)?([^",]+)"$', re.MULTILINE)
_PORT: Final = re.compile(r"^  port: ([0-9]+)$", re.MULTILINE)
_UNSAFE: Final = set(";#%$\n\"'")
"""Characters that supervisord's, nginx's and mongod's files would each have to escape in a way of their own."""


@dataclass(frozen=True)
class State:
    """Where a cluster's files, data, logs and secrets are."""

    root: Path

    @property
    def facts_file(self) -> Path:
        return self.root / "state.json"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    def as_host(self) -> Host:
        """This machine as a host: the cluster's lock and marks are here, once for all of its hosts."""
        place = PurePosixPath(self.root / _CONTROL)
        return Host(mark("this machine"), "127.0.0.1", "127.0.0.1", Layout(place, place, place, place, state=place))

    def keep_file(self, loaded: Loaded) -> None:
        """Keep the cluster file as it was carried out: `down --name` needs it when the user's own is gone."""
        write_file(self.root / "applied.yaml", loaded.text.encode(), 0o600)
        applied = {"source": loaded.source, "directory": str(loaded.directory), "digest": loaded.digest}
        self.add_facts(applied=applied)

    def carried_out(self) -> object:
        """The digest of the file that was carried out last; None when it isn't known."""
        kept = self.read_facts().get("applied")
        return kept.get("digest") if isinstance(kept, dict) else None

    def applied(self) -> Loaded | None:
        """The file that was carried out last; None when there is none that this version of Corral can read."""
        kept = self.read_facts().get("applied")
        if not isinstance(kept, dict):
            return None
        try:
            text = (self.root / "applied.yaml").read_text()
            return load_text(text, str(kept.get("source", "")), Path(str(kept.get("directory", "/"))))
        except (OSError, CorralError):
            return None

    def layout(self, host: str) -> Layout:
        base = PurePosixPath(self.root / "hosts" / host)
        return Layout(base / "config", base / "data", base / "logs", base / "run", state=base / "run")

    def read_facts(self) -> dict[str, Any]:
        """What was decided once and holds: the format, the network, the proxies' ports. Empty before the first run.

        Raises ChangeFailed when the directory is of another version, or not ours.
        """
        try:
            facts = json.loads(self.facts_file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ChangeFailed(_unreadable(self.facts_file, error)) from error
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            raise ChangeFailed(_other_version(self.root, facts))
        return facts

    def add_facts(self, **facts: Any) -> None:
        """Write `facts` down beside those that are there, when they differ."""
        known = self.read_facts()
        wanted = {"format": FORMAT, **known, **facts}
        if wanted != known:
            write_file(self.facts_file, (json.dumps(wanted, indent=2) + "\n").encode(), 0o600)

    def prepare(self) -> None:
        """Make the directory, private to its owner. Raises ChangeFailed with the reason when that can't be."""
        if _UNSAFE & set(str(self.root)):
            message = tr(
                "{root} contains a character that can't stand in the cluster's configuration files", root=self.root
            )
            raise ChangeFailed(Problem("state-path", "error", message, tr("set XDG_STATE_HOME to a plain path")))
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            write_file(self.root / ".writable", bytes(4096), 0o600)
        except OSError as error:
            message = tr("{root} can't be written: {strerror}", root=self.root, strerror=error.strerror or error)
            hint = tr("give it back to your user, or set XDG_STATE_HOME to another place; nothing was changed")
            raise ChangeFailed(Problem("state-not-writable", "error", message, hint, str(self.root))) from error

    def has_data(self) -> bool:
        """Whether a database was ever started here."""
        return bool(self.data_hosts())

    def data_hosts(self) -> list[str]:
        """The hosts that hold a database's files."""
        return sorted({path.parents[2].name for path in self.root.glob("hosts/*/data/mongod/*")})

    def member_names(self) -> list[tuple[str, str]]:
        """The hosts that hold a database's files and its configuration, with the member's address and port by that."""
        found = []
        for host in self.data_hosts():
            try:
                text = (self.root / "hosts" / host / "config" / "mongod.conf").read_text()
            except OSError:  # it has left the set: its configuration was removed
                continue
            if (address := _BIND_IP.search(text)) and (port := _PORT.search(text)):
                found.append((host, Endpoint("mongodb", address[1], int(port[1])).netloc))
        return found

    def purge(self) -> None:
        """Delete everything. Raises OSError.

        The lock is here, too: it goes last, so that nobody begins anew before the rest is gone.
        """
        for path in self.root.iterdir():
            if path.name != _CONTROL:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.rmtree(self.root)


def state_home() -> Path:
    """$XDG_STATE_HOME/corral, by default ~/.local/state/corral. Raises OSError where no home is known."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else home() / ".local" / "state"
    return (base / "corral").resolve()


def state_of(cluster: str) -> State:
    return State(state_home() / cluster)


def networks_of_others(cluster: str) -> set[str]:
    """The networks of this user's other clusters, stopped ones too; without those whose directory can't be read."""
    networks = set()
    for file in state_home().glob("*/state.json"):
        if file.parent.name != cluster:
            with contextlib.suppress(ChangeFailed):  # an error for whoever uses that cluster, not for this one
                networks.add(str(State(file.parent).read_facts().get("network", "")))
    return networks


def _unreadable(path: Path, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else tr("it is not what Corral has written")
    return Problem(
        "state-unreadable",
        "error",
        tr("{path} can't be read: {reason}", path=path, reason=reason),
        tr("the data were not touched"),
        str(path),
    )


def _other_version(root: Path, facts: object) -> Problem:
    version = (facts.get("format") if isinstance(facts, dict) else None) or tr("none")
    return Problem(
        "state-version",
        "error",
        tr(
            "{root} was made by another version of Corral: its format is {version}, this one reads {format}",
            root=root,
            version=version,
            format=FORMAT,
        ),
        tr("use the version that made it, or `corral down --purge` with that one; the data were not touched"),
        str(root),
    )
