"""What programs say of their versions, and whose numbers those are."""

from __future__ import annotations

import pytest

from corral.model.machine import Program, Version
from corral.model.programs import NGINX_SINCE, PROGRAMS
from corral.model.versions import _LAST_SHARED, asked, said_version

BUILT = (
    "built by gcc 12.2.0 (Debian 12.2.0-14)\nconfigure arguments: --with-openssl=../openssl-3.0.13 --with-pcre=8.45\n"
)


@pytest.mark.parametrize(
    ("text", "version", "product"),
    [
        (f"nginx version: nginx/1.24.0 (Ubuntu)\n{BUILT}", (1, 24, 0), ""),
        ("nginx version: nginx/1.25.1 (nginx-plus-r30)\n", (1, 25, 1), ""),
        ("nginx version: nginx/1.31.0\n", (1, 31, 0), ""),
        (f"nginx version: openresty/1.25.3.1\n{BUILT}", (1, 25, 3), ""),
        (f"Angie version: Angie/1.8.1\nnginx version: nginx/1.27.3\n{BUILT}", (1, 27, 3), "Angie 1.8.1"),
        ("Angie version: Angie/1.8.1\n", (1, 23, 0), "Angie 1.8.1"),
        ("Tengine version: Tengine/3.1.0\nnginx version: nginx/1.24.0\n", (1, 24, 0), "Tengine 3.1.0"),
        ("Tengine version: Tengine/2.2.3 (nginx/1.8.1)\n", (1, 8, 1), "Tengine 2.2.3"),
        ("freenginx version: freenginx/1.29.7\n", (1, 25, 3), "freenginx 1.29.7"),
        ("nginx version: mine/1.8\n", None, "mine 1.8"),
        ("no version at all", None, ""),
    ],
)
def test_nginx_and_its_kin(text: str, version: Version | None, product: str) -> None:
    assert said_version("nginx", text) == (version, product)


def test_a_fork_has_its_own_form_of_what_came_later() -> None:
    """Where nginx has `route=`, Angie has `sid=`: nginx would be refused by the other's configuration."""
    version, _ = said_version("nginx", "Angie version: Angie/1.12.1\nnginx version: nginx/1.31.2\n")
    assert version == _LAST_SHARED
    assert min(NGINX_SINCE.values()) > _LAST_SHARED


def test_no_fork_is_too_old_by_its_own_number() -> None:
    oldest = PROGRAMS["nginx"].oldest
    for name in ("Angie/1.0.0", "freenginx/1.25.4"):
        version, _ = said_version("nginx", f"{name.partition('/')[0]} version: {name}\n")
        assert oldest
        assert version
        assert version >= oldest


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("mongod", "db version v6.0.5\nBuild Info: {}", (6, 0, 5)),
        ("mongod", "db version v6.0.5-4\nBuild Info: {}", (6, 0, 5)),
        ("mongod", '{"version": "1.2.3"}\ndb version v8.0.4', (8, 0, 4)),
        ("mongod", "FerretDB v1.24.0", None),
        ("chronyd", "chronyd (chrony) version 4.3 (+CMDMON)", (4, 3, 0)),
    ],
)
def test_others(name: str, text: str, version: Version | None) -> None:
    assert said_version(name, text).version == version


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("db version v6.0.5", 0, Program("mongod", "/m", (6, 0, 5))),
        ("\n", 3, Program("mongod", "/m", failure="it ended with exit status 3 and said nothing")),
        ("", 0, Program("mongod", "/m", failure="it ended with exit status 0 and said nothing")),
        ("no licence", 3, Program("mongod", "/m", failure="no licence")),
        ("FerretDB v1.24.0\nmore", 0, Program("mongod", "/m", product="FerretDB v1.24.0")),
    ],
)
def test_what_becomes_of_an_answer(text: str, status: int, expected: Program) -> None:
    assert asked("mongod", "/m", text, status) == expected


@pytest.mark.parametrize("status", [-4, 132])
def test_one_that_a_signal_ended(status: int) -> None:
    silent, spoken = asked("mongod", "/m", "", status).failure, asked("mongod", "/m", "almost", status).failure
    assert silent
    assert "SIGILL" in silent
    assert "and said nothing" in silent
    assert spoken
    assert "SIGILL" in spoken
    assert spoken.endswith("it said: almost")
