"""Packages and archives as POSIX sh; `failed MESSAGE` is the enclosing script's way to end."""

from __future__ import annotations

import shlex
from typing import Final

from corral.plan.software import InstallPackages

_APT: Final = "apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"
"""Waits two minutes for another apt: unattended upgrades hold its lock at night."""
_DPKG: Final = "dpkg --force-confdef --force-confold"
"""A configuration file that somebody has changed stays, and nobody is asked: there is nobody to answer."""

_OUTPUT: Final = """\
said=$(mktemp) && exec 7<>"$said" && rm -f -- "$said" || failed "there is no room for what the installation says"
tell() { tail -n 40 /proc/self/fd/7 >&2; }
gave_up() { tell; failed "$1"; }
trap 'tell; exit 143' TERM
"""
"""What an installer says goes to a file, told when it fails or has to end: dpkg is killed by a pipe that nobody reads.

The file has no name from the start, so that none is left over, and is read again through /proc.
"""
_OUTPUT_ENDS: Final = "trap - TERM; exec 7>&-\n"

_APT_INSTALLS: Final = f"""\
export DEBIAN_FRONTEND=noninteractive
apt() {{ {_APT} --no-install-recommends "$@" >&7 2>&1; }}
mended() {{
    grep -q -e 'dpkg --configure -a' -e '--fix-broken install' /proc/self/fd/7 || return 1
    {_DPKG} --configure -a >&7 2>&1
    apt --fix-broken --no-remove install
}}
"""
"""`mended` goes on with an installation that was cut off, as apt asks for; it fails where apt asks for no such thing.

dpkg alone can't when a package is unpacked and one that it depends on is not; apt alone won't while dpkg has notes of
its own. Neither may remove anything.
"""


def install(action: InstallPackages, state: str) -> str:
    """What it installs is written down first: services that must stay off are disabled though the script is cut off."""
    services = shlex.join(action.keep_off)
    marks = "".join(f": >{shlex.quote(f'{state}/packages/{name}')}\n" for name in action.names) if state else ""
    installation = f"{_OUTPUT}{_installation(action)}{_OUTPUT_ENDS}"
    if not services:
        return marks + installation
    return (
        f'{marks}systemctl mask --quiet --runtime -- {services} || failed "systemctl mask failed"\n'
        f"{installation}"
        f"systemctl unmask --quiet --runtime -- {services} && systemctl disable --quiet --now -- {services} ||\n"
        f"    failed {shlex.quote(f'{services} can not be switched off')}\n"
    )


def _installation(action: InstallPackages) -> str:
    names = shlex.join(action.names)
    if action.manager == "dnf":
        command = f"dnf -q -y --setopt=install_weak_deps=False install {names}"
        return f'{command} >&7 2>&1 || gave_up "dnf can\'t install {names}"\n'
    return (
        f'{_APT_INSTALLS}apt update || gave_up "apt-get update failed"\n'
        f'apt install {names} || {{ mended && apt install {names}; }} || gave_up "apt-get can\'t install {names}"\n'
    )


_WORK: Final = (
    "exec 9<.; flock -w 60 9; for old in ./.corral-unpack.*; do "
    '[ ! -d "$old" ] || ( flock -n 8 || exit 0; rm -rf -- "$old" ) 8<"$old"; done; '
    'work=$(mktemp -d ./.corral-unpack.XXXXXX); exec 8<"$work"; flock 8; exec 9<&-; '
    "trap 'rm -rf -- \"$work\"' EXIT; trap 'exit 1' HUP INT TERM PIPE; chmod 755 \"$work\"; "
)
"""A directory to work in, locked for as long as that goes on: one that is not is left over."""


def unpack_command(path: str, sha256: str) -> str:
    """A POSIX sh text that takes a tar file on stdin and makes the directory `path` of it, if its digest is `sha256`.

    A tar whose only entry is a directory, as released ones often are, gives what is in that directory. `path` is there
    as a whole or not at all, and everybody may enter it: a tar of what `mktemp -d` made says that nobody may, and then
    no service account could. What it works with is gone afterwards, and what a power cut has left of that goes the next
    time. A connection that is cut is the end of stdin: nobody listens then to what is said.
    """
    parent = shlex.quote(path.rpartition("/")[0] or "/")
    place = shlex.quote(path)
    return (
        f"set -eu; umask 022; mkdir -p -- {parent}; cd {parent}; {_WORK}"
        f'cat >"$work/archive"; echo {shlex.quote(sha256)}"  $work/archive" | sha256sum --check --status || '
        "{ rm -rf -- \"$work\"; echo 'what arrived has another digest than the cluster file says' >&2; exit 1; }; "
        f'[ ! -d {place} ] || exit 0; mkdir "$work/root"; '
        'tar --no-same-owner -xf "$work/archive" -C "$work/root"; rm -- "$work/archive"; root=$work/root; '
        'set -- "$root"/*; '
        'if [ $# = 1 ] && [ -d "$1" ]; then case ${1##*/} in bin|sbin|lib) ;; *) root=$1 ;; esac; fi; '
        f'chmod 755 -- "$root"; sync -f -- "$root"; mv -T -- "$root" {place}'
    )
