# shellcheck shell=sh
# A tar file on stdin, as a directory.

# work_here: in the current directory a directory to work in, locked for as long as that goes on: one that is not is left
# over, and removed.
work_here() {
    exec 9<.
    flock -w 60 9
    # shellcheck disable=SC2094 # the descriptor is a directory's, for its lock
    for old in ./.corral-unpack.*; do
        [ ! -d "$old" ] || ( flock -n 8 || exit 0; rm -rf -- "$old" ) 8<"$old"
    done
    work=$(mktemp -d ./.corral-unpack.XXXXXX)
    exec 8<"$work"
    flock 8
    exec 9<&-
    trap 'rm -rf -- "$work"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
    chmod 755 "$work"
}

# unpack PLACE SHA256
unpack() {
    set -eu
    umask 022
    place=$1 parent=${1%/*}
    parent=${parent:-/}
    mkdir -p -- "$parent"
    cd "$parent"
    work_here
    cat >"$work/archive"
    echo "$2  $work/archive" | sha256sum --check --status || {
        rm -rf -- "$work"
        echo 'the SHA-256 of what arrived is not the one in the cluster file' >&2
        exit 1
    }
    [ ! -d "$place" ] || exit 0
    mkdir "$work/root"
    tar --no-same-owner -xf "$work/archive" -C "$work/root"
    rm -- "$work/archive"
    root=$work/root
    set -- "$root"/*
    if [ $# = 1 ] && [ -d "$1" ]; then
        case ${1##*/} in bin | sbin | lib) ;; *) root=$1 ;; esac
    fi
    chmod 755 -- "$root"
    sync -f -- "$root"
    mv -T -- "$root" "$place"
}
