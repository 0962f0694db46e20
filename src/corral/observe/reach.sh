# shellcheck shell=sh
# Which other places this host gets a connection to. bash opens it, since no other program for that is on every host.

# try_one SECONDS ADDRESS PORT: a line with the exit status (124: nobody has answered in time), both, and bash's reason.
try_one() {
    # shellcheck disable=SC2016 # bash's own arguments
    said=$(LC_ALL=C timeout "$1" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>&1)
    printf '%s %s %s %s\n' "$?" "$2" "$3" "${said##*: }"
}

# try_all SECONDS [ADDRESS PORT]…: the same for each, at once.
try_all() {
    seconds=$1 tries=
    shift
    while [ $# -gt 1 ]; do
        try_one "$seconds" "$1" "$2" &
        tries="$tries $!"
        shift 2
    done
    # shellcheck disable=SC2086 # process ids
    [ -z "$tries" ] || wait $tries
}
