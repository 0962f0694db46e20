"""From the cluster file to the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from corral.cluster_file.build import Placement, build, direct_placement
from corral.cluster_file.example import example_text
from corral.cluster_file.parse import load_text
from corral.model.cluster import Cluster, Install, Layout, VirtualIp
from tests.unit.cluster_file.files import SMALL, load

HERE = PurePosixPath("/srv/shop")


def built(text: str, **changes: object) -> Cluster:
    spec = load(text).spec
    return build(spec, replace(direct_placement(spec), **changes), HERE, "cluster.yaml")  # type: ignore[arg-type]  # the tests' own keywords


def environment(cluster: Cluster, name: str) -> dict[str, str]:
    [instance] = [instance for instance in cluster.app.instances if instance.name == name]
    return dict(instance.environment)


def test_the_reference_shape() -> None:
    spec = load_text(example_text()).spec
    cluster = build(spec, direct_placement(spec), HERE)
    assert [proxy.name for proxy in cluster.proxy.hosts] == ["proxy-100"]
    assert [instance.name for instance in cluster.app.web] == [
        *(f"app-108-{port}" for port in range(5040, 5045)),
        *(f"app-208-{port}" for port in range(5040, 5045)),
    ]
    assert [worker.name for worker in cluster.app.workers] == ["app-108-worker-5140"]
    assert [(m.name, m.priority, m.votes) for m in cluster.database.members] == [
        ("192.168.0.216:27017", 2, 1),
        ("192.168.0.217:27017", 1, 1),
        ("192.168.0.218:27017", 1, 1),
    ]
    assert (cluster.database.election_timeout, cluster.database.heartbeat_interval) == (4.0, 1.0)
    assert [server.name for server in cluster.time.servers] == ["proxy-100", "db-216"]
    assert cluster.url == "http://192.168.0.100"
    assert cluster.source == ""


def test_real_hosts() -> None:
    """What must outlive a reboot, or may be large, is not below /run, which is memory."""
    host = built(SMALL).host_by_name["two"]
    assert (host.address, host.declared) == ("10.0.0.2", "10.0.0.2")
    assert host.layout.config == PurePosixPath("/etc/corral/shop")
    assert host.layout.data == PurePosixPath("/var/lib/corral/shop")
    assert host.layout.logs == PurePosixPath("/var/log/corral/shop")
    assert host.layout.run == PurePosixPath("/var/lib/corral/shop/run")
    assert host.layout.state == PurePosixPath("/var/lib/corral/shop/state")


def test_a_placement_elsewhere() -> None:
    layout = Layout(*(PurePosixPath("/state", part) for part in ("config", "data", "logs", "run", "state")))
    cluster = build(
        load(SMALL).spec,
        Placement(
            addresses={"one": "127.9.1.1", "two": "127.9.2.1"},
            layouts={"one": layout, "two": layout},
            proxy_ports=(8081,),
            extra_addresses=("127.0.0.1",),
            url="http://127.0.0.1:8081",
            cache_size=5,
            oplog_size=6,
        ),
        HERE,
    )
    assert (cluster.host_by_name["one"].address, cluster.host_by_name["one"].declared) == (
        "127.9.1.1",
        "10.0.0.1",
    )
    assert cluster.proxy.ports == (8081,)
    assert cluster.proxy.extra_addresses == ("127.0.0.1",)
    assert (cluster.database.cache_size, cluster.database.oplog_size) == (5, 6)
    variables = environment(cluster, "two-5040")
    assert variables["ROOT_URL"] == "http://127.0.0.1:8081"
    assert "@127.9.1.1:27017/shop?" in variables["MONGO_URL"]


def test_the_files_own_sizes_win() -> None:
    text = SMALL.replace("database:\n", "database:\n  cache_size: 1G\n  oplog_size: 2G\n")
    database = built(text, cache_size=5, oplog_size=6).database
    assert (database.cache_size, database.oplog_size) == (1 << 30, 2 << 30)


def test_the_environment_in_its_order() -> None:
    text = SMALL.replace(
        "command:", "version: 1.10\n  env: {A: 1, B: 2}\n  workers: {instances: 1, env: {B: 3}}\n  command:"
    )
    cluster = built(text)
    web, worker = environment(cluster, "two-5040"), environment(cluster, "one-worker-5140")
    assert list(web) == [
        *("PORT", "HOST", "INSTANCE", "ROLE", "VERSION", "ROOT_URL", "MONGO_URL", "MONGO_OPLOG_URL"),
        *("A", "B"),
    ]
    assert [web[name] for name in ("PORT", "HOST", "INSTANCE", "ROLE", "VERSION", "A", "B")] == [
        *("5040", "10.0.0.2", "two-5040", "web", "1.10", "1", "2")
    ]
    assert [worker[name] for name in ("PORT", "ROLE", "INSTANCE", "A", "B")] == [
        *("5140", "worker", "one-worker-5140", "1", "3")
    ]
    assert "/local?" in web["MONGO_OPLOG_URL"]
    assert "${secret:application}" in web["MONGO_URL"]


@pytest.mark.parametrize(
    ("proxy", "url"),
    [
        ("", "http://10.0.0.1"),
        ("server_name: _\n  port: 8000", "http://10.0.0.1:8000"),
        ("server_name: _ *.x.org shop.example.com", "http://shop.example.com"),
        ("server_name: .example.com\n  port: 8000", "http://example.com:8000"),
        ("virtual_ip: 10.0.0.9", "http://10.0.0.9"),
        ("virtual_ip: fd00::9\n  port: 8000", "http://[fd00::9]:8000"),
        ("virtual_ip: 10.0.0.9\n  server_name: shop.example.com", "http://shop.example.com"),
    ],
)
def test_where_people_reach_it(proxy: str, url: str) -> None:
    assert built(SMALL.replace("proxy:\n", f"proxy:\n  {proxy}\n")).url == url


def test_a_root_url_of_ones_own() -> None:
    cluster = built(SMALL.replace("command:", "env: {ROOT_URL: 'https://shop.example.com/'}\n  command:"))
    assert cluster.url == environment(cluster, "one-5040")["ROOT_URL"] == "https://shop.example.com/"


def test_ipv6() -> None:
    cluster = built(SMALL.replace("10.0.0.1", "fd00::1").replace("hosts: [one]", "hosts: [one]\n  port: 8000"))
    assert cluster.url == "http://[fd00::1]:8000"
    assert cluster.database.seeds == "[fd00::1]:27017"


@pytest.mark.parametrize(
    ("directory", "path"),
    [(".", "/srv/shop"), ("app", "/srv/shop/app"), ("../x", "/srv/x"), ("/opt/x/", "/opt/x")],
)
def test_the_applications_directory_in_the_playground(directory: str, path: str) -> None:
    cluster = built(SMALL.replace("command:", f"directory: {directory}\n  command:"), real=False)
    assert cluster.app.directory == PurePosixPath(path)


@pytest.mark.parametrize("directory", [".", "app", "/opt/x"])
def test_the_applications_directory_on_real_hosts(directory: str) -> None:
    """Inside the image or the release: the cluster file's own directory is on another machine."""
    cluster = built(SMALL.replace("command:", f"directory: {directory}\n  command:"))
    assert cluster.app.directory == PurePosixPath(directory)


