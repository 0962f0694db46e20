# shellcheck shell=sh

# which_shell PROGRAM…: the first of them that is here.
which_shell() {
    for program; do
        command -v "$program" && exit
    done
    exit 1
}

# put_sign_in DIRECTORY FILE: what comes on stdin, for nobody else to read. A directory that is there already is another's.
put_sign_in() {
    umask 077
    mkdir "$1" && cat >"$2"
}

# signed_in DIRECTORY PROGRAM ARGUMENT…: what ends this shell leaves no directory behind.
signed_in() {
    directory=$1
    shift
    trap 'rm -rf "$directory"' EXIT
    trap 'exit 129' HUP
    trap 'exit 143' TERM
    trap : INT QUIT
    "$@"
    exit
}
