"""The configuration as text: quoting, what is derived, and what is refused."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from corral.desired import forwarded
from corral.desired.nginx import (
    NOT_FOUND_PATTERN,
    SERVER_NAME_PATTERN,
    buffers,
    literal,
    quote,
    render_nginx,
    seconds,
    size,
    tries,
    whole_seconds,
    with_revision,
)
from corral.desired.templating import render
from corral.model.cluster import Instance, VirtualIp
from corral.model.resources import HostFacts
from corral.secrets import has_reference
from tests.binaries import NginxVersion, nginx
from tests.free_addresses import free_address
from tests.patience import PATIENCE
from tests.unit.desired.nginx_process import PROXY, VERSIONS, host, instance

HERE = host("proxy-1", "192.168.0.100")
FACTS = HostFacts("proxy-1", (1, 31, 3))


def text(instances: list[Instance] | None = None, facts: HostFacts = FACTS, **changes: Any) -> str:
    web = [instance("app-1", host("a", "10.0.0.1"), 5040)] if instances is None else instances
    return render_nginx(replace(PROXY, **changes), web, HERE, 8080, facts)


def on_hosts(**counts: int) -> list[Instance]:
    return [instance(f"{name}{n}", host(name, "10.0.0.1"), n) for name, count in counts.items() for n in range(count)]


def test_the_same_values_give_the_same_bytes() -> None:
    assert text() == text()


def test_the_probe_is_named_and_not_held() -> None:
    assert has_reference(text())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_quoted_text_is_one_word_whatever_it_holds(word: str) -> None:
    """By nginx's own rule: in double quotes a backslash takes the next character as it is, before a quote or itself."""
    quoted = quote(word)
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', quoted)
    assert re.sub(r"\\([\"\\])", r"\1", quoted[1:-1]) == word


@pytest.mark.parametrize("word", ["a\nb", "a\x00b", "\t", "\x7f"])
def test_control_characters_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        quote(word)


def test_a_dollar_is_refused_where_nginx_would_put_a_variable_in() -> None:
    with pytest.raises(ValueError, match=r"'\$'"):
        literal("/var/log/$name")
    with pytest.raises(ValueError, match="access"):
        text(facts=replace(FACTS, access_log="/srv/$access/log"))


@pytest.mark.parametrize(
    "changes",
    [
        {"server_name": "~^(?<all>.*)$"},
        {"server_name": "a;b"},
        {"server_name": 'x" {'},
        {"not_found": ("no-slash",)},
        {"not_found": ("/a\nb",)},
        {"balance": "hash", "hash_key": "$a$b"},
        {"balance": "hash", "hash_key": "$a; evil on"},
        {"real_ip_from": ("10.0.0.0/8",), "real_ip_header": "proxy_protocol"},
        {"real_ip_from": ('10.0.0.0/8"; evil\n',)},
    ],
)
def test_what_can_not_be_given_to_nginx_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        text(**changes)


@pytest.mark.parametrize(
    "name",
    ["_", "www.example.com", "*.example.com", ".example.com", "www.example.*", "a_b", "xn--fiq", "10.0.0.1", "::1"],
)
def test_names_that_people_have_are_let_through(name: str) -> None:
    assert re.fullmatch(SERVER_NAME_PATTERN, name)


@pytest.mark.parametrize("version", VERSIONS)
def test_nasty_values_mean_themselves_to_the_real_nginx(version: NginxVersion, tmp_path: Path) -> None:
    """Every printable character in a path, names twice, two spellings of what Corral answers itself."""
    every = "/" + "".join(map(chr, range(0x20, 0x7F))) + "/你好"
    assert re.fullmatch(NOT_FOUND_PATTERN, every)
    root = tmp_path / "with blank"
    for directory in ("run", "logs"):
        (root / directory).mkdir(parents=True)
    here = host("proxy-1", free_address(), root)  # type: ignore[arg-type]  # a real path has all that a pure one has
    proxy = replace(
        PROXY,
        server_name="www.example.com *.example.com www.example.com",
        not_found=(every, every, "/", "/sockjs/", "/.corral/ping", "/$uri", "/{", "/}", "/;", "/#", "/~x", "/ = /"),
        unbuffered=("/sockjs/",),
    )
    web = [instance("app-1", host("a", "10.0.0.1"), 5040), instance('odd "name\\', host("b", "2001:db8::1"), 5040)]
    facts = HostFacts("proxy-1", VERSIONS[version], access_log=str(root / "logs" / "a log"))
    conf = root / "nginx.conf"
    conf.write_text(render_nginx(proxy, web, here, 8080, facts))
    command = [str(part) for part in (nginx(version), "-t", "-e", "stderr", "-p", root, "-c", conf)]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert judged.returncode == 0, judged.stderr
    assert "[" not in judged.stderr, judged.stderr


