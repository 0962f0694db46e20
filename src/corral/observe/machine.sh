# What one host tells of itself: runs in any POSIX sh, as root, and asks without changing anything.
#
# The words of the question stand before it (machine_script.py): shell variables, and a function for each list of paths.
# The answers are sections, each behind a line that begins with the byte 036; the tar of Corral's files is the last one.
# What a host lacks, it is silent about: a value that isn't told is unknown, so error messages are not wanted.
#
# shellcheck shell=sh
# shellcheck disable=SC2154 # the variables of the question
# shellcheck disable=SC2329 # functions that those of the question call
# shellcheck disable=SC2086 # names of packages and services, ids of containers: split at their blanks

exec 3>&2 2>/dev/null
export LC_ALL=C
nl='
'
tab='	'

section() {
    [ -z "$unasked" ] || printf '\036unasked\n%s' "$unasked"
    unasked=''
    printf '\036%s\n' "$1"
}
have() { command -v "$1" >/dev/null; }

# A program that may hang has `patience` seconds, and once one has been silent the others have less, so that what is known
# comes in time. Without `patience` there is no deadline, and no process more.
unasked=''
within() { ${patience:+timeout -s KILL "$patience"} "$@"; }

# heard PROGRAM STATUS [WORDS]: notes one that gave no answer, or with WORDS one that couldn't; timeout itself ends so, too.
heard() {
    case $2 in
    124 | 137)
        unasked="$unasked$1${tab}silent$tab$patience$nl"
        patience=$(((patience + 3) / 4))
        ;;
    *) [ -z "$3" ] || unasked="$unasked$1${tab}failed$tab${3##*"$nl"}$nl" ;;
    esac
}

# What one section needs and another one finds out; empty where that one isn't asked for.
lists='' shown='' main_pids='' docker_runs='' holders='' missing='' compose='' failed=''

tell_host() {
    section host
    date '+clock %s.%N'
    printf 'architecture ' && uname -m
    printf '%s\n' "user ${SUDO_USER:-$(id -un)}"
    [ ! -d /var/log/journal ] || echo journal
    ! have tar || echo tar
    for tool in base64 find flock grep sed setpriv sha256sum sync timeout; do
        have "$tool" || echo "lacks $tool"
    done
    for list in /var/lib/apt/lists/*_Packages* /var/cache/dnf/*/repodata/repomd.xml; do
        [ ! -e "$list" ] || { lists=1; echo lists; break; }
    done
}

# systemd: the cluster's units and the services that matter, in one question. Blocks are parted by blank lines.
# A name that it doesn't have in memory makes it read files, and each answer takes a millisecond. So what the host doesn't
# have isn't asked for, and what is neither enabled nor masked is as a pattern, which matches what is in memory alone.
tell_units() {
    said=' '
    for path in /etc/systemd/system/*.service /etc/systemd/system/*.wants/*.service /run/systemd/system/*.service; do
        said="$said${path##*/} "
    done
    asked=''
    for service in $services; do
        case $said in
        *" $service "*)
            asked="$asked $service"
            continue
            ;;
        esac
        for place in /usr/lib /lib /usr/local/lib /run; do
            for directory in system transient generator generator.early generator.late; do
                [ -e "$place/systemd/$directory/$service" ] || continue
                asked="$asked ${service%.service}[.]service"
                continue 3
            done
        done
    done
    shown=$(export TZ=UTC0 && within systemctl show --all -p "$properties" -- "corral-$cluster-*.service" $asked)
    ended=$?
    words=''
    [ -n "$shown" ] || words="exit status $ended"
    [ "$ended" = 0 ] || heard systemctl "$ended" "$words"
    section units
    printf '%s\n' "$shown"
    note_pids
}

# What systemd will find on the disk when the host starts: what it has in memory it has read at its last reload.
tell_boot() {
    section boot
    for path in /etc/systemd/system/multi-user.target.wants/"corral-$cluster-"*.service; do
        [ ! -e "$path" ] || printf 'wanted %s\n' "${path##*/}"
    done
    for path in /etc/systemd/system/*.* /run/systemd/system/*.*; do
        [ -c "$path" ] || { [ -f "$path" ] && [ ! -s "$path" ]; } || continue
        case $path in
        /run/*) printf 'masked-runtime %s\n' "${path##*/}" ;;
        *) printf 'masked %s\n' "${path##*/}" ;;
        esac
    done
    for path in /etc/systemd/system/"corral-$cluster-app@"?*.service; do
        [ ! -f "$path" ] || [ ! -s "$path" ] || printf 'instead %s\n' "$path"
    done
}

