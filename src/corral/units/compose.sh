# shellcheck shell=sh

# Sets `compose` to how docker compose is called here: the plugin, else the older program. Looked for there and then, since
# the same run may have installed it; without running it, which takes 0.2 s.
find_compose() {
    compose=
    for plugin in /usr/local/libexec /usr/local/lib /usr/libexec /usr/lib "${DOCKER_CONFIG:-${HOME:-/root}/.docker}"; do
        case $plugin in /usr/*) plugin=$plugin/docker ;; esac
        [ ! -x "$plugin/cli-plugins/docker-compose" ] || compose='docker compose'
    done
    [ -n "$compose" ] || ! command -v docker-compose >/dev/null || compose=docker-compose
}

# containers_may_be_here FILE: where Corral has written no compose file nobody asks docker: the mere question may start it,
# by its socket.
containers_may_be_here() {
    { [ -e "$1" ] && command -v docker >/dev/null; } || exit 0
    date '+clock %s.%N'
}

# find_container FILE FORMAT CONTAINER
find_container() {
    containers_may_be_here "$1"
    docker inspect --type container --format "$2" "$3"
}

# list_containers FILE PROJECT COLUMNS FORMAT: a row of COLUMNS for each, then FORMAT of all.
list_containers() {
    export LC_ALL=C
    containers_may_be_here "$1"
    rows=$(docker ps -a --no-trunc --filter "$2" --format "$3") || exit 1
    [ -n "$rows" ] || exit 0
    printf '%s\n' "$rows"
    # shellcheck disable=SC2046 # ids, a line for each
    docker inspect --format "$4" $(printf '%s\n' "$rows" | cut -f 1)
}

# start_services SECONDS FILE PROJECT SERVICE…
start_services() {
    seconds=$1 file=$2 project=$3
    shift 3
    find_compose
    [ -n "$compose" ] || { echo "docker compose is not installed" >&2; exit 1; }
    # shellcheck disable=SC2086 # one word or two
    exec $compose -p "$project" -f "$file" up -d --no-deps --force-recreate -t "$seconds" "$@"
}

# stop_services SECONDS PROJECT LABEL SERVICE…: by the labels of their containers.
stop_services() {
    seconds=$1 project=$2 label=$3
    shift 3
    ids=
    for service; do
        ids="$ids $(docker ps -aq --filter "$project" --filter "label=$label=$service")" || exit 1
    done
    # shellcheck disable=SC2086 # ids, parted by blanks and lines
    set -- $ids
    [ $# -gt 0 ] || exit 0
    docker stop -t "$seconds" "$@" >/dev/null && docker rm -f "$@" >/dev/null
}

# show_log LABEL LABEL NONE SILENT OPTION…: what the newest container with both labels writes. NONE is said where there is no
# such container, SILENT where docker gives no answer; to follow it ends with the container.
show_log() {
    none=$3 silent=$4
    ids=$(timeout -s KILL 10 docker ps -aq --no-trunc --filter "$1" --filter "$2")
    case $? in
    0) ;;
    124 | 137) echo "$silent" >&2 && exit 1 ;;
    *) exit 1 ;;
    esac
    [ -n "$ids" ] || { echo "$none" >&2; exit 1; }
    shift 4
    for id in $ids; do break; done
    docker logs "$@" "$id" 2>&1 && return
    docker inspect --type container --format . "$id" >/dev/null 2>&1 || echo "$none" >&2
    exit 1
}
