"""Starts one instance: `corral-noticeboard`, configured by its environment alone."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from corral.noticeboard.listen import ListenError, listen
from corral.noticeboard.settings import Settings, SettingsError, from_environment


def main() -> None:
    """Exit status 0 after a signal, 1 when the port can't be had, 2 when the environment is wrong."""
    # Until requests are served there is nothing to finish. An exception would be lost where Python ignores those: in an
    # import's callbacks, in __del__.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    try:
        settings = from_environment(os.environ)
        _run(settings, listen(settings.host, settings.port))
    except SettingsError as error:
        _fail(2, error)
    except ListenError as error:
        _fail(1, error)


def _run(settings: Settings, listener: socket.socket) -> None:
    # Collecting garbage while modules are imported finds none and costs a tenth of the start.
    gc.disable()
    import asyncio

    from corral.noticeboard import log, process

    gc.freeze()
    gc.enable()
    log.start(settings.instance)
    with asyncio.Runner() as runner:
        status = runner.run(process.run(settings, listener))
        sys.stdout.flush()
        os._exit(status)  # leaving the block would cancel what the driver still has under way, and wait for it


def _fail(status: int, error: Exception) -> NoReturn:
    sys.stderr.write(f"noticeboard: {error}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