# What services of the distribution that don't run say of it: their last lines, and docker's own judgement of its
# configuration where it gives one (from 23.0 on).
tell_services() {
    section services
    for service in $failed; do
        timeout 4 journalctl -q --no-pager -b -o cat -n 3 "_SYSTEMD_UNIT=$service" | while IFS= read -r line; do
            printf 'said %s %s\n' "$service" "$line"
        done
    done
    if [ -z "$docker_runs" ] && [ -e /etc/docker/daemon.json ] && have dockerd; then
        said=$(timeout 4 dockerd --validate 2>&1)
        case $? in
        1) case $said in *'unknown flag'*) ;; *) printf 'refused %s\n' "${said##*"$nl"}" ;; esac ;;
        esac
    fi
}

# Its version is in the name of its library (libsystemd-shared-252.so, ...-252-51.el9.so), which is faster than asking; where
# the library is elsewhere, it is asked.
tell_systemd() {
    section systemd
    for library in /usr/lib/systemd/libsystemd-shared-*.so /usr/lib/*/systemd/libsystemd-shared-*.so \
        /lib/systemd/libsystemd-shared-*.so; do
        [ ! -e "$library" ] || break
    done
    case $library in
    *'*'*) systemctl --version ;;
    *) printf 'systemd %s\n' "${library##*/libsystemd-shared-}" ;;
    esac
}

# The main processes of our mongod and nginx, whose limits matter; whether docker runs.
note_pids() {
    id='' pid='' active=''
    while IFS='=' read -r key value; do
        case $key in
        Id) id=$value ;;
        MainPID) pid=$value ;;
        ActiveState) active=$value ;;
        '')
            case $id in
            "corral-$cluster-mongod.service" | "corral-$cluster-nginx.service") [ "${pid:-0}" = 0 ] || main_pids="$main_pids $pid" ;;
            docker.service) case $active in active | reloading | activating | deactivating) docker_runs=1 ;; esac ;;
            esac
            case $id,$active in docker.service,failed | chrony.service,failed | chronyd.service,failed) failed="$failed $id" ;; esac
            ;;
        esac
    done <<END
$shown

END
}

# Who listens. One process stands for all that share a socket.
tell_sockets() {
    sockets=$(ss -Hlntup "$port_filter")
    section sockets
    printf '%s\n' "$sockets"
    if ! have ss; then
        section tables
        grep -sH ' 0A ' /proc/net/tcp /proc/net/tcp6
    fi
    kept_open=''
    while read -r line; do
        case $line in
        *'"systemd",pid=1,'*)
            kept_open=1 holders="$holders 1"
            line=${line%%'"systemd",pid=1,'*}${line#*'"systemd",pid=1,'}
            ;;
        esac
        case $line in
        *pid=*)
            line=${line#*pid=}
            holders="$holders ${line%%[!0-9]*}"
            ;;
        esac
    done <<END
$sockets
END
    if [ -n "$kept_open" ]; then
        section socket_units
        systemctl show -p Id,Listen,Triggers -- '*.socket'
    fi
}

# Small files, all in one reading: each line behind its file's name.
tell_values() {
    set -- /proc/self/status /etc/os-release /proc/1/comm /proc/1/cgroup /proc/sys/kernel/osrelease /proc/meminfo /proc/uptime \
        /proc/sys/kernel/random/boot_id /etc/machine-id /etc/timezone /proc/sys/vm/swappiness \
        /sys/kernel/mm/transparent_hugepage/enabled /sys/fs/selinux/enforce /etc/ufw/ufw.conf /etc/docker/daemon.json \
        /etc/chrony/chrony.conf /etc/chrony.conf /etc/logrotate.conf
    for pid in $main_pids; do set -- "$@" "/proc/$pid/limits"; done
    for pid in $holders; do set -- "$@" "/proc/$pid/cgroup"; done
    section values
    within grep -sHa '' "$@"
    heard grep $?
}

tell_links() {
    section links
    set -- /etc/localtime /proc/self/ns/net /etc/systemd/system/default.target
    for pid in $main_pids; do set -- "$@" "/proc/$pid/exe"; done
    stat -c '%N' -- "$@"
    if [ -n "$mongod" ]; then
        for pid in $main_pids; do
            exe=$(readlink "/proc/$pid/exe")
            case ${exe##*/} in
            mongod)
                [ "$exe" != "$mongod" ] || continue
                printf 'version %s ' "$pid" && within "/proc/$pid/exe" --version
                heard mongod $?
                ;;
            esac
        done
    fi
}

