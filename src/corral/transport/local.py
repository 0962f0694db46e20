"""This machine as every host: what `corral up` runs on."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from corral.transport.base import Completed


class LocalTransport:
    """All hosts are this machine; their files are apart because each host's layout is."""

    async def run(self, host: str, script: str, deadline: float = 60.0) -> Completed:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-s",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(deadline):
                stdout, stderr = await process.communicate(script.encode())
        except TimeoutError:
            return Completed(124, b"", f"{host}: no answer within {deadline:g} s".encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Completed(process.returncode or 0, stdout, stderr)

    async def read(self, host: str, path: str) -> bytes | None:
        return await asyncio.to_thread(_read_file, Path(path))

    async def write(self, host: str, path: str, content: bytes, mode: int) -> None:
        write_file(Path(path), content, mode)


def _read_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write by rename: a crash at any point leaves the old file or the new one, never a part. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
