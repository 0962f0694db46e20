"""What stands between an accepted key and a command: account, PAM, shell, sudo. Each by name, and what mends it. Pure.

A host that answers and runs nothing is told apart by the marks that didn't come, never by its exit status: a forced
command may print something and end with 0.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from corral.errors import Unreachable
from corral.language import tr
from corral.model.ends import ended
from corral.transport.ssh_trouble import Way, in_one_line, with_words


@dataclass(frozen=True)
class NotBegun:
    """A script that has not begun. `code` is the exit code of what ran in its place, None when nothing has ended."""

    said: str
    logged_in: bool = False
    """Whether the account's shell ran: then it was sudo that did not go on."""
    code: int | None = None
    waited: float = 0.0
    """Seconds that it was waited for."""


Hint = Callable[[Way], str]


def _lift(way: Way) -> str:
    return tr(
        "as root there: `chage -l {user}` shows what has expired, `chage -d $(date +%F) -M -1 -E -1 {user}` lifts it; "
        "for the account's own new password: `{by_hand}`",
        user=way.user,
        by_hand=way.by_hand,
    )


def _unlock(way: Way) -> str:
    return tr(
        "as root there: `passwd -S {user}` shows it, `usermod -U -e '' {user}` unlocks it, `faillock --user {user} "
        "--reset` forgets failed logins",
        user=way.user,
    )


def _open_again(way: Way) -> str:
    return tr(
        "only root gets in until that is over: as root there, or on its console, `rm /run/nologin /etc/nologin`, "
        "whichever is there; or ssh.user: root"
    )


def _other_shell(way: Way) -> str:
    return tr(
        "as root there: `getent passwd {user}` shows the account's shell, `usermod -s /bin/sh {user}` gives it one",
        user=way.user,
    )


def _not_forced(way: Way) -> str:
    return tr(
        "as root there: `sshd -T -C user={user},host=x,addr=x | grep -i forcecommand`, `command=` in the account's "
        "~/.ssh/authorized_keys and `getent passwd {user}` show what runs in its place",
        user=way.user,
    )


_EXPIRED: Final = re.compile(
    r"password has expired|change your password|password change required|account (has|is|or password is) expired|"
    r"account expired|password expired|required to change your password",
    re.IGNORECASE,
)
_LOCKED: Final = re.compile(r"account is locked|account has been locked|temporarily locked|account is disabled", re.I)
_CLOSED: Final = re.compile(
    r"nologin|system is (booting up|going down)|not permitted to log ?in|logins? (is|are) (disabled|not allowed)", re.I
)
_NO_SHELL: Final = re.compile(r"account is currently not available|no shell|nologin", re.IGNORECASE)

_OF_ACCOUNTS: Final[tuple[tuple[re.Pattern[str], Hint], ...]] = (
    (_EXPIRED, _lift),
    (_LOCKED, _unlock),
    (_CLOSED, _open_again),
)


def account_hint(way: Way, said: str) -> str:
    """What mends that the account is not let in, where the host's own words tell why; else empty."""
    return next((hint(way) for words, hint in _OF_ACCOUNTS if words.search(said)), "")


def turned_away(way: Way, said: str) -> Unreachable:
    """The connection ended after a key was offered and before the login: that is the account's rules, or PAM's."""
    if not said.strip():
        message = tr("it ends the login of {user} without a word", user=way.user)
        hint = tr(
            "its log tells why, as root there: `journalctl -u ssh -u sshd -n 20` (PAM: an expired account, pam_access, "
            "limits; or too many logins at once: MaxStartups)"
        )
        return way.failure("login-refused", message, hint)
    message = tr("it ends the login of {user} and says: {said}", user=way.user, said=in_one_line(said))
    log = tr("its log tells why, as root there: `journalctl -u ssh -u sshd -n 20`")
    return way.failure("login-refused", message, account_hint(way, said) or log)


def asks_more(way: Way, method: str, said: str) -> Unreachable:
    """`method` is SSH's own name for what it asks."""
    message = tr(
        "it takes the key of {user} and then asks for more ({method}: a password or a code), which Corral can't give",
        user=way.user,
        method=method,
    )
    hint = tr(
        "as root there, at the end of sshd_config: `Match User {user}`, below it `AuthenticationMethods publickey`; "
        "then `systemctl reload ssh`",
        user=way.user,
    )
    return way.failure("login-refused", with_words(message, said), hint)


def not_begun(way: Way, found: NotBegun) -> Unreachable:
    return _of_sudo(way, found) if found.logged_in else _of_shell(way, found)


