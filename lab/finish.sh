# shellcheck shell=sh
# In the root of a new system, after its files are there; the words are the units that are masked.

set -eu
rm -f /etc/ssh/ssh_host_*
# Packages make one when they are installed; without it each host makes its own at its first start.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
useradd --create-home --shell /bin/bash deploy
useradd --create-home --shell /bin/bash nosudo
mkdir -p /etc/lab
systemctl mask "$@"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt/*
