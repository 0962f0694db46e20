# shellcheck shell=sh disable=SC2030,SC2031 # each of the verbs is a shell of its own on purpose
# The lock of a host is a file in its state directory, and this is all that is ever done to it. The `exit` of a verb ends no
# script that others travel in.

# guarded STATE TOKEN: from here on nobody else looks. Sets `lock`, its `content`, and whether it is the TOKEN's `own`.
guarded() {
    command -v flock >/dev/null || { echo 'flock, of util-linux, is missing' >&2; exit 69; }
    umask 077
    lock=$1/lock
    exec 9>>"$lock.guard" || exit
    flock -w 10 9 || { echo "$lock.guard is busy" >&2; exit 75; }
    content=
    [ ! -e "$lock" ] || content=$(cat -- "$lock") || exit
    case $content in *"\"token\": \"$2\""*) own=yes ;; *) own= ;; esac
}

free() { echo 'lock free 0'; exit 0; }

# A lock that seems to come from the future (the clock was set back) begins to age now.
age() {
    { now=$(date +%s) && seen=$(stat -c %Y -- "$lock") && age=$((now - seen)); } || exit
    [ "$age" -ge 0 ] || { touch -- "$lock" && age=0; } || exit
}

# take_lock STATE TOKEN CLAIM TTL HELD: HELD is the exit code when somebody else holds it.
take_lock() (
    umask 022
    [ -d "$1" ] || mkdir -p -- "$1" || exit
    guarded "$1" "$2"
    word=taken age=0
    [ ! -e "$lock" ] || age
    if [ -n "$own" ]; then
        content=
    elif [ -e "$lock" ]; then
        word=taken-over
        [ "$age" -gt "$4" ] || { printf 'lock held %s\n%s\n' "$age" "$content"; exit "$5"; }
    fi
    { printf '%s\n' "$3" >"$lock.new" && mv -f -- "$lock.new" "$lock"; } || exit
    printf 'lock %s %s\n%s\n' "$word" "$age" "$content"
)

# refresh_lock STATE TOKEN
refresh_lock() (
    [ -d "$1" ] || free
    guarded "$1" "$2"
    [ -n "$own" ] || { printf 'lock lost 0\n%s\n' "$content"; exit 0; }
    { touch -- "$lock" && echo 'lock own 0'; } || exit
)

# release_lock STATE TOKEN
release_lock() (
    [ -d "$1" ] || free
    guarded "$1" "$2"
    [ -z "$own" ] || rm -f -- "$lock" || exit
)

# release_after STATE TOKEN: `ending` stands before; whatever it ends with, the lock is given back.
release_after() {
    ( ending )
    ended=$?
    release_lock "$@" || exit
    exit "$ended"
}

# read_lock STATE
read_lock() (
    [ -d "$1" ] || free
    guarded "$1" ''
    [ -e "$lock" ] || free
    age
    printf 'lock found %s\n%s\n' "$age" "$content"
)

# remove_lock STATE CONTENT: the one that has this content.
remove_lock() (
    [ -d "$1" ] || free
    guarded "$1" ''
    [ -e "$lock" ] || free
    [ "$content" = "$2" ] || { printf 'lock found 0\n%s\n' "$content"; exit 0; }
    { rm -f -- "$lock" && echo 'lock removed 0'; } || exit
)
