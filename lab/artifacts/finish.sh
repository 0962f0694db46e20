# shellcheck shell=sh
# In the root of a new system: the user of the noticeboard, and no more than it needs.

set -eu
useradd --system --no-create-home --shell /usr/sbin/nologin noticeboard
mkdir -p /opt/noticeboard
rm -rf /var/cache/* /var/lib/apt/lists/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale \
    /usr/share/info /usr/share/zoneinfo /usr/lib/*-linux-gnu/gconv /usr/lib/python3.11/__pycache__ \
    /usr/lib/python3.11/lib2to3 /usr/lib/python3.11/pydoc_data
