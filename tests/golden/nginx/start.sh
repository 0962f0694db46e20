#!/bin/sh
# Written by Corral. Workers of a master that was killed would keep its sockets.
for process in /proc/[0-9]*; do
    read -r name < "$process/comm" || continue
    [ "$name" = nginx ] && [ "$(readlink "$process/cwd")" = /srv/corral/run ] &&
        kill -9 "${process#/proc/}"
done 2>/dev/null
exec '/opt/nginx 1.31/nginx' -p /srv/corral/run/ -e stderr -c /srv/corral/config/nginx.conf