# Whether a file system hangs, as one of a server that is gone does: from there on nobody waits for it.
tell_mounts() {
    section stuck
    brief=$(((patience + 1) / 2))
    at_places timeout -s KILL "$brief" stat -L -- >/dev/null
    case $? in 124 | 137) ;; *) return ;; esac
    stuck='' last=/
    find_stuck() {
        for path; do
            case $path in "$last"/*) stuck="$stuck$nl$path$nl" && continue ;; esac
            timeout -s KILL 1 stat -L -- "$path" >/dev/null
            case $? in
            124 | 137)
                last=$path stuck="$stuck$nl$path$nl"
                unasked="$unasked$path${tab}silent$tab$brief$nl"
                ;;
            esac
        done
    }
    unreadable() {
        for path; do
            case $stuck in *"$nl$path$nl"*) echo "$path: no answer in $brief s" >&3 && exit 75 ;; esac
        done
    }
    at_places find_stuck
    at_trees unreadable
    at_directories() { :; }
    at_disks() { :; }
}

tell_directories() {
    section directories
    at_directories at_vital stat -L -c '%F|%a|%U|%n' --
}

tell_disks() {
    section disks
    free() {
        for path; do
            printf 'asked %s\n' "$path"
            shift
            while [ ! -e "$path" ]; do
                path=${path%/*}
                path=${path:-/}
            done
            set -- "$@" "$path"
        done
        within df -k --output=avail,fstype,iavail,itotal,target -- "$@"
    }
    at_disks free
    heard df $?
    # Of all that is mounted only what may not be written, or holds nothing that may be run.
    section mounts
    grep -E '^[^ ]+ [^ ]+ [^ ]+ (ro[, ]|[^ ]*noexec)' /proc/self/mounts
}

# Packages; and for those groups of which none is installed, what could be: the slow question.
tell_packages() {
    section packages
    installed=''
    if [ -z "$packages" ]; then
        :
    elif have dpkg-query; then
        # shellcheck disable=SC2016 # dpkg-query's own words
        installed=$(within dpkg-query -W -f '${Package}\t${db:Status-Abbrev}\t${Version}\n' $packages)
        case $? in
        0 | 1) ;; # some are not installed
        *) heard dpkg-query $? "exit status $?" ;;
        esac
    else
        installed=$(within rpm -q --qf '%{NAME}\tii \t%{VERSION}-%{RELEASE}\n' $packages)
        heard rpm $?
    fi
    printf '%s\n' "$installed"
    wanted() {
        for name; do
            case $nl$installed in *"$nl$name$tab"[hi]i*) return ;; esac
        done
        missing="$missing $*"
    }
    each_group
    section locks
    [ -z "$missing" ] || ! have apt-get || apt_lock_held
    section candidates
    if [ -z "$missing" ] || [ -z "$lists" ]; then
        :
    elif have apt-cache; then
        within apt-cache policy $missing
        heard apt-cache $?
    else
        within dnf -q -C repoquery --latest-limit 1 --qf 'candidate %{name} %{version}-%{release}\n' $missing
        heard dnf $?
    fi
}

tell_programs() {
    section programs
    for program in nginx mongod chronyd keepalived docker; do
        printf '%s ' "$program"
        command -v "$program" || echo
    done
    for program in $versions; do
        have "$program" || continue
        option=--version
        [ "$program" != nginx ] || option=-V # forks of it tell by -V alone what they were made from
        said=$(${patience:+timeout -s KILL "$patience"} "$program" "$option" 2>&1) # what the shell says of its end is not its
        ended=$?
        case $ended in 124 | 137) heard "$program" "$ended" && continue ;; esac
        printf 'ended %s %s\n' "$program" "$ended"
        while IFS= read -r line; do printf 'version %s %s\n' "$program" "$line"; done <<END
$said
END
    done
}

tell_addresses() {
    section addresses
    addresses=$(ip -o addr show)
    printf '%s\n' "$addresses"
    resolved=''
    if [ -n "$host_name" ]; then
        section resolved
        resolved=$(within getent ahosts "$host_name")
        heard getent $?
        printf '%s\n' "$resolved"
    fi
}

# carrier ADDRESS: the interface that has it, as `ip -o addr show` tells: `2: eth0    inet 10.0.0.1/24 ...`.
carrier() {
    while read -r _ interface _ address _; do
        [ "${address%%/*}" != "$1" ] || { printf '%s\n' "${interface%%@*}"; return; }
    done <<END
$addresses
END
}

# Who has the address that is to move, asked before keepalived is given it: from then on it is the cluster's.
tell_virtual() {
    [ -n "$virtual" ] || return 0
    section virtual
    if [ -e "$failover" ] && grep -qF " $virtual dev " "$failover"; then
        echo used
        return
    fi
    here=$(carrier "$virtual")
    if [ -n "$here" ]; then
        printf 'here %s\n' "$here"
        return
    fi
    [ -n "$interface" ] || interface=$(carrier "$own_address")
    [ -n "$interface" ] || interface=$(carrier "${resolved%% *}")
    case $virtual,$interface in
    *:*) echo 'unasked ipv6' ;;
    *,) echo 'unasked interface' ;;
    *)
        if have arping; then
            echo asked
            timeout 4 arping -c 1 -w 1 -I "$interface" "$virtual"
        else
            echo 'unasked arping'
        fi
        ;;
    esac
}

tell_tracking() {
    section tracking
    have chronyc || return
    within chronyc -n -c -m tracking sources
    heard chronyc $?
}

# is_podman FILE: podman-docker puts a script of a few lines, or a link, in docker's place.
is_podman() {
    case $(readlink -f "$1") in */podman*) return ;; esac
    [ -n "$1" ] && head -c 1000 "$1" | grep -aq podman
}

