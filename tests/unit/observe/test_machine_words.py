"""The words of programs and distributions that the recorded hosts don't have."""

from __future__ import annotations

import pytest

from corral.model.machine import Listener, PackageState, Security, System, Tracking, VirtualAddress
from corral.observe.listeners import listeners_in
from corral.observe.machine_readings import readings_in, virtual_in
from corral.observe.machine_software import docker_in, packages_in, processes_in, programs_in
from corral.observe.machine_system import disks_in, memory_in, security_in, system_in, tracking_in
from corral.observe.question import Question
from corral.observe.sections import Sections, Values

QUESTION = Question(
    "shop", "one", "10.0.0.1", packages=(("nginx",), ("mongodb-org-server", "mongodb-org")), ports=(80,)
)


def sections(**texts: str) -> Sections:
    return Sections(texts, b"")


def values(*lines: str) -> Values:
    return Values.of(lines)


def system(*lines: str, **texts: str) -> System:
    return system_in(QUESTION, sections(**texts), values(*lines))


@pytest.mark.parametrize(
    ("release", "family"),
    [
        (["ID=debian"], "debian"),
        (["ID=ubuntu", "ID_LIKE=debian"], "debian"),
        (["ID=linuxmint", 'ID_LIKE="ubuntu debian"'], "debian"),
        (['ID="rhel"', 'ID_LIKE="fedora"'], "rhel"),
        (['ID="rocky"', 'ID_LIKE="rhel centos fedora"'], "rhel"),
        (["ID=fedora"], "rhel"),
        (["ID=alpine"], "unknown"),
        ([], "unknown"),
    ],
)
def test_families(release: list[str], family: str) -> None:
    assert system(*(f"/etc/os-release:{line}" for line in release)).family == family


@pytest.mark.parametrize(("allowed", "cores"), [("0-3", 4), ("0", 1), ("0-1,4,8-9", 5), ("", 1)])
def test_cores(allowed: str, cores: int) -> None:
    assert system(f"/proc/self/status:Cpus_allowed_list:\t{allowed}").cores == cores


def test_a_systemd_that_is_not_process_1_is_none() -> None:
    told = "systemd 257 (257.8-1)\n"
    assert system("/proc/1/comm:systemd", systemd=told).systemd == 257
    assert system("/proc/1/comm:sh", systemd=told).systemd == 0


@pytest.mark.parametrize("library", ["252.so", "252-51.el9_4.so", "252.4-598.fc37.so"])
def test_the_version_in_the_name_of_systemds_library(library: str) -> None:
    """Debian's, Red Hat's and Fedora's, as machine.sh tells it."""
    assert system("/proc/1/comm:systemd", systemd=f"systemd {library}\n").systemd == 252


@pytest.mark.parametrize(
    ("links", "file", "zone"),
    [
        ("'/etc/localtime' -> '../usr/share/zoneinfo/Asia/Shanghai'\n", [], "Asia/Shanghai"),
        ("'/etc/localtime' -> '/usr/share/zoneinfo/Europe/Berlin'\n", ["Asia/Shanghai"], "Europe/Berlin"),
        ("'/etc/localtime'\n", ["Asia/Shanghai"], "Asia/Shanghai"),
        ("", [], ""),
    ],
)
def test_zones(links: str, file: list[str], zone: str) -> None:
    assert system(*(f"/etc/timezone:{name}" for name in file), links=links).zone == zone


ADDRESSES = """\
1: lo    inet 127.0.0.1/8 scope host lo
2: eth0@if7    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0
2: eth0    inet6 fe80::1/64 scope link
3: bond0    inet 10.0.0.9/24 scope global bond0
3: bond0    inet6 fd00::9/64 scope global
"""


@pytest.mark.parametrize(
    ("address", "resolved", "interface"),
    [
        ("10.0.0.1", "", "eth0"),
        ("fd00::9", "", "bond0"),
        ("10.0.0.2", "", ""),
        ("one.example.com", "10.0.0.9        STREAM one.example.com\n10.0.0.9        DGRAM\n", "bond0"),
        ("one.example.com", "127.0.1.1       STREAM one.example.com\n", ""),
    ],
)
def test_the_interface_of_the_hosts_address(address: str, resolved: str, interface: str) -> None:
    found = system_in(Question("shop", "one", address), sections(addresses=ADDRESSES, resolved=resolved), values())
    assert found.interface == interface
    assert found.resolved == tuple(resolved.split()[:1])


def test_memory_without_huge_pages() -> None:
    memory = memory_in(values("/proc/meminfo:MemTotal:       2048 kB", "/proc/sys/vm/swappiness:1"))
    assert (memory.total, memory.available, memory.swappiness, memory.huge_pages) == (2048 << 10, None, 1, "")


