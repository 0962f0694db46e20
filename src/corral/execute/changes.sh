# shellcheck shell=sh disable=SC2154 # stale and refused are exit codes that stand before: see scripts.py
# Changes of one host. Descriptor 3 is the script's stdout: what an action writes to its own goes to stderr.

set -u
umask 077
exec 3>&1
export LC_ALL=C
nl='
'

# failed MESSAGE [CODE]: the end of the script.
failed() { echo "$1" >&2; exit "${2:-1}"; }

# keep_notes STATE: makes the directories of what is written down.
keep_notes() {
    { ( umask 022; mkdir -p -- "$1" ) && mkdir -p -- "$1/files" "$1/packages"; } || failed "$1 can't be made"
}

# note_down NOTE WORD DIGEST PATH
note_down() {
    { printf '%s %s %s\n' "$2" "$3" "$4" | cat >"$1.new" && mv -f -- "$1.new" "$1"; } || failed "$1 can't be written"
}

# seen PATH DIGEST: whether the file is that.
seen() { set -- "$1" "$2" "$(sha256sum -- "$1" 2>/dev/null)"; [ "${3%% *}" = "$2" ]; }

# plain PATH: a plain file, or nothing. What is anything else is somebody's; it isn't what a new plan would mend.
plain() {
    if [ -L "$1" ]; then
        failed "$1 is a link to $(readlink -- "$1"): remove the link, which leaves alone what it leads to"
    elif [ -d "$1" ]; then
        failed "$1 is a directory: move it to another place"
    elif [ -e "$1" ] && [ ! -f "$1" ]; then
        failed "$1 is no plain file: move it to another place"
    fi
}

# expect PATH DIGEST: the file is as the plan saw it, which without a digest is not there. What masks a unit is no file.
expect() {
    [ "$1" -ef /dev/null ] || plain "$1"
    if [ -z "$2" ]; then [ ! -e "$1" ] || [ "$1" -ef /dev/null ]; else seen "$1" "$2"; fi ||
        failed "$1 has changed since the plan was made" "$stale"
}

# expect_gone PATH DIGEST: the same of one that is to go; it may be gone already.
expect_gone() { { [ ! -e "$1" ] && [ ! -L "$1" ]; } || expect "$1" "$2"; }