def test_what_keeps_the_instances() -> None:
    text = SMALL.replace("command:", "runtime: systemd\n  command:")
    assert built(text).app.runtime == "systemd"
    assert built(SMALL).app.runtime == "compose"
    assert built(text, real=False).app.runtime == "process"


def test_files_that_are_shipped_start_at_the_cluster_files_directory() -> None:
    text = SMALL.replace(
        "command:", "image: shop:1\n  image_archive: shop.tar\n  release: {archive: ../shop.tgz}\n  command:"
    ).replace("proxy:\n", "proxy:\n  install: {archive: /a/nginx.tar, sha256: SUM, version: 1.31.3}\n")
    cluster = built(text.replace("SUM", "ab" * 32))
    assert (cluster.app.image, cluster.app.image_source) == ("shop:1", "/srv/shop/shop.tar")
    assert cluster.app.release == Install("archive", source="/srv/shop.tgz")
    assert cluster.proxy.install == Install("archive", "", "/a/nginx.tar", "ab" * 32, (1, 31, 3))


def test_what_the_hosts_themselves_have() -> None:
    cluster = built(SMALL)
    assert (cluster.app.image, cluster.app.image_source) == ("", "")
    assert cluster.app.release == Install("none")
    installs = (cluster.proxy.install, cluster.app.install, cluster.database.install, cluster.time.install)
    assert installs == (Install("package"),) * 4


