"""The command line. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from lab import __doc__ as about
from lab.table import DEFAULT_HOSTS, DEFAULT_NAME, DEFAULT_SUBNET

_EPILOG: Final = f"Default hosts: {', '.join(DEFAULT_HOSTS)}, each with its number as the last one of its address."

_FAULTS: Final = {
    "kill": "pull the plug of a host",
    "start": "start it again",
    "reboot": "reboot it in order",
    "cut": "pull its cable, so that connections hang; --from HOST...: only these are out of reach",
    "mend": "undo cut",
    "fill": "let not a byte be written to a directory of a host",
    "unfill": "undo fill",
}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Ends the process with status 2 when they are wrong, as argparse does."""
    return parser().parse_args(words)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser("python -m lab", description=about, epilog=_EPILOG)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    lab = argparse.ArgumentParser(add_help=False)
    lab.add_argument("--name", default=DEFAULT_NAME, help="the lab's name (%(default)s)")
    _add_up(verbs.add_parser("up", parents=[lab], help="start the hosts; what runs already stays"))
    down = verbs.add_parser("down", parents=[lab], help="remove the hosts and their network")
    down.add_argument("--purge-images", action="store_true", help="and the images, which a next start builds anew")
    verbs.add_parser("status", help="the labs of this machine")
    execute = verbs.add_parser("exec", parents=[lab], help="run a command on a host, as root, without the network")
    execute.add_argument("host", metavar="HOST")
    execute.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    for verb, text in _FAULTS.items():
        _add_fault(verbs.add_parser(verb, parents=[lab], help=text), verb)
    artifacts = verbs.add_parser("artifacts", help="make the archives that the tests install")
    artifacts.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="some of them, such as noticeboard.tar"
    )
    return top


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--subnet", default=DEFAULT_SUBNET, help="its network's first three numbers (%(default)s)")
    up.add_argument("--bare", action="store_true", help="without nginx, chrony, docker and Python")
    up.add_argument("--hosts", nargs="+", default=[], metavar="NAME=LASTOCTET", help="others than the default seven")


def _add_fault(fault: argparse.ArgumentParser, verb: str) -> None:
    fault.add_argument("host", metavar="HOST")
    if verb == "cut":
        fault.add_argument("--from", dest="peers", nargs="+", default=[], metavar="HOST")
    if verb in ("fill", "unfill"):
        fault.add_argument("directory", metavar="DIRECTORY")
