# shellcheck shell=sh
# Makes `full` of `base`: $1 are the services that are stopped then, the other words the packages.

set -eu
stopped=$1
shift
export DEBIAN_FRONTEND=noninteractive
# The policy keeps packages from starting services in the container that builds.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"
rm /usr/sbin/policy-rc.d
# shellcheck disable=SC2086 # names, parted by blanks
systemctl disable $stopped
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt/*
# As in finish.sh.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
