"""Rules on the programs and ports of hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.cluster import Install
from corral.model.machine import (
    Docker,
    Listener,
    Machine,
    PackageState,
    Program,
    Unasked,
)
from corral.rules import findings_on
from tests.language import spoken
from tests.unit.rules.good_hosts import (
    COMPOSE,
    FILE,
    changed,
    cluster,
    codes,
    findings,
    good,
    host,
    without,
)


def test_packages_that_can_not_be_had() -> None:
    assert codes(without(host(), "nginx", "")) == [("H06", "error")]
    assert codes(without(host(), "nginx", "1.22.1-9")) == []
    assert codes(without(host(), "nginx", None)) == [], "no package lists are there: nobody knows"


def test_mongodb_that_no_distribution_has_names_the_three_ways() -> None:
    missing = without(host("three"), "mongodb-org-server", "")
    missing = replace(missing, packages=(*missing.packages, PackageState("mongodb-org", "", "")))
    [problem] = findings(missing)
    assert (problem.code, problem.severity, problem.where) == ("H06", "error", "three")
    for words in ("`install`", "repository", "archive: FILE", "`install: none`"):
        assert words in problem.hint


def test_another_package_that_brings_it_will_do() -> None:
    other = without(host("three"), "mongodb-org-server", "")
    assert codes(replace(other, packages=(*other.packages, PackageState("mongodb-org", "7.0.14")))) == []


def test_programs_that_somebody_else_was_to_install() -> None:
    made = cluster()
    made = replace(made, database=replace(made.database, install=Install("none")))
    missing = host("three")
    missing = replace(missing, programs=tuple(each for each in missing.programs if each.name != "mongod"))
    assert codes(missing, made) == [("H06", "error")]
    assert codes(host("three"), made) == []


@pytest.mark.parametrize(("programs", "compose"), [((), ("docker", "compose")), (("docker",), ())])
def test_docker_that_somebody_else_was_to_install(programs: tuple[str, ...], compose: tuple[str, ...]) -> None:
    made = cluster(COMPOSE)
    made = replace(made, app=replace(made.app, install=Install("none")))
    found = host("two", COMPOSE)
    found = replace(
        found, programs=tuple(each for each in found.programs if each.name in (*programs, "chronyd", "mongod"))
    )
    assert codes(changed(found, "docker", compose=compose), made) == [("A10", "error")]
    assert codes(host("two", COMPOSE), made) == []


@pytest.mark.parametrize(
    ("name", "program", "version", "candidate", "refused"),
    [
        ("one", "nginx", "", "1.18.0-6ubuntu14.4", True),
        ("one", "nginx", "1.18.0-6.1+deb11u3", None, True),
        ("one", "nginx", "1.19.5-1~focal", None, False),
        ("two", "nginx", "1.18.0-0ubuntu1", None, False),
        ("three", "chrony", "", "3.5-6ubuntu6", True),
        ("three", "chrony", "4.0-8+deb11u2", None, False),
        ("three", "mongodb-org-server", "4.2.25", None, True),
        ("three", "mongodb-org-server", "4.4.29", None, False),
        ("one", "nginx", "", None, False),
    ],
)
def test_programs_that_are_too_old(name: str, program: str, version: str, candidate: str | None, refused: bool) -> None:
    found = host(name)
    rest = tuple(each for each in found.packages if each.name != program)
    said = findings(replace(found, packages=(*rest, PackageState(program, version, candidate))))
    assert [(p.code, p.severity) for p in said if p.code != "D16"] == ([("H06", "error")] if refused else [])


def test_what_is_too_old_is_told_with_what_is_needed() -> None:
    [problem] = findings(without(host(), "nginx", "1.18.0-6ubuntu14.4"))
    assert (
        "nginx has version 1.18.0 there, or would have after the installation. Corral needs 1.19.5 or later"
        in problem.message
    )
    assert "proxy.install" in problem.hint


def test_a_program_that_somebody_else_installed_is_too_old_as_well() -> None:
    made = cluster()
    made = replace(made, proxy=replace(made.proxy, install=Install("none")))
    old = replace(host(), programs=(*host().programs[1:], Program("nginx", "/opt/nginx", (1, 18, 0))))
    assert codes(old, made) == [("H06", "error")]


@pytest.mark.parametrize(
    ("compose", "version", "candidates", "refused"),
    [
        (("docker-compose",), (1, 25, 0), {}, True),
        (("docker-compose",), (1, 27, 0), {}, False),
        (("docker-compose",), None, {}, False),
        (("docker", "compose"), (2, 20, 2), {"docker-compose": "1.25.0-1"}, False),
        ((), None, {"docker-compose": "1.25.0-1"}, True),
        ((), None, {"docker-compose": "1.25.0-1", "docker-compose-v2": "2.20.2"}, True),
        ((), None, {"docker-compose": "2.26.1-4"}, False),
        (("docker-compose",), (1, 25, 0), {"docker-compose": "2.26.1-4"}, False),
        ((), None, {"docker-compose": None}, False),
    ],
)
def test_a_compose_that_is_too_old(
    compose: tuple[str, ...],
    version: tuple[int, int, int] | None,
    candidates: dict[str, str | None],
    refused: bool,
) -> None:
    """Of the packages that bring compose, docker.io comes with docker-compose."""
    found = changed(host("two", COMPOSE), "docker", compose=compose, compose_version=version)
    for name, candidate in candidates.items():
        found = without(found, name, candidate)
    assert codes(found, cluster(COMPOSE)) == ([("A10", "error")] if refused else [])


def test_docker_ce_comes_with_its_plugin() -> None:
    made = cluster(COMPOSE)
    made = replace(made, app=replace(made.app, install=Install("package", name="docker-ce")))
    found = changed(host("two", COMPOSE), "docker", compose=(), compose_version=None)
    found = without(without(found, "docker-compose", "1.25.0-1"), "docker-compose-plugin", "2.29.7-1")
    found = replace(found, packages=(*found.packages, PackageState("docker-ce", "5:27.3.1-1")))
    machines = {each.name: replace(good(each), packages=found.packages) for each in made.hosts}
    assert findings_on(made, machines | {"two": found}) == []


def listening(*listeners: Listener, name: str = "one") -> Machine:
    return replace(host(name), listeners=listeners)


@pytest.mark.parametrize(
    ("listener", "words"),
    [
        (Listener("tcp", "0.0.0.0", 80, 7, "apache2", "apache2.service"), ["0.0.0.0:80", "apache2 (pid 7)"]),  # noqa: S104
        (Listener("tcp", "10.0.0.1", 80, 7, "nginx", "nginx.service"), ["nginx.one", "disable --now nginx.service"]),
        (Listener("tcp", "*", 5001, 9, "node", "session-4.scope"), ["one-5001", "node (pid 9)", "End that process"]),
        (Listener("tcp", "::", 27017, 9, "python3", "ssh.service"), ["mongod.one", "End that process"]),
        (Listener("tcp", "127.0.0.1", 27017, 9, "mongod", "mongod.service"), ["disable --now mongod.service"]),
        (Listener("tcp", "*", 80, 5, "docker-proxy", container="wiki"), ["the container wiki", "docker stop wiki"]),
        (Listener("tcp", "*", 80, 5, "nginx", "corral-blog-nginx.service"), ["another cluster of Corral's"]),
        (Listener("tcp", "*", 80, 5, "nginx", container="corral-blog-a-80"), ["another cluster of Corral's"]),
        (Listener("tcp", "0.0.0.0", 80), ["0.0.0.0:80", "can't be seen", "ss -ltnp"]),  # noqa: S104
        (Listener("tcp", "*", 80, 1, "systemd", "web.service", socket="web.socket"),
         ["taken by web.socket", "`systemctl disable --now web.socket web.service`"]),
        (Listener("tcp", "*", 80, 9, "webd", "web.service", socket="web.socket"), ["--now web.socket web.service`"]),
        (Listener("tcp", "*", 80, 1, "systemd", socket="web.socket"), ["`systemctl disable --now web.socket`"]),
        (Listener("tcp", "*", 80, 1, "systemd"), ["systemd (pid 1)", "`systemctl list-sockets`"]),
        (Listener("tcp", "*", 80, 7, "systemd", "user@1000.service"), ["`systemctl --user disable --now UNIT`"]),
        (Listener("tcp", "*", 80, 7, "sshd", "ssh.service"), ["sshd (pid 7)", "Choose another port", "ssh -R"]),
        (Listener("tcp", "*", 80, 7, "sshd-session", "session-3.scope"), ["Choose another port"]),
        (Listener("tcp", "*", 80, 1, "systemd", "sshd.service", socket="sshd.socket"), ["Choose another port"]),
        (Listener("tcp", "*", 80, 7, "chronyd", "chrony.service"), ["the cluster itself runs", "Choose another port"]),
    ],
)  # fmt: skip
def test_ports_in_other_hands(listener: Listener, words: list[str]) -> None:
    [problem] = findings(listening(listener))
    assert (problem.code, problem.severity) == ("H03", "error")
    for word in words:
        assert word in f"{problem.message} {problem.hint}"
    assert "ssh.service" not in problem.hint, "who ends sshd is out"
    if listener.pid == 1 or listener.command.startswith("sshd") or "chrony" in listener.service:
        assert "End that process" not in problem.hint
        assert "disable --now sshd" not in problem.hint


@pytest.mark.parametrize(
    "listener",
    [
        Listener("tcp", "10.0.0.1", 80, 7, "nginx", "corral-shop-nginx.service", unit="nginx.one"),
        Listener("tcp", "*", 5001, 7, "docker-proxy", container="corral-shop-one-5009", unit="one-5009"),
        Listener("udp", "*", 80, 7, "quic", "quic.service"),
        Listener("tcp", "127.0.0.1", 80, 7, "apache2", "apache2.service"),
        Listener("tcp", "10.9.9.9", 27017, 7, "mongod", "mongod.service"),
        Listener("tcp", "*", 8080, 7, "java", "tomcat.service"),
    ],
)
def test_ports_that_are_in_nobodys_way(listener: Listener) -> None:
    assert codes(listening(listener)) == []


def test_docker_on_a_port_is_not_to_be_ended_where_the_clusters_containers_run() -> None:
    listener = Listener("tcp", "*", 80, 7, "dockerd", "docker.service")
    [problem] = findings(replace(host(text=COMPOSE), listeners=(listener,)), cluster(COMPOSE))
    assert "docker.service, on which the cluster itself runs" in problem.message
    assert "disable" not in problem.hint
    [problem] = findings(listening(listener))
    assert "disable --now docker.service" in problem.hint


def test_a_port_is_told_once() -> None:
    both = (Listener("tcp", address, 80, 7, "nginx", "nginx.service") for address in ("0.0.0.0", "::"))  # noqa: S104
    assert codes(listening(*both)) == [("H03", "error")]


def test_with_a_virtual_address_every_address_is_the_proxys() -> None:
    made = cluster(FILE.replace("{hosts: [one]}", "{hosts: [one, two], virtual_ip: 10.0.0.9}"))
    elsewhere = listening(Listener("tcp", "127.0.0.1", 80, 7, "apache2", "apache2.service"))
    packages = (*elsewhere.packages, PackageState("keepalived", "2.2.7"))
    machines = {each.name: replace(good(each), packages=packages) for each in made.hosts}
    machines["one"] = replace(elsewhere, packages=packages)
    assert [problem.code for problem in findings_on(made, machines)] == ["H03"]


def with_nginx(program: Program, install: Install) -> list[tuple[str, str]]:
    made = cluster()
    made = replace(made, proxy=replace(made.proxy, install=install))
    rest = tuple(each for each in host().programs if each.name != "nginx")
    return codes(replace(host(), programs=(*rest, program)), made)


NONE = Install("none")


@pytest.mark.parametrize(
    ("program", "install", "expected"),
    [
        (Program("nginx", "/n", (1, 27, 3), product="Angie 1.8.1"), NONE, []),
        (Program("nginx", "/n", (1, 8, 1), product="Tengine 2.2.3"), NONE, [("H06", "error")]),
        (Program("nginx", "/n", product="mine 1.8"), NONE, [("H06", "warning")]),
        (Program("nginx", "/n", failure="it ended with exit status 3"), NONE, [("H06", "error")]),
        (Program("nginx", "/n", failure="it ended with exit status 3"), Install(), []),
    ],
)
def test_what_stands_in_the_place_of_nginx(program: Program, install: Install, expected: list[tuple[str, str]]) -> None:
    assert with_nginx(program, install) == expected


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [("angie", "1.8.1-1~bookworm", [("H06", "warning")]), ("nginx-extras", "1.18.0", [("H06", "error")])],
)
def test_a_package_of_another_product_has_a_number_of_its_own(
    name: str, version: str, expected: list[tuple[str, str]]
) -> None:
    made = cluster()
    made = replace(made, proxy=replace(made.proxy, install=Install(name=name)))
    assert codes(replace(host(), packages=(*host().packages, PackageState(name, version))), made) == expected


def test_how_a_program_ends_that_does_not_run_is_told_in_both_languages() -> None:
    made = cluster()
    made = replace(made, proxy=replace(made.proxy, install=NONE))
    found = replace(host(), programs=(*host().programs[1:], Program("nginx", "/n", failure="it was ended by SIGSEGV")))
    for language in ("en", "zh"):
        with spoken(language):
            [problem] = findings_on(made, {"one": found})
        assert "it was ended by SIGSEGV" in problem.message
        assert "proxy.install" in problem.hint


def test_podman_in_dockers_place() -> None:
    made = cluster(COMPOSE)
    theirs = replace(made, app=replace(made.app, install=NONE))
    found = changed(host("two", COMPOSE), "docker", podman=True)
    assert codes(found, theirs) == [("A10", "error")]
    assert codes(found, made) == [], "the package manager sees to it"


def test_a_docker_that_does_not_answer_is_all_that_is_said_of_its_host() -> None:
    made = cluster(COMPOSE)
    stranger = Listener("tcp", "10.0.0.1", 80, 3900, "python3")
    blind = replace(host("one", COMPOSE), listeners=(stranger,), docker=Docker(unseen="no answer in 10 s"))
    [problem] = findings(blind, made)
    assert (problem.code, problem.severity, problem.where) == ("H13", "error", "one")
    assert problem.message.startswith("docker on one doesn't answer: no answer in 10 s.")
    assert "--without one" in problem.hint


@pytest.mark.parametrize(
    ("program", "severity"), [("chronyc", "warning"), ("dpkg-query", "error"), ("/srv/files", "error")]
)
def test_what_a_plan_needs_refuses_and_the_rest_is_said(program: str, severity: str) -> None:
    [problem] = findings(replace(host(), unasked=(Unasked(program, "no answer in 10 s"),)))
    assert (problem.code, problem.severity) == ("H13", severity)
    assert f"{program}" in problem.message


def test_a_strangers_container_of_an_instances_name() -> None:
    made, seen = cluster(COMPOSE), host("two", COMPOSE)
    name = made.app.instances[-1].name
    taken = replace(seen, docker=replace(seen.docker, strangers=(f"corral-shop-{name}", "wiki")))
    [problem] = findings(taken, made)
    assert (problem.code, problem.severity, problem.where) == ("A12", "error", "two")
    assert f"docker rename corral-shop-{name} " in problem.hint
    assert codes(replace(taken, docker=replace(seen.docker, strangers=("corral-shop-one-5000",))), made) == []
