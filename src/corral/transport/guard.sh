# shellcheck shell=sh

# corral_guard PATIENCE SECONDS: descriptor 9 is what the script came by. A line there ends it and all that it has started,
# the end of what comes does after PATIENCE; between TERM and KILL are SECONDS.
corral_guard() {
    (
        { read -r _ || { kill -0 $$ && sleep "$1" && kill -0 $$; }; } &&
            trap '' TERM && kill -TERM 0 && sleep "$2" && kill -KILL 0
    ) <&9 9<&- >/dev/null 2>&1 &
}
