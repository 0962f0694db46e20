# shellcheck shell=sh

# known DIRECTORY…: those that exist, on stderr.
known() { for directory; do [ ! -d "$directory" ] || printf '%s\n' "$directory" >&2; done; }

# archive DIRECTORY…: the files of those that exist, as one tar stream.
archive() {
    for directory; do
        shift
        [ ! -d "$directory" ] || set -- "$@" "$directory"
    done
    [ $# -eq 0 ] || tar -P -cf - -- "$@"
}
