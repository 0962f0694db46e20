"""How long it takes to reach hosts over SSH: the import, connections, commands, and how fast a file is sent.

    .venv/bin/python bench/ssh.py --user deploy --key KEY --known-hosts FILE --sudo ADDRESS...

Connects as `corral apply` does and changes nothing on the hosts. Prints medians, in milliseconds and MB/s.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from corral.transport import ssh_config
from corral.transport.ssh import SshTransport
from corral.transport.ssh_settings import SshSettings

IMPORTS = {
    "import asyncssh, as Corral does": "from corral import tuned\nwith tuned.importing_asyncssh(): import asyncssh",
    "import asyncssh, as it is": "import asyncssh",
}
CIPHERS = ("aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr")
SENT = 64_000_000
"""Bytes of the file that is sent: random, so that nothing compresses it."""
Times = dict[str, list[float]]


async def took(work: Awaitable[object]) -> float:
    started = time.perf_counter()
    await work
    return (time.perf_counter() - started) * 1000


def import_times(times: Times) -> None:
    """What the import adds to a Python that has asyncio already."""
    for name, statement in IMPORTS.items():
        script = f"import asyncio, time; t = time.perf_counter()\n{statement}\nprint((time.perf_counter() - t) * 1000)"
        done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
        times[name].append(float(done.stdout))


async def one_round(settings: dict[str, SshSettings], times: Times) -> None:
    for names in ([next(iter(settings))], list(settings)):
        count = f"{len(names)} host{'' if len(names) == 1 else 's'}"
        transport = SshTransport(settings)
        try:
            times[f"connect to {count}"].append(await took(asyncio.gather(*map(transport.connection, names))))
            for what in (f"the first script on {count}", f"a script on {count}"):
                times[what].append(await took(asyncio.gather(*(transport.run(name, "true") for name in names))))
        finally:
            await transport.close()
        transport = SshTransport(settings)
        try:
            work = asyncio.gather(*(transport.run(name, "true") for name in names))
            times[f"connect and run a script on {count}"].append(await took(work))
        finally:
            await transport.close()


async def send(settings: SshSettings, file: Path, speeds: Times) -> None:
    for cipher in CIPHERS:
        ssh_config.FAST_CIPHERS = cipher  # type: ignore[misc] # what is measured
        transport = SshTransport({settings.host: settings})
        try:
            await transport.run(settings.host, "true")
            milliseconds = await took(transport.put(settings.host, file, "cat >/dev/null"))
            speeds[cipher].append(SENT / 1000 / milliseconds)
        finally:
            await transport.close()


def table(title: str, unit: str, rows: Times) -> Table:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column, justify in (("what", "left"), ("median", "right"), ("least", "right"), ("most", "right")):
        shown.add_column(column, justify=justify)  # type: ignore[arg-type]
    for what, values in rows.items():
        shown.add_row(what, *(f"{value:.0f}" for value in (statistics.median(values), min(values), max(values))))
    shown.caption = unit
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
    parser.add_argument("--user", default="")
    parser.add_argument("--key", default="")
    parser.add_argument("--known-hosts", default="")
    parser.add_argument("--sudo", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    known = (given.known_hosts,) if given.known_hosts else ()
    base = SshSettings("", "", given.user, key=given.key, sudo=given.sudo, known_hosts=known)
    settings = {address: replace(base, host=address, address=address) for address in given.addresses}
    times: Times = defaultdict(list)
    speeds: Times = defaultdict(list)
    with tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(SENT))
        file.flush()
        asyncio.run(one_round(settings, defaultdict(list)))  # the import, and what is only slow once
        for _ in range(given.rounds):
            import_times(times)
            asyncio.run(one_round(settings, times))
            asyncio.run(send(next(iter(settings.values())), Path(file.name), speeds))
    console = Console()
    console.print(table("times", "milliseconds", times))
    console.print(table("a file is sent", "MB/s", speeds))


if __name__ == "__main__":
    main()
