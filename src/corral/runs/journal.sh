# shellcheck shell=sh
# A run's record on a host is the file STATE/journal/RUN.jsonl. Each function is a shell of its own, whose `exit` ends no
# script that others travel in.

# begin_record STATE RUN KEPT <LINE: the oldest ones go, so that KEPT are left. STATE is there: the lock is in it.
begin_record() (
    umask 077
    [ -d "$1/journal" ] || mkdir -- "$1/journal" || exit
    cd -- "$1/journal" || exit
    cat >"$2.jsonl" || exit
    printf '%s\n' *.jsonl | grep '^[0-9T]*-[0-9a-f]*\.jsonl$' | LC_ALL=C sort -r | tail -n +"$(($3 + 1))" |
        while IFS= read -r old; do rm -f -- "$old" || exit; done
)

# append_record STATE RUN <LINES: nothing where the directory is gone, as when the cluster has been taken off the host.
append_record() (
    umask 077
    [ -d "$1/journal" ] || exit 0
    cat >>"$1/journal/$2.jsonl"
)

# read_records STATE
read_records() (
    cd -- "$1/journal" 2>/dev/null || exit 0
    for record in *.jsonl; do
        [ ! -f "$record" ] || { cat -- "$record" && echo; } || exit
    done
)
