# shellcheck shell=sh
# Moves the directory $1 with all that is in it to a file system of its own, of which not a byte is free.

set -eu
mkdir -p "$1"
if mountpoint -q "$1"; then echo "$1 is a mount already" >&2; exit 1; fi
stage=$(mktemp -d -p /run)
size=$(($(du -sk "$1" | cut -f1) + 1024))k
mount -t tmpfs -o "size=$size,$(stat -c mode=%a,uid=%u,gid=%g "$1")" lab-fill "$stage"
cp -a "$1/." "$stage/"
mount --bind "$stage" "$1"
umount "$stage"
rmdir "$stage"
if cat /dev/zero >"$1/.lab-ballast" 2>/dev/null; then echo "zeros have an end" >&2; exit 1; fi
[ "$(df --output=avail "$1" | tail -n 1)" -eq 0 ] || { echo "$1 still has room" >&2; exit 1; }
