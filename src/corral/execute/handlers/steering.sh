# shellcheck shell=sh

# use_pool DIRECTORY POOL LINK: what nginx's workers have to be able to see, and never a moment without the link. `.` is the
# pool with all instances. What other pools have left behind goes.
use_pool() {
    set -e
    umask 022
    mkdir -p -- "$1"
    chmod 755 -- "$1"
    [ "$2" = . ] || : >"$1/$2"
    ln -sfn -- "$2" "$1/.$3.corral"
    mv -fT -- "$1/.$3.corral" "$1/$3"
    for other in "$1"/*; do
        case $other in "$1/$2" | "$1/$3") ;; *) rm -f -- "$other" ;; esac
    done
}
