"""What goes wrong on hosts, made by a test; and what must not have changed there meanwhile."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.lab.harness import A_RUN, LabCluster, mongod, noticeboard, until

NAME, SUBNET = "corral-t2", "10.112.0"
HOSTS = ("proxy-1=11", "app-1=21", "db-1=31", "db-2=32", "db-3=33")

_MARK = "touch /run/lab-mark"
_WRITTEN = """
find / -xdev -cnewer /run/lab-mark ! -type d ! -path '/proc/*' ! -path '/sys/*' ! -path '/dev/*' ! -path '/run/*' \\
    ! -path '/tmp/*' ! -path '/var/log/*' ! -path '/var/lib/systemd/*' ! -path '/var/*/apt/*' -print
find /etc/corral /var/lib/corral /opt/corral /var/log/corral -cnewer /run/lab-mark -print 2>/dev/null || :
"""
"""What was written since the mark, whoever did it. Logins write logs, timers their stamps, apt-cache its cache."""


def sections(runtime: str = "systemd") -> dict[str, Any]:
    """Two instances and a worker on one host, three members, two time servers."""
    return {
        "proxy": {"hosts": ["proxy-1"]},
        "app": noticeboard(runtime, ["app-1"], instances=2, workers={"instances": 1}),
        "database": mongod({"db-1": {"priority": 2}, "db-2": {}, "db-3": {}}),
        "time": {"servers": ["proxy-1", "db-1"]},
    }


def on_all(cluster: LabCluster, script: str, but: Sequence[str] = ()) -> dict[str, str]:
    """What `script` writes on each host, all at the same time."""
    hosts = [host for host in cluster.spec["hosts"] if host not in but]
    with ThreadPoolExecutor(len(hosts)) as pool:
        return dict(zip(hosts, pool.map(lambda host: cluster.sh(host, script), hosts), strict=True))


@contextmanager
def untouched(cluster: LabCluster, but: Sequence[str] = (), living: str = "") -> Iterator[None]:
    """The block writes no file on any host. Those in `but` are not looked at.

    `living`: a regular expression of paths at which a cluster that runs writes all the time.
    """
    on_all(cluster, _MARK, but)
    yield
    written = {host: set(text.splitlines()) for host, text in on_all(cluster, _WRITTEN, but).items()}
    quiet = re.compile(living or "(?!)")
    changed = {host: {path for path in paths if not quiet.search(path)} for host, paths in written.items()}
    assert not any(changed.values()), str(changed)


def refused(cluster: LabCluster, code: int, *words: str, but: Sequence[str] = ()) -> str:
    """`apply` ends with `code`, says all of `words`, and has changed nothing anywhere. What it said."""
    runs = set(cluster.store.glob("journal/*"))
    with untouched(cluster, but):
        said = cluster.run("apply", "--yes", code=code).stderr
    for word in words:
        assert word in said, f"{word!r} isn't in:\n{said}"
    assert set(cluster.store.glob("journal/*")) == runs
    return said


SILENT: Final = r"(no answer on port 22 within 10 s|its network has no such host \(no route to host\))"
"""Which of the two is told of a host that is off depends on whether the network still remembers its hardware address,
which is forgotten after a while."""


def errors(said: str) -> list[str]:
    """The first lines of the errors in what a verb said."""
    return [line for line in said.splitlines() if line.startswith("error: ")]


MANAGED = """
find /etc/corral /etc/systemd/system /etc/sysusers.d /etc/sysctl.d /etc/chrony/conf.d /etc/logrotate.d -type f \\
    \\( -path '*corral*' ! -name '.*' \\) -exec sha256sum {} + 2>/dev/null | sort -k 2
"""
LEFT_OVER = """
find / -xdev \\( -name '.*.corral' -o -name '.corral-unpack.*' -o -path '/var/lib/corral/*.new' \\) -print
systemctl list-units --plain --no-legend --state=failed 'corral-*'
"""


class Sights:
    """What Corral's files were on all hosts, time and again: in the end it is known what they may have been."""

    def __init__(self, cluster: LabCluster) -> None:
        self._cluster = cluster
        self._seen: set[tuple[str, str]] = set()
        self._right: set[tuple[str, str]] = set()

    def look(self) -> dict[str, str]:
        """By host, a line for each file: its digest and path."""
        files = on_all(self._cluster, MANAGED)
        self._seen |= {(host, line) for host, text in files.items() for line in text.splitlines()}
        return files

    def accept(self) -> None:
        """What is there now is whole: a test that lets an apply change a file again says so before."""
        self._right |= {(host, line) for host, text in self.look().items() for line in text.splitlines()}

    def assert_whole(self) -> None:
        """Every file was at each look what it is now, or not there yet; nothing half-done lies about."""
        self.accept()
        assert not self._seen - self._right, str(self._seen - self._right)
        left = {host: text for host, text in on_all(self._cluster, LEFT_OVER).items() if text}
        assert not left, str(left)


@dataclass
class Applying:
    """A run beside the test. When it is over, `said` is what it told people."""

    process: subprocess.Popen[str]
    directory: Path
    earlier: frozenset[Path]
    """The records of runs before it."""
    said: str = ""

    def lines(self) -> list[dict[str, Any]]:
        """What it has written down beside the cluster file so far."""
        journals = sorted(set(self.directory.glob("*.jsonl")) - self.earlier)
        lines = journals[-1].read_text().splitlines(keepends=True) if journals else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def has(self, kind: str, action: str) -> bool:
        """Whether it has `started` or `done` an action, by the beginning of its id."""
        assert self.process.poll() is None, "the run ended before it came so far"
        return any(line["kind"] == kind and line["action"].startswith(action) for line in self.lines())

    def wait_for(self, kind: str, action: str) -> None:
        until(lambda: self.has(kind, action), bool, pause=0.02)

    def wait(self) -> None:
        """Until it has ended. What is said meanwhile fits into the pipe."""
        self.process.wait(A_RUN)

    @property
    def account(self) -> str:
        """The line that says how far it came."""
        lines = [line for line in self.said.splitlines() if " changes are done" in line]
        assert len(lines) == 1, self.said
        return lines[0]


@contextmanager
def applying(cluster: LabCluster, *codes: int) -> Iterator[Applying]:
    """`apply` goes on beside the block, and ends with one of `codes` after it."""
    directory = cluster.store / "journal"
    earlier = frozenset(directory.glob("*.jsonl"))
    process = cluster.start(
        "apply", "--yes", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        run = Applying(process, directory, earlier)
        yield run
        _, err = process.communicate(timeout=A_RUN)
    finally:
        process.kill()
        process.wait()
    assert process.returncode in codes, f"exit {process.returncode}, expected {codes}\n{err}"
    assert "Traceback" not in err, err
    run.said = err
