# shellcheck shell=sh

# load_image NAME ID NOTE: the archive on stdin into docker; then which image that was, and what docker calls it, is written
# down in the file NOTE. Without NOTE nothing is.
load_image() {
    umask 077
    docker load --quiet || exit 1
    [ -n "$3" ] || exit 0
    given=$(docker image inspect --format '{{.Id}}' -- "$1") || exit 1
    { ( umask 022; mkdir -p -- "${3%/*/*}" ) && mkdir -p -- "${3%/*}" &&
        printf '%s %s %s\n' "$2" "${given#sha256:}" "$1" >"$3.new" && mv -f -- "$3.new" "$3"; } ||
        { echo "$3 can't be written" >&2; exit 1; }
}
