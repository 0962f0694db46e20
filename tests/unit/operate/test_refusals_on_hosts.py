"""What real hosts have to say against a change: seen in their answers, told by every verb, and nothing is sent to them.

tests/unit/operate/test_refusals.py has all of the table; this is whether hosts bring it to fire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from corral.errors import CorralError
from corral.events import Event, Warned
from corral.operate import apply as applying
from corral.operate.apply import ApplyRequest
from corral.operate.destroy import destroy
from corral.operate.restart import restart
from corral.operate.session import Session
from corral.operate.where import Where
from corral.problems import Problem, errors_in
from tests.unit.operate.recorded_hosts import RecordedHosts, hosts

__all__ = ["hosts"]

Verb = Callable[[Where, Session], Any]
VERBS: Final[dict[str, Verb]] = {
    "plan": lambda where, session: applying.plan(where, (), session),
    "apply": lambda where, session: applying.apply(where, ApplyRequest(yes=True), session),
    "restart": lambda where, session: restart(where, "", True, session),
    "destroy": lambda where, session: destroy(where, False, "board", session),
}
STARTING: Final = ("plan", "apply", "restart")


def run(hosts: RecordedHosts, verb: str, session: Session | None = None) -> Any:
    return asyncio.run(VERBS[verb](Where(hosts.file, "hosts"), session or Session()))


def _no_archive(hosts: RecordedHosts) -> None:
    (hosts.directory / "noticeboard.tar").unlink()


def _unreachable(hosts: RecordedHosts) -> None:
    hosts.transport.fail("db-217")


def _lost_secrets(hosts: RecordedHosts) -> None:
    hosts.secrets.unlink()


def _other_secrets(hosts: RecordedHosts) -> None:
    text = hosts.secrets.read_text()
    hosts.secrets.write_text(text.replace('keyfile: "', 'keyfile: "Zm9y'))


def _no_tar(hosts: RecordedHosts) -> None:
    hosts.edit("app-208", "\036host", "\ntar\n", "\nrat\n")


def _no_forwarding(hosts: RecordedHosts) -> None:
    hosts.nowhere.forbidden = {("db-217", 27017), ("app-108", 5040)}


def _rootless(hosts: RecordedHosts) -> None:
    hosts.edit("app-208", "/proc/self/status:Uid", "0\t0\t", "7\t0\t")


def _other_bytes(hosts: RecordedHosts) -> None:
    hosts.edit("proxy-100", "\036directories", "nginx-43de67cd45a7", "nginx-000000000000")


def _copying(hosts: RecordedHosts) -> None:
    hosts.copying = "db-218"
    hosts.restamp("mongod.db-217", "db-217")


def _drift(hosts: RecordedHosts) -> None:
    hosts.edit("proxy-100", "/etc/corral/board/nginx.conf", "sendfile on;", "sendfile On;")


def _stale(hosts: RecordedHosts) -> None:
    """One instance is to be started anew; and from look to look it is known of another, or it isn't."""
    words = ['"revision"', '"Revision"']
    hosts.restamp("app-108-worker-5140", "app-108")

    def changed(host: str) -> None:
        if host == "app-108":
            hosts.edit(host, "/state/revisions/app-108-5040.json", *words)
            words.reverse()

    hosts.before_answer = changed


# what is the matter -> whom it concerns, exit code and problem code
MATTERS: Final[dict[Callable[[RecordedHosts], None], tuple[tuple[str, ...], int, str]]] = {
    _no_archive: (STARTING, 2, "no-archive"),
    _unreachable: ((*STARTING, "destroy"), 3, "unreachable"),
    _lost_secrets: (STARTING, 1, "secrets-lost"),
    _other_secrets: (STARTING, 1, "secrets-lost"),
    _no_tar: (STARTING, 1, "H02"),
    _no_forwarding: (STARTING, 1, "forwarding-forbidden"),
    _rootless: ((*STARTING, "destroy"), 1, "H01"),
    _other_bytes: (("plan", "apply"), 2, "other-archive"),
    _copying: (STARTING, 1, "member-copies"),
    _drift: (("apply",), 1, "drift"),
    _stale: (("apply", "restart", "destroy"), 5, "stale-plan"),
}
CASES: Final = [(matter, verb, code, said) for matter, (verbs, code, said) in MATTERS.items() for verb in verbs]


@pytest.mark.parametrize(("matter", "verb", "code", "said"), CASES, ids=[f"{m.__name__[1:]}-{v}" for m, v, *_ in CASES])
def test_a_matter_is_told_and_nothing_is_sent(
    hosts: RecordedHosts, matter: Callable[[RecordedHosts], None], verb: str, code: int, said: str
) -> None:
    matter(hosts)
    had_secrets = hosts.secrets.exists()
    with pytest.raises(CorralError) as refused:
        run(hosts, verb)
    assert refused.value.exit_code == code
    assert {problem.code for problem in errors_in(refused.value.problems)} == {said}
    assert hosts.secrets.exists() == had_secrets
    if said == "stale-plan":  # the lock was held, and given back
        taken = [script for script in hosts.scripts if "take_lock" in script]
        given_back = [script for script in hosts.scripts if "release_" in script]
        assert len(taken) == len(given_back) == len(hosts.scripts) / 2
        assert {call.verb for call in hosts.transport.calls} == {"run"}
    else:
        assert hosts.scripts == []
        assert not hosts.journal.exists(), "or the next verb would take the cluster for one that runs on its hosts"


def test_nothing_is_the_matter(hosts: RecordedHosts) -> None:
    assert run(hosts, "plan").changes == 0
    assert hosts.scripts == []


def test_a_host_that_can_do_nothing_is_told_by_that_alone(hosts: RecordedHosts) -> None:
    """An account that has expired forbids forwarding, too."""
    _no_forwarding(hosts)
    hosts.transport.fail("db-217")
    hosts.transport.fail("app-108")
    with pytest.raises(CorralError) as refused:
        run(hosts, "plan")
    assert {problem.code for problem in refused.value.problems} == {"unreachable"}


def test_what_is_slow_is_told_and_does_not_refuse(hosts: RecordedHosts) -> None:
    events: list[Event] = []
    hosts.transport.slowness = (Problem("slow-host", "warning", "sudo takes 12 s on db-217", "", "db-217"),)
    run(hosts, "plan", Session(sink=events.append))
    warned = [problem.code for event in events if isinstance(event, Warned) for problem in event.problems]
    assert "slow-host" in warned