tell_docker() {
    section docker
    find_compose
    printf 'compose %s\n' "$compose"
    [ -n "$docker_runs" ] || ! is_podman "$(command -v docker)" || echo podman # it has no service of that name
    case $missing in
    *docker-compose*)
        [ -z "$compose" ] || { printf 'version ' && within $compose version --short; }
        heard "$compose" $?
        echo
        ;;
    esac
    if [ -n "$docker_runs" ] && have docker; then
        echo running
        describe
    fi
}

# What is in the way of a plain file or a directory and isn't in the tar: kind|path|where a link leads.
tell_obstacles() {
    section obstacles
    odd_kind() {
        if [ -p "$1" ]; then kind=fifo
        elif [ -S "$1" ]; then kind=socket
        elif [ -b "$1" ] || [ -c "$1" ]; then kind=device
        elif [ -f "$1" ]; then kind='file'
        else kind=''
        fi
    }
    no_directory() {
        for path; do
            [ ! -d "$path" ] || continue
            path=${path%/}
            if [ -e "$path" ]; then
                odd_kind "$path"
                printf '%s|%s\n' "$kind" "$path"
            elif [ -L "$path" ]; then
                printf 'link|%s|%s\n' "$path" "$(readlink -- "$path")"
            fi
        done
    }
    no_file() {
        for tree; do
            no_directory "${tree%/*}"
            for path in "$tree" "$tree"/*; do
                [ ! -S "$path" ] || [ -L "$path" ] || printf 'socket|%s\n' "$path"
            done
        done
    }
    at_directories no_directory
    at_trees no_file
}

# What nobody can change: lsattr's rows, and those of mounts.
tell_attributes() {
    section attributes
    attributes() {
        for path; do
            shift
            [ ! -e "$path" ] || [ -L "$path" ] || set -- "$@" "$path"
        done
        [ $# -gt 0 ] || return
        ! have lsattr || lsattr -Ra -- "$@"
        for path; do
            shift
            set -- "$@" -e " $path"
        done
        grep -F "$@" /proc/self/mountinfo
    }
    at_trees attributes
}

# Loading docker's program takes longer than all that it does. So it is called once where its own directory names the
# containers; where that is elsewhere, or names one that it doesn't know, it has to list them first.
describe() {
    inspect() { within docker inspect --format "$docker_format" "$@" ${image:+"$image"}; }
    set --
    for path in "$docker_root"/containers/*/; do
        path=${path%/}
        [ ! -e "$path" ] || set -- "$@" "${path##*/}"
    done
    if [ $# != 0 ]; then
        rows=$(inspect "$@")
        case $? in
        0) printf '%s\n' "$rows" && return ;;
        124 | 137) heard docker 124 && return ;;
        esac
    fi
    ids=$(within docker ps -aq --no-trunc 2>&1) || { heard docker $? "${ids:-exit status $?}"; return; }
    [ -n "$ids$image" ] || return
    inspect $ids
    heard docker $?
}

tell_files() {
    section files
    pack() {
        for path; do
            shift
            [ ! -e "$path" ] && [ ! -L "$path" ] || set -- "$@" "$path"
        done
        [ $# = 0 ] || within tar -P -b 1 -cf - -- "$@"
        case $? in 124 | 137) echo "tar: no answer in $patience s" >&3 && exit 75 ;; esac
    }
    # Definitions that are gone after a reboot, and count before Corral's own until then.
    set --
    for path in /run/systemd/system/"corral-$cluster-"*.service; do
        [ ! -s "$path" ] || set -- "$@" "$path"
    done
    at_trees pack "$@"
}
