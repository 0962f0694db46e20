"""All secrets of one cluster on this machine: Corral's own in their file, and those that the cluster file refers to."""

from __future__ import annotations

from pathlib import Path

from corral.cluster_file.parse import Loaded
from corral.events import Sink, ignore
from corral.secrets import Secrets
from corral.vault.file import Vault
from corral.vault.outside import known_outside_of, outside_of


class SecretStore:
    """`values` are the secrets that are known so far: none before `read` or `complete`."""

    def __init__(self, vault: Vault, loaded: Loaded) -> None:
        self.values: Secrets = {}
        self._vault, self._loaded = vault, loaded
        self._is_new = False
        """Whether the file was made by this run, and nobody else can have what it holds."""

    @property
    def path(self) -> Path:
        return self._vault.path

    def outside(self) -> Secrets:
        """Those of the others that are known: as they were read for this run, or, where none was, as they are now."""
        known = {name: value for name, value in self.values.items() if ":" in name}
        return known if self.values else known_outside_of(self._loaded)

    def read(self) -> None:
        """For verbs that change nothing: whatever is known. Raises ChangeFailed for a broken file."""
        self.values = {**self._vault.read(), **known_outside_of(self._loaded)}

    def complete(self, sink: Sink = ignore) -> None:
        """Those that are missing are made. Blocks while another process makes them.

        Raises CorralError; then none is made.
        """
        outside = outside_of(self._loaded)
        self._is_new = not self.path.exists()
        self.values = {**self._vault.complete(sink), **outside}

    def given_out(self) -> None:
        """From here on others may have the secrets: they are not taken back any more."""
        self._is_new = False

    def take_back(self) -> bool:
        """Removes the file if `complete` has just made it and nobody has its secrets yet; says whether it did."""
        if self._is_new:
            self.path.unlink()
        return self._is_new
