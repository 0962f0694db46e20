# shellcheck shell=sh

# use_pool DIRECTORY POOL LINK: what nginx's workers have to be able to see, and never a moment without the link.
use_pool() {
    set -e
    umask 022
    mkdir -p -- "$1"
    chmod 755 -- "$1"
    pool=.
    if [ "$2" != 0 ]; then
        pool=$2
        : >"$1/$2"
    fi
    ln -sfn -- "$pool" "$1/.$3.corral"
    mv -fT -- "$1/.$3.corral" "$1/$3"
}
