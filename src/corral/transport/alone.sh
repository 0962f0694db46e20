# shellcheck shell=sh

# alone STATE SECONDS: waits until no other script that begins with this is at work, and keeps them waiting in its turn.
alone() {
    [ -d "$1" ] || return 0
    exec 8>>"$1/working"
    flock -w "$2" 8 || { echo 'what an earlier run has begun there still goes on' >&2; exit 75; }
}