def test_disks_that_df_could_not_all_tell_are_unknown() -> None:
    rows = ["asked /etc", "asked /var/lib/docker", "   Avail Type", "1024 xfs", "2048 nfs4"]
    assert [(disk.path, disk.free, disk.kind) for disk in disks_in(sections(disks="\n".join(rows)), values())] == [
        ("/etc", 1 << 20, "xfs"),
        ("/var/lib/docker", 2 << 20, "nfs4"),
    ]
    assert list(disks_in(sections(disks="\n".join(rows[:-1])), values())) == []


def test_what_df_and_the_mounts_tell_of_a_disk() -> None:
    rows = ["asked /etc", "asked /opt/corral", "asked /srv/a b", "asked /data", " Avail Type IFree Inodes Mounted on"]
    rows += [" 1024 ext4 7 99 /", " 2048 ext4 5 99 /opt", "4 nfs4 - - /srv/a b", "8 btrfs 0 0 /data"]
    mounts = [
        "/dev/vdb /opt ext4 rw,nosuid,noexec 0 0",
        "x:/y /srv/a\\040b nfs4 ro,vers=4 0 0",
        "proc /proc proc rw,noexec",
    ]
    found = disks_in(sections(disks="\n".join(rows), mounts="\n".join(mounts)), values())
    assert [(disk.path, disk.inodes, disk.mounted, set(disk.options)) for disk in found] == [
        ("/etc", 7, "/", set()),
        ("/opt/corral", 5, "/opt", {"noexec"}),
        ("/srv/a b", None, "/srv/a b", {"ro"}),
        ("/data", None, "/data", set()),
    ]


def test_docker_elsewhere() -> None:
    rows = ["asked /etc", "asked /var/lib/docker", "1024 xfs", "2048 xfs"]
    found = disks_in(sections(disks="\n".join(rows)), values('/etc/docker/daemon.json:{"data-root": "/srv/docker"}'))
    assert [disk.path for disk in found] == ["/etc"]


@pytest.mark.parametrize(
    ("lines", "units", "security"),
    [
        (["/sys/fs/selinux/enforce:1"], [], Security("enforcing")),
        (["/sys/fs/selinux/enforce:0"], [], Security("permissive")),
        ([], [{"Names": "firewalld.service", "ActiveState": "active"}], Security("", "firewalld")),
        ([], [{"Names": "nftables.service", "ActiveState": "inactive"}], Security()),
        (["/etc/ufw/ufw.conf:# comment", "/etc/ufw/ufw.conf:ENABLED=yes"], [], Security("", "ufw")),
        (["/etc/ufw/ufw.conf:ENABLED=no"], [], Security()),
    ],
)
def test_security(lines: list[str], units: list[dict[str, str]], security: Security) -> None:
    assert security_in(values(*lines), units) == security


def test_chronyd_with_sources() -> None:
    told = [
        "0A6C0064,10.108.0.100,11,1795550089.123,-0.062000000,0.000001,0.000002,1.0,0.0,0.1,0.0002,0.0007,64.2,Normal",
        "^,*,10.108.0.100,10,6,377,21,0.000001,0.000001,0.0002",
        "^,?,10.108.0.216,0,6,0,4294967295,0.0,0.0,0.0",
    ]
    unseen = ("10.108.0.216",)
    assert tracking_in(told) == Tracking("Normal", 0.062, 0.0007, "10.108.0.100", 1, unseen=unseen)
    begun = [told[0].replace(",0.1,", ",1000000.000,"), *told[1:]]
    assert tracking_in(begun) == Tracking("Normal", 0.062, 0.0007, "10.108.0.100", 1, settling=True, unseen=unseen)
    lost = tracking_in([told[0], told[1], "^,-,10.108.0.216,10,6,370,250,0.0,0.0,0.0"])
    assert (lost.lost, lost.unseen, lost.sources) == (("10.108.0.216",), (), 2)
    assert tracking_in([begun[0], told[2]]).settling is False, "it waits for a source that doesn't answer"
    assert tracking_in(["506 Cannot talk to daemon"]) is None


POLICY = """\
nginx:
  Installed: (none)
  Candidate: 1.22.1-9+deb12u11
  Version table:
     1.22.1-9+deb12u11 500
mongodb-org-server:
  Installed: (none)
  Candidate: (none)
  Version table:
"""


def test_what_apt_could_install() -> None:
    found = packages_in(QUESTION, sections(host="lists\n", candidates=POLICY))
    assert list(found) == [
        PackageState("nginx", "", "1.22.1-9+deb12u11"),
        PackageState("mongodb-org-server", "", ""),
        PackageState("mongodb-org", "", ""),
    ]


