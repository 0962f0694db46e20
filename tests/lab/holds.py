"""A program of a host that waits in the middle of its work until a test lets it go on.

So that a host can be lost, or a run be stopped, while something is under way, without a race.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from lab.errors import LabError
from tests.lab.harness import LabCluster, until

_WRAPPER = """\
#!/bin/sh
case "$*" in
{arguments})
    {before}
    touch /run/lab-reached
    while [ -e /run/lab-hold ]; do sleep 0.05; done
    {after}
    ;;
esac
exec {program} "$@"
"""


@dataclass(frozen=True)
class Hold:
    cluster: LabCluster
    host: str

    def reached(self, run: subprocess.Popen[str]) -> None:
        """Wait until `run` has the program called."""

        def look() -> bool:
            assert run.poll() is None, f"the run ended and never called the program on {self.host}"
            return bool(self.cluster.sh(self.host, "ls /run/lab-reached 2>/dev/null || :"))

        until(look)

    def let_go(self) -> None:
        self.cluster.on(self.host, "rm", "/run/lab-hold")


@contextmanager
def held(cluster: LabCluster, host: str, program: str, arguments: str = "*", *, done: bool = False) -> Iterator[Hold]:
    """`program`, a path, called with `arguments`, a pattern of sh; with `done` it has done its work by then.

    The host has to run at the end of the block, for all to be as it was.
    """
    name = program.rpartition("/")[2]
    before, after = (f'{program} "$@"; code=$?', "exit $code") if done else ("", "")
    text = _WRAPPER.format(program=program, arguments=arguments, before=before, after=after)
    place = f"/usr/local/sbin/{name}"
    cluster.sh(host, f"touch /run/lab-hold; printf %s {shlex.quote(text)} >{place}; chmod 755 {place}")
    try:
        yield Hold(cluster, host)
    finally:
        with suppress(LabError):  # whatever the test has done to the host, its own failure is what counts
            cluster.sh(host, f"rm -f {place} /run/lab-hold /run/lab-reached")
