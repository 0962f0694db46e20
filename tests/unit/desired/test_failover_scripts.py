"""What keepalived asks of a proxy, and what judges keepalived's own file."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from corral.desired.failover import check_script
from tests.free_addresses import free_address
from tests.patience import PATIENCE, until
from tests.unit.desired import judges
from tests.unit.desired.nginx_process import running
from tests.unit.desired.real_clusters import PAIR, cluster_of, wanted

HOST = cluster_of(PAIR).hosts[0]
CHECK = dict(wanted(PAIR).checks)["/etc/corral/pair/keepalived.conf"]


def asked(address: str, port: int) -> int:
    script = check_script(replace(HOST, address=address), port)
    return subprocess.run(
        [judges.program("bash"), "-c", script], capture_output=True, timeout=PATIENCE, check=False
    ).returncode


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, int]]:
    """A listener that says `answer` to everybody and then nothing more."""
    with socket.create_server((free_address(), 0)) as server:
        said = threading.Thread(target=_say, args=(server, answer), daemon=True)
        said.start()
        yield server.getsockname()[:2]


def _say(server: socket.socket, answer: bytes) -> None:
    try:
        connection, _ = server.accept()
    except OSError:  # the test is over
        return
    with connection:
        connection.sendall(answer)
        connection.recv(1000)
        threading.Event().wait(5)


def test_an_nginx_that_answers_is_well(tmp_path: Path) -> None:
    with running("1.22", [], tmp_path / "nginx") as proxy:
        until(lambda: asked(proxy.address, proxy.port), lambda code: code == 0)  # as often as keepalived would ask


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 Unavailable\r\n\r\n", b"HTTP/1.1 2000 x\r\n\r\n", b""])
def test_any_other_answer_is_none(answer: bytes) -> None:
    with answering(answer) as (address, port):
        assert asked(address, port) != 0


def test_where_nobody_listens_nobody_answers() -> None:
    assert asked(free_address(), 1) != 0


@pytest.mark.parametrize(
    ("says", "code", "taken"),
    [
        ("", 0, True),
        ("(k.conf: Line 3) Unknown keyword 'x'", 0, True),
        ("(k.conf: Line 3) Unknown keyword 'x'", 5, False),
        ("", 5, False),
        ("", 143, True),
        ("(k.conf: Line 3) Unknown keyword 'x'", 143, False),
    ],
)
def test_keepalived_2_2_7_ends_its_own_test_and_is_understood(
    says: str, code: int, taken: bool, tmp_path: Path
) -> None:
    """143 is SIGTERM, which it sends itself after a test of a file with a script."""
    stand_in = tmp_path / "keepalived"
    end = "kill -TERM $$" if code == 143 else f"exit {code}"
    stand_in.write_text(
        f'#!/bin/sh\n[ "$*" = "-t -l -f /candidate" ] || exit 9\n{f"echo {says!r}" if says else ""}\n{end}\n'
    )
    stand_in.chmod(0o755)
    place = {"/usr/sbin/keepalived": str(stand_in), "{}": "/candidate"}
    judged = subprocess.run([place.get(part, part) for part in CHECK], capture_output=True, text=True, check=False)
    assert (judged.returncode == 0) is taken
    assert says in judged.stderr