def test_what_dnf_could_install() -> None:
    told = "package nginx is not installed\nmongodb-org-server\tii \t7.0.14-1.el9\n"
    found = packages_in(QUESTION, sections(host="lists\n", packages=told, candidates="candidate nginx 1.20.1-14.el9\n"))
    assert list(found) == [
        PackageState("nginx", "", "1.20.1-14.el9"),
        PackageState("mongodb-org-server", "7.0.14-1.el9", None),
        PackageState("mongodb-org", "", None),
    ]


def test_without_package_lists_nobody_knows() -> None:
    assert {state.candidate for state in packages_in(QUESTION, sections(host="clock 1\n"))} == {None}


def test_a_compose_of_no_package_tells_its_version() -> None:
    docker = docker_in(["compose docker compose", "version v2.29.1", "running"], [])
    assert (docker.running, docker.compose, docker.compose_version) == (True, ("docker", "compose"), (2, 29, 1))
    assert docker_in(["compose "], []).compose == ()


def test_a_mongod_that_runs_from_elsewhere_tells_its_version() -> None:
    unit = {"Id": "corral-shop-mongod.service", "MainPID": "7", "LoadState": "loaded"}
    links = (
        "'/proc/7/exe' -> '/opt/corral/mongodb-0123/bin/mongod (deleted)'\nversion 7 db version v6.0.5\nBuild Info: {\n"
    )
    limits = values(
        "/proc/7/limits:Max open files            64000                64000                files     ",
        "/proc/7/limits:Max processes             unlimited            unlimited            processes ",
    )
    [process] = processes_in(QUESTION, sections(links=links), limits, [unit, {"Id": "corral-shop-nginx.service"}])
    assert (process.unit.name, process.pid, process.version) == ("mongod.one", 7, (6, 0, 5))
    assert (process.open_files, process.processes) == (64000, -1)
    assert process.program == "/opt/corral/mongodb-0123/bin/mongod (deleted)"


def test_a_program_that_is_missing_is_left_out() -> None:
    found = programs_in(
        ["nginx ", "mongod /usr/bin/mongod", "version mongod db version v7.0.14", "    gitVersion: 1.2.3"]
    )
    assert [(each.name, each.path, each.version) for each in found] == [("mongod", "/usr/bin/mongod", (7, 0, 14))]


def listeners(**texts: str) -> list[Listener]:
    cgroups = values(
        "/proc/5/cgroup:0::/system.slice/docker.service",
        "/proc/7/cgroup:0::/user.slice/user-1000.slice/session-3.scope",
        "/proc/8/cgroup:0::/system.slice/docker-43ad22a46a18.scope",
        "/proc/9/cgroup:0::/init.scope",
    )
    return list(listeners_in(QUESTION, sections(**texts), cgroups))


def test_listeners_of_all_kinds() -> None:
    sockets = """\
tcp LISTEN 0 511 *:80 *:* users:(("node",pid=7,fd=18))
tcp LISTEN 0 511 127.0.0.53%lo:80 0.0.0.0:* users:(("x y",pid=9,fd=4))
tcp LISTEN 0 511 [::1]:80 [::]:* users:(("web",pid=8,fd=1),("web",pid=80,fd=1))
udp UNCONN 0 0 0.0.0.0:123 0.0.0.0:*
"""
    docker = "43ad22a46a18\tcorral-shop\tone-5040\tcorral-shop-one-5040\t\n"
    node, local, web, ntp = listeners(sockets=sockets, docker=docker)
    assert (node.address, node.command, node.service) == ("*", "node", "session-3.scope")
    assert (local.address, local.command, local.service) == ("127.0.0.53", "x y", "")
    assert (web.address, web.container, web.unit, web.service) == ("::1", "corral-shop-one-5040", "one-5040", "")
    assert (ntp.protocol, ntp.port, ntp.pid) == ("udp", 123, 0)


def test_whose_port_is_published() -> None:
    sockets = 'tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=5,fd=4))\n'
    docker = (
        'aa\t\t\t/other\t{"443/tcp":[{"HostIp":"0.0.0.0","HostPort":"443"}],"80/tcp":null}\n'
        'bb\t\t\t/wiki\t{"81/tcp":[{"HostIp":"0.0.0.0","HostPort":"80"}]}\n'
    )
    assert [each.container for each in listeners(sockets=sockets, docker=docker)] == ["wiki"]
    states = 'bb\t{"Status":"running"}\t0\tnull\t"sha256:78"\nsha256:78\tnull\tnull\t["wiki:1"]\tnull\n'
    assert [each.container for each in listeners(sockets=sockets, docker=states + docker)] == ["wiki"]


