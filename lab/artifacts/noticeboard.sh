#!/bin/sh
# The release may be unpacked anywhere, and started by a link to this file.
release=$(dirname "$(dirname "$(readlink -f "$0")")")
PYTHONPATH=$release/lib exec python3 -m corral.noticeboard "$@"
