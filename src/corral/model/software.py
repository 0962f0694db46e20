"""What a host must have before Corral's files and units are of use: packages, archives, images, system services.

Wanted and found are the same types, and equal when what makes them the same thing is equal: how one gets there (a
local file, a package manager) is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["time", "database", "application", "proxy"]


@dataclass(frozen=True)
class Package:
    """A package of the host's own sources. Corral installs it where it is missing, and never removes it.

    `keep_off`: services that the package starts by itself and that would be in the way of Corral's own units, such as
    nginx.service. They are held back while it is installed and disabled afterwards. They are left alone when the
    package was there before Corral.
    """

    host: str
    name: str
    stage: Stage = field(default="application", compare=False)
    keep_off: tuple[str, ...] = field(default=(), compare=False)
    manager: Literal["apt", "dnf"] = field(default="apt", compare=False)


@dataclass(frozen=True)
class Archive:
    """A tar file, unpacked on a host as the directory `path`, in whose name its digest stands.

    `source` is the tar file on the controlling machine, `sha256` the digest of its bytes in hexadecimal.
    """

    host: str
    path: str
    source: str = field(default="", compare=False)
    sha256: str = field(default="", compare=False)
    stage: Stage = field(default="application", compare=False)


@dataclass(frozen=True)
class Image:
    """A container image that a host has: loaded from the file `source` of the controlling machine, else pulled.

    `sha256` is its id. `manifest` is the one that docker's containerd store has for it instead, where the file tells.
    """

    host: str
    name: str
    source: str = field(default="", compare=False)
    sha256: str = field(default="", compare=False)
    stage: Stage = field(default="application", compare=False)
    manifest: str = field(default="", compare=False, repr=False)

    @property
    def ids(self) -> frozenset[str]:
        """All ids that say it is this image; none where only the name is known."""
        return frozenset((self.sha256, self.manifest)) - {""}

    def fits(self, wanted: Image) -> bool:
        """Of one that was found, of that name: one that is pulled is known by its name alone."""
        return not wanted.ids or self.sha256 in wanted.ids


@dataclass(frozen=True)
class Service:
    """A systemd unit of the distribution that has to be enabled and to run: chrony, docker."""

    host: str
    name: str
    stage: Stage = field(default="application", compare=False)


Software = Package | Archive | Image | Service
