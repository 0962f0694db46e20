"""What is kept beside the cluster file: secrets, host keys, and the journal. A journal means: it runs on its hosts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corral.cluster_file.parse import Loaded
from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem


@dataclass(frozen=True)
class Store:
    """The directory `.corral/<cluster>` beside the cluster file."""

    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.yaml"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    def exists(self) -> bool:
        """Whether a run from here has changed the cluster's hosts, or has started to."""
        return self.journal.exists()


def store_of(loaded: Loaded) -> Store:
    """Raises InvalidFile for the built-in example, which has no file that anything could be kept beside."""
    if not loaded.source:
        message = tr("there is no cluster file here, and the built-in example runs on this machine only")
        hint = tr("corral init writes a file; -f FILE names one")
        raise InvalidFile(Problem("no-file", "error", message, hint))
    return Store(Path(loaded.directory) / ".corral" / loaded.spec.name)