def test_a_process_that_has_ended_since_holds_nothing() -> None:
    assert listeners(sockets='tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("tiny",pid=349,fd=4))\n') == []


def test_without_ss_the_kernels_tables_tell_the_ports() -> None:
    tables = """\
/proc/net/tcp:   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1570 1
/proc/net/tcp:   1: 0100007F:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1571 1
/proc/net/tcp:   2: 0100007F:0050 0100007F:D61C 06 00000000:00000000 00:00000000 00000000     0        0 1572 1
/proc/net/tcp6:   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000
"""
    found = listeners(tables=tables)
    assert [(each.address, each.port, each.pid) for each in found] == [("127.0.0.1", 80, 0), ("::1", 80, 0)]


SOCKET_UNITS = """\
Id=web.socket
Listen=[::]:80 (Stream)
Listen=/run/web.sock (Stream)
Triggers=web.service

Id=ntp.socket
Listen=0.0.0.0:123 (Datagram)
Triggers=ntp.service
"""


def test_a_port_for_which_systemd_itself_listens() -> None:
    """Before the first connection systemd alone has it open; then the service, too, which ss may name first."""
    told = 'tcp LISTEN 0 511 *:80 *:* users:((%s"systemd",pid=1,fd=4))\n'
    root = "/proc/1/cgroup:0::/init.scope"
    for before, command, pid, service in (
        ("", "systemd", 1, "web.service"),
        ('"node",pid=7,fd=3),(', "node", 7, "session-3.scope"),
    ):
        cgroups = values(root, "/proc/7/cgroup:0::/user.slice/user-1000.slice/session-3.scope")
        [found] = listeners_in(QUESTION, sections(sockets=told % before, socket_units=SOCKET_UNITS), cgroups)
        assert (found.command, found.pid, found.service, found.socket) == (command, pid, service, "web.socket")
    [found] = listeners_in(QUESTION, sections(sockets=told % ""), values(root))
    assert (found.pid, found.socket) == (1, ""), "systemd didn't say for which unit"


@pytest.mark.parametrize(
    ("lines", "reads"),
    [
        ([], None),
        (["confdir /etc/chrony/conf.d"], True),
        (["# confdir /etc/chrony/conf.d", "pool x iburst"], False),
        (["confdir /etc/other /etc/chrony/conf.d/"], True),
        (["include /etc/chrony/conf.d/*.conf"], True),
        (["include /etc/chrony/all.conf"], None),
        (["sourcedir /etc/chrony/conf.d"], False),
    ],
)
def test_whether_chrony_takes_in_what_is_put_beside_its_own(lines: list[str], reads: bool | None) -> None:
    known = values(*(f"/etc/chrony/chrony.conf:{line}" for line in lines))
    assert readings_in(sections(), known).chrony is reads


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", ""),
        ("{}", ""),
        ('{"data-root": "/srv"}', ""),
        ('{\n "a": 1,\n}', "line 3, column 1: Expecting property name enclosed in double quotes"),
        ("[]", "it holds no JSON object"),
    ],
)
def test_what_docker_refuses(text: str, refused: str) -> None:
    known = values(*(f"/etc/docker/daemon.json:{line}" for line in text.split("\n")))
    assert readings_in(sections(), known).docker_refuses == refused


def test_what_services_say_that_do_not_run() -> None:
    text = "said docker.service a\nsaid docker.service  b \nrefused unable to configure the Docker daemon\n"
    found = readings_in(sections(services=text), values("/etc/logrotate.conf:include /etc/logrotate.d"))
    assert found.said == (("docker.service", "a; b"),)
    assert found.docker_refuses == "unable to configure the Docker daemon"
    assert found.logrotate is True


IPUTILS = """\
asked
ARPING 10.0.0.9 from 10.0.0.1 eth0
Unicast reply from 10.0.0.9 [02:42:0A:00:00:63]  0.7ms
Sent 1 probes (1 broadcast(s))
"""
HABETS = "asked\nARPING 10.0.0.9\n42 bytes from 02:42:0a:00:00:63 (10.0.0.9): index=0 time=8.1 usec\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("used\n", VirtualAddress(used=True)),
        ("here eth0\n", VirtualAddress(interface="eth0")),
        ("unasked arping\n", VirtualAddress(unasked="arping")),
        (IPUTILS, VirtualAddress(holder="02:42:0a:00:00:63")),
        (HABETS, VirtualAddress(holder="02:42:0a:00:00:63")),
        ("asked\nARPING 10.0.0.9 from 10.0.0.1 eth0\nSent 1 probes\nReceived 0 response(s)\n", VirtualAddress()),
    ],
)
def test_who_has_the_address_that_is_to_move(text: str, found: VirtualAddress | None) -> None:
    assert virtual_in(text.splitlines()) == found
