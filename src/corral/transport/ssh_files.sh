# shellcheck shell=sh

# write_file PATH PARENT MODE <BASE64: the mode is set while the file is empty, through a descriptor that a mode without
# write permission doesn't bar.
write_file() {
    export LC_ALL=C
    umask 077
    [ -d "$2" ] || ( umask 022; mkdir -p -- "$2" ) || exit 1
    new=$(mktemp -- "$2/.corral.XXXXXXXXXX") || exit 1
    trap 'rm -f -- "$new"' EXIT
    trap 'exit 1' HUP INT TERM
    { exec 4>"$new" && chmod -- "$3" "$new"; } || exit 1
    base64 -d >&4 || exit 1
    exec 4>&-
    { sync -- "$new" && mv -fT -- "$new" "$1"; } || exit 1
    trap - EXIT
}
