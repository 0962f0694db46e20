# shellcheck shell=sh

# alone STATE SECONDS: waits until no other script that begins with this is at work, and keeps them waiting in its turn.
alone() {
    [ -d "$1" ] || return 0
    exec 8>>"$1/working"
    flock -w "$2" 8 || { echo 'a script of an earlier run is still at work there' >&2; exit 75; }
}