def _of_shell(way: Way, found: NotBegun) -> Unreachable:
    said = _quoted(found)
    if found.code is None:
        message = tr(
            "the login works, but no command begins within {waited:g} s; it said: {said}",
            waited=found.waited,
            said=said,
        )
        return way.failure("no-command", message, f"{_slow(way)}; {_not_forced(way)}")
    if _EXPIRED.search(found.said):
        message = tr("the account {user} has expired, or its password: {said}", user=way.user, said=said)
        return way.failure("login-refused", message, _lift(way))
    if _NO_SHELL.search(found.said):
        message = tr("the shell of {user} lets nobody in: {said}", user=way.user, said=said)
        return way.failure("no-command", message, _other_shell(way))
    if hint := account_hint(way, found.said):
        message = tr("it doesn't let {user} in: {said}", user=way.user, said=said)
        return way.failure("login-refused", message, hint)
    message = tr(
        "the login works, but another program runs in the command's place, so nothing was done there; it said: {said}",
        said=said,
    )
    return way.failure("no-command", message, _not_forced(way))


def _slow(way: Way) -> str:
    return tr("`{by_hand} true` shows where it waits (the account's shell, or PAM)", by_hand=way.by_hand)


def _of_sudo(way: Way, found: NotBegun) -> Unreachable:
    if found.code is None:
        message = tr(
            "sudo doesn't begin within {waited:g} s; it said: {said}", waited=found.waited, said=_quoted(found)
        )
        return way.failure("no-sudo", message, tr("{by_hand} shows it", by_hand=_tried(way)))
    said = (found.said.splitlines() or [_quoted(found)])[-1]
    message = tr("{user} can't become root: `sudo -n sh -s` said: {said}", user=way.user, said=said)
    hint = next((hint(way) for words, hint in _OF_SUDO if words.search(found.said)), "") or _allow(way)
    return way.failure("no-sudo", message, hint)


def _tried(way: Way) -> str:
    return f"`{way.by_hand} {shlex.quote('time sudo -n true')}`"


def _allow(way: Way) -> str:
    """A file that sorts behind all others: sudo obeys the last line that fits."""
    return tr(
        "as root there: echo '{line}' >/etc/sudoers.d/{file_name} (visudo -c checks it); if it is there already, a "
        "later line goes over it: `sudo -l -U {user}`; or log in as root: ssh.user: root",
        line=f"{way.user} ALL=(ALL) NOPASSWD: ALL",
        file_name=_file_name(way.user),
        user=way.user,
    )


def _no_tty(way: Way) -> str:
    return tr(
        "its sudoers has `requiretty`; as root there: echo 'Defaults:{user} !requiretty' >/etc/sudoers.d/"
        "zz-{file_name} (visudo -c checks it)",
        user=way.user,
        file_name=_file_name(way.user),
    )


def _install(way: Way) -> str:
    return tr("as root there: `apt-get install sudo`; or log in as root: ssh.user: root")


def _set_right(way: Way) -> str:
    return tr("as root there: `visudo -c` names the file and the line")


def _own(way: Way) -> str:
    return tr(
        "as root there: `chown root:root` that file; `chmod 4755 $(command -v sudo)`; `visudo -c` checks the rest"
    )


def _allow_gains(way: Way) -> str:
    return tr(
        "something takes from {user}'s sessions the right to become root: a mount with nosuid, NoNewPrivileges of "
        "ssh.service, a container without it; `{by_hand} findmnt -T /usr/bin/sudo` shows the mount",
        user=way.user,
        by_hand=way.by_hand,
    )


_OF_SUDO: Final[tuple[tuple[re.Pattern[str], Hint], ...]] = (
    (re.compile(r"must have a tty|terminal is required to (run|use) sudo", re.IGNORECASE), _no_tty),
    (_EXPIRED, _lift),
    (re.compile(r"account validation failure|account is locked", re.IGNORECASE), _unlock),
    (re.compile(r"no new privileges|effective uid is not 0|nosuid", re.IGNORECASE), _allow_gains),
    (re.compile(r"must be owned by uid 0|is owned by uid|must be only be writable", re.IGNORECASE), _own),
    (re.compile(r"syntax error|parse error|no valid sudoers|unable to open /etc/sudoers", re.IGNORECASE), _set_right),
    (re.compile(r"sudo: (command )?not found|'?sudo'?: no such file", re.IGNORECASE), _install),
)


def _quoted(found: NotBegun) -> str:
    """Its first lines; of one without a word, how it ended."""
    if found.said.strip():
        return in_one_line(found.said)
    return tr("nothing") if found.code is None else tr("nothing; it {ended}", ended=ended(found.code))


def _file_name(user: str) -> str:
    """sudo passes over files with a dot in their name."""
    return user.replace(".", "-")