# write_new PATH NEW <BASE64: the content to where it waits, beside its place.
write_new() {
    parent=${1%/*}
    parent=${parent:-/}
    [ -d "$parent" ] || ( umask 022; mkdir -p -- "$parent" ) || failed "the directory of $1 can't be made"
    base64 -d >"$2" || { rm -f -- "$2"; failed "$1 can't be written"; }
}

# place NEW MODE OWNER: as it will be, and on the disk.
place() {
    if [ -n "$3" ]; then chown -- "$3" "$1" || failed "the owner of $1 can't be set to $3"; fi
    { chmod -- "$2" "$1" && sync -- "$1"; } || failed "$1 can't be written"
}

# judge PATH NEW COMMAND…
judge() {
    path=$1 new=$2
    shift 2
    "$@" || { rm -f -- "$new"; failed "the new $path was refused, and the old one stays" "$refused"; }
}

# put NEW PATH
put() { mv -f -- "$1" "$2" || failed "$2 can't be put in place"; }

# remove PATH
remove() { rm -f -- "$1" || failed "$1 can't be removed"; }

# make_directory PATH MODE OWNER
make_directory() {
    { ( umask 022; mkdir -p -- "$1" ) && { [ -z "$3" ] || chown -- "$3" "$1"; } && chmod -- "$2" "$1"; } ||
        failed "$1 can't be made"
}

# give_inside PATH OWNER: what root owns below PATH. Not a file of two names: the other one may be anywhere.
give_inside() {
    find "$1" -xdev -mindepth 1 -user root \( -type d -o -links 1 \) -exec chown -h -- "$2" {} + ||
        failed "what root owns in $1 can't be given to $2"
}

# delete_tree PATH
delete_tree() {
    if [ -L "$1" ]; then
        to=$(readlink -m -- "$1")
        failed "$1 is a link to $to, and neither is deleted: delete what is in $to yourself, then the link"
    fi
    if mountpoint -q -- "$1"; then
        find "$1" -xdev -mindepth 1 -delete || failed "$1 can't be emptied"
        echo "note $1 is empty, and stays because a file system is mounted there" >&3
    else
        rm -rf --one-file-system -- "$1" || failed "$1 can't be deleted"
    fi
}

# take_in TEXT COMMAND…: TEXT is what the command is called.
take_in() {
    text=$1
    shift
    "$@" || failed "$text failed"
}

# attempt TEXT COMMAND…: one that may fail, which is said and no more.
attempt() {
    text=$1
    shift
    said=$("$@" 2>&1) || printf 'note %s failed: %s\n' "$text" "$(printf %s "$said" | tr '\n' ' ')" >&3
}

# pull IMAGE
pull() { docker pull --quiet -- "$1" || failed "$1 can't be pulled"; }

# own_words SERVICE: the last lines that its program wrote since the host was started, which say more than systemd's.
own_words() { journalctl -q --no-pager -b -o cat -n 3 "_SYSTEMD_UNIT=$1" | tr '\n' ';'; }

# enable_service SERVICE
enable_service() {
    said=$(systemctl enable --quiet --now -- "$1" 2>&1) && return
    words=$(own_words "$1")
    printf '%s\n%s\n' "$said" "${words:-${said%%"$nl"*}}" >&2
    failed "$1 can't be enabled"
}

# unmask UNIT: in both places, where it was masked for good and until the next boot.
unmask() { systemctl unmask --quiet -- "$1" && systemctl unmask --quiet --runtime -- "$1"; }

# keep_service UNIT: it starts with the host again. Without --force a link that leads elsewhere stays what it is.
keep_service() { { unmask "$1" && systemctl enable --quiet --force -- "$1"; } || failed "$1 can't be enabled"; }

# keep_container ID
keep_container() {
    docker update --restart unless-stopped "$1" >/dev/null || failed "the restart policy of $1 can't be set"
}

# read_by_systemd PATH: the file is the definition that counts. A template is asked for by an instance that nobody has.
read_by_systemd() {
    unit=${1##*/}
    case $unit in *@.service) unit=${unit%.service}corral-asks.service ;; esac
    seen=$(systemctl show -p LoadState,FragmentPath -- "$unit")
    fragment=${seen#*FragmentPath=}
    fragment=${fragment%%"$nl"*}
    fragment=${fragment:-nothing}
    words=$(printf %s "$seen" | tr '\n' ' ')
    case $seen in *LoadState=loaded*) ;; *) failed "systemd can't read $1: $words" ;; esac
    [ "$fragment" -ef "$1" ] || failed "systemd doesn't read $1, but $fragment in its place"
}

# read_by_chronyd PATH: each line of the file is in what chronyd takes in, by the configuration that it was started with.
read_by_chronyd() {
    for service in chrony chronyd; do
        pid=$(systemctl show -p MainPID --value -- "$service.service")
        [ "${pid:-0}" = 0 ] || break
    done
    main=''
    [ "${pid:-0}" = 0 ] || main=$(tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n '/^-f$/{n;p;}')
    said=$(chronyd -p ${main:+-f "$main"} 2>&1) || { printf '%s\n' "$said" >&2; failed "chronyd can't read what it is given"; }
    main=${main:-chrony.conf} directory=${1%/*}
    while read -r line; do
        case $line in '' | '#'*) continue ;; esac
        case $nl$said$nl in
        *"$nl$line$nl"*) ;;
        *) failed "chronyd doesn't read $1: confdir $directory is missing in $main" ;;
        esac
    done <"$1"
}

# read_by_logrotate PATH
read_by_logrotate() {
    said=$(timeout 30 logrotate -d /etc/logrotate.conf 2>&1)
    name=${1##*/} directory=${1%/*}
    words=$(printf '%s\n' "$said" | grep -F -e " $name because" -e "error: $name:" | head -n 1)
    [ -z "$words" ] || failed "logrotate doesn't take $1: $words"
    case $nl$said$nl in
    *"reading config file $name$nl"*) ;;
    *) failed "logrotate doesn't read $1: include $directory is missing in its configuration" ;;
    esac
}

# read_at_boot PATH: kernel settings hold already; that they are set after a reboot, too, is systemd-sysctl's business.
read_at_boot() {
    seen=$(systemctl show -p LoadState --value -- systemd-sysctl.service)
    [ "$seen" = loaded ] || echo "note $1 is not read when this host starts: systemd-sysctl.service is $seen" >&3
}
