# shellcheck shell=sh
# Whether the keepalived $1 takes the file $2. Version 2.2.7, which is Debian 12's, ends its test of a file with a script by
# killing itself: what it said before counts then, and of a right file it says nothing
# (github.com/acassen/keepalived/issues/2587).

said=$("$1" -t -l -f "$2" 2>&1)
code=$?
[ -z "$said" ] || echo "$said" >&2
[ $code = 0 ] || [ "$code$said" = 143 ]
