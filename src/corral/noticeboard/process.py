"""The whole process: database, feed or job, and web server, from start to the last goodbye."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Coroutine

from corral.noticeboard.database import Database
from corral.noticeboard.feed import Feed
from corral.noticeboard.health import Health
from corral.noticeboard.server import Server
from corral.noticeboard.settings import Settings
from corral.noticeboard.web.app import Parts, build
from corral.noticeboard.worker import Worker

log = logging.getLogger("noticeboard")


async def run(settings: Settings, listener: socket.socket) -> int:
    """Serves until SIGTERM or SIGINT and returns the exit status: 1 when a part of it failed by itself.

    Raises SettingsError when MONGO_URL can't be understood.
    """
    database = Database(settings)
    feed = Feed(database)
    worker = Worker(database, settings.instance) if settings.role == "worker" else None
    health = Health(database, settings.instance, worker.overdue if worker else lambda: "")
    server = Server(build(Parts(settings, database, health, feed)))

    def stop() -> None:
        server.stop()
        database.hurry()
        if worker:
            worker.stop()

    _on_signal(stop)
    tasks = [_in_background(work, stop) for work in (database.prepare(), worker.run() if worker else feed.run())]
    log.info("%s %s listening on %s", settings.version, settings.role, settings.url)
    await server.serve(sockets=[listener])
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await database.close()
    log.info("stopped")
    return int(any(not task.cancelled() and task.done() and task.exception() is not None for task in tasks))


def _on_signal(stop: Callable[[], None]) -> None:
    """The first signal stops gracefully; the second finds the default action and ends the process at once."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def first() -> None:
        for number in signals:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        stop()

    for number in signals:
        loop.add_signal_handler(number, first)


def _in_background(work: Coroutine[None, None, None], stop: Callable[[], None]) -> asyncio.Task[None]:
    """Runs `work` beside the server. If it fails, the process stops: its supervisor starts a whole one."""
    task = asyncio.create_task(work)

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.error("a background task failed", exc_info=error)
            stop()

    task.add_done_callback(ended)
    return task
