"""The machine's way to Debian's packages, as its files say."""

from __future__ import annotations

from lab.apt import build

DEB822 = """\
Types: deb
# a comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.test/security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main
"""
ONE_LINE = """\
# deb http://commented.test/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.test/debian bookworm main non-free # why
deb-src http://sources.test/debian bookworm main
deb http://other.test/postgres bookworm-pgdg main
"""
SOURCES = "etc/apt/sources.list"
OPTIONS = "etc/apt/apt.conf.d/90lab"
SIGNED = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"


def test_stanzas_are_read() -> None:
    apt = build({"debian.sources": DEB822}, "", {}, "")
    assert apt.mirror == "http://mirror.test/debian"
    assert apt.files[SOURCES].splitlines() == [
        f"{SIGNED} http://mirror.test/debian bookworm main contrib",
        f"{SIGNED} http://mirror.test/debian bookworm-updates main contrib",
        f"{SIGNED} http://mirror.test/security bookworm-security main",
    ]


def test_lines_are_read_and_other_peoples_suites_left_out() -> None:
    apt = build({"sources.list": ONE_LINE}, "", {}, "")
    assert apt.files[SOURCES].splitlines() == [f"{SIGNED} http://mirror.test/debian bookworm main non-free"]


def test_another_release_says_nothing_about_ours() -> None:
    apt = build({"sources.list": "deb http://mirror.test/ubuntu noble main\n"}, "", {}, "")
    assert apt.mirror is None
    assert SOURCES not in apt.files


def test_proxies_and_checks_are_handed_on_and_nothing_that_names_a_file() -> None:
    kept = [
        'Acquire::http::Proxy "http://proxy.test:3128";',
        'Acquire::http::Proxy::mirror.test "DIRECT";',
        'Acquire::Check-Valid-Until "false";',
        'Acquire::Retries "3";',
    ]
    dropped = [
        'Acquire::https::CaInfo "/root/ca.crt";',
        'Acquire::https::SslCert "/root/client.crt";',
        'Acquire::Languages "none";',
        'Acquire::GzipIndexes "true";',
        'Dir::Cache "/elsewhere";',
        'Acquire::http "";',
    ]
    apt = build({}, "\n".join(kept + dropped), {}, "")
    assert apt.files[OPTIONS].splitlines() == kept


def test_a_proxy_of_the_environment_is_handed_on() -> None:
    environment = {"http_proxy": "http://a.test:1", "HTTPS_PROXY": "http://b.test:2", "https_proxy": ""}
    apt = build({}, "", environment, "")
    assert apt.files[OPTIONS].splitlines() == [
        'Acquire::http::Proxy "http://a.test:1";',
        'Acquire::https::Proxy "http://b.test:2";',
    ]


def test_trust_is_handed_on_where_a_source_wants_it() -> None:
    secure = build({"sources.list": "deb https://mirror.test/debian bookworm main\n"}, "", {}, "CERTIFICATE")
    assert secure.files["etc/lab/ca-certificates.crt"] == "CERTIFICATE"
    assert 'Acquire::https::CaInfo "/etc/lab/ca-certificates.crt";' in secure.files[OPTIONS]
    plain = build({"sources.list": "deb http://mirror.test/debian bookworm main\n"}, "", {}, "CERTIFICATE")
    assert list(plain.files) == [SOURCES, OPTIONS]
