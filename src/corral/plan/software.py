"""Actions on what a host must have before Corral's own files can work: packages, archives, images, services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corral.language import tr
from corral.model.software import Archive, Image, Service


@dataclass(frozen=True)
class InstallPackages:
    """Install packages of the host's own sources, in one go; `keep_off` are their services that must not run."""

    host: str
    names: tuple[str, ...]
    keep_off: tuple[str, ...] = ()
    manager: Literal["apt", "dnf"] = "apt"
    kind: Literal["install_packages"] = "install_packages"

    @property
    def id(self) -> str:
        return f"packages {' '.join(self.names)} on {self.host}"

    @property
    def summary(self) -> str:
        off = ""
        if len(self.keep_off) == 1:
            off = tr(" ({keep_off} stays off)", keep_off=self.keep_off[0])
        elif self.keep_off:
            off = tr(" ({keep_off} stay off)", keep_off=", ".join(self.keep_off))
        return tr("install {names}{off}", names=", ".join(self.names), off=off)


@dataclass(frozen=True)
class UnpackArchive:
    """Send a tar file to the host, check its digest there, and unpack it."""

    archive: Archive
    kind: Literal["unpack_archive"] = "unpack_archive"

    @property
    def host(self) -> str:
        return self.archive.host

    @property
    def id(self) -> str:
        return f"archive {self.archive.path} on {self.host}"

    @property
    def summary(self) -> str:
        return tr("unpack {source} to {path}", source=self.archive.source, path=self.archive.path)


@dataclass(frozen=True)
class LoadImage:
    """Bring a container image to the host: from a file, else pulled by the host itself."""

    image: Image
    kind: Literal["load_image"] = "load_image"

    @property
    def host(self) -> str:
        return self.image.host

    @property
    def id(self) -> str:
        return f"image {self.image.name} on {self.host}"

    @property
    def summary(self) -> str:
        return (
            tr("load {image} from {source}", image=self.image.name, source=self.image.source)
            if self.image.source
            else tr("pull {image}", image=self.image.name)
        )


@dataclass(frozen=True)
class EnableService:
    """Have a service of the distribution run, now and after each start of the host."""

    service: Service
    kind: Literal["enable_service"] = "enable_service"

    @property
    def host(self) -> str:
        return self.service.host

    @property
    def id(self) -> str:
        return f"service {self.service.name} on {self.host}"

    @property
    def summary(self) -> str:
        return tr("enable {service}", service=self.service.name)
