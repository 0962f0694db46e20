"""Packages, archives and images as POSIX sh; `failed MESSAGE` is the enclosing script's way to end."""

from __future__ import annotations

from typing import Final

from corral.model.programs import APT_WAIT
from corral.model.software import Image
from corral.observe.images import note_path
from corral.plan.software import InstallPackages
from corral.shell import beside, call, variables
from corral.transport import apt_locks

_PACKAGES: Final = beside(__file__, "packages.sh")
_UNPACK: Final = beside(__file__, "unpack.sh")
_LOAD: Final = beside(__file__, "load.sh")


def install(action: InstallPackages, state: str) -> str:
    """What it installs is written down first: services that must stay off are disabled though the script is cut off."""
    marks = call("mark", *(f"{state}/packages/{name}" for name in action.names)) if state else ""
    text = call("dnf_install" if action.manager == "dnf" else "apt_install", *action.names)
    if action.keep_off:
        text = f"{call('mask', *action.keep_off)}{text}{call('switch_off', *action.keep_off)}"
    return variables(lock_wait=APT_WAIT) + apt_locks.SHELL.before(_PACKAGES.before(f"{marks}{text}"))


def unpack_command(path: str, sha256: str) -> str:
    """A POSIX sh text that takes a tar file on stdin and makes the directory `path` of it, if its digest is `sha256`.

    A tar whose only entry is a directory, as released ones often are, gives what is in that directory. `path` is there
    as a whole or not at all, and everybody may enter it: a tar of what `mktemp -d` made says that nobody may, and then
    no service account could. What it works with is gone afterwards, and what a power cut has left of that goes the next
    time. A connection that is cut is the end of stdin: nobody listens then to what is said.
    """
    return _UNPACK.before(call("unpack", path, sha256))


def load_command(image: Image, state: str) -> str:
    """A POSIX sh text that loads what `docker save` wrote, which it takes on stdin.

    Below `state`, the host's directory of what Corral writes down, it notes which id docker gave to which image; not
    without a `state`, nor where the archive doesn't tell the image's id.
    """
    note = note_path(state, image.name) if state and image.sha256 else ""
    return _LOAD.before(call("load_image", image.name, image.sha256, note))