def test_all_of_the_installs_arrive() -> None:
    text = SMALL.replace("proxy:\n", "proxy:\n  install: {package: nginx-full}\n")
    text = text.replace("app:\n", "app:\n  install: {package: docker-ce}\n")
    text = text.replace("database:\n", "database:\n  install: none\n") + "time: {install: {package: ntpsec}}\n"
    cluster = built(text)
    assert cluster.proxy.install == Install(name="nginx-full")
    assert cluster.app.install == Install(name="docker-ce")
    assert cluster.database.install == Install("none")
    assert cluster.time.install == Install(name="ntpsec")


def test_the_databases_directory_is_for_real_hosts() -> None:
    text = SMALL.replace("database:\n", "database:\n  directory: /srv/mongodb\n  tune: false\n")
    assert built(text).database.directory == PurePosixPath("/srv/mongodb")
    assert built(text).database.tune is False
    assert built(text, real=False).database.directory is None
    assert (built(SMALL).database.directory, built(SMALL).database.tune) == (None, True)


def test_an_image_may_have_its_own_command() -> None:
    [web, *_] = built(SMALL.replace("command: node main.js", "image: shop:1")).app.web
    assert web.command == ()


def test_workers_have_their_own_command_and_health() -> None:
    text = SMALL.replace("command:", "health: {contains: ok, timeout: 2s}\n  workers: WORKERS\n  command:")
    [worker] = built(text.replace("WORKERS", "{instances: 1, command: [a, b c], health: none}")).app.workers
    assert (worker.command, worker.health) == (("a", "b c"), None)
    [worker] = built(text.replace("WORKERS", "{instances: 1, health: {path: /w}}")).app.workers
    assert worker.health is not None
    assert (worker.health.path, worker.health.contains, worker.health.timeout) == ("/w", "ok", 2.0)


def test_all_of_the_proxy_arrives() -> None:
    lines = [
        *(
            "server_name: a b",
            "port: 8000",
            "balance: {hash: $arg_u}",
            "max_body_size: 1k",
            "read_timeout: 1s",
        ),
        *(
            "websocket_timeout: 2s",
            "shutdown_timeout: 3s",
            "max_fails: 4",
            "fail_timeout: 5s",
            "keepalive: 6",
        ),
        *("real_ip_from: [10.0.0.0/8]", "real_ip_header: X-Real-IP", "not_found: []", "virtual_ip: 10.0.0.9"),
        "install: none",
    ]
    proxy = built(SMALL.replace("proxy:\n", "proxy:\n  " + "\n  ".join(lines) + "\n")).proxy
    assert (proxy.balance, proxy.hash_key, proxy.max_body_size) == ("hash", "$arg_u", 1024)
    assert (proxy.read_timeout, proxy.websocket_timeout, proxy.shutdown_timeout) == (1.0, 2.0, 3.0)
    assert (proxy.max_fails, proxy.fail_timeout, proxy.keepalive) == (4, 5.0, 6)
    assert (proxy.real_ip_from, proxy.real_ip_header) == (("10.0.0.0/8",), "X-Real-IP")
    assert (proxy.not_found, proxy.virtual_ip, proxy.server_name, proxy.ports) == (
        (),
        VirtualIp("10.0.0.9"),
        "a b",
        (8000,),
    )
    assert proxy.install == Install("none")


def test_the_whole_of_a_virtual_address() -> None:
    virtual = "{address: 10.0.0.9, interface: ens18, router_id: 7}"
    proxy = built(SMALL.replace("proxy:\n", f"proxy:\n  virtual_ip: {virtual}\n")).proxy
    assert proxy.virtual_ip == VirtualIp("10.0.0.9", "ens18", 7)
    assert built(SMALL).proxy.virtual_ip is None


