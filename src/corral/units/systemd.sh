# shellcheck shell=sh
# A unit is a service by its whole name.

export LC_ALL=C
nl='
'

# show_units PROPERTIES PATTERN
show_units() {
    export TZ=UTC0
    read -r uptime _ </proc/uptime && printf 'Uptime=%s\n\n' "$uptime"
    systemctl show --all -p "$1" -- "$2"
}

own_words() { journalctl -q --no-pager -o cat -n 5 -u "$unit"; }
observe() { seen="$nl$(systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload -- "$unit")$nl"; }
is() { case $seen in *"$nl$1=$2$nl"*) return 0 ;; *) return 1 ;; esac; }
do_it() { said=$(systemctl "$@" -- "$unit" 2>&1) || { printf '%s\n' "${said%%"$nl"*}" >&2; own_words >&2; exit 1; }; }

# start_unit UNIT
start_unit() {
    unit=$1
    observe
    { is NeedDaemonReload no && is LoadState loaded; } || systemctl daemon-reload || exit 1
    is UnitFileState enabled || systemctl enable --quiet -- "$unit" || exit 1
    is ActiveState inactive || is ActiveState active || systemctl reset-failed -- "$unit" || exit 1
    do_it restart
}

# unmask: what somebody has masked could neither be switched off nor started later.
unmask() {
    is UnitFileState masked || is UnitFileState masked-runtime || return 0
    { systemctl unmask --quiet -- "$unit" && systemctl unmask --quiet --runtime -- "$unit"; } || exit 1
    observe
}

# stop_unit UNIT
stop_unit() {
    unit=$1
    observe
    is ActiveState inactive || do_it stop
    unmask
    ! is UnitFileState enabled || systemctl disable --quiet -- "$unit" || exit 1
    observe
    ! is ActiveState failed || systemctl reset-failed -- "$unit"
}

# reload_unit UNIT
reload_unit() {
    unit=$1
    do_it reload
}
