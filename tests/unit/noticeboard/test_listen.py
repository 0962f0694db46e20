"""A port that can't be had is one sentence and status 1."""

import socket
import subprocess
import sys

import pytest

from corral.noticeboard.listen import ListenError, listen
from tests.free_addresses import free_address

from .running import run


def test_nothing_heavy_is_imported_before_the_port_is_open() -> None:
    check = (
        "import sys, corral.noticeboard.__main__\n"
        "print({'asyncio', 'pymongo', 'starlette', 'uvicorn'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert printed.stdout == "set()\n"


def test_a_taken_port_ends_the_process_with_status_1() -> None:
    address = free_address()
    with socket.create_server((address, 8000)):
        ended = run(host=address, port="8000", mongo_url="mongodb://127.0.0.1/board")

    assert ended.returncode == 1
    assert ended.stderr == (f"noticeboard: can't listen on {address} port 8000: another program listens there.\n")


@pytest.mark.parametrize(
    ("host", "why"),
    [("192.0.2.1", "not one of this machine's"), ("a..b", "the name has no address")],
)
def test_an_address_of_another_machine_is_refused_in_words(host: str, why: str) -> None:
    with pytest.raises(ListenError, match=why):
        listen(host, 8000)