def test_a_variable_may_be_written_in_capitals() -> None:
    """nginx's variables know no case."""
    proxy = built(SMALL.replace("proxy:\n", "proxy:\n  balance: {hash: $cookie_JSESSIONID}\n")).proxy
    assert proxy.hash_key == "$cookie_JSESSIONID"


URL = "  env: {ROOT_URL: '%s'}\n  command"
NAMED = SMALL.replace(
    "  hosts: [one]\n", "  hosts: [one]\n  server_name: '*.example.org .example.com www.example.net'\n", 1
)


def asked(text: str, **changes: object) -> dict[str, str]:
    """The headers of a question to an instance: the same for all."""
    [headers] = {each.health.headers for each in built(text, **changes).app.instances if each.health}
    return dict(headers)


@pytest.mark.parametrize(
    ("url", "host", "scheme"),
    [
        ("https://shop.example.com/", "shop.example.com", "https"),
        ("https://Shop.Example.com:443", "shop.example.com", "https"),
        ("https://shop.example.com:8443/app", "shop.example.com:8443", "https"),
        ("http://shop.example.com:80", "shop.example.com", "http"),
        ("http://shop.example.com:443", "shop.example.com:443", "http"),
        ("http://[fd00::1]:8080", "[fd00::1]:8080", "http"),
        ("http://shop.example.com:99999", "shop.example.com", "http"),
    ],
)
def test_health_is_asked_by_the_host_of_root_url(url: str, host: str, scheme: str) -> None:
    text = NAMED.replace("  command", URL % url)
    assert asked(text) == {"Host": host, "X-Forwarded-Proto": scheme}


def test_else_by_the_first_name_that_is_one() -> None:
    assert asked(NAMED) == {"Host": "example.com", "X-Forwarded-Proto": "http"}
    assert asked(NAMED, proxy_ports=(8080,)) == {"Host": "example.com:8080", "X-Forwarded-Proto": "http"}


def test_else_by_the_address_that_is_asked() -> None:
    assert asked(SMALL) == {"X-Forwarded-Proto": "http"}
    assert asked(SMALL.replace("  command", URL % "not a URL")) == {"X-Forwarded-Proto": "http"}


def test_a_host_that_no_proxy_serves_is_not_asked_for() -> None:
    """nginx can't be given this name, and would refuse the question."""
    strange = URL % "https://bücher.example/"
    assert asked(SMALL.replace("  command", strange)) == {"X-Forwarded-Proto": "https"}
    assert asked(NAMED.replace("  command", strange)) == {"Host": "example.com", "X-Forwarded-Proto": "https"}


def test_in_the_playground_by_its_own_url() -> None:
    text = NAMED.replace("  command", URL % "https://shop.example.com/")
    assert asked(text, url="http://127.0.0.1:8081") == {"Host": "127.0.0.1:8081", "X-Forwarded-Proto": "http"}


def test_the_files_own_headers_go_over_these() -> None:
    text = SMALL + "playground: {port: 8080}\n"
    text = text.replace("  command", "  health: {headers: {host: shop, X-Health: 1.10, Accept: text/plain}}\n  command")
    assert asked(text) == {"X-Forwarded-Proto": "http", "host": "shop", "X-Health": "1.10", "Accept": "text/plain"}
    text = text.replace("Accept: text/plain", "x-forwarded-proto: https")
    assert asked(text) == {"x-forwarded-proto": "https", "host": "shop", "X-Health": "1.10"}


def test_a_worker_is_asked_with_its_own_headers_or_the_applications() -> None:
    common = "  health: {headers: {X-A: a}}\n  workers: {instances: 1%s}\n  command"

    def of_the_worker(own: str) -> dict[str, str]:
        [worker] = built(SMALL.replace("  command", common % own)).app.workers
        return dict(worker.health.headers) if worker.health else {}

    assert of_the_worker("") == {"X-Forwarded-Proto": "http", "X-A": "a"}
    assert of_the_worker(", health: {path: /w}") == {"X-Forwarded-Proto": "http", "X-A": "a"}
    assert of_the_worker(", health: {headers: {X-B: b}}") == {"X-Forwarded-Proto": "http", "X-B": "b"}
    assert of_the_worker(", health: {headers: {}}") == {"X-Forwarded-Proto": "http"}
