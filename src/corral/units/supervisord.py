"""supervisord as the playground's keeper of processes: its own file, its start and its end."""

from __future__ import annotations

import asyncio
import glob
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xmlrpc.client import Fault, ServerProxy

from corral.errors import ChangeFailed
from corral.files import write_file
from corral.language import tr
from corral.late import late
from corral.model.ends import SILENT, ended
from corral.model.programs import MONGOD_LIMIT
from corral.problems import Problem
from corral.units import orphans
from corral.units.machine import open_files_limit

if TYPE_CHECKING:
    import supervisor.xmlrpc as supervisor_rpc
else:
    supervisor_rpc = late("supervisor.xmlrpc")

_LAST_WORDS: Final = 64 << 10
"""Bytes of its log, in which the last end of each of a few hundred processes is."""
_SOCKET_PATH_LIMIT: Final = 100
"""Bytes; Linux takes 107 in a socket's address."""
_KEPT: Final = ("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""The variables that processes inherit from the shell that started the cluster. No others: they may hold secrets, and
instances should not depend on one shell."""

DOWN: Final = (ConnectionError, FileNotFoundError, ModuleNotFoundError)
"""What a call raises when no supervisord answers; the last where it is not installed, which a rule reports."""


@dataclass(frozen=True)
class Supervisord:
    """The supervisord of the cluster in `root`."""

    root: Path
    name: str

    @property
    def socket(self) -> Path:
        """Its control socket: in the cluster's directory, or in a private one of /tmp when that path is too long."""
        path = self.root / "supervisor.sock"
        return path if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT else self._elsewhere.with_suffix(".sock")

    @property
    def _elsewhere(self) -> Path:
        """A short path of plain letters. Not below TMPDIR: whoever asks later may have another one."""
        short = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path("/tmp") / f"corral-{os.geteuid()}" / short  # noqa: S108 # its directory has to be this user's own

    @property
    def _plain_root(self) -> Path:
        """The cluster's directory as supervisord can be told of it: in one with `[`, `*` or `?` it finds no unit."""
        return self.root if glob.escape(str(self.root)) == str(self.root) else self._elsewhere

    async def call(self, method: str, *arguments: object) -> Any:
        """An XML-RPC call. Raises xmlrpc.client.Fault for a refusal, one of DOWN when nobody answers."""
        return await asyncio.to_thread(self._call, method, arguments)

    def _call(self, method: str, arguments: tuple[object, ...]) -> Any:
        transport = supervisor_rpc.SupervisorTransport(None, None, f"unix://{self.socket}")
        with ServerProxy("http://127.0.0.1", transport=transport) as server:
            return getattr(server, method)(*arguments)

    async def pid(self) -> int:
        """Its process id, also while it shuts down; 0 when it doesn't run."""
        try:
            return int(await self.call("supervisor.getPID"))
        except Fault:
            return self._recorded_pid()
        except DOWN:
            return 0

    def _recorded_pid(self) -> int:
        """By its pid file, which it removes as the last thing it does."""
        try:
            return int((self.root / "supervisord.pid").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    async def last_words(self) -> str:
        """The end of its own log: how processes have ended is told there alone."""
        return await asyncio.to_thread(self._last_words)

    def _last_words(self) -> str:
        try:
            with (self.root / "supervisord.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_WORDS))
                return log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    async def wait_for_shutdown(self, patience: float = 90) -> None:
        """When it is shutting down already: wait until it has ended."""
        try:
            await self.call("supervisor.getState")
        except Fault:
            await orphans.gone([self._recorded_pid()], patience)
        except DOWN:
            return

    async def path(self) -> str:
        """The PATH that instances have: the running one's own, which may be older than this shell's."""
        pid = await self.pid()
        if not pid:
            return instance_path()
        return path_of(pid)

    async def start(self) -> bool:
        """Start it unless it runs. True when it was started. Raises ChangeFailed when it doesn't come up."""
        if {self.socket.parent, self._plain_root} != {self.root}:
            self._prepare_elsewhere()
        if await self.pid():
            return False
        write_file(self.root / "supervisord.conf", self._configuration().encode(), 0o600)
        await self._wait_until_up(self._launch())
        return True

    def _prepare_elsewhere(self) -> None:
        """Raises ChangeFailed where that directory is another user's, who could have put anything there."""
        directory = self._elsewhere.parent
        directory.mkdir(mode=0o700, exist_ok=True)
        if directory.lstat().st_uid != os.geteuid():
            message = tr("{directory} belongs to another user", directory=directory)
            hint = tr("set XDG_STATE_HOME to a path of fewer than 80 plain letters")
            raise ChangeFailed(Problem("socket-owner", "error", message, hint))
        if self._plain_root != self.root:
            self._elsewhere.unlink(missing_ok=True)
            self._elsewhere.symlink_to(self.root)

    def _launch(self) -> subprocess.Popen[bytes]:
        """In a session of its own, so that a terminal's Ctrl-C does not reach it."""
        with (self.root / "supervisord.out").open("wb") as output:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "supervisor.supervisord",
                    "-n",
                    "-c",
                    str(self._plain_root / "supervisord.conf"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.root,
                env=self._environment(),
            )

    async def _wait_until_up(self, process: subprocess.Popen[bytes], patience: float = 20) -> None:
        deadline = time.monotonic() + patience
        while not await self.pid():
            code = process.poll()
            if code is not None or time.monotonic() > deadline:
                said = (self.root / "supervisord.out").read_text(errors="replace").strip()[-1000:]
                end = (
                    tr("it {ended}", ended=ended(code, also=SILENT))
                    if code is not None
                    else tr("no answer within {patience:g} s", patience=patience)
                )
                message = tr("supervisord did not start: {said}", said=said or end)
                raise ChangeFailed(Problem("supervisord", "error", message, where=str(self.root)))
            await asyncio.sleep(0.02)

    async def shutdown(self, patience: float = 90) -> None:
        """End it, after all its processes have ended. Does nothing when it doesn't run."""
        pid = await self.pid()
        if not pid:
            return
        try:
            await self.call("supervisor.shutdown")
        except (*DOWN, Fault):
            pass  # it is shutting down already, and is waited for below
        await orphans.gone([pid], patience)

    def _configuration(self) -> str:
        files = min(MONGOD_LIMIT, open_files_limit())
        return (
            "[supervisord]\n"
            f"logfile = {self.root}/supervisord.log\nlogfile_maxbytes = 5MB\nlogfile_backups = 1\n"
            f"pidfile = {self.root}/supervisord.pid\nidentifier = corral-{self.name}\n"
            f"minfds = {files}\nminprocs = 1\nnocleanup = true\n"
            f"[unix_http_server]\nfile = {self.socket}\nchmod = 0600\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
            "[include]\nfiles = hosts/*/config/units/*.conf\n"
        )

    async def environment(self) -> dict[str, str]:
        """For a process beside those that it keeps: what they get from it, without the mark that they are known by."""
        return {**_inherited(), "PATH": await self.path()}

    def _environment(self) -> dict[str, str]:
        return {**_inherited(), "PATH": instance_path(), orphans.MARK: str(self.root)}


def _inherited() -> dict[str, str]:
    return {**{name: os.environ[name] for name in _KEPT if name in os.environ}, "PYTHONUNBUFFERED": "1"}


def path_of(pid: int) -> str:
    """The PATH that the process was started with."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return next((entry[5:] for entry in entries if entry.startswith("PATH=")), "")


def instance_path() -> str:
    """The PATH of instances: the user's own, and last the directory of Corral's own programs."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
