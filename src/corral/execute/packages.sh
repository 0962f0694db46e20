# shellcheck shell=sh
# Installing packages. `failed` is of changes.sh.

# mark PATH…: writes down what will be installed.
mark() { for mark; do : >"$mark"; done; }

# mask SERVICE…: keeps packages from starting them.
mask() { systemctl mask --quiet --runtime -- "$@" || failed "systemctl mask failed"; }

# switch_off SERVICE…
switch_off() {
    { systemctl unmask --quiet --runtime -- "$@" && systemctl disable --quiet --now -- "$@"; } ||
        failed "$* can't be switched off"
}

# What an installer says goes to a file, told when it fails or has to end: dpkg is killed by a pipe that nobody reads.
# The file has no name from the start, so that none is left over, and is read again through /proc.
collect() {
    { said=$(mktemp) && exec 7<>"$said" && rm -f -- "$said"; } ||
        failed "there is no room for a file with the output of the installation"
    trap 'tell; exit 143' TERM
}
tell() { tail -n 40 /proc/self/fd/7 >&2; }
gave_up() { tell; failed "$1"; }
collected() { trap - TERM; exec 7>&-; }

# Waits two minutes for another apt: unattended upgrades hold its lock at night.
apt() { apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >&7 2>&1; }

# Goes on with an installation that was cut off, as apt asks for; it fails where apt asks for no such thing. dpkg alone
# can't when a package is unpacked and one that it depends on is not; apt alone won't while dpkg has notes of its own.
# Neither may remove anything. A configuration file that somebody has changed stays, and nobody is asked: there is nobody
# to answer.
mended() {
    grep -q -e 'dpkg --configure -a' -e '--fix-broken install' /proc/self/fd/7 || return 1
    dpkg --force-confdef --force-confold --configure -a >&7 2>&1
    apt --fix-broken --no-remove install
}

# apt_install PACKAGE…
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    collect
    apt update || gave_up "apt-get update failed"
    apt install "$@" || { mended && apt install "$@"; } || gave_up "apt-get can't install $*"
    collected
}

# dnf_install PACKAGE…
dnf_install() {
    collect
    dnf -q -y --setopt=install_weak_deps=False install "$@" >&7 2>&1 || gave_up "dnf can't install $*"
    collected
}