@pytest.mark.parametrize(
    ("counts", "expected"), [({}, 1), ({"a": 1}, 1), ({"a": 5}, 5), ({"a": 5, "b": 5}, 6), ({"a": 2, "b": 9}, 8)]
)
def test_a_request_may_try_one_more_than_a_dead_host_has(counts: dict[str, int], expected: int) -> None:
    assert tries(on_hosts(**counts)) == expected


def test_an_unknown_nginx_gets_what_every_nginx_understands() -> None:
    assert "sticky" not in text(facts=HostFacts("proxy-1"))
    assert "sticky" not in text(facts=HostFacts("proxy-1", (1, 29, 5)))
    assert "sticky cookie" in text(facts=HostFacts("proxy-1", (1, 29, 6)))


def test_keepalive_can_be_switched_off() -> None:
    assert "keepalive 0;" in text(keepalive=0)
    assert "keepalive" not in text(keepalive=0, facts=HostFacts("proxy-1", (1, 22, 1)))


def test_times_and_sizes() -> None:
    assert [seconds(60.0), seconds(0.5), seconds(0.0001)] == ["60s", "500ms", "1ms"]
    assert [whole_seconds(0.2), whole_seconds(10.0), whole_seconds(1.5)] == ["1s", "10s", "2s"]
    assert [size(100 * 1024**2), size(16384), size(1000), size(0)] == ["100m", "16k", "1000", "0"]
    assert [buffers(4096), buffers(16384), buffers(512 * 1024), buffers(1024**2)] == [128, 32, 8, 8]


def test_a_template_that_lacks_a_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="is undefined"):
        render("nginx.conf.j2")


def test_addresses_are_listened_on_once() -> None:
    addresses = ['"192.168.0.100:8080"', '"127.0.0.1:8080"', '"[::1]:8080"']
    text_of_all = text(extra_addresses=("127.0.0.1", "192.168.0.100", "::1"), server_name="_")
    assert re.findall(r"listen (.*);", text_of_all) == addresses


def test_each_is_listened_on_for_those_that_are_not_served_too() -> None:
    assert re.findall(r"listen (.*);", text()) == ['"192.168.0.100:8080" default_server', '"192.168.0.100:8080"']


def test_a_proxy_is_served_by_its_addresses_too() -> None:
    served = text(server_name="a.example ::2", virtual_ip=VirtualIp("192.168.0.99"), extra_addresses=("::",))
    names = '"a.example" "[::2]" "192.168.0.100" "192.168.0.99" "localhost" "127.0.0.1" "[::1]" ""'
    assert f"server_name {names};" in served


def test_every_spelling_is_withheld_where_underscores_pass() -> None:
    names = set(forwarded.withheld(["Forwarded"], port=True, underscores=True))
    assert {"X_Forwarded-For", "X-Forwarded_For", "X_Forwarded_For", "SCRIPT_NAME".title()} <= names
    assert not {name.lower() for name in names} & {"x-forwarded-for", "x-forwarded-port", "forwarded"}


def test_the_ping_tells_the_revision_by_every_name() -> None:
    """A proxy with names of its own has a server for all others; its gate asks by the address, which is its own too."""
    for names, servers in (("_", 1), ("shop.example.com", 2)):
        text = render_nginx(replace(PROXY, server_name=names), (), HERE, 80, FACTS)
        told = with_revision(text, HERE, "abc123")
        assert told.count('return 200 "ok proxy-1 abc123\\n";') == servers
        assert 'return 200 "ok proxy-1\\n"' not in told
