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
collected() { trap - TERM; exec 7>&-; }

# begin: what is said from now on is said by the next program.
begin() { from=$(($(wc -c </proc/self/fd/7) + 1)); }
latest() { tail -c "+$from" /proc/self/fd/7; }

# cause: the line that says why the last program has failed: dpkg's on a package, else the first error, else the last line.
cause() {
    why=$(latest | sed -n '/^dpkg: error processing /{N;s/:\n */: /;s/^dpkg: error processing //;p;q}')
    [ -n "$why" ] || why=$(latest | sed -n '/^ *\(E\|Error\|dpkg: error\): /{p;q}')
    [ -n "$why" ] || why=$(latest | sed -n '$p')
    printf '%s\n' "$why"
}

# gave_up MESSAGE: with the cause right before it.
gave_up() {
    why=$(cause)
    tell
    [ "$why" = "$(latest | sed -n '$p')" ] || printf '%s\n' "$why" >&2
    failed "$1"
}

# wait_for_apt: until nobody holds one of the locks, or the deadline has come. Who holds one is told once.
wait_for_apt() {
    # shellcheck disable=SC2154 # lock_wait stands before: see software_scripts.py
    while said=$(apt_lock_held); do
        lock=${said%% *} said=${said#* }
        holder="${said#* } (pid ${said%% *})"
        if [ "$holder" != "$told" ]; then
            told=$holder
            printf 'note %s holds the lock %s: waiting for it, at most %s s\n' "$holder" "$lock" "$lock_wait" >&3
        fi
        a_moment || failed "$holder still holds the lock $lock after $lock_wait s: let it end, or end it"
    done
}
a_moment() { [ "$left" -gt 0 ] && left=$((left - 1)) && sleep 1; }

# is_locked_out: whether somebody else was faster, or holds a lock where it can't be seen.
is_locked_out() {
    latest | grep -q -e 'Could not get lock' -e 'Unable to lock' -e 'Unable to acquire the dpkg' -e 'lock was locked by'
}

# without_locks PROGRAM…: as soon as nobody holds one of the locks.
without_locks() {
    while :; do
        wait_for_apt
        begin
        "$@" >&7 2>&1 && return
        code=$?
        is_locked_out && a_moment || return "$code"
    done
}

apt() {
    without_locks apt-get -q -y -o "DPkg::Lock::Timeout=$left" -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
}

# mended: goes on with an installation that was cut off, as apt asks for; it fails where apt asks for no such thing. dpkg
# alone can't when a package is unpacked and one that it depends on is not; apt alone won't while dpkg has notes of its
# own. Neither may remove anything. A configuration file that somebody has changed stays, and nobody is asked: there is
# nobody to answer. Whether they succeed with all packages isn't asked: some may be none of ours.
mended() {
    latest | grep -q -e 'dpkg --configure -a' -e '--fix-broken install' || return 1
    without_locks dpkg --force-confdef --force-confold --configure -a
    apt --fix-broken --no-remove install
    return 0
}

# are_installed PACKAGE…: wholly.
are_installed() {
    for package; do
        case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
        [hi]i*) ;;
        *) return 1 ;;
        esac
    done
}

# apt_install PACKAGE…: what counts is that they are installed. A source that doesn't answer, or another package whose
# script fails, is told.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    collect
    behind='' left=$lock_wait told=''
    apt update || behind=$(cause)
    [ -z "$behind" ] || printf 'note apt-get update failed, so what is known of packages may be old: %s\n' "$behind" >&3
    if ! apt install "$@" && ! { mended && apt install "$@"; }; then
        are_installed "$@" || gave_up "apt-get can't install $*${behind:+, after apt-get update failed: $behind}"
        printf 'note %s: installed, though apt-get failed for another reason: %s\n' "$*" "$(cause)" >&3
    fi
    collected
}

# dnf_install PACKAGE…: in the same way; a repository that can't be read is left out at the second try.
dnf_install() {
    collect
    if ! dnf_gets "$@"; then
        behind=$(cause)
        { latest | grep -q 'metadata for repo' && dnf_gets --setopt='*.skip_if_unavailable=True' "$@"; } ||
            rpm -q --quiet "$@" 2>/dev/null || gave_up "dnf can't install $*"
        printf 'note %s: installed, though dnf failed at first: %s\n' "$*" "$behind" >&3
    fi
    collected
}
dnf_gets() {
    begin
    dnf -q -y --setopt=install_weak_deps=False install "$@" >&7 2>&1
}
