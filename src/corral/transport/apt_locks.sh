# shellcheck shell=sh

# apt_lock_held: the first of the locks of apt and dpkg that a process holds, as `PATH PID NAME`; fails when all are free.
apt_lock_held() {
    for lock in /var/lib/apt/lists/lock /var/cache/apt/archives/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
        inode=$(stat -c %i -- "$lock" 2>/dev/null) || continue
        while read -r _ _ _ _ pid place _; do
            case $place in
            *:"$inode")
                name='?'
                { read -r name <"/proc/$pid/comm"; } 2>/dev/null
                printf '%s %s %s\n' "$lock" "$pid" "$name"
                return 0
                ;;
            esac
        done </proc/locks
    done
    return 1
}
