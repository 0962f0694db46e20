"""Ten instances, a worker and three members: all healthy, and only the worker does the queued jobs."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cluster.harness import TestCluster, until
from tests.steedos.inspect_cluster import NAME, database
from tests.steedos.limits import LIMIT

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]


def test_everything_is_healthy(steedos: TestCluster) -> None:
    status = steedos.status()
    assert (status["state"], status["problems"]) == ("healthy", [])
    assert Counter(row["role"] for row in status["instances"]) == {"web": 10, "worker": 1}
    [version] = re.findall(r'^  version: "(.*)"', steedos.file.read_text(), re.MULTILINE)
    assert {(row["state"], row["version"]) for row in status["instances"]} == {("healthy", version)}
    members = status["database"]["members"]
    assert Counter(row["state"] for row in members) == {"PRIMARY": 1, "SECONDARY": 2}
    assert [row["priority"] for row in members] == [2, 1, 1]


def test_the_worker_alone_does_the_queued_jobs(steedos: TestCluster) -> None:
    """Webhooks in Steedos' queue: each is called once, over a connection that the worker's process holds."""
    pids = {row["pid"]: row["role"] for row in steedos.status()["instances"]}
    with called_by(f"{steedos.network}.250.1", pids) as (url, calls):
        asyncio.run(queue_webhooks(steedos, [f"{url}/{number}" for number in range(12)]))
        until(lambda: len(calls), lambda count: count >= 12)
        left = until(lambda: asyncio.run(queued(steedos)), lambda count: count == 0)
    print(f"12 webhooks: {len(calls)} calls, by {Counter(role for _, role in calls)}; {left} left in the queue")
    assert sorted(path for path, _ in calls) == sorted(f"/{number}" for number in range(12)), "each is called once"
    assert {role for _, role in calls} == {"worker"}


async def queue_webhooks(cluster: TestCluster, urls: list[str]) -> None:
    content = {"instance": {}, "current_approve": {}, "content_type": "application/json", "action": "test"}
    async with database(cluster) as client:
        await client[NAME]["_webhook_queue"].insert_many(
            {
                "_id": f"corral-{number}",
                "createdAt": datetime.now(UTC),
                "createdBy": "<SERVER>",
                "sent": False,
                "sending": 0,
                "webhook": content | {"payload_url": url},
            }
            for number, url in enumerate(urls)
        )


async def queued(cluster: TestCluster) -> int:
    async with database(cluster) as client:
        return await client[NAME]["_webhook_queue"].count_documents({})


@contextmanager
def called_by(address: str, roles: dict[int, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A web server's URL, and the list of its calls: the path, and the role of the process that called."""
    calls: list[tuple[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append((self.path, role_of_peer(self.client_address, self.connection.getsockname(), roles)))
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer((address, 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{address}:{server.server_port}", calls
        finally:
            server.shutdown()
            thread.join()


def role_of_peer(peer: tuple[str, int], here: tuple[str, int], roles: dict[int, str]) -> str:
    """The role of the process that holds the other end of a local connection; '' for none of them.

    Both ends are compared: another connection of the same machine may have the same port to another end.
    """
    ends = [in_the_table(*peer), in_the_table(*here)]
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1:3] == ends}
    for pid, role in roles.items():
        if inodes & sockets_of(pid):
            return role
    return ""


def in_the_table(address: str, port: int) -> str:
    """As /proc/net/tcp has it."""
    return f"{bytes(map(int, address.split('.')))[::-1].hex().upper()}:{port:04X}"


def sockets_of(pid: int) -> set[str]:
    targets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            targets.add(str(descriptor.readlink()))
    return targets
