# shellcheck shell=sh
# Moves the directory $1 back to the real disk, with what was changed meanwhile.

set -eu
[ "$(findmnt -no SOURCE --mountpoint "$1")" = lab-fill ] || { echo "$1 was not filled" >&2; exit 1; }
rm -f "$1/.lab-ballast"
parent=$(mktemp -d -p /run)
mount --bind "$(dirname "$1")" "$parent"
below=$parent/$(basename "$1")
find "$below" -mindepth 1 -delete
cp -a "$1/." "$below/"
umount "$parent"
rmdir "$parent"
umount "$1" 2>/dev/null || umount --lazy "$1"
