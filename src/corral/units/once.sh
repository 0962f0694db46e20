# shellcheck shell=sh

# applied FILE…: whether all of them are there.
applied() {
    for file; do
        [ -e "$file" ] || exit 1
    done
}

# as_account ACCOUNT MARK OPEN_FILES SCRIPT: SCRIPT as ACCOUNT, with a home of its own that is removed behind it, and nothing
# of this shell's environment but the terminal's kind. What stays behind after a cut is known by MARK.
as_account() {
    account=$1 mark=$2 files=$3 script=$4
    home=$(mktemp -d "/tmp/$mark.XXXXXX") || exit
    trap 'rm -rf "$home"' EXIT
    trap 'exit 129' HUP
    trap 'exit 143' TERM
    trap : INT QUIT
    chown "$account" "$home" || exit
    # shellcheck disable=SC3045 # every sh of a Linux has it
    ulimit -n "$files"
    umask 0027
    cd / || exit
    lang=$(systemctl show-environment 2>/dev/null | sed -n 's/^LANG=//p')
    setpriv --reuid="$(id -u "$account")" --regid="$(id -g "$account")" --init-groups --no-new-privs --inh-caps=-all \
        --bounding-set=-all env -i HOME="$home" USER="$account" LOGNAME="$account" TERM="${TERM:-dumb}" \
        ${lang:+LANG="$lang"} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CORRAL_RUN="$mark" sh -c "$script"
    exit
}

# end_account MARK: what a cut session has left of it, and its home.
end_account() {
    for signal in TERM 0 0 0 0 KILL; do
        left=
        for process in /proc/[0-9]*; do
            tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF "CORRAL_RUN=$1" || continue
            kill -s "$signal" "${process#/proc/}" 2>/dev/null && left=yes
        done
        [ "$left" ] || break
        sleep 1
    done
    rm -rf "/tmp/$1".*
}

# in_container PROJECT FILE SERVICE NAME TERMINAL INSTANCE COMMAND…: a container of its own, like that of SERVICE.
in_container() {
    project=$1 file=$2 service=$3 name=$4 terminal=$5 instance=$6
    shift 6
    find_compose
    [ "$compose" ] || { echo "docker compose is not installed" >&2; exit 1; }
    trap 'docker rm -f "$name" >/dev/null 2>&1' EXIT
    trap 'exit 129' HUP
    trap 'exit 143' TERM
    trap : INT QUIT
    # shellcheck disable=SC2086 # one word or two, one or none
    $compose -p "$project" -f "$file" run --rm --no-deps $terminal --name "$name" -e INSTANCE="$instance" -e ROLE=run \
        -e CORRAL_RUN="$name" "$service" "$@"
    exit
}

# end_container NAME
end_container() {
    docker rm -f "$1" >/dev/null 2>&1
}
